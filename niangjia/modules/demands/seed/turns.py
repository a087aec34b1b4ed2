"""What may happen to a demand on its way; every turn ends with the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import PauseReason, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.synthetic import name_of, phone_number
from niangjia.modules.demands.actions.facts import Concerned, set_concerned, set_outcome
from niangjia.modules.demands.actions.letters import make_letter
from niangjia.modules.demands.actions.responsibility import leave_proposal
from niangjia.modules.demands.models import MapProposal
from niangjia.modules.demands.rules import HowClosed, LetterKind
from niangjia.modules.demands.seed import sayings
from niangjia.modules.demands.seed.hands import DAY, LIMIT, WHY, Hand
from niangjia.modules.demands.seed.plan import FIRST_PHONE, WAGES_SHARES, Turn


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


def confidential(hand: Hand) -> None:
    """The two at the head of the county are let look, so that their figures are those of the whole county."""
    for username in ("zhuxi", "fuzhuxi"):
        casework.let_look(
            hand.pk,
            user_id=hand.cast.users[username],
            reason="涉及个人隐私，由领导把关",
            actor=hand.lead,
            now=hand.soon(9),
        )
    hand.work()


def extended(hand: Hand) -> None:
    asked = casework.ask_extension(
        hand.pk, days=5, reason="当事人多，账目要逐笔核对", actor=hand.lead, now=hand.later(90)
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
    for pk in (
        MapProposal.objects.unscoped(reason=WHY).filter(demand=hand.pk, decided_at=None).values_list("pk", flat=True)
    ):
        leave_proposal(pk, reason="只此一家搬迁，分工不变。", actor=hand.officer(cast.chair), now=hand.soon(60))


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
    Turn.INSTRUCTED: instructed, Turn.LETTER: lettered, Turn.CONFIDENTIAL: confidential, Turn.REPLIED: replied, Turn.WAGES: wages, Turn.MAIN: merged,
}  # fmt: skip
