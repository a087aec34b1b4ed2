"""Telling one demand by the acts that people do, each at its own moment."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.worktime.clock import Clock
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.modules.demands.actions.alerts import acknowledge_alert
from niangjia.modules.demands.actions.calls import begin_call, record_from_call
from niangjia.modules.demands.actions.facts import set_outcome
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.actions.urgent_reports import Report, write_urgent_report
from niangjia.modules.demands.models import Alert, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.rules import Channel, Facts, HowClosed, Nature
from niangjia.modules.demands.seed import sayings
from niangjia.modules.demands.seed.plan import Fate, Ground, Told, Turn

WHY = "the demonstration's own story"
PARTNER_CODE, PARTNER_NAME = "hotline-12345", "12345政务服务便民热线"
RATE_SHARE = 0.6
DAY = 420
"""Working minutes of a day."""
LIMIT = {Urgency.NORMAL: 5 * DAY, Urgency.PRESSING: 3 * DAY}


ByVisit = Callable[[datetime, Facts, str], tuple[int, datetime]]
"""(when it was asked, what, what explained it on the spot or nothing) → the demand that a visit brought, when it was handed in."""


@dataclass
class Cast:
    """Who acts in one county; rights are those of the day on which the story was begun."""

    ground: Ground
    now: datetime
    clock: Clock
    users: Mapping[str, int]
    clerks: Mapping[int, int]  # of each township's union
    hotline: str
    rights: str
    decider: str
    chair: str
    paths: Mapping[int, str]
    by_visit: ByVisit | None = None
    known: dict[int, Actor] = field(default_factory=dict)

    def actor(self, user_id: int | None) -> Actor:
        assert user_id is not None
        if user_id not in self.known:
            self.known[user_id] = actor_of(user_id, now=self.now)
        return self.known[user_id]

    def named(self, username: str) -> Actor:
        return self.actor(self.users[username])


def cast_of(ground: Ground, *, now: datetime, clock: Clock, is_beside: bool) -> Cast:
    users = dict(User.objects.exclude(username__startswith="pianqu").values_list("username", "pk"))
    places = [town.scope_id for town in ground.townships]
    held = Grant.objects.unscoped(reason=WHY).filter(job="CLERK", scope__in=places)
    clerks = dict(held.order_by("-pk").values_list("scope_id", "user_id"))
    names = ("jiangbei", "jiangbei", "beizhuxi", "beizhuxi") if is_beside else ("rexian", "weiquan", "fenguan", "zhuxi")
    paths = dict(Scope.objects.filter(pk__in=[*places, ground.county, ground.own]).values_list("pk", "path"))
    return Cast(ground, now, clock, users, clerks, *names, paths)


class Hand:
    """One demand while it is told; `at` is the moment that has been reached."""

    def __init__(self, cast: Cast, one: Told, *, with_it: Sequence[Told] = ()) -> None:
        self.cast, self.one, self.with_it = cast, one, with_it
        self.chance = random.Random(one.chance)
        self.at = one.at
        self.pk = 0

    # --- time ---

    def later(self, minutes: float) -> datetime:
        """So many working minutes on; what is due to be told of a late one is told on the way."""
        limit = Limit(max(1, int(minutes)), Unit.WORKING_MINUTES)
        return self.until(self.cast.clock.deadline(self.at, limit) + timedelta(seconds=self.chance.randrange(50)))

    def soon(self, minutes: float) -> datetime:
        """So many minutes on by the clock on the wall: nobody waits for the morning in an emergency."""
        return self.until(self.at + timedelta(minutes=minutes))

    def until(self, moment: datetime) -> datetime:
        moment = max(self.at, min(moment, self.cast.now - timedelta(minutes=1)))
        while self.pk:
            climbs = self.case_value("climb_at")
            if climbs is None or climbs > moment or not casework.climb_due(now=max(climbs, self.at), case_id=self.pk):
                break
        self.at = moment
        return moment

    def between(self, least: float, most: float) -> float:
        return self.chance.uniform(least, most)

    # --- who ---

    def case_value(self, name: str) -> Any:
        return Case.objects.unscoped(reason=WHY).values_list(name, flat=True).get(pk=self.pk)

    @property
    def case(self) -> Case:
        case: Case = Case.objects.unscoped(reason=WHY).select_related("scope").get(pk=self.pk)
        return case

    @property
    def lead(self) -> Actor:
        lead_id = self.case_value("lead_id")
        return self.cast.actor(lead_id) if isinstance(lead_id, int) else self.hotline

    @property
    def hotline(self) -> Actor:
        return self.cast.named(self.cast.hotline)

    def officer(self, username: str) -> Actor:
        return self.cast.named(username)

    def others(self, count: int) -> list[int]:
        """Colleagues at the county who don't lead it."""
        names = [name for name in ("weiquan", "bangfu", "zhulian", "nvgong") if name in self.cast.users]
        lead = self.lead.user_id
        able = [self.cast.users[name] for name in names if self.cast.users[name] != lead]
        return self.chance.sample(able, min(count, len(able)))

    # --- the acts ---

    @property
    def recorder(self) -> Actor:
        one, cast = self.one, self.cast
        if one.channel is Channel.PHONE_PAGE:
            return casework.ASKER
        if one.channel is Channel.PARTNER:
            return Actor(None, PARTNER_NAME)
        if one.special == "own":
            return self.officer("zhuangan")
        if one.channel is Channel.HOTLINE:
            return self.hotline
        if one.place is None or one.channel in (Channel.LETTER, Channel.PETITION):
            return self.officer(cast.rights)
        return cast.actor(cast.clerks[cast.ground.townships[one.place].scope_id])

    @property
    def door(self) -> int:
        """Where it comes in."""
        one, ground = self.one, self.cast.ground
        if one.special == "own":
            return ground.own
        by_township = {Channel.WINDOW, Channel.ON_BEHALF, Channel.STATION, Channel.VISIT}
        return (
            ground.townships[one.place].scope_id
            if one.place is not None and one.channel in by_township
            else ground.county
        )

    def facts(self) -> Facts:
        one = self.one
        is_anonymous, is_confidential = one.turn is Turn.ANONYMOUS, one.turn is Turn.CONFIDENTIAL
        firm = self.cast.ground.own_firm if one.special == "own" else one.firm
        return Facts(
            nature=Nature.SUGGESTION if one.special == "own" else one.line.nature, channel=one.channel, kind=one.line.kind,
            title=one.title, body=one.body, party=one.party, asker_name="" if is_anonymous else one.name,
            asker_phone="" if is_anonymous and one.channel is not Channel.PHONE_PAGE else one.phone,
            is_anonymous=is_anonymous, is_confidential=is_confidential,
            employer_id=(firm.id or None) if firm else None, employer_name=firm.name if firm else "",
            asker_employer_id=(firm.id or None) if firm and one.line.is_by_employer else None,
            division=self.cast.ground.townships[one.place].division if one.place is not None else "", zone_id=one.zone,
            place=one.spot, people=one.people, claimed_fen=one.claimed_fen,
            happened_on=(one.at - timedelta(days=self.chance.randrange(1, 20))).date(),
        )  # fmt: skip

    def record(self, *, route: bool = True) -> None:
        one = self.one
        at_once = self.chance.choice(sayings.EXPLAINED) if one.fate is Fate.AT_ONCE else ""
        if one.channel is Channel.VISIT and self.cast.by_visit is not None:
            self.pk, self.at = self.cast.by_visit(one.at, self.facts(), at_once)
            return
        partner = one.channel is Channel.PARTNER
        own_due = None
        if partner:
            own_due = one.at + timedelta(days=12)
            if one.special == "today":
                own_due = self.cast.now.replace(hour=23, minute=30, second=0, microsecond=0)
        demand = self.by_call(at_once) if route and self.is_a_call else record_demand(
            self.facts(), scope_id=self.door, actor=self.recorder, now=one.at, route=route, close_at_once=at_once,
            partner=PARTNER_CODE if partner else "", partner_number=f"{one.at:%Y%m%d%H%M%S}" if partner else "",
            own_due_at=own_due,
        )  # fmt: skip
        self.pk = demand.pk

    @property
    def is_a_call(self) -> bool:
        return self.one.channel is Channel.HOTLINE and self.recorder.can(Permission.HOTLINE_ANSWER)

    def by_call(self, at_once: str) -> Demand:
        one, operator = self.one, self.recorder
        phone = "" if one.turn is Turn.ANONYMOUS else one.phone
        began = one.at - timedelta(seconds=self.chance.randrange(70, 400))
        call = begin_call(phone=phone, scope_id=self.door, actor=operator, now=began)
        return record_from_call(call.pk, self.facts(), close_at_once=at_once, actor=operator, now=one.at)

    def facts_asked(self) -> None:
        casework.ask_facts(self.pk, text="请补充工资条或转账记录的照片。", actor=self.hotline, now=self.later(50))
        casework.give_facts(
            self.pk, text="工资条已拍照，转账记录只有前两个月的。", actor=casework.ASKER, now=self.later(500)
        )

    def emergency(self) -> None:
        """Where it rang: whoever was called takes it, and writes to those above."""
        alert = Alert.objects.unscoped(reason=WHY).filter(demand=self.pk).first()
        if alert is None:
            return
        called = self.cast.actor(int(str(alert.told[0][0]))) if alert.told else self.officer(self.cast.decider)
        acknowledge_alert(alert.pk, actor=called, now=self.soon(self.between(1, 5)))
        self.accept()
        place = self.one.spot or (self.one.firm.name if self.one.firm else "辖区内")
        report = Report(
            when=f"{self.one.at.month}月{self.one.at.day}日 {self.one.at:%H:%M}", where=place, what=self.one.title,
            people=f"{self.one.people} 人", done="值班人员已赶到现场，情况稳定。", next_steps="会同有关部门继续处置，随时续报。",
        )  # fmt: skip
        write_urgent_report(self.pk, report=report, actor=called, now=self.soon(35))

    def accept(self) -> None:
        """By whoever has it, if that one may; else by the hotline's desk."""
        case = self.case
        if case.stage != Stage.RECEIVED:
            return
        hurry = case.urgency >= Urgency.URGENT
        now = self.soon(self.between(3, 12)) if hurry else self.later(self.between(8, 170))
        lead = self.lead
        able = lead if lead.may(Permission.DEMAND_ACCEPT, str(case.scope.path)) else self.hotline
        casework.accept_case(self.pk, text=self.chance.choice(sayings.ACCEPTED), actor=able, now=now)

    def refuse(self) -> None:
        casework.refuse_case(
            self.pk, reason="反映的是邻里和物业费的事，不属于工会受理范围。", elsewhere="社区居委会，或 12345 热线",
            actor=self.hotline, now=self.later(self.between(20, 200)),
        )  # fmt: skip

    def pace(self) -> datetime:
        """When the work comes to its answer, well within the limit."""
        case = self.case
        if case.urgency >= Urgency.URGENT or case.is_major:
            return self.soon(self.between(90, 1000))
        return self.later(self.between(0.06, 0.8) * LIMIT[Urgency(case.urgency)])

    def work(self) -> None:
        self.pace()
        self.answer()

    def answer(self, *, outcome: bool = True) -> None:
        lead = self.lead
        if outcome:
            self.outcome(lead)
        texts = sayings.ANSWERED[self.one.line.kind[:2]]
        casework.answer_case(self.pk, text=self.chance.choice(texts), actor=lead, now=self.at)

    def outcome(self, actor: Actor) -> None:
        one = self.one
        how = self.chance.choice(sayings.CLOSED_AS[one.line.nature])
        recovered = None
        if one.claimed_fen and one.fate is not Fate.AT_ONCE:
            how = self.chance.choice((HowClosed.COORDINATED, HowClosed.MEDIATED))
            recovered = one.claimed_fen if self.chance.random() < 0.7 else int(one.claimed_fen * 0.8) // 1000 * 1000
        set_outcome(self.pk, how_closed=how.value, recovered_fen=recovered, actor=actor, now=self.at)

    def confirm(self) -> None:
        now, turn = self.later(self.between(40, 600)), self.one.turn
        rating = self.chance.choice((3, 4, 4, 5, 5, 5)) if self.chance.random() < RATE_SHARE else None
        said = self.chance.choice(sayings.THANKED)
        if turn is Turn.RATED:
            casework.rate_case(self.pk, rating=rating or 5, is_satisfied=True, text=said, actor=casework.ASKER, now=now)
            return
        casework.call_back(
            self.pk, is_reached=True, is_satisfied=True, rating=None if turn is Turn.GRUDGING else rating, text=said,
            actor=self.hotline, now=now,
        )  # fmt: skip
        if turn is Turn.GRUDGING:
            casework.rate_case(
                self.pk, rating=self.chance.choice((1, 2, 2)), is_satisfied=False, text="事情是办了，就是等得太久。",
                actor=casework.ASKER, now=self.later(500),
            )  # fmt: skip

    def call_in_vain(self) -> None:
        now = self.later(self.between(90, 500))
        casework.call_back(self.pk, is_reached=False, text="无人接听。", actor=self.hotline, now=now)

    def hand_to(self, user_id: int, scope_id: int, text: str, *, minutes: float = 60) -> None:
        casework.assign_case(
            self.pk, scope_id=scope_id, user_id=user_id, text=text, actor=self.officer(self.cast.decider),
            now=self.later(minutes),
        )  # fmt: skip
