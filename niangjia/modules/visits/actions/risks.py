"""稳定风险: what a screening found or somebody says; whose it is, that the level above was told, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.organisations.queries.employers import employer_in_sight
from niangjia.modules.organisations.queries.ground import nearest_places, scope_at
from niangjia.modules.visits.models import Risk, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.questions import Form, risk_from
from niangjia.modules.visits.rules import RiskLevel

LONGEST = 300
LATEST = timedelta(days=366)
DUE_AFTER: Mapping[int, timedelta] = {
    RiskLevel.HIGH: timedelta(days=7), RiskLevel.MEDIUM: timedelta(days=30), RiskLevel.LOW: timedelta(days=90),
}  # fmt: skip
"""Until when a risk has to be looked after, unless somebody says otherwise."""


def open_risk_of(visit: Visit, form: Form, answers: Mapping[str, Any], *, actor: Actor, now: datetime) -> Risk | None:
    """The risk that a visit's answers mean: its visitor's; None without any.

    One that is open at that employer is raised to the graver of the two levels and says both.
    """
    found = risk_from(form, answers)
    if found is None:
        return None
    level, what = found
    on = timezone.localdate(visit.arrived_at)
    open_one: Risk | None = (
        Risk.objects.unscoped(reason="the open risk of the employer that was visited")
        .select_for_update()
        .filter(employer_id=visit.employer_id, scope_id=visit.scope_id, closed_at=None)
        .order_by("pk")
        .first()
    )
    if open_one is not None:
        before = audit.snapshot(open_one)
        open_one.level = max(open_one.level, level)
        open_one.what = what if what == open_one.what else f"{what}（此前：{open_one.what}）"[:LONGEST]
        open_one.due_on = min(filter(None, (open_one.due_on, on + DUE_AFTER[level])))
        open_one.save(update_fields=["level", "what", "due_on"])
        _record(actor, "visits.risk.seen_again", open_one, now, before=before)
        return open_one
    risk: Risk = Risk.objects.create(
        scope=visit.scope, employer_id=visit.employer_id, visit=visit, level=level, what=what, owner_id=visit.user_id,
        due_on=on + DUE_AFTER[level],
    )  # fmt: skip
    _record(actor, "visits.risk.opened", risk, now)
    return risk


def add_risk(
    *, employer_id: int, level: int, what: str, owner_id: int, due_on: date | None, actor: Actor, now: datetime
) -> Risk:
    """Said by hand. Raises Missing, NotPermitted, Refused."""
    employer = employer_in_sight(employer_id, actor)
    path = nearest_places([employer.division_id]).get(employer.division_id)
    if path is None:
        raise Refused("risk.place", "这个单位所在镇街还没有工会负责，请先登记镇街总工会。", "employer")
    scope = scope_at(path)
    with adding(
        actor=actor, permission=Permission.VISIT_MAKE, scope=scope, verb="visits.risk.opened", now=now
    ) as recorded:
        today = timezone.localdate(now)
        due_on = due_on or today + DUE_AFTER.get(level, timedelta(0))
        _ensure_facts(level, what, due_on, today)
        risk: Risk = Risk.objects.create(
            scope=scope, employer=employer, level=level, what=_line(what), owner=_owner(owner_id, path, today),
            due_on=due_on,
        )  # fmt: skip
        recorded(risk)
        _tell_owner(risk, actor, now)
    return risk


def edit_risk(
    pk: int, *, level: int, what: str, owner_id: int, due_on: date | None, actor: Actor, now: datetime
) -> Risk:
    """Level, words, owner, date. Raises Missing, NotPermitted, Refused for a closed one."""
    today = timezone.localdate(now)
    with changing(Risk, pk, actor=actor, permission=Permission.VISIT_MAKE, verb="visits.risk.changed", now=now) as risk:
        _ensure_open(risk)
        due_on = due_on or today + DUE_AFTER.get(level, timedelta(0))
        _ensure_facts(level, what, due_on if due_on != risk.due_on else today, today)
        had = risk.owner_id
        risk.level, risk.what, risk.due_on = level, _line(what), due_on
        if owner_id != had:
            risk.owner = _owner(owner_id, risk.scope.path, today)
        risk.save()
        if owner_id != had:
            _tell_owner(risk, actor, now)
    return risk


def report_risk(pk: int, *, actor: Actor, now: datetime) -> Risk:
    """To the union above: whoever directs visits there is told. Raises Refused where nobody is above."""
    today = timezone.localdate(now)
    with changing(
        Risk, pk, actor=actor, permission=Permission.VISIT_MAKE, verb="visits.risk.reported", now=now
    ) as risk:
        _ensure_open(risk)
        if risk.reported_at is not None:
            raise Refused("risk.reported", "已经报告过上级，不需要再报。")
        above = Scope.objects.filter(path__above=risk.scope.path).exclude(pk=risk.scope_id)
        for scope in sorted(above, key=lambda one: -len(str(one.path).split("."))):
            told = list(who_may(Permission.VISIT_DIRECT, str(scope.path), on=today, here=True))
            if told:
                break
        else:
            raise Refused("risk.nobody_above", "上级还没有人负责走访工作，请电话报告，并请上级指定负责人。")
        risk.reported_at, risk.reported_to = now, scope
        risk.save(update_fields=["reported_at", "reported_to"])
        notify(
            [user.pk for user in told], title=f"稳定风险报告（{RiskLevel(risk.level).label}）：{risk.employer.name}",
            body=risk.what, url=reverse("visits:risk", args=[risk.pk]), now=now,
        )  # fmt: skip
    return risk


def close_risk(pk: int, *, because: str, actor: Actor, now: datetime) -> Risk:
    """Over, with a word on how. Raises Refused without one."""
    with changing(Risk, pk, actor=actor, permission=Permission.VISIT_MAKE, verb="visits.risk.closed", now=now) as risk:
        _ensure_open(risk)
        because = _line(because)
        if not because:
            raise Refused("risk.because", "请写明怎样化解的，方便以后查。", "because")
        risk.closed_at, risk.closed_because = now, because
        risk.save(update_fields=["closed_at", "closed_because"])
    return risk


# --- what the acts share ---


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:LONGEST]


def _ensure_open(risk: Risk) -> None:
    if risk.closed_at is not None:
        raise Refused("risk.closed", "这条风险已经销号，不能再改。又出现的，请重新登记。")


def _ensure_facts(level: int, what: str, due_on: date, today: date) -> None:
    if level not in set(RiskLevel):
        raise Refused("risk.level", "请选择风险等级。", "level")
    if not _line(what):
        raise Refused("risk.what", "请写明是什么风险。", "what")
    if due_on < today:
        raise Refused("risk.past", "期限不能早于今天。", "due_on")
    if due_on > today + LATEST:
        raise Refused("risk.far", "期限请定在一年以内。", "due_on")


def _owner(user_id: int, path: str, today: date) -> User:
    found = who_may(Permission.VISIT_MAKE, path, on=today).filter(pk=user_id).first()
    if found is None:
        raise Refused("risk.owner", "请选择能到这个单位走访的人负责。", "owner")
    return found


def _tell_owner(risk: Risk, actor: Actor, now: datetime) -> None:
    if risk.owner_id != actor.user_id:
        notify(
            [risk.owner_id], title=f"请您跟进稳定风险：{risk.employer.name}", body=risk.what,
            url=reverse("visits:risk", args=[risk.pk]), now=now,
        )  # fmt: skip


def _record(actor: Actor, verb: str, risk: Risk, now: datetime, before: dict[str, Any] | None = None) -> None:
    after = audit.snapshot(risk)
    if before != after:
        path = str(risk.scope.path)
        audit.record(actor=actor, verb=verb, subject=risk, path=path, before=before, after=after, now=now)
