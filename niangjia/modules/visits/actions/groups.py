"""小组: liaison officers under a leader."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.visits.drafts import tidy
from niangjia.modules.visits.models import Group, Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.queries.postings import OWN

LONGEST_NAME = 40
TWICE = "已有同名的小组，请换一个名称。"


def add_group(*, scope_id: int, name: str, leader_id: int, actor: Actor, now: datetime) -> Group:
    """Raises Missing, NotPermitted, Refused."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    with adding(
        actor=actor, permission=Permission.VISIT_DIRECT, scope=scope, verb="visits.group.added", now=now
    ) as recorded:
        group = Group(scope=scope)
        _put(group, name, leader_id, timezone.localdate(now))
        recorded(group)
    return group


def edit_group(pk: int, *, name: str, leader_id: int, actor: Actor, now: datetime) -> Group:
    """Raises Missing, NotPermitted, Refused."""
    with changing(
        Group, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.group.edited", now=now
    ) as group:
        _put(group, name, leader_id, timezone.localdate(now))
    return group


def close_group(pk: int, *, actor: Actor, now: datetime) -> Group:
    """Raises Missing, NotPermitted, Refused while somebody is in it."""
    with changing(
        Group, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.group.closed", now=now
    ) as group:
        if Posting.objects.unscoped(reason=OWN).filter(group=group, until_on=None).exists():
            raise Refused("group.used", "小组里还有驻联干部，请先把他们编入别的小组。")
        group.closed_on = timezone.localdate(now)
        group.save(update_fields=["closed_on"])
    return group


def _put(group: Group, name: str, leader_id: int, on: date) -> None:
    group.name = tidy(name)[:LONGEST_NAME]
    if not group.name:
        raise Refused("group.name", "请填写小组名称。", "name")
    leader = who_may(Permission.VISIT_MAKE, str(group.scope.path), on=on).filter(pk=leader_id).first()
    if leader is None:
        raise Refused("group.leader", "组长要是这里有走访岗位的干部，请重新选择。", "leader_id")
    group.leader = leader
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError:
        raise Refused("group.name", TWICE, "name") from None
