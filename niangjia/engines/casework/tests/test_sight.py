"""Who sees what: by place, by part, confidential, kept from; and that buttons and acts agree."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from niangjia.engines.casework import actions, queries
from niangjia.engines.casework.actions import ASKER
from niangjia.engines.casework.actions.stepping import locked
from niangjia.engines.casework.models import Case, Entry, Participant, Task
from niangjia.engines.casework.rules import RIGHTS, TRANSITIONS, Stage, Verb, after
from niangjia.engines.casework.tests.world import NOW, SEATS, World, again, build, later
from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing, NotPermitted, Refused


def sees(world: World, who: str, case: Case) -> set[str]:
    """By each way in that there is."""
    actor = world.actor(who)
    found = set()
    if Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        found.add("list")
    try:
        queries.case_in_sight(case.pk, actor)
        found.add("pk")
    except Missing:
        pass
    try:
        with transaction.atomic():
            locked(case.pk, actor)
        found.add("lock")
    except Missing:
        pass
    if queries.timeline(case, actor).exists():
        found.add("timeline")
    if Task.objects.visible_to(actor).filter(case=case).exists():
        found.add("tasks")
    if Participant.objects.visible_to(actor).filter(case=case).exists():
        found.add("people")
    return found


ALL, NOTHING = {"list", "pk", "lock", "timeline", "tasks", "people"}, set()


def with_task(world: World, case: Case, to: str = "south_clerk") -> Case:
    actions.invite(
        case.pk, scope_id=world.at(SEATS[to][1]), user_id=world.user(to), text="查考勤", actor=world.actor("north_rights"), now=NOW
    )  # fmt: skip
    return again(case)


def test_at_and_above_the_place_and_by_part(world: World) -> None:
    case = with_task(world, world.in_hand())
    for who in ("city_chair", "head", "clerk", "auditor", "north_clerk", "north_rights", "south_clerk"):
        assert sees(world, who, case) == ALL, who
    for who in ("south_chair", "mill_clerk", "keeper"):
        assert sees(world, who, case) == NOTHING, who
    assert not Case.objects.visible_to(NOBODY).exists()


def test_a_part_ends_and_sight_with_it(world: World) -> None:
    case = with_task(world, world.in_hand())
    task = case.tasks.get()
    actions.drop_task(task.pk, reason="不用了", actor=world.actor("north_rights"), now=NOW)
    assert sees(world, "south_clerk", case) == NOTHING


def test_confidential_is_the_participants_alone(world: World) -> None:
    case = world.open(is_confidential=True)
    assert sees(world, "clerk", case) == ALL - {"tasks"}  # wrote it down
    assert sees(world, "head", case) == ALL - {"tasks"}  # gives it on
    for who in ("chair", "leader", "city_chair", "auditor", "north_clerk"):
        assert sees(world, who, case) == NOTHING, who
    actions.assign_case(
        case.pk, scope_id=world.at("north"), user_id=world.user("north_rights"), actor=world.actor("head"), now=NOW
    )  # fmt: skip
    case = with_task(world, case)
    assert sees(world, "north_rights", case) == ALL
    assert sees(world, "north_clerk", case) == sees(world, "north_chair", case) == NOTHING
    with pytest.raises(Missing):
        actions.let_look(case.pk, user_id=world.user("auditor"), reason="抽查", actor=world.actor("leader"), now=NOW)
    actions.let_look(
        case.pk, user_id=world.user("leader"), reason="分管领导", actor=world.actor("north_rights"), now=NOW
    )
    assert sees(world, "leader", case) == ALL
    assert case.title not in "".join(world.told("leader"))


def test_a_confidential_one_at_a_desk_is_seen_by_its_head(world: World) -> None:
    case = world.open(is_confidential=True)
    actions.hand_over(case.pk, scope_id=world.at("south"), reason="属地", actor=world.actor("head"), now=NOW)
    assert sees(world, "south_chair", case) == ALL - {"tasks"}
    assert sees(world, "south_clerk", case) == NOTHING
    actions.accept_case(case.pk, actor=world.actor("south_chair"), now=NOW)


def test_whoever_works_there_beside_another_job_is_kept_from_it_too(world: World) -> None:
    case = world.in_hand()
    world.grant("north_rights", "ENTERPRISE_CLERK", "mill")
    actions.edit_case(case.pk, kept_from=([world.at("mill")], []), actor=world.actor("head"), now=NOW)
    assert again(case).lead_id is None
    assert not Case.objects.visible_to(world.actor("north_rights")).filter(pk=case.pk).exists()


def test_kept_from_a_place_and_what_is_under_it(world: World) -> None:
    case = world.open(place="county", kept_from=[world.at("north")])
    for who in ("north_chair", "north_clerk", "mill_clerk"):
        assert sees(world, who, case) == NOTHING, who
    assert sees(world, "head", case) == ALL - {"tasks"}
    # Who works at the county and there as well sits too near.
    world.grant("clerk", "CHAIR", "mill")
    assert "list" in sees(world, "clerk", case)  # wrote it down
    world.grant("auditor", "CLERK", "mill")
    assert sees(world, "auditor", case) == NOTHING
    for place in ("north", "mill"):
        with pytest.raises(Refused, match="回避"):
            actions.assign_case(case.pk, scope_id=world.at(place), actor=world.actor("head"), now=NOW)


def test_the_officer_complained_of_never_sees_it(world: World) -> None:
    accused = world.user("north_rights")
    case = world.open(kept_from_users=[accused], who="clerk")
    assert sees(world, "north_rights", case) == NOTHING
    with pytest.raises(Refused, match="回避"):
        actions.assign_case(case.pk, scope_id=world.at("north"), user_id=accused, actor=world.actor("clerk"), now=NOW)
    case = actions.assign_case(
        case.pk, scope_id=world.at("north"), user_id=world.user("north_chair"), actor=world.actor("clerk"), now=NOW
    )  # fmt: skip
    assert sees(world, "north_rights", case) == NOTHING
    chair = world.actor("north_chair")
    for act in (
        lambda: actions.invite(case.pk, scope_id=world.at("north"), user_id=accused, text="协办", actor=chair, now=NOW),
        lambda: actions.let_look(case.pk, user_id=accused, reason="看看", actor=chair, now=NOW),
        lambda: actions.call_consultation(
            case.pk, held_at=later(days=1), place="", participants=[{"user_id": accused}], purpose="会商", actor=chair, now=NOW
        ),
    ):  # fmt: skip
        with pytest.raises(Refused):
            act()
    # Nor is anybody asked who works at a place that it is kept from, by whatever way.
    Case.objects.unscoped(reason="a test").filter(pk=case.pk).update(kept_from=[world.at("mill")])
    near = world.user("mill_clerk")
    for act in (
        lambda: actions.invite(case.pk, scope_id=world.at("north"), user_id=near, text="协办", actor=chair, now=NOW),
        lambda: actions.let_look(case.pk, user_id=near, reason="看看", actor=chair, now=NOW),
    ):
        with pytest.raises(Refused):
            act()
    # Recorded by the accused himself, he still doesn't see it.
    own = world.open(place="north", who="north_rights", kept_from_users=[accused])
    assert sees(world, "north_rights", own) == NOTHING
    for _ in range(4):
        actions.climb_due(now=again(own).climb_at)
    assert world.told("north_rights") == []


# --- the table of rights ---


def acts(world: World, case: Case, now: datetime = NOW) -> dict[Verb, Callable[[Actor], Any]]:
    """Every verb as somebody at the screen would do it, with what the form asks."""
    task, outside = case.tasks.exclude(of="OUTSIDE").last(), case.tasks.filter(of="OUTSIDE").last()
    meeting, asked = case.consultations.last(), case.extensions.last()
    other = getattr(acts, "other", None)
    at = {"now": now}
    return {
        Verb.ACCEPT: lambda a: actions.accept_case(case.pk, actor=a, **at),
        Verb.REFUSE: lambda a: actions.refuse_case(case.pk, reason="不属于", actor=a, **at),
        Verb.ASK_FACTS: lambda a: actions.ask_facts(case.pk, text="补充", actor=a, **at),
        Verb.GIVE_FACTS: lambda a: actions.give_facts(case.pk, text="补充", actor=a, **at),
        Verb.CLOSE_AT_ONCE: lambda a: actions.close_at_once(case.pk, text="解释", actor=a, **at),
        Verb.MERGE: lambda a: actions.merge_cases([other.pk], into_id=case.pk, reason="同", actor=a, **at),
        Verb.SPLIT: lambda a: actions.split_case(case.pk, parts=["一"], actor=a, **at),
        Verb.ROUTE: lambda a: actions.route_case(case.pk, scope_id=case.scope_id, actor=a, **at),
        Verb.ASSIGN: lambda a: actions.assign_case(case.pk, scope_id=case.scope_id, actor=a, **at),
        Verb.TAKE: lambda a: actions.take_case(case.pk, actor=a, **at),
        Verb.HAND_OVER: lambda a: actions.hand_over(case.pk, scope_id=world.at("south"), reason="属地", actor=a, **at),
        Verb.HAND_BACK: lambda a: actions.hand_back(case.pk, reason="不属于", actor=a, **at),
        Verb.INVITE: lambda a: actions.invite(
            case.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="查", actor=a, **at),
        Verb.TASK_DONE: lambda a: actions.finish_task(task.pk if task else 0, answer="好", actor=a, **at),
        Verb.DROP_TASK: lambda a: actions.drop_task((task or outside).pk if task or outside else 0, reason="免", actor=a, **at),
        Verb.SEND_OUT: lambda a: actions.send_out(case.pk, office="人社局", text="查", due_on=NOW.date(), actor=a, **at),
        Verb.OUTSIDE_ANSWER: lambda a: actions.record_outside_answer(outside.pk if outside else 0, answer="好", actor=a, **at),
        Verb.CONSULT: lambda a: actions.call_consultation(
            case.pk, held_at=NOW, place="", participants=[], purpose="议", actor=a, **at),
        Verb.CLOSE_CONSULTATION: lambda a: actions.close_consultation(
            meeting.pk if meeting else 0, minutes="记", decisions=[], actor=a, **at),
        Verb.ANSWER: lambda a: actions.answer_case(case.pk, text="答复", actor=a, **at),
        Verb.CALL_BACK: lambda a: actions.call_back(case.pk, is_reached=True, is_satisfied=True, actor=a, **at),
        Verb.RATE: lambda a: actions.rate_case(case.pk, rating=5, is_satisfied=True, actor=a, **at),
        Verb.REOPEN: lambda a: actions.reopen_case(case.pk, reason="再办", actor=a, **at),
        Verb.WITHDRAW: lambda a: actions.withdraw_case(case.pk, reason="撤", actor=a, **at),
        Verb.URGE: lambda a: actions.urge_case(case.pk, text="", actor=a, **at),
        Verb.INSTRUCT: lambda a: actions.instruct_case(case.pk, text="办", actor=a, **at),
        Verb.REMARK: lambda a: actions.remark(case.pk, text="注", actor=a, **at),
        Verb.REPLY: lambda a: actions.reply(case.pk, text="告", actor=a, **at),
        Verb.PAUSE: lambda a: actions.pause_clock(case.pk, reason="ASKER", actor=a, **at),
        Verb.RESUME: lambda a: actions.resume_clock(case.pk, actor=a, **at),
        Verb.ASK_EXTENSION: lambda a: actions.ask_extension(case.pk, days=1, reason="难", actor=a, **at),
        Verb.EXTEND: lambda a: actions.decide_extension(asked.pk if asked else 0, is_granted=True, answer="", actor=a, **at),
        Verb.REFUSE_EXTENSION: lambda a: actions.decide_extension(
            asked.pk if asked else 0, is_granted=False, answer="否", actor=a, **at),
        Verb.REGRADE: lambda a: actions.regrade_case(case.pk, urgency=2, is_major=False, reason="急", actor=a, **at),
        Verb.LET_LOOK: lambda a: actions.let_look(case.pk, user_id=world.user("auditor"), reason="看", actor=a, **at),
    }  # fmt: skip


def states(world: World) -> dict[str, Case]:
    """One case in every stage, and some more with what hangs on them; those at work lie in the north."""
    lead, clerk = world.actor("north_rights"), world.actor("clerk")
    asked, paused, busy = world.in_hand(), world.in_hand(), world.in_hand(who="north_liaison")
    actions.ask_extension(asked.pk, days=3, reason="难", actor=lead, now=NOW)
    actions.pause_clock(paused.pk, reason="ASKER", actor=lead, now=NOW)
    liaison = world.actor("north_liaison")
    actions.invite(
        busy.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="查", actor=liaison, now=NOW
    )
    actions.send_out(busy.pk, office="人社局", text="查", due_on=NOW.date(), actor=liaison, now=NOW)
    actions.call_consultation(busy.pk, held_at=NOW, place="", participants=[], purpose="议", actor=liaison, now=NOW)
    routed, waiting, refused, merged, withdrawn, closed = (world.open() for _ in range(6))
    actions.route_case(routed.pk, scope_id=world.at("north"), actor=clerk, now=NOW)
    actions.ask_facts(waiting.pk, text="补充", actor=clerk, now=NOW)
    actions.refuse_case(refused.pk, reason="不属于", actor=clerk, now=NOW)
    actions.merge_cases([merged.pk], into_id=world.in_hand().pk, reason="同", actor=clerk, now=NOW)
    actions.withdraw_case(withdrawn.pk, reason="撤", actor=ASKER, now=NOW)
    closed = world.answered()
    for hours in (-3, -2, -1):
        Case.objects.unscoped(reason="a test").filter(pk=closed.pk).update(answered_at=later(hours=-4))
        actions.call_back(closed.pk, is_reached=False, actor=clerk, now=later(hours=hours))
    found = {
        "received": world.open(), "routed": routed, "waiting": waiting, "accepted": world.accepted(place="north", who="north_clerk"),
        "in hand": world.in_hand(), "asked": asked, "paused": paused, "busy": busy, "answered": world.answered(),
        "resolved": world.resolved(), "closed": closed, "refused": refused, "merged": merged, "withdrawn": withdrawn,
    }  # fmt: skip
    return {name: again(case) for name, case in found.items()}


WHO = (
    "leader",
    "head",
    "clerk",
    "auditor",
    "north_chair",
    "north_clerk",
    "north_rights",
    "north_liaison",
    "south_clerk",
    "ASKER",
)


def test_buttons_and_acts_agree(world: World) -> None:
    """Every verb × state × person: what is offered can be done, what isn't is refused."""
    acts.other = world.accepted()
    wrong, tried, open_ones = [], 0, 0
    actors = {who: ASKER if who == "ASKER" else world.actor(who) for who in WHO}
    for name, case in states(world).items():
        table = acts(world, case)
        assert set(table) == set(RIGHTS)
        for who, actor in actors.items():
            in_sight = actor == ASKER or Case.objects.visible_to(actor).filter(pk=case.pk).exists()
            offered = set(queries.verbs_open_to(case, actor, now=NOW)) if in_sight else set()
            for verb, act in table.items():
                if not in_sight and verb not in (Verb.ACCEPT, Verb.ANSWER, Verb.REMARK):
                    continue  # each begins by looking for what can be seen
                if case.stage_now not in RIGHTS[verb].stages and who != "clerk":
                    continue  # a stage is closed to everybody alike
                if verb is Verb.ANSWER and name == "busy":
                    continue  # offered, and the form says which tasks are open
                if verb is Verb.MERGE and (not in_sight or who not in ("clerk", "leader")):
                    continue  # the other one lies at the county, which these don't reach
                if verb in (Verb.TASK_DONE, Verb.DROP_TASK, Verb.OUTSIDE_ANSWER, Verb.CLOSE_CONSULTATION, Verb.EXTEND,
                            Verb.REFUSE_EXTENSION) and actor == ASKER:  # fmt: skip
                    continue  # there is no such door
                done = tries(act, actor)
                tried, open_ones = tried + 1, open_ones + done
                if done != (verb in offered):
                    wrong.append(f"{name}: {who} {verb.value}: offered {verb in offered}, done {done}")
    assert not wrong
    assert (tried > 1_000, open_ones > 350) == (True, True), (tried, open_ones)


