"""From hand to hand: sent, assigned, taken, handed over, handed back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.engines.casework.actions.looking import let_heads_look
from niangjia.engines.casework.actions.receiving import accept
from niangjia.engines.casework.actions.stepping import Step, set_lead, stepping, take_part, writing
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Participant, Role, Task
from niangjia.engines.casework.queries.load import in_hand_of
from niangjia.engines.casework.queries.openness import sent_from
from niangjia.engines.casework.queries.people import able_at, heads, kept_out, line_of
from niangjia.engines.casework.queries.rights import may_by_place
from niangjia.engines.casework.rules import HAND_BACKS, WAITING, Stage, Verb, ensure_text
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.ui.places import directory


def route_case(
    case_id: int, *, scope_id: int, user_id: int | None = None, because: str = "", actor: Actor, now: datetime
) -> Case:
    """To the desk that accepts it, or to one person there. The limit of accepting goes on from the receipt."""
    with stepping(case_id, Verb.ROUTE, actor=actor, now=now, text=because) as step:
        move(step, place_for(step.case, scope_id), user_id)
    return step.case


def assign_case(
    case_id: int, *, scope_id: int, user_id: int | None = None, text: str = "", actor: Actor, now: datetime
) -> Case:
    """交办: downward, by whoever may accept; accepts it if it is still received. Without a user to the whole desk."""
    with stepping(case_id, Verb.ASSIGN, actor=actor, now=now, text=text) as step:
        case, place = step.case, place_for(step.case, scope_id)
        if actor != SYSTEM and not may_by_place(case, "accept", actor, path=str(place.path)):
            raise NotPermitted("只能交办给本单位和下级单位；给平级或上级请用“转办”。")
        if case.stage in WAITING:
            accept(case, now=now)
        move(step, place, user_id)
    return step.case


def take_case(case_id: int, *, actor: Actor, now: datetime) -> Case:
    """The actor becomes the lead; who may accept accepts with it."""
    with stepping(case_id, Verb.TAKE, actor=actor, now=now) as step:
        case = step.case
        ensure_may_know(case, actor.user_id, now=now)
        if case.stage in WAITING:
            accept(case, now=now)
        case.stage = Stage.IN_HAND
        set_lead(case, actor.user_id, now=now)
    return step.case


def hand_over(
    case_id: int, *, scope_id: int, user_id: int | None = None, reason: str, actor: Actor, now: datetime
) -> Case:
    """转办, to any place. Back to one that has handed it on already only by whoever supervises there: a circle ends."""
    with stepping(case_id, Verb.HAND_OVER, actor=actor, now=now, text=reason) as step:
        case = step.case
        ensure_text(reason, "请写明转办的理由。", "reason")
        place = place_for(case, scope_id)
        if place.pk == case.scope_id and user_id == case.lead_id:
            raise Refused("case.same_hands", "已经在这里办理，请选择别的单位或别的人。", "scope_id")
        handed = case.entries.filter(verb=Verb.HAND_OVER, data__from_scope=place.pk).exclude(data__to_scope=place.pk)
        if handed.exists() and place.pk != case.scope_id and not _decides(case, actor, place):
            raise Refused("case.circle", "这个单位已经转出过，不能再转回去。请退办，由交办单位或上级决定。", "scope_id")
        move(step, place, user_id)
    return step.case


def hand_back(case_id: int, *, reason: str, belongs_to: int | None = None, actor: Actor, now: datetime) -> Case:
    """退办, to the desk that sent it. The third time the level above decides, and what it decides stays.

    `belongs_to` is where it should lie in the opinion of who hands it back; the room above may learn from it.
    """
    with stepping(case_id, Verb.HAND_BACK, actor=actor, now=now, text=reason) as step:
        case = step.case
        ensure_text(reason, "请写明退办的理由。", "reason")
        came_from = sent_from(case)
        case.hand_backs += 1
        step.data = {"belongs_to": belongs_to, "times": case.hand_backs}
        if case.hand_backs >= HAND_BACKS:
            _to_level_above(step)
        else:
            move(step, came_from or case.scope, None)
    return step.case


def _to_level_above(step: Step) -> None:
    """Where there is none, the head of the place itself becomes the lead."""
    case = step.case
    upward = line_of(case)[1:]
    if upward:
        move(step, Scope.objects.get(pk=upward[0]), None, notify=False)
        whom = heads(case, now=step.now)
        step.tell([told.user_id for told in whom], "三次退办，请您指定由谁办理")
        return
    head = next(iter(heads(case, now=step.now, but=[case.lead_id] if case.lead_id else [])), None)
    move(step, case.scope, head.user_id if head else None)


def place_for(case: Case, scope_id: int) -> Scope:
    """Raises Refused for a place the case is kept from."""
    place = Scope.objects.filter(pk=scope_id).first()
    if place is None:
        raise Refused("case.scope", "请选择单位。", "scope_id")
    if set(case.kept_from) & {int(label) for label in str(place.path).split(".")}:
        raise Refused("case.kept_from", "按回避规定，不能交给这个单位，请另选。", "scope_id")
    return place


def ensure_may_know(case: Case, user_id: int | None, *, now: datetime) -> None:
    """Raises Refused for whoever is complained of, or works where the case is kept from."""
    if user_id is not None and user_id in kept_out(case, now=now):
        raise Refused("case.kept_from", "按回避规定，不能交给这个人，请另选。", "user_id")


def ensure_able(case: Case, user_id: int, place: Scope, *, now: datetime) -> User:
    """Somebody who holds a job that handles such cases, at the place or around it. Raises Refused."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    ensure_may_know(case, user_id, now=now)
    if user is None or not may_by_place(
        case, "handle", actor_of(user_id, now=now, name=user.name), path=str(place.path)
    ):
        raise Refused("case.user", "所选的人在该单位没有办理权限，请另选。", "user_id")
    return user


