"""What a batch would change, row by row; later what it changed, and what was taken back."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.imports import queries
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.queries import ProblemCount
from niangjia.engines.imports.sheet import Change, Outcome, sheet_named
from niangjia.engines.imports.web.frame import frame
from niangjia.engines.imports.web.wording import state_mark
from niangjia.ui.pages import actor_of, number_in
from niangjia.ui.templatetags.ui import count, moment

PAGE = 50
TABS = {
    "refused": Outcome.REFUSED,
    "updated": Outcome.UPDATED,
    "new": Outcome.NEW,
    "unchanged": Outcome.UNCHANGED,
}
"""In the order in which they are looked at."""
ABSENT = "absent"
TONES = {"refused": "error", "updated": "info", "new": "success"}
AFTER = (BatchState.DONE, BatchState.TAKEN_BACK)


class ShownProblem(NamedTuple):
    heading: str
    message: str


class ShownRow(NamedTuple):
    number: int
    label: str
    changes: list[Change]
    problems: list[ShownProblem]


class Tab(NamedTuple):
    label: str
    href: str
    number: int
    current: bool


def preview_page(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    outcome = outcome_in(request, batch)
    context = frame(request, batch) | rows_of(request, batch, outcome)
    if request.headers.get("HX-Target") == "rows":
        return render(request, "imports/rows.html", context)
    context |= figures_of(batch, gone="gone" in context) | (
        result_of(batch) if batch.state in AFTER else decision_of(request, batch)
    )
    return render(request, "imports/result.html" if batch.state in AFTER else "imports/preview.html", context)


def number_of(batch: ImportBatch, outcome: Outcome) -> int:
    return int(batch.outcomes.get(str(int(outcome)), 0))


def outcome_in(request: HttpRequest, batch: ImportBatch) -> str:
    """The tab that the address names, else the first one with something in it."""
    wanted = request.GET.get("outcome", "")
    if wanted in TABS or wanted == ABSENT:
        return wanted
    return next((name for name, outcome in TABS.items() if number_of(batch, outcome)), "new")


def rows_of(request: HttpRequest, batch: ImportBatch, outcome: str) -> dict[str, Any]:
    """One page of one tab."""
    sheet, after = sheet_named(batch.sheet), request.GET.get("after", "")[:200]
    tabs = [Tab(kind.label, f"?outcome={name}", number_of(batch, kind), name == outcome) for name, kind in TABS.items()]
    if sheet.leavers_title:
        tabs.append(Tab(sheet.leavers_title, f"?outcome={ABSENT}", batch.absent, outcome == ABSENT))
    context: dict[str, Any] = {"tabs": tabs, "outcome": outcome, "after": after, "noun": sheet.noun}
    if not queries.preview_stands(batch):
        return context | {"gone": True}
    if outcome == ABSENT:
        return context | absent_of(request, batch, after)
    code = request.GET.get("code", "")[:60] if outcome == "refused" else ""
    found = queries.preview_rows(batch, outcome=TABS[outcome], code=code or None, after=number_in(after), size=PAGE + 1)
    titles = {column.key: column.heading for column in sheet.columns}
    shown = [
        ShownRow(
            row.number,
            row.label,
            row.changes,
            [ShownProblem(titles.get(problem.column, ""), problem.message) for problem in row.problems],
        )
        for row in found[:PAGE]
    ]
    return context | {
        "shown": shown,
        "code": code,
        "next": shown[-1].number if len(found) > PAGE else None,
        "nothing": f"没有{TABS[outcome].label}的行。",
    }


def absent_of(request: HttpRequest, batch: ImportBatch, after: str) -> dict[str, Any]:
    found = queries.absent_rows(batch, actor_of(request), today=timezone.localdate(), after=after, size=PAGE + 1)
    return {
        "absent": found[:PAGE],
        "next": str(found[PAGE - 1][0]) if len(found) > PAGE else None,
        "may_end": batch.state in (BatchState.CHECKED, BatchState.DONE),
    }


def figures_of(batch: ImportBatch, *, gone: bool) -> dict[str, Any]:
    """Without the rows there is nothing behind a figure to be opened."""
    problems = [] if gone else queries.problem_counts(batch)
    return {
        "stats": [
            (
                TABS[name].label,
                number,
                "" if gone else f"?outcome={name}#rows",
                TONES.get(name, "") if number else "",
            )
            for name in ("new", "updated", "unchanged", "refused")
            for number in [number_of(batch, TABS[name])]
        ],
        "problems": [(one.code, label_of(one), one.rows) for one in problems],
        "refused": number_of(batch, Outcome.REFUSED),
    }


def label_of(problem: ProblemCount) -> str:
    return f"{problem.column}：{problem.example}" if problem.column else problem.example


def decision_of(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """What can be decided, and in words what follows from it."""
    sheet, actor = sheet_named(batch.sheet), actor_of(request)
    new, updated = number_of(batch, Outcome.NEW), number_of(batch, Outcome.UPDATED)
    limit = settings.IMPORT_APPROVAL_ROWS
    consequence = f"将新增{sheet.noun} {count(new)} 条、更新 {count(updated)} 条。写入以后也可以整批撤回。"
    return {
        "consequence": consequence,
        "asking": f"{consequence}超过 {count(limit)} 条，要由另一位负责人同意后才写入。",
        "to_write": queries.to_write(batch),
        "needs_approval": queries.to_write(batch) > limit,
        "limit": limit,
        "may_approve": queries.may_approve(batch, actor),
        "warnings": [
            f"同样内容的文件在 {moment(one.created_at)} 由 {one.user_name} 上传过（{state_mark(one).text}），请确认不是重复。"
            for one in queries.earlier_with_same_file(batch, actor).exclude(state=BatchState.DROPPED)[:1]
        ],
    }


def result_of(batch: ImportBatch) -> dict[str, Any]:
    told = "、".join(
        f"{TABS[name].label} {count(number_of(batch, TABS[name]))} 条" for name in ("new", "updated", "unchanged")
    )
    listed = sheet_named(batch.sheet).list_url_name
    return {
        "done": f"已于 {moment(batch.committed_at)} 写入：{told}。",
        "rows_url": reverse(listed) if listed else "",
    }