@pytest.mark.parametrize("seed", [1, 2])
def test_wherever_people_lead_it_the_row_stays_whole(world: World, seed: int) -> None:
    """A walk at random through what is offered; after each step the row must agree with itself."""
    chance, now, walked = random.Random(seed), NOW, set()
    cases = [world.open(), world.accepted(place="north", who="north_clerk"), world.in_hand(), world.answered()]
    acts.other = world.open()
    for _ in range(80):
        now += timedelta(minutes=chance.choice([1, 10, 60, 60 * 24]))
        case, who = again(chance.choice(cases)), chance.choice(WHO)
        actor = ASKER if who == "ASKER" else world.actor(who, now)
        if actor != ASKER and not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
            continue
        offered = queries.verbs_open_to(case, actor, now=now)
        ends = {Verb.REFUSE, Verb.WITHDRAW, Verb.CLOSE_AT_ONCE, Verb.MERGE}
        offered = [verb for verb in offered if verb not in ends or chance.random() < 0.1]
        if offered:
            talk = {Verb.INSTRUCT, Verb.LET_LOOK, Verb.REMARK, Verb.REPLY, Verb.URGE, Verb.GIVE_FACTS, Verb.REGRADE}
            verb = chance.choices(offered, [1 if verb in talk else 6 for verb in offered])[0]
            try:
                with transaction.atomic():
                    acts(world, case, now)[verb](actor)
                walked.add(verb)
            except (Refused, NotPermitted):
                pass  # open tasks, a circle: what a form says
        actions.climb_due(now=now)
        for row in [*cases, acts.other]:
            ensure_whole(again(row))
        if all(not again(case).is_open for case in cases):
            cases.append(world.open(now=now))
    assert len(walked) > 12


