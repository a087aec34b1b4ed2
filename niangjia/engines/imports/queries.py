"""What the pages and the jobs read of batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from niangjia.engines.imports import headings, staging
from niangjia.engines.imports.models import BatchState, ImportBatch, RememberedHeading
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import Change, Outcome, Place, Problem, Sheet, sheet_named, sheets_for
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.rights import jobs, permissions_of
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.places import place_of
from niangjia.kernel.sheets.reading import OpenSheet, open_sheet

NOT_THERE = "没有找到这次导入，可能不在您的管辖范围内。"


def may_run(sheet: Sheet, path: str, actor: Actor) -> bool:
    """To import needs the engine's right and all of the sheet's, at the batch's place."""
    return all(actor.may(permission, path) for permission in (Permission.IMPORT_RUN, *sheet.permissions))


def batches(actor: Actor) -> QuerySet[ImportBatch]:
    """Those of the sheets and places over which the actor has every right."""
    seen = actor.paths(ImportBatch.seen_with)
    named: dict[frozenset[tuple[str, ...]], list[str]] = {}  # most sheets by the rights of one job, at its places
    for sheet in sheets_for(actor):
        beside = frozenset(actor.paths(permission) for permission in sheet.permissions) - {seen}
        named.setdefault(beside, []).append(sheet.name)
    mine = Q(pk__in=[])
    for beside, names in named.items():
        allowed = Q(sheet__in=names)
        for paths in beside:
            allowed &= Q(scope__in=Scope.objects.filter(path__under_any=list(paths)).values("id"))
        mine |= allowed
    return ImportBatch.objects.visible_to(actor).select_related("scope").filter(mine)


def batch_in_sight(pk: int, actor: Actor) -> ImportBatch:
    """Raises Missing."""
    found = batches(actor).filter(pk=pk).first()
    if found is None:
        raise Missing(NOT_THERE)
    return found


def names_of(ids: Sequence[int]) -> dict[int, str]:
    """The files' names, for the audit trail."""
    rows = ImportBatch.objects.unscoped(reason="names beside entries that the reader may see").filter(pk__in=ids)
    return dict(rows.values_list("pk", "file_name"))


def place_for(batch: ImportBatch, actor: Actor, *, today: date) -> Place:
    """Where the batch is checked and written, as the sheet is told."""
    return Place(
        batch_id=batch.pk,
        scope_id=batch.scope_id,
        path=str(batch.scope.path),
        today=today,
        given=tuple(batch.mapping),
        actor=actor,
        options=batch.options,
    )


def source_of(batch: ImportBatch) -> OpenSheet:
    """The uploaded file, opened. Raises Missing when it had its day, Refused when it can't be read."""
    stored = StoredFile.objects.filter(pk=batch.file_id).first()
    if stored is None or not place_of(stored.sha256).exists():
        raise Missing("上传的文件已过期清理，请重新上传。")
    return opened(stored, sheet_named(batch.sheet))


def opened(stored: StoredFile, sheet: Sheet) -> OpenSheet:
    """The sheet's own words tell the row of headings from titles above it."""
    known = {word for column in sheet.columns for word in (column.heading, *column.aliases)}
    return open_sheet(place_of(stored.sha256), stored.name, known)


def propose_mapping(sheet: Sheet, found: Sequence[str], scope_id: int) -> dict[str, int]:
    """Column key → index of the heading: as matched before at this place, else by name, else by alias."""
    remembered = dict(
        RememberedHeading.objects.filter(scope_id=scope_id, sheet=sheet.name).values_list("heading", "key")
    )
    return headings.match(sheet.columns, found, remembered)


def sample_rows(batch: ImportBatch, n: int = 5) -> list[tuple[int, list[str]]]:
    """The first rows of the file: (number, cells)."""
    return list(islice(source_of(batch).rows(), n))


def earlier_with_same_file(batch: ImportBatch, actor: Actor) -> QuerySet[ImportBatch]:
    """Batches of the same content that came before, newest first; allowed, but said."""
    return batches(actor).filter(sheet=batch.sheet, sha256=batch.sha256, pk__lt=batch.pk).order_by("-pk")


@dataclass(frozen=True)
class Progress:
    """Of the step that runs. `rate` in rows a second, `left` in seconds; None where nothing can be said."""

    done: int
    total: int | None
    rate: int | None
    left: int | None

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None


