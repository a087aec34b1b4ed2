"""Keeping the map 责任分工, and what hand-backs say against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.models import Entry
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.queries import held_by
from niangjia.kernel.access.rights import jobs, permissions_of
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import subscribe
from niangjia.kernel.ltree import is_under
from niangjia.kernel.notify.actions import notify
from niangjia.modules.demands.models import Demand, MapProposal, Responsibility
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.responsibility import proposal_in_sight, what_of
from niangjia.modules.demands.rules import KIND_OF_CASE
from niangjia.modules.organisations.queries.organisations import closed_among, organisation_in_sight


@dataclass(frozen=True)
class LineFacts:
    """One line of the map. Empty means any; `job` or `user_id` may be left open."""

    to_scope_id: int
    kind: str = ""
    division: str = ""
    zone_id: int | None = None
    employer_id: int | None = None
    job: str = ""
    user_id: int | None = None
    note: str = ""
    is_fallback: bool = False


def add_line(scope_id: int, *, facts: LineFacts, actor: Actor, now: datetime) -> Responsibility:
    """Into the map of `scope_id`. Raises Missing, NotPermitted, Refused for what leads nowhere or stands already."""
    scope = organisation_in_sight(scope_id, actor).scope
    with adding(
        actor=actor, permission=Permission.RESPONSIBILITY_EDIT, scope=scope, verb="demands.responsibility.added", now=now
    ) as recorded:  # fmt: skip
        Scope.objects.select_for_update().get(pk=scope.pk)  # two at once don't add the same line
        _ensure_line(scope, facts, now)
        row: Responsibility = Responsibility.objects.create(
            scope=scope, to_scope_id=facts.to_scope_id, kind=facts.kind, division_id=facts.division or None,
            zone_id=facts.zone_id, employer_id=facts.employer_id, job=facts.job, user_id=facts.user_id,
            note=facts.note.strip(), is_fallback=facts.is_fallback, created_at=now,
        )  # fmt: skip
        recorded(row)
    return row


def end_line(pk: int, *, actor: Actor, now: datetime, reason: str = "") -> Responsibility:
    """From now on it sends nothing; what it has sent stays where it is. Raises Missing, NotPermitted."""
    with changing(
        Responsibility, pk, actor=actor, permission=Permission.RESPONSIBILITY_EDIT,
        verb="demands.responsibility.ended", now=now, reason=reason,
    ) as row:  # fmt: skip
        if row.ended_at is None:
            row.ended_at = now
            row.save(update_fields=["ended_at"])
    return row


def _ensure_line(scope: Scope, facts: LineFacts, now: datetime) -> None:
    known = catalogue()
    if facts.kind and known.get(facts.kind) is None:
        raise Refused("responsibility.kind", "诉求目录里没有这一类，请重新选择。", "kind")
    if facts.job and facts.job not in jobs():
        raise Refused("responsibility.job", "没有这个岗位，请重新选择。", "job")
    if facts.job and Permission.DEMAND_HANDLE not in permissions_of(facts.job):
        raise Refused("responsibility.job", "这个岗位不办理诉求，请选择其他岗位。", "job")
    target = Scope.objects.filter(pk=facts.to_scope_id).first()
    if target is None or closed_among([target.pk]):
        raise Refused("responsibility.place", "没有找到承办的工会，或已撤销，请重新选择。", "to_scope")
    if not (is_under(target.path, scope.path) or is_under(scope.path, target.path)):
        raise Refused("responsibility.place", "承办的工会要在本单位之内，或是上级工会；同级之间请用转办。", "to_scope")
    if facts.user_id is not None:
        _ensure_handles(facts.user_id, target, now)
    twin = Responsibility.objects.unscoped(reason="the map of a row in sight").filter(
        scope=scope, ended_at=None, kind=facts.kind, division=facts.division or None, zone=facts.zone_id,
        employer=facts.employer_id, is_fallback=facts.is_fallback,
    )  # fmt: skip
    if row := twin.first():
        raise Refused("responsibility.twice", f"“{what_of(row, known)}”已有一条分工，请先停用原来的那条。")


def _ensure_handles(user_id: int, place: Scope, now: datetime) -> None:
    held = held_by(user_id, on=timezone.localdate(now))
    if not any(Permission.DEMAND_HANDLE in one.permissions and is_under(place.path, one.path) for one in held):
        raise Refused("responsibility.person", "这个人在承办的工会没有办理诉求的岗位，请另选或先任命。", "user")


# --- what hand-backs say ---


@subscribe(CaseStepped)
def hear_hand_back(event: CaseStepped) -> None:
    """Whoever hands a demand back says that the map sent it wrongly; the keeper of the map decides."""
    if event.kind != KIND_OF_CASE or event.verb is not Verb.HAND_BACK:
        return
    demand = Demand.objects.unscoped(reason="what was handed back").select_related("case").get(pk=event.case_id)
    entry = Entry.objects.unscoped(reason="what was handed back").get(pk=event.entry_id)
    propose_change(
        demand, was_scope_id=entry.data.get("from_scope") or entry.scope_id or demand.case.scope_id,
        to_scope_id=entry.data.get("belongs_to"), reason=entry.text, by=event.actor, now=event.now,
    )  # fmt: skip


def propose_change(
    demand: Demand, *, was_scope_id: int, to_scope_id: int | None, reason: str, by: Actor, now: datetime
) -> MapProposal:
    """One open proposal for a kind and a place; a further hand-back of the same is already said."""
    keeper = demand.case.received_scope_id
    rows = MapProposal.objects.unscoped(reason="what was said of the map before").filter(
        scope=keeper, decided_at=None, kind=demand.kind, was_scope=was_scope_id, to_scope=to_scope_id
    )
    row: MapProposal | None = rows.first()
    if row is None:
        row = MapProposal.objects.create(
            scope_id=keeper, demand=demand, kind=demand.kind, was_scope_id=was_scope_id, to_scope_id=to_scope_id,
            reason=reason[:300], by_name=by.name, at=now,
        )  # fmt: skip
        audit.record(
            actor=by if by.user_id else SYSTEM, verb="demands.map_proposal.made", subject=row, path=row.scope.path,
            after=audit.snapshot(row), now=now,
        )  # fmt: skip
    return row


def take_up_proposal(pk: int, *, facts: LineFacts, actor: Actor, now: datetime) -> Responsibility:
    """The keeper makes a line of it, perhaps another one than was proposed; whoever said it is told.

    Raises Missing, NotPermitted, and what `add_line` refuses.
    """
    with changing(
        MapProposal, pk, actor=actor, permission=Permission.RESPONSIBILITY_EDIT,
        verb="demands.map_proposal.taken_up", now=now,
    ) as row:  # fmt: skip
        _ensure_waiting(row)
        line = add_line(row.scope_id, facts=facts, actor=actor, now=now)
        _decided(row, is_taken_up=True, answer="", actor=actor, now=now)
    return line


def leave_proposal(pk: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """The map stays as it is. Raises Missing, NotPermitted, Refused without a reason."""
    proposal_in_sight(pk, actor)
    if not reason.strip():
        raise Refused("map_proposal.reason", "请写明不采纳的原因。", "reason")
    with changing(
        MapProposal, pk, actor=actor, permission=Permission.RESPONSIBILITY_EDIT, verb="demands.map_proposal.left",
        now=now, reason=reason,
    ) as row:  # fmt: skip
        _ensure_waiting(row)
        _decided(row, is_taken_up=False, answer=reason.strip()[:300], actor=actor, now=now)


def _ensure_waiting(row: MapProposal) -> None:
    if row.decided_at is not None:
        raise Refused("map_proposal.decided", f"{row.decided_by_name}已处理这条建议，请刷新后再看。")


def _decided(row: MapProposal, *, is_taken_up: bool, answer: str, actor: Actor, now: datetime) -> None:
    row.is_taken_up, row.answer, row.decided_at, row.decided_by_name = is_taken_up, answer, now, actor.name
    row.save(update_fields=["is_taken_up", "answer", "decided_at", "decided_by_name"])
    entry = (
        Entry.objects.unscoped(reason="who said it is told")
        .filter(case=row.demand_id, verb=Verb.HAND_BACK, user_id__isnull=False, user_name=row.by_name)
        .order_by("-pk")
        .first()
    )
    if entry is not None:
        said = "已采纳，责任分工已改" if is_taken_up else f"未采纳：{answer}"
        notify([entry.user_id], title="您退办时提的分工建议有了结果", body=f"{said}。由{actor.name}处理。", now=now)
