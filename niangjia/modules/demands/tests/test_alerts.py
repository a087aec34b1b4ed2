"""An emergency at night: who is rung, how long, and who took it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.demands.actions import alerts as acts
from niangjia.modules.demands.actions.alerts import acknowledge_alert, raise_alert, ring_due
from niangjia.modules.demands.actions.emergency import RuleFacts, add_rule, change_rule, write_defaults
from niangjia.modules.demands.actions.facts import edit_facts, facts_of
from niangjia.modules.demands.actions.urgent_reports import Report, write_urgent_report
from niangjia.modules.demands.emergency_rules import DEFAULTS
from niangjia.modules.demands.models import Alert, Demand, EmergencyRule, UrgentReport
from niangjia.modules.demands.queries.alerts import ringing, rings_for
from niangjia.modules.demands.queries.emergency import fired, rules_at
from niangjia.modules.demands.queries.urgent_reports import drafted
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import Tree, acting_as, empty_roster, officer, shift, small_tree, stand_in

NIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)  # midnight in China
SAID = "仓库起火，有人受伤"


def minutes(number: float) -> datetime:
    return NIGHT + timedelta(minutes=number)


@dataclass
class World:
    tree: Tree
    watch: User
    reserve: User
    leader: User
    head: User
    chair: User
    township: User

    def actor(self, user: User) -> Actor:
        return actor_of(user.pk, now=NIGHT)


def build() -> World:
    tree = small_tree()
    world = World(
        tree,
        watch=officer("DUTY_OFFICER", tree.county, "夜班"),
        reserve=officer("DUTY_OFFICER", tree.county, "备班"),
        leader=officer("LEADER_IN_CHARGE", tree.county, "带班领导"),
        head=officer("DEPARTMENT_HEAD", tree.county, "赵部长"),
        chair=officer("CHAIR", tree.county, "郑主席"),
        township=officer("CHAIR", tree.north, "北山主席"),
    )
    for user, part in ((world.watch, "ON_DUTY"), (world.reserve, "RESERVE"), (world.leader, "LEADER")):
        shift(tree.county, user, part=part, from_at=NIGHT - timedelta(hours=6), until_at=NIGHT + timedelta(hours=8))
    return world


@pytest.fixture
def world(db: None) -> World:
    return build()


def alert_of(row: Demand) -> Alert:
    found: Alert = Alert.objects.unscoped(reason="test").select_related("demand__case").get(demand=row)
    return found


def rung(user: User) -> int:
    return Message.objects.filter(user_id=user.pk, title__startswith="紧急：").count()


def emergency(world: World, said: str = SAID, **more: Any) -> Alert:
    return alert_of(demand(world.tree.north, said, now=NIGHT, kind="", people=1, **more))


def test_an_emergency_at_night(world: World) -> None:
    alert = emergency(world)
    case = alert.demand.case
    assert (case.urgency, case.is_major) == (4, True)
    assert "起火" in alert.because
    # The township has no roster, so the county's rings: at once, then every two minutes.
    assert (rung(world.watch), rung(world.reserve)) == (1, 0)
    for minute in range(1, 10):
        ring_due(now=minutes(minute))
    assert (rung(world.watch), rung(world.reserve)) == (5, 0)
    # Nobody takes it: after ten minutes the next on the roster, then the leader on duty, then the heads.
    for minute in range(10, 20):
        ring_due(now=minutes(minute))
    assert (rung(world.watch), rung(world.reserve), rung(world.leader)) == (5, 5, 0)
    for minute in range(20, 60):
        ring_due(now=minutes(minute))
    assert rung(world.leader) == 5
    assert rung(world.township) == 5
    assert rung(world.chair) > 0
    assert rung(world.head) == 0  # a head of the county, not of the township
    taken = acknowledge_alert(alert.pk, actor=world.actor(world.reserve), now=minutes(61))
    assert (taken.acknowledged_by_id, taken.next_at) == (world.reserve.pk, None)
    before = rung(world.chair)
    assert ring_due(now=minutes(70)) == 0
    assert rung(world.chair) == before
    assert Message.objects.filter(user_id=world.watch.pk, title__startswith="紧急提醒已有人处理").count() == 1
    lines = list(case.entries.filter(verb="remark").values_list("user_name", "text"))
    assert lines[0] == ("系统", f"紧急提醒：{alert.because}")
    assert lines[-1] == ("备班", "接下紧急提醒，用时 61 分钟")
    trail = AuditEntry.objects.filter(verb__startswith="demands.alert").values_list("verb", flat=True)
    assert list(trail.order_by("id")) == ["demands.alert.raised", "demands.alert.acknowledged"]


def test_a_job_that_comes_late_leaves_nobody_out(world: World) -> None:
    alert = emergency(world)
    ring_due(now=minutes(45))
    assert [rung(user) for user in (world.watch, world.reserve, world.leader, world.township, world.chair)] == [1] * 5
    alert.refresh_from_db()
    assert (alert.rank, alert.next_at) == (4, minutes(47))


def test_it_sounds_for_whoever_was_called(world: World) -> None:
    alert = emergency(world)
    assert [one.pk for one in ringing(world.actor(world.watch))] == [alert.pk]
    assert rings_for(alert, world.watch.pk)
    assert not rings_for(alert, world.chair.pk)
    elsewhere = officer("CHAIR", world.tree.south, "南湖主席")
    assert ringing(world.actor(elsewhere)) == []
    with pytest.raises(Missing):
        acknowledge_alert(alert.pk, actor=world.actor(elsewhere), now=NIGHT)


def test_two_take_it_and_one_does(world: World) -> None:
    alert = emergency(world)
    acknowledge_alert(alert.pk, actor=world.actor(world.watch), now=minutes(1))
    with pytest.raises(Refused, match="夜班已在 00:01 接下"):
        acknowledge_alert(alert.pk, actor=world.actor(world.chair), now=minutes(2))


def test_it_rings_once_for_a_demand(world: World) -> None:
    alert = emergency(world)
    again = raise_alert(alert.demand, because="又说了一遍", now=minutes(1))
    assert again.pk == alert.pk


def test_the_accused_and_whoever_must_not_know_are_not_rung(world: World) -> None:
    alert = emergency(world, accused_user_id=world.watch.pk)
    assert (rung(world.watch), rung(world.reserve)) == (0, 1)
    assert world.watch.pk not in {told[0] for told in alert.told}
    assert ringing(world.actor(world.watch)) == []


def test_a_stand_in_is_rung_for_whoever_is_away(world: World) -> None:

    today = datetime(2026, 11, 21, tzinfo=UTC).date()
    stand_in(world.tree.county, world.watch, world.head, from_on=today, until_on=today + timedelta(days=2))
    emergency(world)
    assert (rung(world.watch), rung(world.head)) == (0, 1)


def test_without_a_roster_the_heads_are_rung(world: World) -> None:
    empty_roster()
    emergency(world)
    assert rung(world.township) == 1
    Grant.objects.unscoped(reason="test: nobody is left").update(ended_at=NIGHT)
    alert = alert_of(demand(world.tree.south, SAID, now=NIGHT, kind=""))
    assert alert.told == []
    assert alert.next_at is not None  # and rings as soon as there is somebody


def test_a_confidential_one_is_seen_by_whoever_is_called_and_stands_in_no_message(world: World) -> None:
    alert = emergency(world, is_confidential=True)
    message = Message.objects.filter(user_id=world.watch.pk, title__startswith="紧急：").get()
    assert alert.demand.case.number in message.title
    assert "起火" not in message.title + message.body
    assert [one.pk for one in ringing(world.actor(world.watch))] == [alert.pk]
    assert ringing(world.actor(world.head)) == []


def test_what_ended_rings_no_more(world: World) -> None:
    alert = emergency(world)
    casework.withdraw_case(alert.demand_id, reason="火已灭", actor=casework.ASKER, now=minutes(1), by_name="林")
    ring_due(now=minutes(2))
    alert.refresh_from_db()
    assert (alert.next_at, rung(world.watch)) == (None, 1)


def test_merged_with_another_it_goes_on_ringing(world: World) -> None:
    main = demand(world.tree.county, "食堂饭菜不好", now=NIGHT, route=False)
    alert = emergency(world)
    casework.merge_cases(
        [alert.demand_id], into_id=main.pk, reason="同一家", actor=world.actor(world.chair), now=minutes(1)
    )
    assert ring_due(now=minutes(2)) == 1
    alert.refresh_from_db()
    assert alert.next_at == minutes(4)
    assert Demand.objects.unscoped(reason="test").get(pk=main.pk).case.is_major


def test_what_is_found_urgent_later_rings_too(world: World) -> None:
    row = demand(world.tree.north, "宿舍热水不够", now=NIGHT, kind="", people=1)
    assert not Alert.objects.unscoped(reason="test").exists()
    casework.regrade_case(
        row.pk, urgency=4, is_major=True, reason="现场核实有人昏倒", actor=world.actor(world.head), now=minutes(1)
    )
    assert alert_of(row).because == "赵部长调整为重大"
    # Down again only with a reason.
    with pytest.raises(Refused):
        casework.regrade_case(
            row.pk, urgency=1, is_major=False, reason=" ", actor=world.actor(world.head), now=minutes(2)
        )


def test_what_is_said_later_rings_too(world: World) -> None:
    row = demand(world.tree.county, "宿舍热水不够", now=NIGHT, kind="", people=1)
    for said in ("我不想活了，要跳楼", "我不想活了，要跳楼"):
        casework.give_facts(row.pk, text=said, actor=casework.ASKER, now=minutes(1))
    case = Demand.objects.unscoped(reason="test").get(pk=row.pk).case
    assert (case.urgency, case.is_major, rung(world.watch)) == (4, True, 1)
    acknowledge_alert(alert_of(row).pk, actor=world.actor(world.watch), now=minutes(2))
    casework.urge_case(row.pk, text="我不想活了，要跳楼", actor=casework.ASKER, now=minutes(3))
    assert Alert.objects.unscoped(reason="test").count() == 1
    other = demand(world.tree.county, "宿舍热水不够", now=NIGHT, kind="", people=1)
    edit_facts(other.pk, replace(facts_of(other), body=SAID), actor=world.actor(world.head), now=minutes(3))
    assert alert_of(other).next_at == minutes(5)


def test_the_words_win_over_the_chosen_urgency(world: World) -> None:
    assert emergency(world, urgency=1).demand.case.urgency == 4


# --- rules kept by staff ---


def test_the_defaults_hold_until_somebody_changes_them(world: World) -> None:
    path = world.tree.north.scope.path
    assert len(rules_at(path)) == len(DEFAULTS)
    assert not EmergencyRule.objects.unscoped(reason="test").exists()
    boss = world.actor(world.head)
    rows = write_defaults(world.tree.county.pk, actor=boss, now=NIGHT)
    assert len(rows) == len(write_defaults(world.tree.county.pk, actor=boss, now=NIGHT)) == len(DEFAULTS)
    fire = next(row for row in rows if row.name == "火灾爆炸")
    change_rule(fire.pk, facts=RuleFacts("火灾爆炸", ("起火",), is_used=False), actor=boss, now=NIGHT)
    assert fired("仓库起火", 1, path) is None
    own = acting_as("DEPARTMENT_HEAD", world.tree.north)
    add_rule(world.tree.north.pk, facts=RuleFacts("断水", ("宿舍…断水",)), actor=own, now=NIGHT)
    assert fired("宿舍楼断水了", 1, path).name == "断水"  # type: ignore[union-attr]
    assert fired("宿舍楼断水了", 1, world.tree.south.scope.path) is None
    with pytest.raises(Refused):
        write_defaults(world.tree.north.pk, actor=own, now=NIGHT)
    with pytest.raises(Missing):
        change_rule(fire.pk, facts=RuleFacts("火灾爆炸", ("起火",)), actor=own, now=NIGHT)


@pytest.mark.parametrize(
    "facts",
    [
        RuleFacts("", ("起火",)), RuleFacts("空"), RuleFacts("一个字", ("火",)), RuleFacts("人少", people=1),
        RuleFacts("不急", ("起火",), urgency=1), RuleFacts("长", ("火" * 30,)), RuleFacts("省略", ("…",)), RuleFacts("标点", ("停工，罢工",)),
        RuleFacts("多", tuple(f"词{number}号" for number in range(101))),
    ],
)  # fmt: skip
def test_a_rule_that_rings_at_everything_or_nothing_is_refused(world: World, facts: RuleFacts) -> None:
    with pytest.raises(Refused):
        add_rule(world.tree.county.pk, facts=facts, actor=world.actor(world.head), now=NIGHT)


# --- 紧急信息 ---


def report(**more: str) -> Report:
    said = {
        "when": "今日零时", "where": "北山镇东仓库", "what": "起火，一人受伤", "people": "1 人", "done": "已报消防",
        "next_steps": "正在核实",
    }  # fmt: skip
    return Report(**(said | more))


def test_the_leaders_and_the_union_above_are_told_in_writing(world: World) -> None:
    row = emergency(world).demand
    assert drafted(row)["people"] == "1 人"
    first = write_urgent_report(row.pk, report=report(), actor=world.actor(world.watch), now=minutes(5))
    assert first.number == "北山镇总工会紧急信息〔2026〕1号"
    assert {name for _, name, _ in first.to} == {"北山主席", "郑主席", "带班领导", "赵部长"}
    assert "时间：今日零时" in first.text
    follow = write_urgent_report(
        row.pk, report=report(next_steps="火已扑灭"), actor=world.actor(world.watch), now=minutes(30)
    )
    assert follow.number.endswith("2号")
    assert Message.objects.filter(user_id=world.chair.pk, title__startswith="紧急信息（续报1）").count() == 1
    assert row.case.entries.filter(text__contains=first.number).count() == 1
    with pytest.raises(Refused, match="已采取的措施"):
        write_urgent_report(row.pk, report=report(done=" "), actor=world.actor(world.watch), now=minutes(31))


def test_the_accused_leader_is_not_told(world: World) -> None:
    row = emergency(world, accused_user_id=world.chair.pk).demand
    made = write_urgent_report(row.pk, report=report(), actor=world.actor(world.watch), now=minutes(5))
    assert world.chair.pk not in {pk for pk, _, _ in made.to}
    assert not UrgentReport.objects.visible_to(world.actor(world.chair)).exists()


# --- two workers ---


def ring_twice_at_once(world: World, monkeypatch: Any, *, guarded: bool) -> int:
    """Two workers at the same minute; without the lock both have read before either writes."""
    emergency(world)
    if not guarded:
        both, real = threading.Barrier(2), acts.to_call

        def together(*args: Any, **named: Any) -> Any:
            both.wait(timeout=10)
            return real(*args, **named)

        monkeypatch.setattr(acts, "to_call", together)
        monkeypatch.setattr(ScopedQuerySet, "select_for_update", lambda rows, **_: rows)

    def work() -> None:
        try:
            ring_due(now=minutes(2))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return rung(world.watch)


@pytest.mark.django_db(transaction=True)
def test_two_workers_ring_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ring_twice_at_once(build(), monkeypatch, guarded=True) == 2  # at the raise, and now


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race is real, and the lock is what stops it."""
    assert ring_twice_at_once(build(), monkeypatch, guarded=False) == 3
