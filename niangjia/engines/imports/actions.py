"""What people do with a batch; the long steps are jobs, deferred in the transaction that decides them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from niangjia.engines.imports import sending_back, staging
from niangjia.engines.imports.headings import plain
from niangjia.engines.imports.models import TAKEN_BACK_WITHIN, BatchState, ImportBatch, RememberedHeading
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.queries import (
    NOT_THERE,
    approvers,
    batches,
    may_run,
    opened,
    place_for,
    propose_mapping,
    to_write,
)
from niangjia.engines.imports.sheet import Sheet, sheet_named
from niangjia.engines.imports.steps import TASKS, begin, send
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.kinds import CSV, TEXT, XLS, XLSX
from niangjia.kernel.notify.actions import notify

S = BatchState
_HEADING, _REASON = 60, 300


def upload_batch(
    *,
    sheet: str,
    scope_id: int,
    content: bytes | BinaryIO,
    name: str,
    actor: Actor,
    now: datetime,
    options: Mapping[str, Any] | None = None,
) -> ImportBatch:
    """Keeps the file, reads its headings and proposes which column each is. Raises Refused for what can't be read."""
    declared = _declared(sheet)
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    if not may_run(declared, str(scope.path), actor):
        raise NotPermitted
    with transaction.atomic():
        stored = store(
            content, name=name, owner_id=actor.user_id, now=now, expires_at=now + sending_back.KEPT,
            most_bytes=settings.IMPORT_MAX_BYTES, kinds=(XLSX, XLS, CSV, TEXT),
        )  # fmt: skip
        source = opened(stored, declared)
        batch = ImportBatch(
            scope=scope, sheet=sheet, file_id=stored.pk, file_name=stored.name, file_kind=source.kind,
            sha256=stored.sha256, headings=list(source.headings), options=dict(options or {}),
            step_total=source.total, user_id=actor.user_id or 0, user_name=actor.name, created_at=now,
        )  # fmt: skip
        batch.mapping = propose_mapping(declared, batch.headings, scope_id)
        batch.save()
        _record(batch, "uploaded", actor, now, after={"sheet": declared.title, "file_name": batch.file_name})
    return batch


def match_columns(batch_id: int, *, mapping: Mapping[str, int], actor: Actor, now: datetime) -> None:
    """Says which heading is which column (key → index), and has the rows checked (again)."""
    with _at(batch_id, actor, S.UPLOADED, S.CHECKED, S.FAILED) as batch:
        if batch.failed_in not in {"", S.CHECKING}:
            raise Refused("imports.state", "已开始写入的批次不能再改列，请点“继续”或重新上传。")
        declared = sheet_named(batch.sheet)
        _ensure_mapping(declared, batch.headings, mapping)
        _remember(batch, declared, mapping)
        batch.mapping, batch.asked_at, batch.trouble = dict(mapping), None, ""
        _record(batch, "matched", actor, now)
        begin(batch, S.CHECKING, now=now)


