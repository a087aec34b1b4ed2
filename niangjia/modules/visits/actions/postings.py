"""驻联: who answers for which townships, from a day until a day, and what passes on when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.organisations.queries.ground import townships_under
from niangjia.modules.visits.models import Group, KeyEmployer, Posting, PostingTownship
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.queries.postings import (
    OWN,
    in_hand,
    open_risks_of,
    overlaps,
    planned_from,
    posting_in_sight,
)
from niangjia.modules.visits.rules import PlanState

MOST_GOAL = 20
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
FAR_AHEAD = timedelta(days=366)


def add_posting(
    *, scope_id: int, user_id: int, from_on: date, weekly_goal: int = 1, township_ids: Sequence[int] = (),
    group_id: int | None = None, actor: Actor, now: datetime,
) -> Posting:  # fmt: skip
    """Raises Missing, NotPermitted; Refused for somebody who may not visit, days that overlap, townships elsewhere."""
    scope = _scope(scope_id)
    with adding(
        actor=actor, permission=Permission.VISIT_DIRECT, scope=scope, verb="visits.posting.added", now=now
    ) as recorded:
        _ensure_day(from_on, now)
        _ensure_goal(weekly_goal)
        user = _officer(user_id, str(scope.path), max(from_on, timezone.localdate(now)))
        own = Posting.objects.unscoped(reason=OWN).filter(scope=scope, user=user)
        if own.filter(overlaps(from_on, LATEST)).exists():
            raise Refused(
                "posting.twice", f"{user.name}已有驻联安排，请先结束那一条，或把开始日期改到它结束以后。", "from_on"
            )
        posting = Posting(
            scope=scope, user=user, group=_group(group_id, scope), from_on=from_on, weekly_goal=weekly_goal
        )
        try:
            with transaction.atomic():
                posting.save()
        except IntegrityError:  # two people at the same moment
            raise Refused("posting.twice", f"{user.name}刚刚已被安排驻联，请刷新后核对。", "user_id") from None
        _put_townships(posting, township_ids)
        recorded(posting)
    return posting


def edit_posting(
    pk: int, *, weekly_goal: int, township_ids: Sequence[int], group_id: int | None, actor: Actor, now: datetime
) -> Posting:
    """How often, where, in which group. Raises Missing, NotPermitted, Refused."""
    with changing(
        Posting, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.posting.edited", now=now
    ) as posting:
        _ensure_open(posting)
        _ensure_goal(weekly_goal)
        posting.weekly_goal = weekly_goal
        posting.group = _group(group_id, posting.scope)
        posting.save(update_fields=["weekly_goal", "group"])
        before = sorted(posting.townships.values_list("township_id", flat=True))
        _put_townships(posting, township_ids)
        after = sorted(posting.townships.values_list("township_id", flat=True))
        if before != after:
            audit.record(
                actor=actor, verb="visits.posting.townships", subject=posting, path=str(posting.scope.path),
                before={"townships": before}, after={"townships": after}, now=now,
            )  # fmt: skip
    return posting


def set_group(posting_id: int, group_id: int | None, *, actor: Actor, now: datetime) -> Posting:
    """Raises Missing, NotPermitted, Refused."""
    with changing(
        Posting, posting_id, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.posting.grouped", now=now
    ) as posting:
        _ensure_open(posting)
        posting.group = _group(group_id, posting.scope)
        posting.save(update_fields=["group"])
    return posting


def end_posting(pk: int, *, on: date, hand_to: int | None = None, actor: Actor, now: datetime) -> Posting:
    """`on` is the first day not on post. What was his goes to the posting `hand_to`.

    Without one key employers wait for somebody, plans of later days are dropped; open risks need a successor.
    Raises Missing, NotPermitted, Refused.
    """
    with changing(
        Posting, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.posting.ended", now=now
    ) as posting:
        _ensure_open(posting)
        _ensure_day(on, now)
        if on <= posting.from_on:
            raise Refused("posting.span", f"{posting.from_on} 才开始驻联，结束日期要晚于这一天。", "on")
        heir = _heir(posting, hand_to, on, actor) if hand_to is not None else None
        hand_over(posting, heir, on=on, actor=actor, now=now)
    return posting


def hand_over(posting: Posting, heir: Posting | None, *, on: date, actor: Actor, now: datetime) -> None:
    """Ends a posting under lock, and passes on what is his. Raises Refused for risks that would be nobody's."""
    left = in_hand(posting, on)
    if heir is None and left.risks:
        raise Refused("posting.risks", f"还有 {left.risks} 项未销号风险，请选择接手的人。", "hand_to")
    keys = KeyEmployer.objects.unscoped(reason=OWN).filter(posting=posting, until_on=None)
    plans = planned_from(posting, on)
    risks = open_risks_of(posting.user_id, str(posting.scope.path))
    said = {"changed_by_name": actor.name, "changed_at": now}
    keys.update(posting=heir)
    if heir is None:
        _changed(plans, state=PlanState.DROPPED, note="驻联结束，未安排接手", **said)
    else:
        _changed(plans, user=heir.user_id, **said)
        risks.update(owner=heir.user_id)
        held = set(heir.townships.values_list("township_id", flat=True))
        PostingTownship.objects.unscoped(reason=OWN).bulk_create(
            PostingTownship(posting=heir, township_id=township)
            for township in posting.townships.values_list("township_id", flat=True)
            if township not in held
        )
    posting.until_on, posting.handed_to = on, heir
    posting.save(update_fields=["until_on", "handed_to"])
    audit.record(
        actor=actor, verb="visits.posting.handed_over", subject=posting, path=str(posting.scope.path), now=now,
        after={"to": heir.user.name if heir else "", "handed_over": left.in_words()},
    )  # fmt: skip


