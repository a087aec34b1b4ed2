"""From hand to hand: assigning, handing over and back, merging, splitting, leaving."""

from __future__ import annotations

import pytest

from niangjia.engines.casework import actions, queries
from niangjia.engines.casework.actions import ASKER
from niangjia.engines.casework.actions.climbing import bring_orphans
from niangjia.engines.casework.events import CaseSplit
from niangjia.engines.casework.models import Case, Entry, Role
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.engines.casework.tests.world import NOW, World, again, later
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.events import subscribe

_split: list[CaseSplit] = []


@subscribe(CaseSplit)
def _heard(event: CaseSplit) -> None:
    _split.append(event)


def lines(case, verb: Verb) -> list[Entry]:
    rows = Entry.objects.unscoped(reason="a test looks").filter(case=case, verb=verb)
    return list(rows.order_by("id"))


def test_sent_to_a_desk_it_waits_there_for_acceptance(world: World) -> None:
    case = world.open()
    due = case.due_at
    case = actions.route_case(
        case.pk, scope_id=world.at("north"), because="属地：北山", actor=SYSTEM, now=later(hours=1)
    )
    assert (case.stage, case.scope_id, case.lead_id, case.due_at) == (Stage.RECEIVED, world.at("north"), None, due)
    assert world.told("north_clerk") == [f"事项 {case.number} 请受理"]
    assert world.told("north_liaison") == []  # handles, but accepts nothing


def test_sent_to_one_who_may_not_accept_the_desk_is_told_too(world: World) -> None:
    case = actions.route_case(
        world.open().pk, scope_id=world.at("north"), user_id=world.user("north_liaison"), actor=SYSTEM, now=NOW
    )
    assert world.told("north_liaison") == world.told("north_clerk") == [f"事项 {case.number} 请受理"]
    case = actions.accept_case(case.pk, actor=world.actor("north_clerk"), now=NOW)
    assert (case.stage, case.lead_id) == (Stage.IN_HAND, world.user("north_liaison"))


def test_assigned_downward_only(world: World) -> None:
    case = world.open(place="north", who="north_clerk")
    with pytest.raises(NotPermitted, match="转办"):
        actions.assign_case(case.pk, scope_id=world.at("south"), actor=world.actor("north_clerk"), now=NOW)
    with pytest.raises(Refused, match="没有办理权限"):
        actions.assign_case(
            case.pk, scope_id=world.at("north"), user_id=world.user("mill_clerk"), actor=world.actor("north_clerk"), now=NOW
        )  # fmt: skip
    case = actions.assign_case(
        case.pk, scope_id=world.at("mill"), user_id=world.user("mill_clerk"), actor=world.actor("north_clerk"), now=NOW
    )  # fmt: skip
    assert (case.stage, case.accepted_at) == (Stage.IN_HAND, NOW)


def test_handed_over_by_the_lead_or_whoever_supervises(world: World) -> None:
    case = world.in_hand()
    move = {"scope_id": world.at("south"), "reason": "属地不在本镇", "now": NOW}
    with pytest.raises(NotPermitted):
        actions.hand_over(case.pk, **move, actor=world.actor("north_clerk"))
    with pytest.raises(Refused, match="已经在这里"):
        actions.hand_over(
            case.pk, scope_id=world.at("north"), user_id=world.user("north_rights"), reason="？", actor=world.actor("head"), now=NOW
        )  # fmt: skip
    case = actions.hand_over(case.pk, **move, actor=world.actor("head"))
    assert (case.stage, case.lead_id, case.scope_id) == (Stage.ACCEPTED, None, world.at("south"))
    assert lines(case, Verb.HAND_OVER)[0].data["from_scope"] == world.at("north")
    assert [title[-5:] for title in world.told("south_clerk")] == ["请您办理"[-5:]] or world.told("south_clerk")


def test_a_circle_is_refused_and_seen(world: World) -> None:
    case = world.accepted(place="north", who="north_clerk")
    actions.hand_over(case.pk, scope_id=world.at("south"), reason="属地", actor=world.actor("north_clerk"), now=NOW)
    back = {"scope_id": world.at("north"), "reason": "不是我们", "now": NOW}
    with pytest.raises(Refused, match="不能再转回去"):
        actions.hand_over(case.pk, **back, actor=world.actor("south_clerk"))
    # The head above may: he decides.
    case = actions.hand_over(case.pk, **back, actor=world.actor("head"))
    assert case.scope_id == world.at("north")


