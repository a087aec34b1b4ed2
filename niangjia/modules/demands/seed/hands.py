"""Telling one demand by the acts that people do, each at its own moment."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import PauseReason, Stage, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.synthetic import name_of, phone_number
from niangjia.kernel.worktime.clock import Clock
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.modules.demands.actions.alerts import acknowledge_alert
from niangjia.modules.demands.actions.facts import Concerned, set_concerned, set_outcome
from niangjia.modules.demands.actions.letters import make_letter
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.actions.urgent_reports import Report, write_urgent_report
from niangjia.modules.demands.models import Alert
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.rules import Channel, Facts, HowClosed, LetterKind, Nature
from niangjia.modules.demands.seed import sayings
from niangjia.modules.demands.seed.plan import FIRST_PHONE, WAGES_SHARES, Fate, Ground, Told, Turn

WHY = "the demonstration's own story"
PARTNER_CODE, PARTNER_NAME = "hotline-12345", "12345政务服务便民热线"
DAY = 420
"""Working minutes of a day."""
LIMIT = {Urgency.NORMAL: 5 * DAY, Urgency.PRESSING: 3 * DAY}


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
    known: dict[int, Actor] = field(default_factory=dict)

    def actor(self, user_id: int) -> Actor:
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
            if climbs is None or climbs > moment or not casework.climb_due(now=climbs, case_id=self.pk):
                break
        self.at = moment
        return moment

    def between(self, least: float, most: float) -> float:
        return self.chance.uniform(least, most)

    # --- who ---

    def case_value(self, name: str) -> object:
        return Case.objects.unscoped(reason=WHY).values_list(name, flat=True).get(pk=self.pk)

    @property
    def case(self) -> Case:
        return Case.objects.unscoped(reason=WHY).select_related("scope").get(pk=self.pk)

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

    # --- the way ---

    def tell(self) -> None:
        """From the first word to where it stands today."""
        fate = self.one.fate
        if self.one.lead or self.one.special in ("own", "county") or fate is Fate.ACCEPTED:
            OPEN_ENDS[fate](self)
            return
        self.record()
        if fate is Fate.AT_ONCE:
            self.outcome(self.cast.actor(self.recorder.user_id or 0))
            return
        if fate is Fate.RECEIVED:
            self.until(self.cast.now)
            return
        if fate is Fate.FACTS_ASKED:
            casework.ask_facts(self.pk, text="请补充单位全称和您入职的时间。", actor=self.hotline, now=self.later(40))
            return
        if self.one.turn is Turn.FACTS:
            self.facts_asked()
        self.emergency()
        if fate is Fate.REFUSED:
            self.refuse()
            return
        self.accept()
        if fate is Fate.WITHDRAWN:
            casework.withdraw_case(
                self.pk, reason="已经和单位谈好了，不用再办。", actor=casework.ASKER, now=self.later(300)
            )
            return
        if fate is Fate.IN_HAND:
            self.until(self.cast.now)
            return
        WAYS.get(self.one.turn, Hand.work)(self)
        self.after_answer()

    def after_answer(self) -> None:
        if self.one.fate is Fate.UNREACHED:
            for _ in range(3):
                self.call_in_vain()
        elif self.one.fate is Fate.ANSWERED:
            self.until(self.cast.now)
        elif self.one.fate is Fate.RESOLVED:
            self.confirm()

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
        partner = one.channel is Channel.PARTNER
        own_due = None
        if partner:
            own_due = one.at + timedelta(days=12)
            if one.special == "today":
                own_due = self.cast.now.replace(hour=23, minute=30, second=0, microsecond=0)
        demand = record_demand(
            self.facts(), scope_id=self.door, actor=self.recorder, now=one.at, route=route,
            close_at_once=self.chance.choice(sayings.EXPLAINED) if one.fate is Fate.AT_ONCE else "",
            partner=PARTNER_CODE if partner else "", partner_number=f"{one.at:%Y%m%d%H%M%S}" if partner else "",
            own_due_at=own_due,
        )  # fmt: skip
        self.pk = demand.pk

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
        now, rated = self.later(self.between(40, 600)), self.chance.random() < 0.6
        rating = self.chance.choice((3, 4, 4, 5, 5, 5)) if rated else None
        if self.one.turn is Turn.RATED:
            casework.rate_case(
                self.pk, rating=rating or 5, is_satisfied=True, text=self.chance.choice(sayings.THANKED), actor=casework.ASKER,
                now=now,
            )  # fmt: skip
            return
        casework.call_back(
            self.pk, is_reached=True, is_satisfied=True, rating=rating, text=self.chance.choice(sayings.THANKED),
            actor=self.hotline, now=now,
        )  # fmt: skip

    def call_in_vain(self) -> None:
        now = self.later(self.between(90, 500))
        casework.call_back(self.pk, is_reached=False, text="无人接听。", actor=self.hotline, now=now)

    def hand_to(self, user_id: int, scope_id: int, text: str, *, minutes: float = 60) -> None:
        casework.assign_case(
            self.pk, scope_id=scope_id, user_id=user_id, text=text, actor=self.officer(self.cast.decider),
            now=self.later(minutes),
        )  # fmt: skip


# --- turns ---


def in_vain(hand: Hand) -> None:
    hand.work()
    hand.call_in_vain()


def not_satisfied(hand: Hand) -> None:
    hand.later(hand.between(100, 700))
    hand.answer()
    casework.call_back(
        hand.pk, is_reached=True, is_satisfied=False, text=hand.chance.choice(sayings.STILL), actor=hand.hotline,
        now=hand.later(200),
    )  # fmt: skip
    hand.later(hand.between(100, 500))
    hand.answer(outcome=False)


def reopened(hand: Hand) -> None:
    hand.work()
    hand.confirm()
    casework.reopen_case(
        hand.pk, reason=hand.chance.choice(sayings.STILL), actor=casework.ASKER, now=hand.soon(60 * 24 * 4 + 77)
    )
    hand.work()


def helped(hand: Hand) -> None:
    """Three departments, one answer."""
    lead = hand.lead
    tasks = [
        casework.invite(
            hand.pk, scope_id=hand.cast.ground.county, user_id=user_id, text=text, actor=lead, now=hand.later(20)
        )
        for user_id, text in zip(
            hand.others(2), ("请核对政策依据和应付的数目。", "请联系单位工会，了解职工的想法。"), strict=False
        )
    ]
    for task in tasks:
        hand.later(hand.between(60, 300))
        answer = "已核对，数目和诉求人说的一致。"
        casework.finish_task(task.pk, answer=answer, actor=hand.cast.actor(task.user_id), now=hand.at)
    hand.later(60)
    hand.answer()


def sent_out(hand: Hand) -> None:
    office = hand.chance.choice(sayings.OFFICES)
    due_on = (hand.at + timedelta(days=10)).date()
    lead = hand.lead
    task = casework.send_out(
        hand.pk, office=office, text="请协助核查，并书面回复。", due_on=due_on, actor=lead, now=hand.later(90)
    )
    casework.pause_clock(
        hand.pk, reason=PauseReason.OUTSIDE.value, text=f"等待{office}书面回复", actor=lead, now=hand.later(3)
    )
    casework.record_outside_answer(
        task.pk, answer="情况属实，已责令单位限期改正。", actor=lead, now=hand.later(hand.between(DAY, 4 * DAY))
    )
    casework.resume_clock(hand.pk, actor=lead, now=hand.later(5))
    hand.later(150)
    hand.answer()


def consulted(hand: Hand) -> None:
    """会诊: who sits at the table, what is written, what becomes of it."""
    lead = hand.lead
    held_at = hand.later(DAY)
    row = casework.call_consultation(
        hand.pk, held_at=held_at + timedelta(days=1), place="区总工会三楼会议室", purpose="商定补发数额和期限",
        participants=["方志明　区总工会", "区劳动保障监察大队　值班中队长", "用人单位　人事负责人"], actor=lead, now=held_at,
    )  # fmt: skip
    (helper,) = hand.others(1)
    hand.soon(60 * 26)
    casework.close_consultation(
        row.pk, minutes="单位承认差额，同意分两次补齐；由工会跟踪到账。", actor=lead, now=hand.later(20),
        decisions=[("跟踪第一笔到账并留存凭证", hand.cast.ground.county, helper, hand.at + timedelta(days=9))],
    )  # fmt: skip
    for task in hand.case.tasks.filter(done_at=None, dropped_at=None):
        casework.finish_task(
            task.pk, answer="第一笔已到账，凭证已拍照留存。", actor=hand.cast.actor(task.user_id), now=hand.later(300)
        )
    hand.answer()


def paused(hand: Hand) -> None:
    reasons = (
        (PauseReason.ASKER, "诉求人在外地，下周回来再谈"),
        (PauseReason.PROCEEDINGS, "等待仲裁结果"),
        (PauseReason.FORCE, "台风停工停产"),
    )
    reason, text = hand.chance.choice(reasons)
    lead = hand.lead
    casework.pause_clock(hand.pk, reason=reason.value, text=text, actor=lead, now=hand.later(200))
    casework.resume_clock(hand.pk, actor=lead, now=hand.later(hand.between(2 * DAY, 8 * DAY)))
    hand.later(200)
    hand.answer()


def extended(hand: Hand) -> None:
    asked = casework.ask_extension(
        hand.pk, days=5, reason="当事人多，账目要逐笔核对", actor=hand.lead, now=hand.later(DAY)
    )
    casework.decide_extension(
        asked.pk, is_granted=True, answer="同意，请抓紧。", actor=hand.officer(hand.cast.decider), now=hand.later(120)
    )
    hand.later(LIMIT[Urgency.PRESSING] + 200)
    hand.answer()


def late(hand: Hand) -> None:
    hand.later(LIMIT.get(Urgency(hand.case.urgency), 3 * DAY) * hand.between(1.05, 1.4))
    hand.answer()


def very_late(hand: Hand) -> None:
    hand.later(LIMIT.get(Urgency(hand.case.urgency), 3 * DAY) * 2.1)
    hand.answer()


def handed_back(hand: Hand) -> None:
    """Wrongly sent, and what follows for the map."""
    ground, cast = hand.cast.ground, hand.cast
    casework.hand_back(
        hand.pk, reason="单位已搬到别处，不在本辖区。", belongs_to=ground.county, actor=hand.lead, now=hand.later(60)
    )
    hand.hand_to(cast.users[cast.rights], ground.county, "由本级直接办理。")
    hand.later(hand.between(120, 500))
    hand.answer()


def back_thrice(hand: Hand) -> None:
    """From township to township, until the level above says who it is."""
    ground, cast = hand.cast.ground, hand.cast
    for town in ground.townships[1:3]:
        casework.hand_back(hand.pk, reason="项目横跨两个镇街，不属本辖区。", actor=hand.lead, now=hand.later(60))
        hand.hand_to(cast.clerks[town.scope_id], town.scope_id, "请就近办理。", minutes=40)
    casework.hand_back(hand.pk, reason="总包注册地不在本辖区。", actor=hand.lead, now=hand.later(60))
    hand.hand_to(cast.users[cast.rights], ground.county, "三次退办，由本级直接办理，不再转。", minutes=30)
    hand.later(200)
    hand.answer()


def urged(hand: Hand) -> None:
    casework.urge_case(hand.pk, text="请问有进展了吗？", actor=casework.ASKER, now=hand.later(300))
    hand.work()


def instructed(hand: Hand) -> None:
    casework.instruct_case(
        hand.pk, text="请抓紧协调，务必让职工满意。", actor=hand.officer(hand.cast.chair), now=hand.later(150)
    )
    hand.work()


def lettered(hand: Hand) -> None:
    make_letter(
        hand.pk, kind=LetterKind.ACCEPTED, to=f"{hand.one.name[:1]}同志",
        body=f"您反映的“{hand.one.title}”一事，我会已经受理，将在规定期限内答复您。", actor=hand.lead, now=hand.later(20),
    )  # fmt: skip
    hand.work()


def replied(hand: Hand) -> None:
    casework.reply(hand.pk, text=hand.chance.choice(sayings.REPLIED), actor=hand.lead, now=hand.later(120))
    hand.work()


def wages(hand: Hand) -> None:
    """126,000 yuan for twelve carpenters: each with his sum, back to the last fen."""
    lead = hand.lead
    names = [name_of(hand.chance, 1, hand.chance.randint(1968, 1998)) for _ in WAGES_SHARES]
    phones = [phone_number(FIRST_PHONE - 100 + n) for n in range(len(names))]
    owed = [Concerned(*row) for row in zip(names, phones, WAGES_SHARES, strict=True)]
    set_concerned(hand.pk, owed, actor=lead, now=hand.soon(120))
    casework.instruct_case(
        hand.pk,
        text="人社、住建、工会联合处置，务必追回每一分钱。",
        actor=hand.officer(hand.cast.chair),
        now=hand.soon(15),
    )
    sent_out_to_inspectors(hand, lead)
    row = casework.call_consultation(
        hand.pk, held_at=hand.at + timedelta(hours=20), place="项目部会议室", purpose="逐人核对工日，商定付款日期",
        participants=["方志明　区总工会", "区劳动保障监察大队", "总包单位项目经理", "木工班组代表 3 人"], actor=lead, now=hand.later(30),
    )  # fmt: skip
    hand.soon(60 * 22)
    casework.close_consultation(
        row.pk,
        minutes="12 人共计 126,000 元，由总包先行垫付，三日内打到个人卡上。",
        decisions=[],
        actor=lead,
        now=hand.later(30),
    )
    casework.resume_clock(hand.pk, actor=lead, now=hand.later(10))
    paid = [Concerned(one.name, one.phone, one.claimed_fen, one.claimed_fen) for one in owed]
    set_concerned(hand.pk, paid, actor=lead, now=hand.later(DAY))
    set_outcome(
        hand.pk, how_closed=HowClosed.COORDINATED.value, recovered_fen=sum(WAGES_SHARES), actor=lead, now=hand.later(5)
    )
    text = "12 位师傅的工钱共 126,000 元已全部打到个人卡上，请逐人核对。"
    casework.answer_case(hand.pk, text=text, actor=lead, now=hand.later(20))


def sent_out_to_inspectors(hand: Hand, lead: Actor) -> None:
    task = casework.send_out(
        hand.pk, office="区劳动保障监察大队", text="请现场核查总包单位工资支付情况。", due_on=(hand.at + timedelta(days=5)).date(),
        actor=lead, now=hand.soon(40),
    )  # fmt: skip
    casework.pause_clock(
        hand.pk, reason=PauseReason.CONSULTATION.value, text="等待联合会商", actor=lead, now=hand.soon(5)
    )
    casework.record_outside_answer(task.pk, answer="已到场核查，总包认可欠薪事实。", actor=lead, now=hand.later(DAY))


def merged(hand: Hand) -> None:
    """The others who ask for the same are told while this one is in hand, and go into it."""
    hand.at = max([hand.at, *(one.at for one in hand.with_it)])
    for one in hand.with_it:
        other = Hand(hand.cast, one)
        other.record()
        casework.merge_cases(
            [other.pk], into_id=hand.pk, reason="同一平台的同一件事，一并办理", actor=hand.hotline,
            now=hand.until(hand.at + timedelta(minutes=20)),
        )  # fmt: skip
    hand.work()


WAYS: Mapping[Turn, Callable[[Hand], None]] = {
    Turn.IN_VAIN: in_vain, Turn.NOT_SATISFIED: not_satisfied, Turn.REOPENED: reopened, Turn.HELPED: helped,
    Turn.OUTSIDE: sent_out, Turn.CONSULTED: consulted, Turn.PAUSED: paused, Turn.EXTENDED: extended, Turn.LATE: late,
    Turn.VERY_LATE: very_late, Turn.HANDED_BACK: handed_back, Turn.BACK_THRICE: back_thrice, Turn.URGED: urged,
    Turn.INSTRUCTED: instructed, Turn.LETTER: lettered, Turn.REPLIED: replied, Turn.WAGES: wages, Turn.MAIN: merged,
}  # fmt: skip


# --- what waits on somebody's desk today ---


def to_desk(hand: Hand) -> None:
    """Taken down and given to the one whose desk it shall lie on."""
    hand.record(route=False)
    one, cast = hand.one, hand.cast
    if one.special == "county" or one.fate is Fate.RECEIVED:
        return
    user = cast.users[one.lead] if one.lead else None
    at_county = one.lead in {"weiquan", "bangfu", "zujian", "fuzhuxi"}
    place = cast.ground.county if at_county else cast.ground.townships[one.place or cast.ground.demo].scope_id
    if one.special == "own":
        casework.take_case(hand.pk, actor=hand.officer("zhuangan"), now=hand.later(15))
        return
    casework.assign_case(
        hand.pk, scope_id=place, user_id=user, text="请办理。", actor=hand.officer(cast.decider), now=hand.soon(12)
    )


def stays_received(hand: Hand) -> None:
    hand.record(route=hand.one.special != "county")
    hand.until(hand.cast.now)


def stays_in_hand(hand: Hand) -> None:
    to_desk(hand)
    lead, county = hand.lead, hand.cast.ground.county
    match hand.one.special:
        case "task":
            casework.invite(
                hand.pk, scope_id=county, user_id=hand.cast.users["jingban"], text="请到厂里看一看现场，拍几张照片。",
                due_at=hand.cast.now + timedelta(days=1), actor=lead, now=hand.later(30),
            )  # fmt: skip
        case "extension":
            casework.ask_extension(hand.pk, days=5, reason="涉及九个人，工龄要逐人核对", actor=lead, now=hand.later(90))
        case "consultation":
            held_at = (hand.cast.now + timedelta(days=1)).replace(hour=14, minute=30, second=0, microsecond=0)
            casework.call_consultation(
                hand.pk, held_at=held_at, place="区总工会三楼会议室", purpose="商定一次性补助的数额",
                participants=["方志明　区总工会", "区劳动人事争议仲裁院"], actor=lead, now=hand.later(120),
            )  # fmt: skip
        case "paused":
            casework.pause_clock(
                hand.pk,
                reason=PauseReason.ASKER.value,
                text="家属在外地陪护，约好下周补齐材料",
                actor=lead,
                now=hand.later(60),
            )
        case "urged":
            casework.urge_case(hand.pk, text="什么时候有答复？", actor=casework.ASKER, now=hand.later(400))
    hand.until(hand.cast.now)


def stays_answered(hand: Hand) -> None:
    to_desk(hand)
    hand.later(hand.between(100, 500))
    hand.answer()
    if hand.one.special == "tried":
        hand.call_in_vain()
    hand.until(hand.cast.now)


def stays_reopened(hand: Hand) -> None:
    to_desk(hand)
    hand.later(500)
    hand.answer()
    hand.confirm()
    again = max(hand.at + timedelta(minutes=30), hand.cast.now - timedelta(hours=20))
    casework.reopen_case(hand.pk, reason=hand.chance.choice(sayings.STILL), actor=casework.ASKER, now=hand.until(again))
    hand.until(hand.cast.now)


OPEN_ENDS: Mapping[Fate, Callable[[Hand], None]] = {
    Fate.RECEIVED: stays_received, Fate.ACCEPTED: to_desk, Fate.IN_HAND: stays_in_hand, Fate.ANSWERED: stays_answered,
    Fate.REOPENED: stays_reopened,
}  # fmt: skip
