"""Hot spots as demands come in: who sees what of them, whom a burst is told to, and what one act does. Texts invented."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.demands.actions import hotspots as sensing
from niangjia.modules.demands.actions.hotspots import read_new_demands, regroup
from niangjia.modules.demands.actions.joint_cases import (
    dismiss_hot_spot,
    open_joint_case,
    set_burst_rule,
    take_hot_spot,
)
from niangjia.modules.demands.hotspots.bursts import Rule
from niangjia.modules.demands.hotspots.states import LIVE, State
from niangjia.modules.demands.models import Demand, DemandTrace, HotSpot
from niangjia.modules.demands.queries.bursts import rule_at
from niangjia.modules.demands.queries.hotspots import (
    Shown,
    hot_spot_in_sight,
    hot_spots_here,
    hot_spots_of,
    ringing_spots,
)
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.demands.testing import NOW, demand, phone_number
from niangjia.modules.organisations.testing import Tree, firm, officer, small_tree

SAID = (
    "我在{spot}送餐，这一周的配送费少算了一百多，站长说系统改了规则。", "{spot}周结的单子对不上，少了二十几单的配送费。",
    "{spot}好几个人这周配送费都少发了，我少了八十六元。", "{spot}改了计价规则也不说一声，配送费比上周少一截。",
    "骑手在{spot}跑单，配送费被站长少算，问了不理。", "{spot}的配送费这周少发，请工会问一问站长。",
)  # fmt: skip
OTHERS = (
    ("孩子上大学想申请金秋助学", "孩子今年考上大学，家里有困难。"), ("车间太热没有风扇", "印染车间三十九度，一台风扇都没有。"),
    ("社保断缴两个月", "查了一下有两个月没有缴，看病都不能报。"), ("食堂饭菜是冷的", "反映过好几次没有人管。"),
    ("年休假过期作废", "去年的假没有休，说作废了。"),
)  # fmt: skip


@dataclass
class World:
    tree: Tree
    head: User
    operator: User
    north: User
    south: User
    mill: User

    def actor(self, user: User) -> Actor:
        return actor_of(user.pk, now=NOW)

    def seen(self, user: User, now: Any = NOW) -> list[Shown]:
        return hot_spots_here(None, self.actor(user), LIVE, now=now)


@pytest.fixture
def world(db: None) -> World:
    return build()


def build() -> World:
    tree = small_tree()
    return World(
        tree, officer("DEPARTMENT_HEAD", tree.county, "赵部长"), officer("HOTLINE_OPERATOR", tree.county, "周话务"),
        officer("CHAIR", tree.north, "北山主席"), officer("CHAIR", tree.south, "南湖主席"),
        officer("ENTERPRISE_CLERK", tree.mill, "厂工会"),
    )  # fmt: skip


def rider(at: Any, n: int, *, spot: str = "万达骑手站点", minutes: float = 0, **more: Any) -> Demand:
    now = NOW - timedelta(minutes=minutes)
    body = SAID[n % len(SAID)].format(spot=spot)
    title = more.pop("title", ("站点配送费少算了", "配送费少发", "周结配送费不对")[n % 3])
    return demand(
        at, body, title=title, kind="0801", place=spot, now=now, route=False, tell=False,
        **{"division": "530999101", **more},
    )  # fmt: skip


def others(at: Any) -> None:
    for title, body in OTHERS:
        demand(at, body, title=title, nature=Nature.HELP, now=NOW - timedelta(hours=3), route=False, tell=False)


def spots() -> list[HotSpot]:
    return list(HotSpot.objects.unscoped(reason="test").order_by("pk"))


def told(user: User) -> list[str]:
    rows = Message.objects.filter(user_id=user.pk, title__startswith="热点预警")
    return list(rows.order_by("pk").values_list("title", flat=True))


def test_twelve_riders_at_one_site_show_within_the_hour(world: World) -> None:
    others(world.tree.north)
    read_new_demands(now=NOW - timedelta(minutes=110))
    for n in range(12):
        rider(world.tree.north, n, minutes=108 - 9 * n)
        read_new_demands(now=NOW - timedelta(minutes=108 - 9 * n - 1))
    (shown,) = world.seen(world.north)
    assert (shown.people, shown.demands, shown.state) == (12, 12, State.WARNED)
    assert "配送费" in shown.words
    assert shown.place == "万达骑手站点"
    spot = shown.spot
    assert spot.scope_id == world.tree.north.pk
    # The fifth was told of, half an hour and a few minutes after the first; and once more when they had doubled.
    assert spot.warned_at == NOW - timedelta(minutes=108 - 81 - 1)
    assert told(world.north) == [
        "热点预警：万达骑手站点1 小时内有 5 人反映同一件事", "热点预警：万达骑手站点2 小时内有 10 人反映同一件事"
    ]  # fmt: skip
    assert told(world.south) == []
    assert AuditEntry.objects.filter(verb="demands.hot_spot.warned", subject_id=spot.pk).count() == 1


def test_one_person_ninety_times_is_no_hot_spot(world: World) -> None:
    number = phone_number()
    for n in range(90):
        rider(world.tree.north, n, minutes=n, asker_phone=number)
    assert read_new_demands(now=NOW) == 90
    assert world.seen(world.north) == [] == told(world.north)
    for n in range(2):
        rider(world.tree.north, n)
    read_new_demands(now=NOW)
    (shown,) = world.seen(world.north)
    assert (shown.people, shown.demands, shown.state) == (3, 92, State.WATCHED)
    assert told(world.north) == []


def test_who_leaves_nothing_is_one_a_day_and_door(world: World) -> None:
    for n in range(8):
        rider(world.tree.north, n, minutes=n, asker_name="", asker_phone="", is_anonymous=True)
    read_new_demands(now=NOW)
    assert world.seen(world.north) == []


def test_two_sites_of_one_platform_stay_apart(world: World) -> None:
    platform = firm("云岭飞达配送有限公司", "530999101")
    for n in range(4):
        rider(world.tree.north, n, minutes=n, employer_id=platform.pk)
        rider(world.tree.north, n, minutes=n, spot="北门骑手站点", employer_id=platform.pk)
    read_new_demands(now=NOW)
    assert sorted((one.place, one.people) for one in world.seen(world.north)) == [
        ("万达骑手站点", 4),
        ("北门骑手站点", 4),
    ]


def test_enquiries_make_a_hot_spot_but_no_alarm(world: World) -> None:
    for n in range(6):
        rider(world.tree.north, n, nature=Nature.ENQUIRY)
    read_new_demands(now=NOW)
    assert [one.state for one in world.seen(world.north)] == [State.WATCHED]
    assert told(world.north) == []


def test_what_came_in_late_rings_for_nobody(world: World) -> None:
    for n in range(6):
        rider(world.tree.north, n, received_at=NOW - timedelta(days=40))
    read_new_demands(now=NOW)
    assert told(world.north) == []
    regroup(now=NOW)
    assert [spot.state for spot in spots()] == [State.QUIET]
    (old,) = hot_spots_here(None, world.actor(world.north), {State.QUIET}, now=NOW)
    assert old.people == 6


# --- who sees what ---


def test_nothing_of_what_one_may_not_see_shows_through(world: World) -> None:
    """Kept from the firm's own union, confidential, complained of: no number, word or message of it."""
    mill = firm("北山纺织厂", "530999101", union=world.tree.mill)
    seen_by_the_firm = [
        rider(world.tree.mill, n, spot="纺织厂宿舍", employer_id=mill.pk, tells_own_union=True) for n in range(2)
    ]
    for n in range(4):
        rider(world.tree.mill, n, spot="纺织厂宿舍", employer_id=mill.pk, title="宿舍配送费秘密")
    hidden = rider(world.tree.mill, 5, spot="纺织厂宿舍", employer_id=mill.pk, is_confidential=True, title="保密配送费")
    accused = rider(
        world.tree.mill, 4, spot="纺织厂宿舍", employer_id=mill.pk, accused_user_id=world.north.pk, title="主席配送费"
    )
    read_new_demands(now=NOW)
    spot_ids = {trace.spot_id for trace in DemandTrace.objects.unscoped(reason="test")}
    assert len(spot_ids) == 1
    (spot_id,) = spot_ids
    assert world.seen(world.mill) == []  # two in sight are too few
    with pytest.raises(Missing):
        hot_spot_in_sight(spot_id, world.actor(world.mill), now=NOW)
    assert told(world.mill) == []
    (north,) = world.seen(world.north)  # the head of the place takes part in what is confidential
    assert (north.people, north.demands) == (7, 7)  # not in what is about himself
    (head,) = world.seen(world.head)
    assert (head.people, head.demands) == (7, 7)  # not in what is confidential
    for user, not_for_him in ((world.north, accused), (world.head, hidden)):
        page = Client()
        page.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for address in ("", f"{spot_id}/"):
            said = page.get(f"/desk/demands/hotspots/{address}").content.decode()
            assert "纺织厂宿舍" in said
            assert not_for_him.case.title not in said
            assert f"/demands/{not_for_him.pk}/" not in said
    assert told(world.north)
    assert all("7 人" in title for title in told(world.north))
    assert not any("宿舍" in title for title in told(world.north))  # part of what he sees is confidential
    assert len(seen_by_the_firm) == 2
    assert world.seen(world.south) == []