def test_handed_back_goes_to_the_desk_that_sent_it(world: World) -> None:
    case = world.in_hand(place="north", who="north_rights")
    case = actions.hand_back(
        case.pk, reason="不属于本镇", belongs_to=world.at("south"), actor=world.actor("north_rights"), now=NOW
    )
    assert (case.stage, case.scope_id, case.lead_id, case.hand_backs) == (Stage.ACCEPTED, world.at("county"), None, 1)
    assert lines(case, Verb.HAND_BACK)[0].data["belongs_to"] == world.at("south")
    assert "clerk" in {name for name in ("clerk", "head") if world.told(name)}
    # It came in here: nobody hands it back to who has handed it back.
    for who in ("clerk", "head"):
        assert Verb.HAND_BACK not in queries.verbs_open_to(case, world.actor(who), now=NOW)
    with pytest.raises(Refused, match="没有退办的去处"):
        actions.hand_back(world.open().pk, reason="不知给谁", actor=world.actor("clerk"), now=NOW)


def test_the_third_time_the_level_above_decides_and_that_stays(world: World) -> None:
    case = world.open(place="county")
    for place, who in (("north", "north_clerk"), ("south", "south_clerk"), ("north", "north_clerk")):
        actions.route_case(case.pk, scope_id=world.at(place), actor=SYSTEM, now=NOW)
        case = actions.hand_back(case.pk, reason="不属于我们", actor=world.actor(who), now=NOW)
    assert (case.scope_id, case.hand_backs, case.stage) == (world.at("county"), 3, Stage.RECEIVED)
    assert "三次退办" in world.told("head")[-1]
    case = actions.assign_case(
        case.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), actor=world.actor("head"), now=NOW
    )  # fmt: skip
    assert Verb.HAND_BACK not in queries.verbs_open_to(case, world.actor("south_clerk"), now=NOW)
    with pytest.raises(Refused, match="不能再退办"):
        actions.hand_back(case.pk, reason="还是不行", actor=world.actor("south_clerk"), now=NOW)


def test_at_the_top_of_the_tree_the_head_of_the_place_gets_it(world: World) -> None:
    world.grant("city_clerk", "CLERK", "city")
    case = world.open(place="city", who="city_clerk")
    for _ in range(3):
        actions.assign_case(
            case.pk, scope_id=world.at("city"), user_id=world.user("city_clerk"), actor=world.actor("city_clerk"), now=NOW
        )  # fmt: skip
        case = actions.hand_back(case.pk, reason="忙不过来", actor=world.actor("city_clerk"), now=NOW)
    assert (case.scope_id, case.lead_id, case.stage) == (world.at("city"), world.user("city_chair"), Stage.IN_HAND)


# --- merging and splitting ---


def test_merged_ones_share_the_work_and_each_asker_has_an_own_word(world: World) -> None:
    main, one, two = world.in_hand(), world.in_hand(who="north_chair"), world.open()
    head = world.actor("head")
    actions.merge_cases([one.pk, two.pk], into_id=main.pk, reason="同一工地", actor=head, now=NOW)
    one, two = again(one), again(two)
    assert [case.stage for case in (one, two)] == [Stage.MERGED] * 2
    assert (one.merged_into_id, one.lead_id, one.due_at) == (main.pk, None, None)
    assert main.participants.filter(user=world.user("north_chair"), role=Role.CO_HANDLER).exists()
    with pytest.raises(Refused, match="还没有答复"):
        actions.rate_case(one.pk, rating=5, is_satisfied=True, actor=ASKER, now=NOW)
    actions.answer_case(main.pk, text="全部补发", actor=world.actor("north_rights"), now=later(days=1))
    for case in (one, two):
        assert queries.timeline_for_asker(case)[0].text == "全部补发"
        assert again(case).answered_at == later(days=1)
    actions.rate_case(one.pk, rating=2, is_satisfied=False, text="少发一天", actor=ASKER, now=later(days=2))
    main, one = again(main), again(one)
    assert (one.rating, one.is_satisfied, one.stage) == (2, False, Stage.MERGED)
    assert (main.rating, main.is_satisfied, main.stage) == (None, None, Stage.ANSWERED)


def test_what_may_not_be_merged(world: World) -> None:
    main, other, ended = world.in_hand(), world.open(), world.resolved()
    merge = {"reason": "同一件事", "actor": world.actor("head"), "now": NOW}
    for ids, into in (([main.pk], main.pk), ([], main.pk), ([ended.pk], main.pk), ([main.pk], ended.pk)):
        with pytest.raises(Refused):
            actions.merge_cases(ids, into_id=into, **merge)
    actions.merge_cases([other.pk], into_id=main.pk, **merge)
    with pytest.raises(Refused, match="已并案"):
        actions.merge_cases([again(other).pk], into_id=main.pk, **merge)
    third = world.open()
    with pytest.raises(Refused, match="已并案"):
        actions.merge_cases([third.pk], into_id=other.pk, **merge)
    secret = world.open(is_confidential=True, who="head")
    with pytest.raises(Refused, match="保密"):
        actions.merge_cases([secret.pk], into_id=main.pk, **merge)


