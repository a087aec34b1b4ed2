"""The audit trail as a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.log_ins import LOG_IN
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.audit.labels import LOOK, is_look, label_of, rooms
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.audit.queries import entries_under
from niangjia.kernel.audit.subjects import Subject, may_read, subjects_of
from niangjia.kernel.audit.wording import changes
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.queries.duty import start_of
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import Mark, Screen

SHORT = 60
LOG_INS: dict[str, Callable[[QuerySet[Any]], QuerySet[Any]]] = {
    "only": lambda rows: rows.filter(verb__startswith=LOG_IN),
    "without": lambda rows: rows.exclude(verb__startswith=LOG_IN),
}


def place_id(entry: AuditEntry) -> int:
    return int(str(entry.path).rpartition(".")[2]) if entry.path else 0


def verb_mark(entry: AuditEntry) -> Mark | str:
    return Mark(label_of(entry.verb), "warning", "eye") if is_look(entry.verb) else label_of(entry.verb)


def note_of(entry: AuditEntry, actor: Actor) -> str:
    """The reason, and what changed as far as the reader may know it; what was new stands on the entry's page."""
    told = changes(entry) if entry.before is not None and may_read(entry, actor.may) else []
    changed = "；".join(change.text for change in told)
    note = "；".join(part for part in (entry.reason, changed) if part)
    return note if len(note) <= SHORT else f"{note[:SHORT]}…"


class AuditList(ListSpec):
    """Rows carry `place_name`, `subject` and `note`, looked up for the page."""

    name = "organisations.audit"
    title = "审计日志"
    permission = Access.AUDIT_VIEW
    columns = (
        Column("verb", "做了什么", value=verb_mark, phone="title"),
        Column("subject", "对象", value=lambda row: row.subject.name),
        Column("actor_name", "谁"),
        Column("at", "时间"),
        Column("place", "单位", value=lambda row: row.place_name),
        Column("note", "原因或内容", value=lambda row: row.note),
        Column("pk", "序号", default=False, phone="hidden", numeric=True),
    )
    filters = (
        Filter("who", "姓名", lambda rows, value: rows.filter(actor_name__startswith=value), kind="text"),
        Filter(
            "room",
            "类别",
            lambda rows, value: rows.filter(verb__startswith=f"{value}."),
            choices=lambda _: rooms(),
        ),
        Filter("looks", "只看查阅记录", lambda rows, _: rows.filter(verb__endswith=LOOK), kind="flag"),
        Filter(
            "log_ins",
            "登录",
            lambda rows, value: LOG_INS[value](rows),
            choices=(("only", "只看登录"), ("without", "不看登录")),
        ),
        Filter(
            "since", "从", lambda rows, value: rows.filter(at__gte=start_of(date.fromisoformat(value))), kind="date"
        ),
        Filter(
            "until",
            "到",
            lambda rows, value: rows.filter(at__lt=start_of(date.fromisoformat(value) + timedelta(days=1))),
            kind="date",
        ),
    )
    sorts = (Sort("newest", "新的在前", ("pk",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return entries_under(actor.paths(Access.AUDIT_VIEW)).order_by()

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, None)
        return rows.filter(path__under=within) if within else rows

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        places = names_of(place_id(row) for row in rows)
        subjects = subjects_of(rows, actor.may)
        for row in rows:
            row.place_name = places.get(place_id(row), "")
            row.subject = subjects.get(row.pk, Subject())
            row.note = note_of(row, actor)
        return rows


AUDIT = Screen(
    register(AuditList()),
    row_url=lambda row: reverse("organisations:audit_entry", args=[row.pk]),
    empty_title="还没有记录",
    empty_text="谁在什么时候改了什么、看了谁的证件号码，都会记在这里，不能删改。",
    template="organisations/audit_list.html",
)