def test_a_county_and_its_townships_see_each_their_own(world: World) -> None:
    for n in range(3):
        rider(world.tree.north, n, spot="滨江配送站", division="")
        rider(world.tree.south, n, spot="滨江配送站", division="")
    read_new_demands(now=NOW)
    (spot,) = spots()
    assert spot.scope_id == world.tree.county.pk
    assert [one.people for one in world.seen(world.head)] == [6]
    assert [one.people for one in world.seen(world.north)] == [3]
    with pytest.raises(NotPermitted):  # it lies in the county's hands
        take_hot_spot(spot.pk, actor=world.actor(world.north), now=NOW)
    assert len(told(world.head)) == 1
    assert told(world.north) == []


def test_the_same_number_of_statements_for_many(world: World, client: Client) -> None:
    def count() -> int:
        client.force_login(world.head, backend="allauth.account.auth_backends.AuthenticationBackend")
        with CaptureQueriesContext(connections["default"]) as queries:
            assert client.get("/desk/demands/hotspots/").status_code == 200
        return len(queries)

    for n in range(3):
        rider(world.tree.north, n)
    read_new_demands(now=NOW)
    count()
    few = count()
    for spot in ("北门骑手站点", "东湖骑手站点", "西溪骑手站点"):
        for n in range(4):
            rider(world.tree.north, n, spot=spot)
    read_new_demands(now=NOW)
    assert len(world.seen(world.head)) == 4
    assert count() <= few + 1  # a burst that rings asks once more


