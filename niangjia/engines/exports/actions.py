"""Asking for a file, and keeping the layouts of other systems."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app

from niangjia.engines.exports.layout import ENCODINGS, KINDS, LayoutColumn, columns_written, ensure_columns
from niangjia.engines.exports.models import Export, ExportLayout
from niangjia.engines.exports.permissions import Permission
from niangjia.engines.exports.queries import Asked, has_secrets, is_personal, layout_of
from niangjia.engines.exports.source import source_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.jobs.actions import begin_task
from niangjia.kernel.jobs.models import BackgroundTask

SHORTEST_REASON, LONGEST_REASON = 4, 200
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 64
KEPT = timedelta(days=7)
LONGEST_QUERY = 1000
_UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Wish:
    """How somebody wants the file."""

    layout: str
    kind: str
    reason: str
    in_full: bool = False
    password: str = ""


def new_password() -> str:
    """Easily read out and typed: three groups without letters that look like others, 59 bits."""
    return "-".join("".join(secrets.choice(_UNMISTAKABLE) for _ in range(4)) for _ in range(3))


def ask_for_export(wanted: Asked, wish: Wish, *, query: str, actor: Actor, now: datetime) -> BackgroundTask:
    """Has the file made in the background; that it was asked for stands in the trail at once.

    Raises Refused for a wish that can't be had, NotPermitted for full numbers without the right to see them,
    Missing for a layout that is gone.
    """
    if actor.user_id is None:
        raise NotPermitted
    source = wanted.source
    layout = layout_of(wish.layout, wanted)
    reason = _reason(wish.reason)
    if wish.kind not in KINDS:
        raise Refused("export.kind", "请选择文件格式。", "kind")
    in_full = wish.in_full and has_secrets(layout, source)
    if in_full and not wanted.may_reveal:
        raise NotPermitted("您没有查看完整号码的权限，只能按屏蔽后的样子导出。")
    password = _password(wish.password) if is_personal(layout, source) else ""
    if not source.spec.narrowed(wanted.chosen, wanted.actor, wanted.within).exists():
        raise Refused("export.nothing", "现在的条件下没有记录，请回到列表换个条件。")
    with transaction.atomic():
        task = begin_task(actor.user_id, f"导出：{source.spec.title}", now=now)
        export = Export.objects.create(
            task_id=task.pk, user_id=actor.user_id, list_name=source.spec.name, said=wanted.said[:300],
            query=query[:LONGEST_QUERY], within=wanted.within or "", layout=wish.layout, columns=list(wanted.keys),
            headings="、".join(layout.headings), kind=layout.kind or wish.kind, in_full=in_full, reason=reason,
            password=password, created_at=now,
        )  # fmt: skip
        tell(export, wanted, verb="exports.list.asked", actor=actor, now=now)
        app.configure_task("exports.make_file").defer(export_id=export.pk)
    return task


def tell(export: Export, wanted: Asked, *, verb: str, actor: Actor, now: datetime) -> None:
    """An entry in the trail of each place whose rows may be in the file."""
    after = {
        "said": export.said, "headings": export.headings, "kind": export.kind, "in_full": export.in_full,
        **({} if export.rows is None else {"rows": export.rows}),
    }  # fmt: skip
    for path in wanted.places:
        audit.record(actor=actor, verb=verb, subject=export, path=path, after=after, reason=export.reason, now=now)


def _reason(text: str) -> str:
    reason = " ".join(text.split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise Refused("export.reason", f"请写明导出的用途，至少 {SHORTEST_REASON} 个字。", "reason")
    return reason


def _password(text: str) -> str:
    """Plain ASCII: what unpacks a file on somebody's desk may not agree on the rest."""
    password = text.strip()
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(
            "export.password", f"口令至少 {SHORTEST_PASSWORD} 个字符，最多 {LONGEST_PASSWORD} 个。", "password"
        )
    if not password.isascii() or not password.isprintable():
        raise Refused("export.password", "口令只能用英文字母、数字和符号，中文口令有的解压软件打不开。", "password")
    if len(set(password)) < SHORTEST_PASSWORD // 2:
        raise Refused("export.password", "这个口令太容易猜到，请换一个，或用系统生成的。", "password")
    return password


def add_layout(
    list_name: str, *, scope_id: int, facts: Mapping[str, Any], columns: Sequence[LayoutColumn], actor: Actor,
    now: datetime,
) -> ExportLayout:  # fmt: skip
    """A layout of a place, for it and all below. Raises Missing, NotPermitted, Refused."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    if not actor.may(Permission.LAYOUT_EDIT, scope.path):
        raise NotPermitted
    row = ExportLayout(scope=scope, list_name=source_of(list_name).spec.name)
    with transaction.atomic():
        _put(row, facts, columns)
        audit.record(
            actor=actor, verb="exports.layout.added", subject=row, path=scope.path, after=_snapshot(row), now=now
        )
    return row


def edit_layout(
    pk: int, *, facts: Mapping[str, Any], columns: Sequence[LayoutColumn], actor: Actor, now: datetime
) -> ExportLayout:
    """Raises Missing, NotPermitted, Refused."""
    with changing(
        ExportLayout, pk, actor=actor, permission=Permission.LAYOUT_EDIT, verb="exports.layout.edited", now=now
    ) as row:
        _put(row, facts, columns)
    return row


def _put(row: ExportLayout, facts: Mapping[str, Any], columns: Sequence[LayoutColumn]) -> None:
    ensure_columns(columns, set(source_of(row.list_name).known))
    for name in ("name", "description", "kind", "encoding", "header_lines", "is_active"):
        if name in facts:
            setattr(row, name, facts[name])
    if row.kind not in KINDS or row.encoding not in ENCODINGS:
        raise Refused("layout.kind", "请选择文件格式和编码。", "kind")
    row.columns = columns_written(columns)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("layout.name", f"已有名为“{row.name}”的导出格式，请换个名称。", "name") from error


def _snapshot(row: ExportLayout) -> dict[str, Any]:
    return audit.snapshot(row) | {"columns": [one["heading"] for one in row.columns]}