def ensure_whole(case: Case) -> None:
    leads = list(case.participants.filter(role="LEAD", until_at=None).values_list("user_id", flat=True))
    assert leads == ([case.lead_id] if case.lead_id else [])
    assert (case.stage != Stage.IN_HAND) or case.lead_id
    assert case.pauses.filter(until_at=None).count() == (case.paused_at is not None)
    if case.is_open:
        assert (case.due_at is None) == (case.paused_at is not None)
        assert case.ended_at is None
        if case.stage not in (Stage.RECEIVED, Stage.FACTS_ASKED):
            assert case.runs_from
            assert case.due_at is None or case.due_at in (case.answer_due_at, case.close_due_at)
    else:
        assert (case.due_at, case.climb_at, case.paused_at) == (None, None, None)
        assert case.ended_at
        assert not case.tasks.filter(done_at=None, dropped_at=None).exists()
    last = case.entries.exclude(data__to=None).order_by("-id").first()
    assert last is None or last.data["to"] == case.stage


def tries(act: Callable[[Actor], Any], actor: Actor) -> bool:
    """Does it and takes it back."""
    try:
        with transaction.atomic():
            act(actor)
            transaction.set_rollback(True)
    except (Refused, NotPermitted, Missing):
        return False
    return True


def test_the_table_of_stages() -> None:
    """By hand: which verbs are open in which stage."""
    early = "give_facts withdraw urge instruct remark reply regrade let_look"
    work = "merge split hand_over hand_back take assign invite send_out consult close_consultation answer pause resume"
    work += " task_done drop_task outside_answer ask_extension extend refuse_extension"
    expected = {
        Stage.RECEIVED: f"{early} accept refuse ask_facts close_at_once route merge split hand_over hand_back take assign",
        Stage.FACTS_ASKED: f"{early} merge refuse",  # refused when the asker was silent too long
        Stage.ACCEPTED: f"{early} {work}",
        Stage.IN_HAND: f"{early} {work}",
        Stage.ANSWERED: "give_facts withdraw urge instruct remark reply let_look call_back rate close_consultation",
        Stage.RESOLVED: "instruct remark let_look rate reopen",
        Stage.CLOSED: "instruct remark let_look rate reopen",
        Stage.REFUSED: "instruct remark let_look",
        Stage.MERGED: "remark let_look rate give_facts withdraw",  # these two by the asker alone
        Stage.WITHDRAWN: "instruct remark let_look",
    }
    tasks = {"task_done", "drop_task", "outside_answer"}  # also while it is received, should there be one
    for stage in Stage:
        found = {verb.value for verb, right in RIGHTS.items() if stage in right.stages}
        assert found - tasks == set(expected[stage].split()) - tasks, stage