# --- acts ---


def burst_of(world: World, people: int = 6) -> HotSpot:
    for n in range(people):
        rider(world.tree.north, n, minutes=people - n)
    read_new_demands(now=NOW)
    (spot,) = spots()
    return spot


def test_one_act_makes_one_case_and_each_asker_keeps_his_own(world: World) -> None:
    spot, actor = burst_of(world), world.actor(world.north)
    main = open_joint_case(spot.pk, into_id=None, reason="同一站点同一件事", actor=actor, now=NOW)
    rows = {case.pk: case for case in Case.objects.unscoped(reason="test").filter(kind="demands.demand")}
    assert sorted(case.stage for case in rows.values()) == [Stage.RECEIVED, *[Stage.MERGED] * 5]
    assert {case.merged_into_id for case in rows.values() if case.pk != main.pk} == {main.pk}
    assert main.pk == min(rows)
    spot.refresh_from_db()
    assert (spot.state, spot.case_id, spot.taken_by_id) == (State.JOINED, main.pk, world.north.pk)
    assert AuditEntry.objects.filter(verb="demands.hot_spot.joined", reason="同一站点同一件事").count() == 1
    with pytest.raises(Refused, match="没有可以并案"):
        open_joint_case(spot.pk, into_id=None, reason="再来一次", actor=actor, now=NOW)
    late = rider(world.tree.north, 3)
    read_new_demands(now=NOW)
    open_joint_case(spot.pk, into_id=None, reason="又来一件", actor=actor, now=NOW)
    assert Case.objects.unscoped(reason="test").get(pk=late.pk).merged_into_id == main.pk
    assert len(spots()) == 1