def progress_of(batch: ImportBatch, *, now: datetime) -> Progress:
    seconds = (now - batch.step_began_at).total_seconds() if batch.step_began_at else 0.0
    rate = int(batch.step_done / seconds) if seconds >= 1 and batch.step_done else None
    left = max(0, (batch.step_total - batch.step_done) // rate) if rate and batch.step_total else None
    return Progress(batch.step_done, batch.step_total, rate, left)


def to_write(batch: ImportBatch) -> int:
    """New and updated rows: what counts for the approval."""
    return sum(int(batch.outcomes.get(str(int(outcome)), 0)) for outcome in (Outcome.NEW, Outcome.UPDATED))


@dataclass(frozen=True)
class PreviewRow:
    number: int
    label: str
    outcome: Outcome
    problems: list[Problem]
    changes: list[Change]


def preview_stands(batch: ImportBatch) -> bool:
    """False when the database lost the checked rows (it was killed), or when they had their day."""
    return staging.stands(batch)


def preview_rows(
    batch: ImportBatch, *, outcome: Outcome | None = None, code: str | None = None, after: int = 0, size: int = 50
) -> list[PreviewRow]:
    """A page in the file's order: `after` is the last number of the page before."""
    if not staging.stands(batch):
        return []
    wanted = ["number > %s", "outcome is not null"]
    params: list[Any] = [after]
    if outcome is not None:
        # A literal, so that the index of refused rows is used.
        wanted.append(f"outcome = {int(outcome)}")
    if code is not None:
        wanted.append("outcome = 0 and problems @> jsonb_build_array(jsonb_build_object('code', %s::text))")
        params.append(code)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select number, label, outcome, problems from {batch.staging} "
            f"where {' and '.join(wanted)} order by number limit %s",
            [*params, size],
        )
        rows = cursor.fetchall()
    updated = [number for number, _, found, _ in rows if found == Outcome.UPDATED]
    changes = sheet_named(batch.sheet).changes(batch.staging, updated) if updated else {}
    return [
        PreviewRow(number, label or "", Outcome(found), problems_of(problems), list(changes.get(number, ())))
        for number, label, found, problems in rows
    ]


def problems_of(raw: Any) -> list[Problem]:
    """Of a row of the staging table."""
    if not raw:
        return []
    # Django leaves jsonb of raw SQL as text.
    return [Problem(one["column"], one["code"], one["message"]) for one in json.loads(raw)]


@dataclass(frozen=True)
class ProblemCount:
    code: str
    column: str  # the heading, '' for a problem of the whole row
    example: str  # the message of one of them
    rows: int


def problem_counts(batch: ImportBatch) -> list[ProblemCount]:
    """How many rows have each problem, the most frequent first; examples only while the staging table stands."""
    titles = {column.key: column.heading for column in sheet_named(batch.sheet).columns}
    examples: dict[str, tuple[str, str]] = {}
    if batch.problems and staging.stands(batch):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                select problem ->> 'code', min(problem ->> 'column'), min(problem ->> 'message')
                  from {batch.staging}, jsonb_array_elements(problems) problem where outcome = 0 group by 1
                """
            )
            examples = {code: (titles.get(column, ""), message) for code, column, message in cursor.fetchall()}
    return sorted(
        (
            ProblemCount(code, column, example, rows)
            for code, rows in batch.problems.items()
            for column, example in [examples.get(code, ("", code))]
        ),
        key=lambda found: (-found.rows, found.code),
    )


def absent_rows(
    batch: ImportBatch, actor: Actor, *, today: date, after: str = "", size: int = 50
) -> list[tuple[int, str, str]]:
    """Rows of the register that the file doesn't name: (id, label, small print)."""
    sheet = sheet_named(batch.sheet)
    if not sheet.leavers_title or not staging.stands(batch):
        return []
    return sheet.absent(batch.staging, place_for(batch, actor, today=today), after=after, size=size)


def may_approve(batch: ImportBatch, actor: Actor) -> bool:
    """The right at the place, and neither who brought the file nor who asked."""
    return (
        batch.state == BatchState.WAITING
        and actor.user_id not in {batch.user_id, batch.asked_by_id}
        and actor.may(Permission.IMPORT_APPROVE, str(batch.scope.path))
    )


def approvers(batch: ImportBatch, *, on: date) -> list[User]:
    """Whom to tell: those with the right at the nearest place at or above, without who uploaded or asked."""
    needed = {Permission.IMPORT_RUN, Permission.IMPORT_APPROVE, *sheet_named(batch.sheet).permissions}
    able = [code for code in jobs() if needed <= permissions_of(code)]
    grants = (
        Grant.objects.unscoped(reason="addressees of a message")
        .filter(Q(until_on=None) | Q(until_on__gt=on), job__in=able, ended_at=None, from_on__lte=on)
        .filter(scope__path__above=str(batch.scope.path), user__is_active=True)
        .exclude(user_id__in=[batch.user_id, batch.asked_by_id or 0])
        .select_related("user", "scope")
    )
    by_depth: dict[int, list[User]] = {}
    for grant in grants:
        by_depth.setdefault(str(grant.scope.path).count("."), []).append(grant.user)
    return by_depth[max(by_depth)] if by_depth else []


def waiting_for(actor: Actor) -> int:
    """How many batches wait for this actor's approval."""
    paths = actor.paths(Permission.IMPORT_APPROVE)
    waiting = ImportBatch.objects.unscoped(reason="whether any waits at all: mostly none does, and every page asks")
    if not paths or not waiting.filter(state=BatchState.WAITING).exists():
        return 0
    return (
        batches(actor)
        .filter(state=BatchState.WAITING, scope__path__under_any=list(paths))
        .exclude(user_id=actor.user_id or 0)
        .exclude(asked_by_id=actor.user_id or 0)
        .count()
    )
