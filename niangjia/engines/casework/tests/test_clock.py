"""What runs, when it is due, when it climbs: without a database, and by the job of every minute."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from niangjia.engines.casework import actions, queries
from niangjia.engines.casework.actions import climbing
from niangjia.engines.casework.clock import timing
from niangjia.engines.casework.models import Case, Climbed, Entry, Pause
from niangjia.engines.casework.rules import LIMITS, Stage, Urgency, Verb, limits_of
from niangjia.engines.casework.tests.world import NOW, ZONE, World, again, build, later
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.kernel.worktime.clock import Calendar, Clock

CLOCK = Clock(Calendar({}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Facts:
    stage: int = Stage.RECEIVED
    limits: Any = field(default_factory=lambda: LIMITS[Urgency.NORMAL])
    extra_days: int = 0
    climb_step: int = 0
    received_at: datetime = NOW
    accepted_at: datetime | None = None
    runs_from: datetime | None = None
    answered_at: datetime | None = None
    own_due_at: datetime | None = None
    paused_at: datetime | None = None


ACCEPTED = {"stage": Stage.ACCEPTED, "accepted_at": NOW, "runs_from": NOW}
ONE_DAY, FIVE_DAYS, FIFTEEN_DAYS = at("2026-11-24 17:30"), at("2026-11-30 17:30"), at("2026-12-14 17:30")


@pytest.mark.parametrize(
    ("facts", "limit", "due"),
    [
        ({}, "accept", ONE_DAY),
        ({"limits": LIMITS[Urgency.PRESSING]}, "accept", at("2026-11-23 15:00")),
        ({"limits": LIMITS[Urgency.URGENT]}, "accept", at("2026-11-23 10:00")),
        ({"limits": LIMITS[Urgency.EXTREME], "received_at": at("2026-11-22 23:50")}, "accept", at("2026-11-23 00:05")),
        (ACCEPTED, "answer", FIVE_DAYS),
        (ACCEPTED | {"extra_days": 2}, "answer", at("2026-12-02 17:30")),
        (ACCEPTED | {"limits": LIMITS[Urgency.URGENT]}, "answer", at("2026-11-24 09:00")),
        (ACCEPTED | {"stage": Stage.ANSWERED, "answered_at": later(days=1)}, "close", FIFTEEN_DAYS),
        (ACCEPTED | {"stage": Stage.IN_HAND, "answered_at": later(days=1)}, "close", FIFTEEN_DAYS),
        # Answered before it was reopened: the answer runs anew.
        (ACCEPTED | {"stage": Stage.IN_HAND, "answered_at": later(days=-9)}, "answer", FIVE_DAYS),
        # The limit of another system counts where it is the earlier one, in every stage.
        ({"own_due_at": later(hours=2)}, "own", later(hours=2)),
        ({"own_due_at": later(days=40)}, "accept", ONE_DAY),
        (ACCEPTED | {"own_due_at": later(days=2)}, "own", later(days=2)),
        (ACCEPTED | {"stage": Stage.ANSWERED, "answered_at": NOW, "own_due_at": later(days=2)}, "own", later(days=2)),
        (ACCEPTED | {"paused_at": NOW}, "", None),
        (ACCEPTED | {"stage": Stage.RESOLVED}, "", None),
        # A table whose closing is sooner than its answering.
        (
            ACCEPTED | {"limits": LIMITS[Urgency.NORMAL] | {"close": [2, "working_days"]}},
            "close",
            at("2026-11-25 17:30"),
        ),
    ],
)
def test_what_runs(facts: dict[str, Any], limit: str, due: datetime | None) -> None:
    found = timing(Facts(**facts), CLOCK, now=NOW)
    assert (found.limit, found.due_at) == (limit, due)
    assert (found.climb_at is None) == (due is None)


def test_the_steps_one_after_the_other() -> None:
    facts = Facts(limits=LIMITS[Urgency.URGENT])  # an hour, round the clock
    moments = [
        timing(Facts(**(vars(facts) | {"climb_step": step})), CLOCK, now=later(days=9)).climb_at for step in range(5)
    ]
    assert moments == [later(minutes=48), later(minutes=60), later(minutes=90), later(minutes=120), None]


def test_a_limit_that_moves_away_tells_its_steps_again() -> None:
    told_one = Facts(**ACCEPTED | {"limits": LIMITS[Urgency.URGENT], "climb_step": 2})
    after_due = timing(told_one, CLOCK, now=later(hours=25))
    assert (after_due.climb_step, after_due.climb_at) == (2, later(hours=36))
    longer = timing(Facts(**vars(told_one) | {"extra_days": 2}), CLOCK, now=later(hours=25))
    assert (longer.climb_step, longer.due_at) == (0, later(hours=72))


def test_a_pause_gives_back_what_it_took_and_nothing_once_late() -> None:
    pause = (later(hours=2), later(hours=5))
    facts = Facts(**ACCEPTED | {"limits": LIMITS[Urgency.URGENT]})
    assert timing(facts, CLOCK, stopped=(pause,), now=NOW).due_at == later(hours=27)
    late = (later(hours=30), later(hours=50))
    assert timing(facts, CLOCK, stopped=(late,), now=NOW).due_at == later(hours=24)
    # Paused after acceptance: the limit of accepting is history.
    assert timing(facts, CLOCK, stopped=(pause,), now=NOW).accept_due_at == later(hours=1)


def test_a_year_without_a_table_is_marked() -> None:
    assert timing(Facts(), CLOCK, now=NOW).is_provisional
    assert not timing(Facts(), Clock(Calendar({2026: []})), now=NOW).is_provisional


def test_a_hundred_thousand_are_counted_in_seconds() -> None:
    facts, stops = Facts(**ACCEPTED), ((later(days=1), later(days=2)),)
    start = time.process_time()
    for _ in range(2_000):
        timing(facts, CLOCK, now=NOW)
    plain = (time.process_time() - start) / 2_000
    start = time.process_time()
    for _ in range(2_000):
        timing(facts, CLOCK, stopped=stops, now=NOW)
    paused = (time.process_time() - start) / 2_000
    assert plain < 100e-6
    assert paused < 200e-6


def test_overrides_hold_while_it_is_no_emergency() -> None:
    table, petition = LIMITS[Urgency.NORMAL], {"accept": [15, "natural_days"], "answer": [60, "natural_days"]}
    slow = limits_of(table, petition, urgency=1, is_major=False)
    assert slow["answer"] == [60, "natural_days"]
    assert slow["close"] == [15, "working_days"]
    fast = limits_of(LIMITS[Urgency.EXTREME], petition, urgency=1, is_major=True)
    assert (fast["answer"], fast["fixed"]) == ([1440, "minutes"], petition)


# --- with a database ---


def climbed(case) -> list[tuple[int, list[str]]]:
    rows = Climbed.objects.unscoped(reason="a test looks").filter(case=case).order_by("id")
    return [(row.step, [name for _, name, _ in row.told]) for row in rows]


def test_a_stuck_one_climbs_to_the_top_and_is_told_once(world: World) -> None:
    case = world.in_hand()  # in north, led by north_rights; five working days
    due = case.due_at
    assert actions.climb_due(now=case.climb_at - timedelta(seconds=1)) == 0
    assert actions.climb_due(now=case.climb_at) == 1
    assert actions.climb_due(now=again(case).climb_at - timedelta(seconds=1)) == 0
    assert not again(case).was_late
    for _ in range(3):
        moment = again(case).climb_at
        assert actions.climb_due(now=moment) == 1
        assert actions.climb_due(now=moment) == 0
    assert climbed(case) == [
        (1, ["north_rights"]), (2, ["north_chair"]), (3, ["north_chair"]), (4, ["head"]),
    ]  # fmt: skip
    case = again(case)
    assert (case.climb_at, case.climb_step, case.was_late, case.due_at) == (None, 4, True, due)
    lines = Entry.objects.unscoped(reason="a test looks").filter(case=case, verb=Verb.CLIMB).order_by("id")
    assert [line.text for line in lines][1:3] == [
        "答复已到期，报部门负责人（north_chair）",
        "答复超期过半，报本级主席（north_chair）",
    ]
    assert world.told("head")[-1] == f"事项 {case.number} 答复超期一倍，报上级工会"


def test_what_waits_at_a_desk_climbs_to_its_head(world: World) -> None:
    case = world.open(place="county", urgency=3)
    for _ in range(4):
        actions.climb_due(now=again(case).climb_at)
    told = climbed(case)
    assert {"clerk", "head", "leader", "chair"} <= set(told[0][1])
    assert told[1:] == [(2, ["head"]), (3, ["chair"]), (4, ["city_chair"])]


def test_a_worker_that_was_down_tells_only_the_highest(world: World) -> None:
    case = world.open(urgency=3)
    assert actions.climb_due(now=later(minutes=95)) == 1
    assert climbed(case) == [(1, []), (2, []), (3, ["chair"])]
    assert (again(case).climb_at, again(case).was_late) == (later(minutes=120), True)
    assert Message.objects.filter(user_id=world.user("head")).count() == 0


def test_the_next_limit_begins_its_warnings_anew(world: World) -> None:
    case = world.open(urgency=3)
    actions.climb_due(now=later(minutes=61))
    case = actions.accept_case(case.pk, actor=world.actor("clerk"), now=later(minutes=62))
    assert (case.was_late, case.climb_step, case.climb_at) == (True, 0, later(minutes=62 + 1440 * 0.8))


def test_who_acts_late_was_late_though_no_job_has_run(world: World) -> None:
    case = actions.accept_case(world.open(urgency=3).pk, actor=world.actor("clerk"), now=later(minutes=61))
    assert case.was_late


def test_paused_and_ended_never_climb(world: World) -> None:
    paused, done = world.in_hand(), world.resolved()
    lead = world.actor("north_rights")
    actions.pause_clock(paused.pk, reason="CONSULTATION", actor=lead, now=later(days=1))
    assert (again(paused).due_at, again(paused).climb_at, again(done).climb_at) == (None, None, None)
    assert actions.climb_due(now=later(days=200)) == 0
    case = actions.resume_clock(paused.pk, actor=lead, now=later(days=3))
    assert case.due_at == at("2026-12-02 17:30")
    assert list(Pause.objects.unscoped(reason="a test looks").values_list("from_at", "until_at")) == [
        (later(days=1), later(days=3))
    ]


def test_what_was_told_is_not_told_again_after_a_pause(world: World) -> None:
    case, lead = world.in_hand(urgency=3), world.actor("north_rights")  # 24 hours to answer
    actions.climb_due(now=later(hours=20))
    actions.pause_clock(case.pk, reason="ASKER", actor=lead, now=later(hours=20))
    case = actions.resume_clock(case.pk, actor=lead, now=later(hours=30))
    assert (case.climb_step, case.due_at, case.climb_at) == (1, later(hours=34), later(hours=34))


def test_pausing_after_the_limit_undoes_nothing(world: World) -> None:
    case, lead = world.in_hand(urgency=3), world.actor("north_rights")
    actions.pause_clock(case.pk, reason="ASKER", actor=lead, now=later(hours=25))
    case = actions.resume_clock(case.pk, actor=lead, now=later(hours=48))
    assert (case.was_late, case.due_at) == (True, later(hours=24))


def test_one_extension_asked_by_the_lead_granted_by_another(world: World) -> None:
    case, lead = world.in_hand(), world.actor("north_rights")
    for days in (0, 61):
        with pytest.raises(Refused):
            actions.ask_extension(case.pk, days=days, reason="等待鉴定", actor=lead, now=NOW)
    asked = actions.ask_extension(case.pk, days=3, reason="等待鉴定", actor=lead, now=NOW)
    assert "申请延期 3 天" in world.told("north_chair")[-1]
    with pytest.raises(Refused, match="正在等待"):
        actions.ask_extension(case.pk, days=5, reason="再延", actor=lead, now=NOW)
    with pytest.raises(NotPermitted):
        actions.decide_extension(asked.pk, is_granted=True, answer="", actor=world.actor("head"), now=NOW)
    asked = actions.decide_extension(asked.pk, is_granted=True, answer="同意", actor=world.actor("leader"), now=NOW)
    case = again(case)
    assert (case.answer_due_at, case.close_due_at) == (at("2026-12-03 17:30"), at("2026-12-17 17:30"))
    assert case.due_at == case.answer_due_at
    with pytest.raises(Refused, match="不能再延"):
        actions.ask_extension(case.pk, days=5, reason="再延", actor=lead, now=NOW)


def test_nobody_grants_his_own_extension_and_a_refused_one_may_be_asked_again(world: World) -> None:
    case = world.in_hand(who="north_chair")
    chair = world.actor("north_chair")
    asked = actions.ask_extension(case.pk, days=3, reason="等待鉴定", actor=chair, now=NOW)
    with pytest.raises(NotPermitted, match="别的领导"):
        actions.decide_extension(asked.pk, is_granted=True, answer="", actor=chair, now=NOW)
    actions.decide_extension(asked.pk, is_granted=False, answer="先办", actor=world.actor("leader"), now=NOW)
    assert again(case).extra_days == 0
    actions.ask_extension(case.pk, days=2, reason="等待鉴定", actor=chair, now=NOW)
    with pytest.raises(Refused, match="已经超期"):
        actions.ask_extension(
            world.in_hand(who="north_chair").pk, days=2, reason="晚了", actor=chair, now=later(days=30)
        )


def test_graded_anew_the_limits_count_from_the_same_moments(world: World) -> None:
    case = world.in_hand(limits={"answer": [9, "working_days"]})
    assert case.due_at == at("2026-12-04 17:30")
    case = actions.regrade_case(
        case.pk, urgency=3, is_major=False, reason="有人受伤", actor=world.actor("head"), now=later(hours=2)
    )
    assert case.due_at == later(hours=24)
    case = actions.regrade_case(
        case.pk, urgency=1, is_major=False, reason="核实无伤", actor=world.actor("head"), now=later(hours=3)
    )
    assert case.due_at == at("2026-12-04 17:30")


def test_the_running_limit_explains_itself(world: World) -> None:
    case = world.in_hand()
    running = queries.running_limit(case)
    assert (running.label, running.limit.words, running.due_at) == ("答复", "5 个工作日", FIVE_DAYS)
    assert queries.explanation_of(case, "answer").due == FIVE_DAYS


def test_one_that_can_not_be_told_keeps_none_from_climbing(world: World) -> None:
    broken, sound = world.open(urgency=3), world.open(urgency=3)
    Case.objects.unscoped(reason="a test breaks it").filter(pk=broken.pk).update(limits={})
    assert actions.climb_due(now=later(minutes=50)) == 1
    assert again(broken).climb_at == later(minutes=80)
    assert climbed(sound)


# --- two workers ---


def climb_twice_at_once(world: World, monkeypatch, *, guarded: bool) -> int:
    """Two workers at the same moment; without the lock both have read before either writes."""
    world.open(urgency=3)
    if not guarded:
        both, real = threading.Barrier(2), climbing.steps_due

        def counted(*args, **kwargs):
            both.wait(timeout=10)
            return real(*args, **kwargs)

        monkeypatch.setattr(climbing, "steps_due", counted)
        monkeypatch.setattr(ScopedQuerySet, "select_for_update", lambda rows, **_: rows)
    done: list[int] = []

    def work() -> None:
        try:
            done.append(actions.climb_due(now=later(minutes=50)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return Message.objects.filter(title__contains="即将到期", user_id=world.user("clerk")).count()


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(monkeypatch) -> None:
    assert climb_twice_at_once(build(), monkeypatch, guarded=True) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_tell(monkeypatch) -> None:
    """The control: the race is real, and the lock is what stops it."""
    assert climb_twice_at_once(build(), monkeypatch, guarded=False) == 2