def test_a_chosen_one_stays(world: World) -> None:
    spot = burst_of(world)
    last = Demand.objects.unscoped(reason="test").order_by("-pk")[0].pk
    main = open_joint_case(spot.pk, into_id=last, reason="以它为主", actor=world.actor(world.head), now=NOW)
    assert main.pk == last


@pytest.mark.parametrize("into", [0, 10**17])
def test_one_that_is_not_there_can_not_be_chosen(world: World, into: int) -> None:
    spot = burst_of(world)
    if into:
        with pytest.raises(Refused):
            open_joint_case(spot.pk, into_id=into, reason="以它为主", actor=world.actor(world.head), now=NOW)
    with pytest.raises(Refused, match="理由"):
        open_joint_case(spot.pk, into_id=None, reason=" ", actor=world.actor(world.head), now=NOW)


def test_whoever_takes_it_ends_the_ringing(world: World) -> None:
    spot, actor = burst_of(world), world.actor(world.north)
    assert [one.spot.pk for one, _ in ringing_spots(actor, now=NOW)] == [spot.pk]
    assert ringing_spots(world.actor(world.south), now=NOW) == []
    take_hot_spot(spot.pk, actor=actor, now=NOW)
    assert ringing_spots(actor, now=NOW) == []
    with pytest.raises(Refused, match="北山主席"):
        take_hot_spot(spot.pk, actor=world.actor(world.head), now=NOW)


def test_what_is_none_is_not_told_again(world: World) -> None:
    spot, actor = burst_of(world), world.actor(world.north)
    with pytest.raises(Refused):
        dismiss_hot_spot(spot.pk, reason=" ", actor=actor, now=NOW)
    dismiss_hot_spot(spot.pk, reason="平台系统故障，已自动补发", actor=actor, now=NOW)
    before = told(world.north)
    for n in range(12):
        rider(world.tree.north, n)
    read_new_demands(now=NOW)
    regroup(now=NOW)
    assert told(world.north) == before
    assert [one.state for one in spots()] == [State.DISMISSED]
    assert world.seen(world.north) == []
    assert hot_spots_of(world.tree.north.scope.path, None, None, actor) == []


def test_the_rule_of_a_place_holds_below_it(world: World) -> None:
    county, path = world.tree.county, world.tree.north.scope.path
    assert rule_at(path) == Rule()
    set_burst_rule(county.pk, Rule(3, 6), actor=world.actor(world.head), now=NOW)
    assert rule_at(path) == Rule(3, 6) == rule_at(county.scope.path)
    set_burst_rule(world.tree.north.pk, Rule(8, 8), actor=world.actor(world.north), now=NOW)
    assert (rule_at(path), rule_at(world.tree.south.scope.path)) == (Rule(8, 8), Rule(3, 6))
    for rule in (Rule(1, 5), Rule(5, 4), Rule(5, 100_000)):
        with pytest.raises(Refused):
            set_burst_rule(county.pk, rule, actor=world.actor(world.head), now=NOW)
    with pytest.raises((NotPermitted, Missing)):
        set_burst_rule(county.pk, Rule(3, 6), actor=world.actor(world.north), now=NOW)
    burst_of(world)
    assert told(world.north) == []  # six, where eight are asked for