def _changed(plans: object, **values: object) -> None:
    """A phone that is offline must hear of it, so the version counts on."""
    plans.update(version=F("version") + 1, **values)  # type: ignore[attr-defined]


def _scope(scope_id: int) -> Scope:
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    return scope


def _ensure_open(posting: Posting) -> None:
    if posting.until_on is not None:
        raise Refused("posting.ended", f"这条驻联安排已于 {posting.until_on} 结束，请新建一条。")


def _ensure_day(day: date, now: datetime) -> None:
    if not EARLIEST <= day <= timezone.localdate(now) + FAR_AHEAD:
        raise Refused("posting.day", "日期不对，请选一年以内的日期。", "from_on")


def _ensure_goal(goal: int) -> None:
    if not 1 <= goal <= MOST_GOAL:
        raise Refused("posting.goal", f"每周走访次数请填 1 到 {MOST_GOAL}。", "weekly_goal")


def _officer(user_id: int, path: str, on: date) -> User:
    user = who_may(Permission.VISIT_MAKE, path, on=on).filter(pk=user_id).first()
    if user is None:
        raise Refused("posting.user", "这个人在这里没有走访的岗位，请先在“干部”里任命。", "user_id")
    return user


def _group(group_id: int | None, scope: Scope) -> Group | None:
    if group_id is None:
        return None
    rows = Group.objects.unscoped(reason="a group of the posting's own place")
    found: Group | None = rows.filter(pk=group_id, scope=scope, closed_on=None).first()
    if found is None:
        raise Refused("posting.group", "没有这个小组，请重新选择。", "group_id")
    return found


def _put_townships(posting: Posting, township_ids: Sequence[int]) -> None:
    known = {township.pk for township in townships_under(str(posting.scope.path))}
    wanted = set(township_ids)
    if wanted - known:
        raise Refused("posting.townships", "所选镇街不在这里的管辖范围内，请重新选择。", "township_ids")
    posting.townships.exclude(township__in=wanted).delete()
    held = set(posting.townships.values_list("township_id", flat=True))
    PostingTownship.objects.unscoped(reason=OWN).bulk_create(
        PostingTownship(posting=posting, township_id=pk) for pk in sorted(wanted - held)
    )


def _heir(posting: Posting, hand_to: int, on: date, actor: Actor) -> Posting:
    heir = posting_in_sight(hand_to, actor)
    if heir.pk == posting.pk or heir.scope_id != posting.scope_id:
        raise Refused("posting.heir", "请选择同一工会的另一位驻联干部接手。", "hand_to")
    if heir.from_on > on or (heir.until_on is not None and heir.until_on <= on):
        raise Refused("posting.heir", f"{heir.user.name}在 {on} 不在驻联岗位上，请选择别人。", "hand_to")
    return heir
