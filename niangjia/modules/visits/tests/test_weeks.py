"""The week's plan in the database: proposed, proposed again, changed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions.absences import add_absence
from niangjia.modules.visits.actions.planning import (
    add_planned,
    do_planned,
    drop_planned,
    move_planned,
    propose_week,
    propose_weeks,
    take_back_planned,
)
from niangjia.modules.visits.models import FollowUp, PlannedVisit, Posting, Visit
from niangjia.modules.visits.queries.planning import ground_of, postings_in_week, week_of
from niangjia.modules.visits.rules import AbsenceKind, PlanReason, PlanState
from niangjia.modules.visits.testing import key_employer, posting

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)
"""Monday, seven in the morning in China."""
WHY = {"reason": "the test's own rows"}


@dataclass
class Ground:
    tree: Tree
    user: User
    other: User
    posting: Posting
    mills: list[Any]

    def actor(self, user: User | None = None) -> Actor:
        return actor_of((user or self.user).pk, now=NOW)

    @property
    def chair(self) -> Actor:
        return acting_as("CHAIR", self.tree.county)


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    user, other = (officer("LIAISON_OFFICER", tree.county, name) for name in ("王芳", "李强"))
    posted = posting(tree.county, user, township_ids=[tree.north.pk], weekly_goal=2, now=NOW)
    mills = [firm(f"{name}纺织厂", "530999101") for name in ("一", "二", "三", "四")]
    return Ground(tree, user, other, posted, mills)


def been(ground: Ground, employer: Any, on: date, user: User | None = None, **more: Any) -> Visit:
    made: Visit = Visit.objects.create(
        scope=ground.tree.north.scope, employer=employer, user=user or ground.user, kind="daily", draft=uuid4(),
        arrived_at=datetime(on.year, on.month, on.day, 2, tzinfo=UTC), handed_in_at=NOW,
        **{"posting": ground.posting, **more},
    )  # fmt: skip
    return made


def week(ground: Ground) -> list[tuple[str, date, str, str]]:
    rows = PlannedVisit.objects.unscoped(**WHY).exclude(state=PlanState.DROPPED).select_related("employer")
    return [(row.employer.name, row.on, row.reason, row.because) for row in rows.order_by("on", "order", "pk")]


def stop(ground: Ground, employer: Any) -> PlannedVisit:
    found: PlannedVisit = PlannedVisit.objects.unscoped(**WHY).get(employer=employer)
    return found


def test_a_week_out_of_keys_follow_ups_and_neighbours(ground: Ground) -> None:
    first, second, third, _ = ground.mills
    key_employer(ground.tree.county, first, posting_id=ground.posting.pk)
    key_employer(ground.tree.county, second)  # nobody's: the township's officer has it
    been(ground, first, date(2026, 7, 3))
    visit = been(ground, third, date(2026, 10, 20))
    FollowUp.objects.create(visit=visit, what="欠薪发了没有", due_on=date(2026, 11, 25))
    made = propose_week(ground.user.pk, MONDAY, actor=ground.actor(), now=NOW)
    assert [row.scope_id for row in made] == [ground.tree.north.pk] * 2
    assert (
        week(ground)
        == [
            ("三纺织厂", MONDAY, PlanReason.FOLLOW_UP, "回看“欠薪发了没有”，11 月 25 日到期"),
            ("二纺织厂", MONDAY, PlanReason.OVERDUE, "还没有走访过，已超 236 天"),
            ("一纺织厂", MONDAY, PlanReason.OVERDUE, "上次走访 7 月 3 日，已超 53 天"),
        ]
        or week(ground)[0][0] == "三纺织厂"
    )


def test_the_goal_is_filled_up_from_the_township(ground: Ground) -> None:
    been(ground, ground.mills[0], date(2026, 5, 2))
    propose_week(ground.user.pk, MONDAY, actor=ground.actor(), now=NOW)
    assert [(name, because) for name, _, _, because in week(ground)] == [
        ("三纺织厂", "凑足每周 2 次，还没有走访过"), ("二纺织厂", "凑足每周 2 次，还没有走访过"),
    ]  # fmt: skip


def test_what_a_hand_has_touched_stays_and_untouched_rows_keep_their_number(ground: Ground) -> None:
    for mill in ground.mills[:3]:
        key_employer(ground.tree.county, mill, posting_id=ground.posting.pk)
    me = ground.actor()
    first, second, third = propose_week(ground.user.pk, MONDAY, actor=me, now=NOW)
    moved = move_planned(
        first.pk, version=1, on=MONDAY + timedelta(days=3), is_morning=False, note="约了工会主席", actor=me, now=NOW
    )
    drop_planned(second.pk, version=1, because="停产检修", actor=me, now=NOW)
    again = {row.pk: row for row in propose_week(ground.user.pk, MONDAY, actor=me, now=NOW)}
    assert (again[moved.pk].on, again[moved.pk].note) == (MONDAY + timedelta(days=3), "约了工会主席")
    assert again[second.pk].state == PlanState.DROPPED
    assert third.pk in again
    assert again[third.pk].on == MONDAY + timedelta(days=3)  # beside the one that was moved
    assert again[third.pk].version == 2
    assert len(again) == 3
    assert take_back_planned(second.pk, version=2, actor=me, now=NOW).state == PlanState.PLANNED


def test_a_stale_version_is_refused_and_says_who(ground: Ground) -> None:
    row = add_planned(
        user_id=ground.user.pk,
        employer_id=ground.mills[0].pk,
        on=MONDAY,
        is_morning=True,
        actor=ground.actor(),
        now=NOW,
    )
    move_planned(row.pk, version=1, on=MONDAY, is_morning=False, actor=ground.chair, now=NOW)
    with pytest.raises(Refused, match="测试人员已经改过"):
        drop_planned(row.pk, version=1, actor=ground.actor(), now=NOW)


def test_by_hand(ground: Ground) -> None:
    mill, me = ground.mills[0], ground.actor()
    named = {"employer_id": mill.pk, "on": MONDAY, "is_morning": True, "actor": me, "now": NOW}
    row = add_planned(user_id=ground.user.pk, **named, note=" 送清凉\x00 ")
    assert (row.reason, row.because, row.note, row.is_proposed) == ("by_hand", "王芳安排", "送清凉", False)
    with pytest.raises(Refused, match="已经安排了"):
        add_planned(user_id=ground.user.pk, **named)
    with pytest.raises(NotPermitted):
        add_planned(user_id=ground.other.pk, **named)
    colleague = {**named, "actor": ground.actor(ground.other)}
    with pytest.raises(Refused, match="王芳 11 月 23 日要去"):
        add_planned(user_id=ground.other.pk, **colleague)
    assert add_planned(user_id=ground.other.pk, **colleague, together=True).user_id == ground.other.pk
    for wrong, says in (
        ({"on": MONDAY - timedelta(days=1)}, "过去的日子"),
        ({"on": date(9999, 12, 31)}, "最多提前"),
        ({"kind": "unheard_of", "employer_id": ground.mills[1].pk}, "走访类型"),
        ({"follow_up_id": 999_999, "employer_id": ground.mills[1].pk}, "已经办完"),
    ):
        with pytest.raises(Refused, match=says):
            add_planned(user_id=ground.user.pk, **(named | wrong))
    with pytest.raises(Missing):
        add_planned(user_id=ground.user.pk, **(named | {"employer_id": 2**40}))
    with pytest.raises(NotPermitted):
        move_planned(row.pk, version=1, on=MONDAY, is_morning=False, actor=ground.actor(ground.other), now=NOW)


def test_done_by_the_record_of_the_week(ground: Ground) -> None:
    me = ground.actor()
    row = add_planned(
        user_id=ground.user.pk, employer_id=ground.mills[0].pk, on=MONDAY, is_morning=True, actor=me, now=NOW
    )
    with pytest.raises(Refused, match="还没有到这家单位的走访记录"):
        do_planned(row.pk, version=1, actor=me, now=NOW)
    visit = been(ground, ground.mills[0], MONDAY + timedelta(days=1))
    assert do_planned(row.pk, version=1, actor=me, now=NOW).state == PlanState.DONE
    assert Visit.objects.unscoped(**WHY).get(pk=visit.pk).planned_id == row.pk
    assert week_of(ground.user.pk, MONDAY, me, today=MONDAY).done == 1


def test_away_on_holiday_and_past_days(ground: Ground) -> None:
    """Leave until Wednesday; on the Thursday of the week only what is left of it is planned."""
    key_employer(ground.tree.county, ground.mills[0], posting_id=ground.posting.pk)
    add_absence(
        ground.posting.pk, kind=AbsenceKind.LEAVE, from_on=MONDAY, until_on=MONDAY + timedelta(days=2),
        actor=ground.chair, now=NOW,
    )  # fmt: skip
    assert propose_week(ground.user.pk, MONDAY, actor=ground.actor(), now=NOW)[0].on == MONDAY + timedelta(days=2)
    thursday = NOW + timedelta(days=3)
    assert propose_week(ground.user.pk, MONDAY, actor=ground.actor(), now=thursday)[0].on == MONDAY + timedelta(days=3)
    with pytest.raises(Refused, match="过去的日子"):
        propose_week(ground.user.pk, MONDAY - timedelta(days=7), actor=ground.actor(), now=NOW)
    national_day = date(2026, 9, 28)  # Thursday and Friday are free, by the calendar that is guessed or known
    propose_week(ground.user.pk, national_day, actor=ground.actor(), now=datetime(2026, 9, 27, tzinfo=UTC))
    assert not PlannedVisit.objects.unscoped(**WHY).filter(on__range=("2026-10-01", "2026-10-03")).exists()


def test_two_officers_of_one_township_share_it(ground: Ground) -> None:
    posting(ground.tree.county, ground.other, township_ids=[ground.tree.north.pk], weekly_goal=2, now=NOW)
    for mill in ground.mills:
        key_employer(ground.tree.county, mill)
    propose_weeks(MONDAY, actor=SYSTEM, now=NOW)
    names = [name for name, *_ in week(ground)]
    assert len(names) == len(set(names)) == 3


def test_what_is_due_again_goes_with_the_employer(ground: Ground) -> None:
    """王芳 was there; 李强 has it now. A visit by somebody on no post is the township's officer's."""
    theirs = posting(ground.tree.county, ground.other, now=NOW)
    key_employer(ground.tree.county, ground.mills[0], posting_id=theirs.pk)
    for mill, user in ((0, ground.user), (1, officer("CLERK", ground.tree.north, "钱经办"))):
        visit = been(ground, ground.mills[mill], date(2026, 10, 20), user, posting=None)
        FollowUp.objects.create(visit=visit, what="再看", due_on=MONDAY)
    for user, names in ((ground.user, ["二纺织厂"]), (ground.other, ["一纺织厂"])):
        again = week_of(user.pk, MONDAY, ground.actor(user), today=MONDAY).again
        assert [row.visit.employer.name for row in again] == names
        made = propose_week(user.pk, MONDAY, actor=ground.actor(user), now=NOW)
        assert [row.employer.name for row in made if row.reason == PlanReason.FOLLOW_UP] == names


def test_who_may_look_and_propose(ground: Ground) -> None:
    for actor in (ground.actor(ground.other), acting_as("CHAIR", ground.tree.south)):
        with pytest.raises(NotPermitted):
            propose_week(ground.user.pk, MONDAY, actor=actor, now=NOW)
        with pytest.raises(Missing):
            week_of(ground.user.pk, MONDAY, actor, today=MONDAY)
    propose_week(ground.user.pk, MONDAY, actor=ground.chair, now=NOW)
    assert week_of(ground.user.pk, MONDAY, ground.chair, today=MONDAY).stops == 2
    with pytest.raises(Refused, match="没有驻联安排"):
        propose_week(ground.other.pk, MONDAY, actor=ground.actor(ground.other), now=NOW)
    assert week_of(ground.other.pk, MONDAY, ground.actor(ground.other), today=MONDAY).posting is None


def test_a_week_says_what_is_left_over(ground: Ground) -> None:
    key_employer(ground.tree.county, ground.mills[0], posting_id=ground.posting.pk)
    visit = been(ground, ground.mills[1], date(2026, 10, 1))
    FollowUp.objects.create(visit=visit, what="社保", due_on=MONDAY)
    found = week_of(ground.user.pk, MONDAY, ground.actor(), today=MONDAY)
    assert [(one.site.name, one.days) for one in found.late] == [("一纺织厂", 236)]
    assert [row.what for row in found.again] == ["社保"]
    assert [day.is_working for day in found.days] == [True] * 5 + [False] * 2


def test_the_number_of_queries_does_not_grow(ground: Ground, django_assert_max_num_queries: Any) -> None:
    for number, name in enumerate(("陈晨", "刘洋", "赵磊")):
        user = officer("LIAISON_OFFICER", ground.tree.county, name)
        place = ground.tree.south if number % 2 else ground.tree.north
        posting(ground.tree.county, user, township_ids=[place.pk], weekly_goal=3, now=NOW)
        key_employer(ground.tree.county, firm(f"{name}食品厂", "530999002"))
    postings = postings_in_week(MONDAY)
    assert len(postings) == 4
    with django_assert_max_num_queries(20):
        ground_of(postings, MONDAY, today=MONDAY)
    with django_assert_max_num_queries(36):
        propose_weeks(MONDAY, actor=SYSTEM, now=NOW)