def check_again(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """With the same columns: the register changed, or the database lost the checked rows."""
    with _at(batch_id, actor, S.CHECKED, S.WAITING) as batch:
        batch.trouble = ""
        begin(batch, S.CHECKING, now=now)


def commit_batch(batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Has the rows written; above the set size a second person is asked first (the state then is WAITING)."""
    with _at(batch_id, actor, S.CHECKED) as batch:
        rows = to_write(batch)
        if not rows:
            raise Refused("imports.nothing", "没有需要新增或更新的行，不用导入。")
        if rows <= settings.IMPORT_APPROVAL_ROWS:
            batch.trouble = ""
            _record(batch, "confirmed", actor, now, after={"rows": rows})  # perhaps not by whoever brought the file
            begin(batch, S.COMMITTING, now=now)
            return batch
        batch.state, batch.asked_at, batch.asked_by_id, batch.trouble = S.WAITING, now, actor.user_id, ""
        batch.save()
        _record(batch, "asked", actor, now, after={"rows": rows})
        title = sheet_named(batch.sheet).title
        notify(
            (user.pk for user in approvers(batch, on=timezone.localdate(now))),
            title=f"{title}导入待审批",
            body=f"{batch.user_name}上传的 {batch.file_name}，将写入 {rows} 行。",
            url=batch.get_absolute_url(),
            now=now,
        )
    return batch


def approve_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """By a second person; the rows are then written."""
    with _approving(batch_id, actor) as batch:
        batch.approver_id, batch.approver_name, batch.approved_at = actor.user_id, actor.name, now
        _record(batch, "approved", actor, now, after={"rows": to_write(batch)})
        begin(batch, S.COMMITTING, now=now)


def send_back_batch(batch_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """The second person says no; the batch can be dropped, or asked for again."""
    with _approving(batch_id, actor) as batch:
        reason = _reason(reason)
        batch.state, batch.asked_at = S.CHECKED, None
        batch.trouble = f"{actor.name}退回：{reason}"[:300]
        batch.save()
        _record(batch, "sent_back", actor, now, reason=reason)
        _tell_uploader(batch, f"{sheet_named(batch.sheet).title}导入被退回", reason, now)


def take_back_batch(batch_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Undoes a whole commit; rows that were edited since stay and are listed in `kept`."""
    with _at(batch_id, actor, S.DONE) as batch:
        if batch.committed_at is None or now - batch.committed_at > TAKEN_BACK_WITHIN:
            raise Refused("imports.too_late", "导入已超过一年，不能整批撤回，请逐条修改。")
        batch.taker_id, batch.taker_reason = actor.user_id, _reason(reason)
        begin(batch, S.TAKING_BACK, now=now)


def drop_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """Before the commit only; the checked rows go at once."""
    with _at(batch_id, actor, S.UPLOADED, S.CHECKING, S.CHECKED, S.WAITING, S.FAILED) as batch:
        if batch.failed_in == S.TAKING_BACK:
            raise Refused("imports.state", "这批名册已经导入，撤回没有完成，请点“继续”。")
        if batch.state != S.CHECKING:  # a check that runs sees it and drops its own
            staging.drop(batch)
        batch.state, batch.trouble = S.DROPPED, ""
        batch.save()
        _record(batch, "dropped", actor, now)


def resume_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """A batch that FAILED goes on with the step in which it did."""
    with _at(batch_id, actor, S.FAILED) as batch:
        step = S(batch.failed_in) if batch.failed_in in TASKS else S.CHECKING
        batch.trouble = ""
        begin(batch, step, now=now)


def end_absent(batch_id: int, *, ids: Sequence[int], reason: str, actor: Actor, now: datetime) -> int:
    """Ends those of the absent rows that were chosen; returns how many."""
    with _at(batch_id, actor, S.CHECKED, S.DONE) as batch:
        declared = sheet_named(batch.sheet)
        if not declared.leavers_title or not staging.stands(batch):
            raise Refused("imports.absent", "检查结果已清理，请在名册中逐个办理。")
        if not ids:
            raise Refused("imports.absent", "请先勾选要办理的人。")
        place = place_for(batch, actor, today=timezone.localdate(now))
        ended = declared.end_absent(list(dict.fromkeys(ids)), place, reason=_reason(reason), now=now)
        batch.absent = declared.absent_count(batch.staging, place)
        batch.save(update_fields=["absent"])
        _record(batch, "absent_ended", actor, now, reason=reason, after={"rows": ended})
    return ended


def order_sheet_back(batch_id: int, *, actor: Actor, now: datetime) -> int:
    """The whole sheet with a column of results, as a task; returns the BackgroundTask's id."""
    with _at(batch_id, actor, S.CHECKED, S.WAITING, S.DONE) as batch:
        if not staging.stands(batch):
            raise Refused("imports.gone", sending_back.GONE)
        task_id = sending_back.order(batch, actor.user_id or 0, now=now)
        send(batch.pk, "imports.sheet_back", task_id=task_id)
    return task_id


def _declared(sheet: str) -> Sheet:
    try:
        return sheet_named(sheet)
    except KeyError:
        raise Missing from None


@contextmanager
def _at(batch_id: int, actor: Actor, *states: BatchState) -> Iterator[ImportBatch]:
    """The batch, locked, if the actor may work on it and it stands where this can be done."""
    with transaction.atomic():
        batch = batches(actor).select_for_update(of=("self",)).filter(pk=batch_id).first()
        if batch is None:
            raise Missing(NOT_THERE)
        if batch.state not in states:
            raise Refused("imports.state", f"这批名册现在是“{S(batch.state).label}”，请刷新页面再看。")
        yield batch


@contextmanager
def _approving(batch_id: int, actor: Actor) -> Iterator[ImportBatch]:
    with _at(batch_id, actor, S.WAITING) as batch:
        if not actor.may(Permission.IMPORT_APPROVE, str(batch.scope.path)):
            raise NotPermitted
        if actor.user_id in {batch.user_id, batch.asked_by_id}:
            raise Refused("imports.same_person", "自己上传或提交的名册不能自己审批，请由另一位有审批权限的同志审批。")
        yield batch


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise Refused("imports.reason", "请写明原因。", "reason")
    if len(reason) > _REASON:
        raise Refused("imports.reason", f"原因最多 {_REASON} 个字。", "reason")
    return reason


def _ensure_mapping(sheet: Sheet, headings: Sequence[str], mapping: Mapping[str, int]) -> None:
    titles = {column.key: column.heading for column in sheet.columns}
    taken: dict[int, str] = {}
    for key, index in mapping.items():
        if key not in titles or not 0 <= index < len(headings):
            raise Refused("imports.columns", "列的对应关系有误，请刷新页面后重新选择。")
        if index in taken:
            raise Refused(
                "imports.columns", f"“{headings[index]}”同时对应了“{taken[index]}”和“{titles[key]}”，请只保留一个。"
            )
        taken[index] = titles[key]
    missing = [column.heading for column in sheet.columns if column.required and column.key not in mapping]
    if missing:
        raise Refused("imports.columns", f"还没有对应的必填列：{'、'.join(missing)}。请选择文件里的哪一列是它。")


def _remember(batch: ImportBatch, sheet: Sheet, mapping: Mapping[str, int]) -> None:
    """Only what the names and aliases don't say by themselves."""
    known = {column.key: {plain(word) for word in (column.heading, *column.aliases)} for column in sheet.columns}
    learnt = {
        batch.headings[index][:_HEADING]: key
        for key, index in mapping.items()
        if plain(batch.headings[index]) not in known[key]
    }
    here = RememberedHeading.objects.filter(scope_id=batch.scope_id, sheet=batch.sheet)
    here.filter(heading__in=[heading[:_HEADING] for heading in batch.headings]).exclude(heading__in=learnt).delete()
    RememberedHeading.objects.bulk_create(
        [
            RememberedHeading(scope_id=batch.scope_id, sheet=batch.sheet, heading=heading, key=key)
            for heading, key in learnt.items()
        ],
        update_conflicts=True,
        unique_fields=["scope", "sheet", "heading"],
        update_fields=["key"],
    )


def _record(
    batch: ImportBatch, verb: str, actor: Actor, now: datetime, *, reason: str = "", after: dict[str, Any] | None = None
) -> None:
    audit.record(
        actor=actor,
        verb=f"imports.batch.{verb}",
        subject=batch,
        path=str(batch.scope.path),
        after=after,
        reason=reason,
        now=now,
    )


def _tell_uploader(batch: ImportBatch, title: str, body: str, now: datetime) -> None:
    notify([batch.user_id], title=title, body=f"{batch.file_name}：{body}", url=batch.get_absolute_url(), now=now)
