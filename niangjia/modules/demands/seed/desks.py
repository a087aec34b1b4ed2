"""One demand from the first word to where it stands today; and what waits on somebody's desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import PauseReason
from niangjia.modules.demands.seed import sayings
from niangjia.modules.demands.seed.hands import Hand
from niangjia.modules.demands.seed.plan import AT_COUNTY, Fate, Turn
from niangjia.modules.demands.seed.turns import WAYS


def tell(hand: Hand) -> None:
    """From the first word to where it stands today."""
    one = hand.one
    if one.lead or one.special == "county" or one.fate is Fate.ACCEPTED:
        OPEN_ENDS[one.fate](hand)
        return
    hand.record()
    if one.fate in AT_THE_DOOR:
        AT_THE_DOOR[one.fate](hand)
        return
    if one.turn is Turn.FACTS:
        hand.facts_asked()
    hand.emergency()
    hand.accept()
    if one.fate is Fate.WITHDRAWN:
        said = "已经和单位谈好了，不用再办。"
        casework.withdraw_case(hand.pk, reason=said, actor=casework.ASKER, now=hand.later(300))
    elif one.fate is not Fate.IN_HAND:
        WAYS.get(one.turn, Hand.work)(hand)
        after_answer(hand)
    hand.until(hand.cast.now)


def ask_for_facts(hand: Hand) -> None:
    casework.ask_facts(hand.pk, text="请补充单位全称和您入职的时间。", actor=hand.hotline, now=hand.later(40))


AT_THE_DOOR: Mapping[Fate, Callable[[Hand], object]] = {
    Fate.AT_ONCE: lambda hand: hand.outcome(hand.recorder), Fate.RECEIVED: lambda hand: hand.until(hand.cast.now),
    Fate.FACTS_ASKED: ask_for_facts, Fate.REFUSED: Hand.refuse,
}  # fmt: skip


def after_answer(hand: Hand) -> None:
    if hand.one.fate is Fate.UNREACHED:
        for _ in range(3):
            hand.call_in_vain()
    elif hand.one.fate is Fate.RESOLVED:
        hand.confirm()


# --- what waits on somebody's desk today ---


def to_desk(hand: Hand) -> None:
    """Taken down and given to the one whose desk it shall lie on."""
    hand.record(route=False)
    one, cast = hand.one, hand.cast
    if one.special == "county" or one.fate is Fate.RECEIVED:
        return
    user = cast.users[one.lead] if one.lead else None
    at_county = one.lead in AT_COUNTY
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
