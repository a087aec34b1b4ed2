"""Ringing for whoever is on duty until somebody takes it, and the written report to those above."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework.actions import regrade_case
from niangjia.engines.casework.actions.placing import call_to, write_line
from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import RIGHTS, Urgency, Verb
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import subscribe
from niangjia.kernel.notify.actions import notify
from niangjia.modules.demands.models import Alert, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.alerts import Called, to_call
from niangjia.modules.demands.queries.emergency import fired
from niangjia.modules.demands.rules import KIND_OF_CASE

EVERY = timedelta(minutes=2)
NEXT_AFTER = timedelta(minutes=10)
_REASON = "the product rings, whoever sees it"


@transaction.atomic
def raise_alert(demand: Demand, *, because: str, now: datetime) -> Alert:
    """Rings the first one at once. A demand that already rings goes on ringing."""
    rows = Alert.objects.unscoped(reason=_REASON).select_for_update()
    alert: Alert | None = rows.filter(demand=demand, acknowledged_at=None).first()
    if alert is not None:
        return alert
    alert = Alert.objects.create(
        scope_id=demand.case.scope_id, demand=demand, because=because[:200], raised_at=now, next_at=now
    )
    audit.record(
        actor=SYSTEM, verb="demands.alert.raised", subject=alert, path=demand.case.scope.path,
        after=audit.snapshot(alert), now=now,
    )  # fmt: skip
    write_line(demand.pk, text=f"紧急提醒：{because}", now=now)
    _ring(alert, now)
    return alert


def ring_due(*, now: datetime) -> int:
    """The job of every minute: each alert that is due rings once, however many workers look. Returns how many rang."""
    rang = 0
    while _ring_one(now):
        rang += 1
    return rang


@transaction.atomic
def _ring_one(now: datetime) -> bool:
    rows = Alert.objects.unscoped(reason=_REASON).filter(next_at__lte=now).order_by("next_at", "pk")
    alert: Alert | None = rows.select_for_update(skip_locked=True).first()
    if alert is None:
        return False
    _ring(alert, now)
    return True


def _ring(alert: Alert, now: datetime) -> None:
    demand = alert.demand
    if not (demand.case.merged_into or demand.case).is_open:  # merged with another, the emergency is no less one
        alert.next_at = None
        alert.save(update_fields=["next_at"])
        return
    steps = to_call(demand, now=now)
    before, last = alert.rank, max(len(steps) - 1, 0)
    alert.rank = min((now - alert.raised_at) // NEXT_AFTER, last)
    planned = (alert.next_at or now) + EVERY
    alert.next_at = planned if planned > now else now + EVERY
    # Nobody is left out because the worker came late.
    for step in steps[min(before + 1, alert.rank) : alert.rank + 1]:
        alert.told = _told(alert.told, step, now)
        _message(alert, step, now)
    alert.save(update_fields=["rank", "next_at", "told"])


def _message(alert: Alert, step: Called, now: datetime) -> None:
    case, waiting = alert.demand.case, (now - alert.raised_at) // timedelta(minutes=1)
    for user in step.users:
        call_to(case.pk, user.pk, now=now)
    since = f"已等待 {waiting} 分钟，" if waiting else ""
    because = "" if case.is_confidential else f"{alert.because}。"
    notify(
        [user.pk for user in step.users], title=f"紧急：{_said(case)}",
        body=f"{because}{since}请立即点“我来处理”。", url=reverse("demands:alerts"), now=now,
    )  # fmt: skip


def _said(case: Case) -> str:
    """What is confidential stands in no message: those are read over shoulders."""
    return case.number if case.is_confidential else f"{case.title}（{case.number}）"


def _told(told: list[list[object]], step: Called, now: datetime) -> list[list[object]]:
    """[user id, name, why him, first at, last at, times], one line each."""
    lines = {line[0]: line for line in told}
    at = timezone.localtime(now).isoformat(timespec="seconds")
    for user in step.users:
        first, times = (lines[user.pk][3], lines[user.pk][5]) if user.pk in lines else (at, 0)
        lines[user.pk] = [user.pk, user.name, step.why, first, at, int(str(times)) + 1]
    return list(lines.values())


def acknowledge_alert(alert_id: int, *, actor: Actor, now: datetime) -> Alert:
    """The actor takes it: nothing rings any more. Raises Missing, NotPermitted, Refused when somebody was faster."""
    with changing(
        Alert, alert_id, actor=actor, permission=Permission.ALERT_ACKNOWLEDGE, verb="demands.alert.acknowledged", now=now
    ) as alert:  # fmt: skip
        if alert.acknowledged_at is not None:
            who = alert.acknowledged_by.name if alert.acknowledged_by else "系统"
            at = timezone.localtime(alert.acknowledged_at)
            raise Refused("alert.taken", f"{who}已在 {at:%H:%M} 接下这件事，不用再处理提醒。")
        alert.acknowledged_at, alert.acknowledged_by_id, alert.next_at = now, actor.user_id, None
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "next_at"])
        minutes = (now - alert.raised_at) // timedelta(minutes=1)
        write_line(alert.demand_id, text=f"接下紧急提醒，用时 {minutes} 分钟", actor=actor, now=now)
        notify(
            [int(told[0]) for told in alert.told if told[0] != actor.user_id],
            title=f"紧急提醒已有人处理：{_said(alert.demand.case)}", body=f"{actor.name}已接下，您不用再处理提醒。",
            url=alert.demand.case.get_absolute_url(), now=now,
        )  # fmt: skip
    return alert


@subscribe(CaseStepped)
def ring_for_regraded(event: CaseStepped) -> None:
    """What an officer found to be most urgent, or major, only later rings like the rest."""
    if event.kind != KIND_OF_CASE or event.verb is not Verb.REGRADE:
        return
    rows = Demand.objects.unscoped(reason=_REASON).select_related("case__scope")
    demand: Demand = rows.get(pk=event.case_id)
    case = demand.case
    rang = Alert.objects.unscoped(reason=_REASON).filter(demand=demand).exists()
    if case.is_open and not rang and (case.urgency == Urgency.EXTREME or case.is_major):
        grade = "重大" if case.is_major else Urgency(case.urgency).label
        raise_alert(demand, because=f"{event.actor.name}调整为{grade}", now=event.now)


ADDED = frozenset({Verb.GIVE_FACTS, Verb.URGE, Verb.RATE, Verb.REOPEN})
"""By these more is said of a matter that was taken down already."""


@subscribe(CaseStepped)
def ring_for_what_was_added(event: CaseStepped) -> None:
    if event.kind != KIND_OF_CASE or event.verb not in ADDED:
        return
    said: Entry = Entry.objects.unscoped(reason=_REASON).get(pk=event.entry_id)
    ring_for_words(event.case_id, said.text, people=1, now=event.now)


def ring_for_words(demand_id: int, text: str, *, people: int, now: datetime) -> None:
    """The rules of emergency win over what was known before, upwards only; once for the same words."""
    rows = Demand.objects.unscoped(reason=_REASON).select_related("case__scope", "case__merged_into")
    demand: Demand = rows.get(pk=demand_id)
    case = demand.case
    found = fired(text, people, str(case.scope.path))
    if found is None or not (case.merged_into or case).is_open:
        return
    if Alert.objects.unscoped(reason=_REASON).filter(demand=demand, because=found.because[:200]).exists():
        return
    raise_alert(demand, because=found.because, now=now)
    urgency, is_major = max(case.urgency, found.urgency), case.is_major or found.is_major
    if case.stage_now in RIGHTS[Verb.REGRADE].stages and (urgency, is_major) != (case.urgency, case.is_major):
        regrade_case(case.pk, urgency=urgency, is_major=is_major, reason=found.because, actor=SYSTEM, now=now)