# --- night, and many workers ---


def test_the_night_finds_the_same_and_lets_the_quiet_go(world: World) -> None:
    others(world.tree.north)
    spot = burst_of(world)
    DemandTrace.objects.unscoped(reason="test: as if it came in before there were hot spots").filter(
        demand=Demand.objects.unscoped(reason="test").order_by("-pk")[0]
    ).delete()
    assert regroup(now=NOW + timedelta(hours=8)) == 1
    (same,) = spots()
    assert (same.pk, same.state) == (spot.pk, State.WARNED)
    assert [one.people for one in world.seen(world.north)] == [6]
    assert regroup(now=NOW + timedelta(days=15)) == 0
    assert spots()[0].state == State.QUIET
    found = hot_spots_of(world.tree.county.scope.path, NOW.date(), NOW.date(), world.actor(world.head))
    assert [(one.people, one.state) for one in found] == [(6, State.QUIET)]
    for n in range(2):
        rider(world.tree.north, n, received_at=NOW + timedelta(days=15))
    read_new_demands(now=NOW + timedelta(days=15, hours=1))
    assert spots()[0].state == State.WATCHED  # it goes on


def test_far_days_and_other_places_find_nothing(world: World) -> None:
    from datetime import date

    burst_of(world)
    actor, county = world.actor(world.head), world.tree.county.scope.path
    assert len(hot_spots_of(county, date(2026, 11, 1), date(9999, 12, 31), actor, 5)) == 1
    assert hot_spots_of(county, date(2027, 1, 1), None, actor) == []
    assert hot_spots_of(world.tree.south.scope.path, None, None, actor) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_demands_never_double() -> None:
    world = build()
    for n in range(6):
        rider(world.tree.north, n)
    ready, read = threading.Barrier(2), []

    def work() -> None:
        try:
            ready.wait()
            read.append(read_new_demands(now=NOW))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(read) == 6
    assert len(spots()) == 1
    assert len(told(world.north)) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the test above would see if nothing held the second one back."""
    monkeypatch.setattr(sensing, "_alone", lambda *, wait: True)
    world = build()
    for n in range(6):
        rider(world.tree.north, n)
    filled, put = threading.Barrier(2), sensing._put_together

    def both_at_once(new: Any, now: Any) -> Any:
        filled.wait(timeout=10)
        return put(new, now)

    monkeypatch.setattr(sensing, "_put_together", both_at_once)
    monkeypatch.setattr(sensing, "_fill_in", lambda traces, now: None)
    read: list[int] = []

    def work() -> None:
        try:
            read.append(sensing._read_some(NOW))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(read) == 12


def test_a_minute_of_many_is_read_in_one_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensing, "MOST_AT_ONCE", 4)
    for n in range(10):
        rider(world.tree.north, n)
    assert read_new_demands(now=NOW) == 10
    assert read_new_demands(now=NOW) == 0
    assert [one.people for one in world.seen(world.north)] == [10]


def test_strange_words_do_no_harm(world: World) -> None:
    for title, body in (
        ("🙂🙂🙂🙂", "🙂🙂 好"),
        ("好" * 60, "好" * 4_000),
        ("1234567", "????？？"),
        ("a" * 60, "b" * 3_000),
    ):
        demand(world.tree.north, body, title=title, kind="", now=NOW, route=False, tell=False, channel=Channel.WINDOW)
    assert read_new_demands(now=NOW) == 4
    casework.accept_case(
        Demand.objects.unscoped(reason="test")[0].pk, text="受理", actor=world.actor(world.head), now=NOW
    )
    assert regroup(now=NOW) == 0