def test_where_each_verb_leads() -> None:
    assert {stage for table in TRANSITIONS.values() for stage in table.values()} == {
        Stage.ACCEPTED, Stage.REFUSED, Stage.FACTS_ASKED, Stage.MERGED, Stage.IN_HAND, Stage.ANSWERED, Stage.RESOLVED,
        Stage.WITHDRAWN,
    }  # fmt: skip
    assert after(Verb.GIVE_FACTS, Stage.FACTS_ASKED) is Stage.RECEIVED
    assert after(Verb.GIVE_FACTS, Stage.IN_HAND) is Stage.IN_HAND
    for verb, table in TRANSITIONS.items():
        assert set(table) == RIGHTS[verb].stages, verb
        for stage in set(Stage) - set(table):
            with pytest.raises(Refused):
                after(verb, stage)


def test_a_timeline_of_hundreds_takes_as_many_queries_as_one_of_three(world: World) -> None:
    short, long = world.in_hand(), world.in_hand()
    for number in range(120):
        actions.remark(long.pk, text=f"第 {number} 次联系", actor=world.actor("north_rights"), now=NOW)
    counts = []
    for case in (short, long):
        with CaptureQueriesContext(connection) as captured:
            found = queries.case_in_sight(case.pk, world.actor("head"))
            assert list(queries.timeline(found, world.actor("head")))
            queries.verbs_open_to(found, world.actor("head"), now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 22


# --- two at once ---


def accept_twice_at_once(world: World, monkeypatch, *, guarded: bool) -> list[str]:
    case = world.open()
    start, outcomes = threading.Barrier(2), []
    if not guarded:
        monkeypatch.setattr(ScopedQuerySet, "select_for_update", lambda rows, **_: rows)
        both, real = threading.Barrier(2), actions.receiving.accept

        def accept(*args, **kwargs):
            both.wait(timeout=10)
            return real(*args, **kwargs)

        monkeypatch.setattr(actions.receiving, "accept", accept)

    def work(who: str) -> None:
        try:
            actor = world.actor(who)
            start.wait(timeout=10)
            actions.accept_case(case.pk, actor=actor, now=NOW)
            outcomes.append("accepted")
        except Refused as refusal:
            outcomes.append(refusal.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(who,)) for who in ("clerk", "head")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    rows = Entry.objects.unscoped(reason="a test looks").filter(case=case, verb=Verb.ACCEPT)
    assert rows.count() == outcomes.count("accepted")
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_two_officers_accept_at_once_and_one_of_them_does(monkeypatch) -> None:
    first, second = accept_twice_at_once(build(), monkeypatch, guarded=True)
    assert first == "accepted"
    assert second.startswith("已由")
    assert "受理，现在是“已受理”" in second


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_accept(monkeypatch) -> None:
    """The control: the race is real, and the lock is what stops it."""
    assert accept_twice_at_once(build(), monkeypatch, guarded=False) == ["accepted", "accepted"]


@pytest.mark.django_db(transaction=True)
def test_two_merges_across_each_other_do_not_wait_for_ever() -> None:
    world = build()
    one, two = world.accepted(), world.accepted()
    start, outcomes = threading.Barrier(2), []

    def work(ids: tuple[int, int]) -> None:
        try:
            actor = world.actor("head")
            start.wait(timeout=10)
            actions.merge_cases([ids[0]], into_id=ids[1], reason="同一件事", actor=actor, now=NOW)
            outcomes.append("merged")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(ids,)) for ids in ((one.pk, two.pk), (two.pk, one.pk))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["case.merge", "merged"]


@pytest.mark.django_db(transaction=True)
def test_numbers_given_at_once_are_different_and_wait_for_nobody() -> None:
    world = build()
    world.open()
    inside, numbers = threading.Barrier(2), []

    def work() -> None:
        try:
            with transaction.atomic():
                numbers.append(world.open().number)
                inside.wait(timeout=10)  # both hold a number and neither has committed
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(numbers) == ["SX20261123-0002", "SX20261123-0003"]