def move(step: Step, place: Scope, user_id: int | None, *, notify: bool = True) -> None:
    """Places it, with a lead or without; what it was and is stands in the line."""
    case, now = step.case, step.now
    names = directory().names([case.scope_id, place.pk])
    user = ensure_able(case, user_id, place, now=now) if user_id else None
    step.data |= {
        "from_scope": case.scope_id, "to_scope": place.pk, "from_user": case.lead_id, "to_user": user_id,
        "from_name": names.get(case.scope_id, ""), "to_name": names.get(place.pk, ""),
        "user_name": user.name if user else "",
    }  # fmt: skip
    case.scope = place
    set_lead(case, user_id, now=now)
    if case.stage not in WAITING:
        case.stage = Stage.IN_HAND if user_id else Stage.ACCEPTED
    if case.is_confidential and user_id is None:
        let_heads_look(case, now=now)
    if notify:
        lead = actor_of(user.pk, now=now, name=user.name) if user else None
        step.tell(receivers(case, lead, now=now), "请受理" if case.stage in WAITING else "请您办理")


def receivers(case: Case, lead: Actor | None, *, now: datetime) -> list[int]:
    """Whom it goes to; the desk as well where that one may not accept it."""
    mine = [lead.user_id] if lead and lead.user_id else []
    if lead and (case.stage not in WAITING or may_by_place(case, "accept", lead)):
        return mine
    return [*mine, *(told.user_id for told in able_at(case, kind_named(case.kind).accept, now=now))]


def _decides(case: Case, actor: Actor, place: Scope) -> bool:
    return actor == SYSTEM or may_by_place(case, "supervise", actor, path=str(place.path))


def hand_over_all(user_id: int, path: str, to_user_id: int | None, *, actor: Actor, now: datetime) -> int:
    """What somebody who leaves has in hand at and under a place: to the successor, else back to the desk.

    The room above has asked the right. Open tasks go along. Returns how many cases.
    """
    with transaction.atomic():
        mine = in_hand_of(user_id, path).select_for_update(of=("self",)).select_related("scope").order_by("pk")
        cases = list(mine)
        for case in cases:
            with writing(case, Verb.HAND_OVER, actor=actor, now=now, text="离任交接") as step:
                keeps = to_user_id is not None and to_user_id not in kept_out(case, now=now)
                _pass_to(step, to_user_id if keeps else None)
        _pass_tasks(user_id, path, to_user_id, now=now)
        gone = Participant.objects.unscoped(reason="who leaves takes part no more").under(path)
        gone.filter(user=user_id, until_at=None).update(until_at=now)
    return len(cases)


def _pass_tasks(user_id: int, path: str, to_user_id: int | None, *, now: datetime) -> None:
    rows = Task.objects.unscoped(reason="what somebody who leaves has in hand").under(path)
    for task in rows.filter(user=user_id, done_at=None, dropped_at=None).select_related("case"):
        task.user_id = None if to_user_id in kept_out(task.case, now=now) else to_user_id
        task.save(update_fields=["user"])
        take_part(task.case, task.user_id, Role.CO_HANDLER, now=now)


def _pass_to(step: Step, user_id: int | None) -> None:
    case = step.case
    step.data = {"from_scope": case.scope_id, "to_scope": case.scope_id, "from_user": case.lead_id, "to_user": user_id}
    set_lead(case, user_id, now=step.now)
    if user_id is None and case.stage_now is Stage.IN_HAND:
        case.stage = Stage.ACCEPTED
    if user_id is None and case.is_confidential:
        let_heads_look(case, now=step.now)
    whom = (
        [user_id] if user_id else [told.user_id for told in able_at(case, kind_named(case.kind).accept, now=step.now)]
    )
    step.tell(whom, "交接给您")