def test_a_main_one_that_is_merged_takes_its_own_along(world: World) -> None:
    first, second, third = world.in_hand(), world.in_hand(), world.open()
    merge = {"reason": "同一件事", "actor": world.actor("head"), "now": NOW}
    actions.merge_cases([third.pk], into_id=second.pk, **merge)
    actions.merge_cases([second.pk], into_id=first.pk, **merge)
    assert again(third).merged_into_id == first.pk


def test_a_main_one_that_is_withdrawn_leaves_the_work_to_the_next(world: World) -> None:
    main, one, two = world.in_hand(), world.open(), world.open()
    actions.merge_cases([one.pk, two.pk], into_id=main.pk, reason="同一件事", actor=world.actor("head"), now=NOW)
    actions.withdraw_case(main.pk, reason="我已拿到", actor=ASKER, now=later(hours=1))
    one, two = again(one), again(two)
    assert (again(main).stage, one.stage, two.stage) == (Stage.WITHDRAWN, Stage.IN_HAND, Stage.MERGED)
    assert (one.lead_id, one.merged_into_id, two.merged_into_id) == (world.user("north_rights"), None, one.pk)
    assert one.due_at is not None


def test_split_parts_stand_on_their_own(world: World) -> None:
    _split.clear()
    case = world.accepted(is_major=True)
    parts = actions.split_case(case.pk, parts=["工资", " ", "社保"], actor=world.actor("head"), now=later(hours=1))
    assert [part.title for part in parts] == ["工资", "社保"]
    assert {part.split_from_id for part in parts} == {case.pk}
    assert all((part.stage, part.due_at, part.is_major) == (Stage.ACCEPTED, case.due_at, True) for part in parts)
    assert len({case.number, *(part.number for part in parts)}) == 3
    assert [(event.case_id, event.new_ids) for event in _split] == [(case.pk, tuple(part.pk for part in parts))]
    with pytest.raises(Refused):
        actions.split_case(case.pk, parts=[" "], actor=world.actor("head"), now=NOW)


# --- leaving ---


def test_what_a_leaver_has_in_hand_passes_to_the_successor(world: World) -> None:
    mine, answered, elsewhere = world.in_hand(), world.answered(), world.in_hand(who="south_clerk", place="south")
    north = world.scopes["north"].path
    assert queries.count_in_hand(world.user("north_rights"), north) == 2
    moved = actions.hand_over_all(
        world.user("north_rights"), north, world.user("north_liaison"), actor=world.actor("north_chair"), now=NOW
    )
    assert moved == 2
    assert [again(case).lead_id for case in (mine, answered, elsewhere)] == [
        world.user("north_liaison"), world.user("north_liaison"), world.user("south_clerk"),
    ]  # fmt: skip
    assert [again(case).stage for case in (mine, answered)] == [Stage.IN_HAND, Stage.ANSWERED]
    assert queries.count_in_hand(world.user("north_rights"), north) == 0


def test_a_task_of_the_leaver_goes_along_and_the_leaver_sees_no_more(world: World) -> None:
    case = world.in_hand(who="north_chair")
    task = actions.invite(
        case.pk, scope_id=world.at("north"), user_id=world.user("south_clerk"), text="查", actor=world.actor("north_chair"), now=NOW
    )  # fmt: skip
    actions.hand_over_all(
        world.user("south_clerk"), world.scopes["county"].path, world.user("south_chair"), actor=world.actor("chair"), now=NOW
    )  # fmt: skip
    assert not Case.objects.visible_to(world.actor("south_clerk")).filter(pk=case.pk).exists()
    actions.finish_task(task.pk, answer="已查", actor=world.actor("south_chair"), now=NOW)


def test_without_a_successor_it_lies_at_the_desk_again(world: World) -> None:
    case = world.in_hand()
    actions.hand_over_all(
        world.user("north_rights"), world.scopes["north"].path, None, actor=world.actor("north_chair"), now=NOW
    )
    assert (again(case).lead_id, again(case).stage) == (None, Stage.ACCEPTED)


def test_orphans_are_brought_to_the_head_once(world: World) -> None:
    gone, closed, kept = world.in_hand(), world.in_hand(who="north_liaison"), world.in_hand(who="north_chair")
    world.close_job("north_rights")
    liaison = world.users["north_liaison"]
    liaison.is_active = False
    liaison.save()
    assert set(queries.orphans(now=NOW)) == {gone, closed}
    assert bring_orphans(now=NOW) == 2
    assert bring_orphans(now=NOW) == 0
    assert [again(case).lead_id for case in (gone, closed)] == [None, None]
    assert again(kept).lead_id == world.user("north_chair")
    assert sum("没有人主办" in title for title in world.told("north_chair")) == 2


def test_a_lead_from_above_is_no_orphan(world: World) -> None:
    case = world.in_hand(who="head", place="north")
    assert case not in queries.orphans(now=NOW)
