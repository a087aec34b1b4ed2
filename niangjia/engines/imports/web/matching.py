"""The page on which the file's columns are matched with ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from niangjia.engines.imports import actions, headings, queries
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import Column, sheet_named
from niangjia.engines.imports.web.frame import frame
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.ui.listing import Mark
from niangjia.ui.pages import actor_of

SHOWN_ROWS = 5
DIGITS = 4  # of an index: no file has ten thousand columns
SAME, ALIAS = Mark("表头一致", "success"), Mark("按常见叫法认出", "success")
REMEMBERED, CHOSEN = Mark("上次这样对的", "info"), Mark("您选的", "info")


@dataclass(frozen=True)
class Line:
    """A column of ours, and the file's that stands for it."""

    column: Column
    index: int | None
    how: Mark | None
    samples: list[str]
    problem: str


@requires(Permission.IMPORT_RUN)
@require_http_methods(["GET", "POST"])
def batch_match(request: HttpRequest, pk: int) -> HttpResponse:
    """By GET with other choices the page's part is drawn anew; by POST the check begins."""
    batch = queries.batch_in_sight(pk, actor_of(request))
    if not may_match(batch):
        return redirect("imports:batch", pk)
    if request.method != "POST":
        part = request.headers.get("HX-Target") == "match"
        return match_page(request, batch, chosen_in(request, batch) if part else None, part=part)
    mapping = chosen_in(request, batch)
    try:
        actions.match_columns(pk, mapping=mapping, actor=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return match_page(request, batch, mapping, said=[refusal.message])
    return redirect("imports:batch", pk)


def may_match(batch: ImportBatch) -> bool:
    """Not while it is worked on, nor after anything was written."""
    failed_in_check = batch.state == BatchState.FAILED and batch.failed_in in ("", BatchState.CHECKING)
    return failed_in_check or batch.state in (BatchState.UPLOADED, BatchState.CHECKED)


def chosen_in(request: HttpRequest, batch: ImportBatch) -> dict[str, int]:
    """What the form says; a number that no heading has is left out."""
    sent = request.POST if request.method == "POST" else request.GET
    chosen = {}
    for column in sheet_named(batch.sheet).columns:
        index = sent.get(f"column-{column.key}", "")
        if index.isascii() and index.isdigit() and len(index) <= DIGITS and int(index) < len(batch.headings):
            chosen[column.key] = int(index)
    return chosen


def match_page(
    request: HttpRequest,
    batch: ImportBatch,
    chosen: Mapping[str, int] | None = None,
    *,
    said: list[str] | None = None,
    part: bool = False,
) -> HttpResponse:
    mapping = batch.mapping if chosen is None else chosen
    # Full numbers stand in the file: whoever didn't bring it sees its headings only.
    is_own = actor_of(request).user_id == batch.user_id
    rows = [cells for _, cells in queries.sample_rows(batch, SHOWN_ROWS)] if is_own else []
    lines = lines_of(batch, mapping, rows)
    context: dict[str, Any] = {
        "lines": lines,
        "headings": [(index, heading or f"第 {index + 1} 列") for index, heading in enumerate(batch.headings)],
        "rows": rows,
        "said": said or [],
        "missing": [line.column.heading for line in lines if line.column.required and line.index is None],
        "twice": any(line.problem for line in lines),
        "matched": len(mapping),
        "unused": [
            heading
            for index, heading in enumerate(batch.headings)
            if index not in mapping.values() and heading and heading not in headings.OURS
        ],
    }
    template = "imports/match_part.html" if part else "imports/match.html"
    return render(request, template, frame(request, batch) | context, status=422 if said else 200)


def lines_of(batch: ImportBatch, mapping: Mapping[str, int], rows: Sequence[Sequence[str]]) -> list[Line]:
    sheet = sheet_named(batch.sheet)
    proposed = queries.propose_mapping(sheet, batch.headings, batch.scope_id)
    taken = Counter(mapping.values())
    lines = []
    for column in sheet.columns:
        index = mapping.get(column.key)
        lines.append(
            Line(
                column,
                index,
                how_matched(column, batch.headings[index], is_proposed=proposed.get(column.key) == index)
                if index is not None
                else None,
                [row[index] for row in rows if row[index]] if index is not None else [],
                "这一列已经对给了别的内容，请另选一列。" if index is not None and taken[index] > 1 else "",
            )
        )
    return lines


def how_matched(column: Column, heading: str, *, is_proposed: bool) -> Mark:
    name = headings.plain(heading)
    if name == headings.plain(column.heading):
        return SAME
    if name in {headings.plain(alias) for alias in column.aliases}:
        return ALIAS
    return REMEMBERED if is_proposed else CHOSEN
