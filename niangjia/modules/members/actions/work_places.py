"""The dictionaries of platforms and delivery sites, kept by whoever edits members."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.members.models import DeliverySite, Platform
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.rules import SHORTEST_NAME


def add_platform(*, name: str, actor: Actor, now: datetime) -> Platform:
    """Raises NotPermitted without the right to edit members anywhere, Refused for an empty or known name."""
    row = Platform(name=_name(name, 40))
    _add(row, actor, now, verb="members.platform.added", known="这个平台已经在列表里。")
    return row


def add_delivery_site(*, name: str, division: str | None, actor: Actor, now: datetime) -> DeliverySite:
    """`division` is the code of the township. Raises as `add_platform`."""
    row = DeliverySite(name=_name(name, 60), division_id=division or None)
    if row.division_id is None and DeliverySite.objects.filter(name=row.name, division=None).exists():
        raise Refused("delivery_site.known", "这个站点已经在列表里。", "name")
    _add(row, actor, now, verb="members.delivery_site.added", known="这个站点已经在列表里。")
    return row


def _add(row: Platform | DeliverySite, actor: Actor, now: datetime, *, verb: str, known: str) -> None:
    if not actor.can(Permission.MEMBER_EDIT):
        raise NotPermitted
    with transaction.atomic():
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused("dictionary.known", known, "name") from error
        path = actor.paths(Permission.MEMBER_EDIT)[0]
        audit.record(actor=actor, verb=verb, subject=row, path=path, after=audit.snapshot(row), now=now)


def _name(text: str, longest: int) -> str:
    name = " ".join(text.split())
    if not SHORTEST_NAME <= len(name) <= longest:
        raise Refused("dictionary.name", f"名称应为 {SHORTEST_NAME} 到 {longest} 个字。", "name")
    return name
