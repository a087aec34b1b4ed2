"""Every figure equals the rows that its list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.engines.metrics.declared import Period, Place, metric_named
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.lists.spec import list_named
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits import actions
from niangjia.modules.visits.models import KeyEmployer, Stay, StayResult
from niangjia.modules.visits.queries.figures import FIGURE, FIGURES, Cut, journal_figures, journal_table
from niangjia.modules.visits.queries.weeks import weeks_of
from niangjia.modules.visits.rules import monday_of
from niangjia.modules.visits.testing import NOW, explained, key_employer, passed_on, posting, visit

SINCE, UNTIL = date(2026, 10, 26), date(2026, 11, 20)
TODAY = date(2026, 11, 23)
LISTS = {
    "visits:visit_list": "visits.visit", "visits:covered_list": "visits.covered",
    "visits:key_employer_list": "visits.key_employer", "visits:posting_list": "visits.posting",
    "visits:finding_list": "visits.finding",
}  # fmt: skip


@dataclass
class Ground:
    tree: Any
    one: User
    other: User
    chair: User
    figures: dict[str, Any]

    @property
    def reader(self) -> Actor:
        return actor_of(self.chair.pk, now=NOW)

    @property
    def path(self) -> str:
        return str(self.tree.county.scope.path)

    def rows(self, key: str, **more: str) -> Any:
        figure = FIGURE[key]
        spec = list_named(LISTS[figure.page])
        address = {
            "since": str(SINCE),
            "until": str(UNTIL),
            "place": str(self.tree.county.pk),
            **figure.filters,
            **more,
        }
        return spec.narrowed(spec.chosen(address, self.reader), self.reader)


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    one, other = (officer("LIAISON_OFFICER", tree.county, name) for name in ("何走访", "马同行"))
    chair = officer("CHAIR", tree.county, "郑主席")
    mill, harbour, _ = firm("北山纺织厂", "530999101"), firm("南湖港务公司", "530999002"), firm("从未去过", "530999002")
    post = posting(tree.county, one, township_ids=[tree.north.pk])
    posting(tree.county, other, weekly_goal=2, from_on=date(2026, 11, 2))
    actions.add_absence(
        post.pk, kind="leave", from_on=date(2026, 11, 9), until_on=date(2026, 11, 16), actor=acting_as("CHAIR", tree.county), now=NOW
    )  # fmt: skip
    key_employer(tree.county, mill, posting_id=post.pk)
    key_employer(tree.county, harbour)
    actor, colleague = (actor_of(user.pk, now=NOW) for user in (one, other))
    visit(
        mill,
        actor,
        at=NOW - timedelta(days=1),
        companions=[other.pk],
        findings=[explained(), passed_on()],
        spoken_with_count=5,
    )
    visit(mill, colleague, at=NOW - timedelta(days=1, minutes=20), findings=[passed_on("同一小时又说一件")])
    visit(mill, actor, at=NOW - timedelta(days=22), spoken_with_count=2)
    unseen = visit(mill, actor, at=NOW - timedelta(days=29))  # before the period
    assert unseen.pk
    stay = Stay.objects.create(
        scope=tree.north.scope, title="蹲点", place="纺织厂", leader=one, from_on=SINCE, until_on=UNTIL
    )
    StayResult.objects.create(stay=stay, on=UNTIL, what="建会", unions=2, members=31)
    StayResult.objects.create(stay=stay, on=date(2026, 12, 1), what="以后", unions=9, members=9)
    reader = actor_of(chair.pk, now=NOW)
    figures = journal_figures(reader, str(tree.county.scope.path), SINCE, UNTIL, today=TODAY)
    return Ground(tree, one, other, chair, figures)


def test_the_figures(ground: Ground) -> None:
    assert {key: value for key, value in ground.figures.items() if not key.endswith("share")} == {
        "visits": 2, "employers_covered": 1, "employers": 3, "key_employers": 2, "key_covered": 1, "officers": 2,
        "townships_covered": 1, "townships": 2, "weeks_due": 6, "weeks_done": 2, "explained": 1, "passed_on": 2,
        "people_spoken": 7, "stays": 1, "unions_helped": 2, "members_helped": 31,
    }  # fmt: skip
    assert ground.figures["key_share"] == pytest.approx(1 / 2)
    assert ground.figures["employers_share"] == pytest.approx(1 / 3)
    assert ground.figures["weekly_share"] == pytest.approx(2 / 6)


@pytest.mark.parametrize("key", ["visits", "employers_covered", "key_employers", "key_covered", "officers", "explained", "passed_on"])  # fmt: skip
def test_a_figure_equals_its_rows(ground: Ground, key: str) -> None:
    assert ground.rows(key).count() == ground.figures[key]


def test_a_township_counts_the_key_employers_on_its_ground(ground: Ground) -> None:
    """The county named them; one that was closed since counts where it was."""
    north = ground.tree.north
    mill = KeyEmployer.objects.unscoped(reason="the test's own").get(employer__name="北山纺织厂").employer
    mill.closed_on = TODAY
    mill.save()
    for reader in (ground.reader, actor_of(officer("CLERK", north).pk, now=NOW)):
        figures = journal_figures(reader, str(north.scope.path), SINCE, UNTIL, today=TODAY)
        assert (figures["key_employers"], figures["key_covered"]) == (1, 1)
        address = {"since": str(SINCE), "until": str(UNTIL), "place": str(north.pk)}
        spec = list_named("visits.key_employer")
        assert spec.narrowed(spec.chosen(address, reader), reader).count() == 1
    south = actor_of(officer("CLERK", ground.tree.south).pk, now=NOW)
    assert [row.employer.name for row in KeyEmployer.objects.visible_to(south)] == ["南湖港务公司"]


def test_what_is_left_is_the_rest(ground: Ground) -> None:
    assert ground.rows("key_share").count() == ground.figures["key_employers"] - ground.figures["key_covered"]
    assert ground.rows("employers_share").count() == ground.figures["employers"] - ground.figures["employers_covered"]
    assert sum(row.spoken_with_count for row in ground.rows("people_spoken")) == ground.figures["people_spoken"]


def test_weeks_on_post(ground: Ground) -> None:
    """Leave takes the one's second week of November; the other began that month and needs two visits a week: along and on his own within the hour is one."""
    weeks = weeks_of(ground.path, SINCE, UNTIL + timedelta(days=1), today=TODAY)
    made = [(week.posting.user.name, week.monday.isoformat()[5:], week.made, week.is_done) for week in weeks]
    assert made == [
        ("何走访", "10-26", 1, True), ("何走访", "11-02", 0, False), ("何走访", "11-16", 1, True),
        ("马同行", "11-02", 0, False), ("马同行", "11-09", 0, False), ("马同行", "11-16", 1, False),
    ]  # fmt: skip
    running = weeks_of(ground.path, SINCE, UNTIL + timedelta(days=1), today=date(2026, 11, 20))
    assert len(running) == 4  # a week that isn't over isn't due
    client = Client()
    client.force_login(ground.chair, backend="allauth.account.auth_backends.AuthenticationBackend")
    over = [week for week in weeks if week.monday < monday_of(timezone.localdate())]  # the page has its own today
    done_ones = [week for week in over if week.is_done]
    for done, number in (("", len(over)), ("yes", len(done_ones)), ("no", len(over) - len(done_ones))):
        page = client.get(f"/desk/visits/weeks/?since={SINCE}&until={UNTIL}&done={done}").content.decode()
        assert page.count("<time datetime") == number


@pytest.mark.parametrize("cut", list(Cut))
def test_a_cut_adds_up(ground: Ground, cut: Cut) -> None:
    lines = journal_table(ground.reader, ground.path, SINCE, UNTIL, cut)
    # By officer each has his own record: two of them were there in the same hour.
    assert sum(line.counted["visits"] for line in lines) == (3 if cut is Cut.OFFICER else 2)
    for key in ("explained", "passed_on", "people_spoken"):
        assert sum(line.counted[key] for line in lines) == ground.figures[key]
    assert all(line.label for line in lines)


def test_a_line_of_a_cut_equals_its_rows(ground: Ground) -> None:
    for line in journal_table(ground.reader, ground.path, SINCE, UNTIL, Cut.ORGANISATION):
        assert ground.rows("visits", place=line.code).count() == line.counted["visits"]
        assert ground.rows("employers_covered", place=line.code).count() == line.counted["employers_covered"]
    for line in journal_table(ground.reader, ground.path, SINCE, UNTIL, Cut.OFFICER):
        assert ground.rows("visits", officer=line.code, counted="").count() == line.counted["visits"]
    for line in journal_table(ground.reader, ground.path, SINCE, UNTIL, Cut.KIND):
        assert ground.rows("visits", kind=line.code).count() == line.counted["visits"]


def test_a_confidential_finding_counts_for_who_may_know(ground: Ground) -> None:
    visit(
        firm("第四家", "530999101"),
        actor_of(ground.one.pk, now=NOW),
        findings=[passed_on("不敢声张的事", is_confidential=True)],
    )
    other = actor_of(officer("LIAISON_OFFICER", ground.tree.county, "旁人").pk, now=NOW)
    readers = (other, actor_of(ground.one.pk, now=NOW), ground.reader, None)  # whoever accepts demands there may know
    assert [journal_figures(one, ground.path, SINCE, UNTIL)["passed_on"] for one in readers] == [2, 3, 3, 3]
    spec = list_named("visits.finding")
    chosen = spec.chosen({"since": str(SINCE), "until": str(UNTIL), "outcome": "2"}, other)
    assert spec.narrowed(chosen, other).count() == 2


@pytest.mark.parametrize("name", ["visits.visits", "visits.key", "visits.explained", "visits.passed_on"])
def test_a_metric_equals_its_rows(ground: Ground, name: str) -> None:
    metric, period = metric_named(name), Period("x", "近四周", SINCE, UNTIL + timedelta(days=1))
    scope = ground.tree.county.scope
    counted = metric.count([Place(scope.pk, str(scope.path))], period)[scope.pk]
    query = dict(pair.split("=") for pair in metric.rows(scope.pk, period).partition("?")[2].split("&"))
    spec = list_named(
        "visits.visit"
        if "visit_list" in metric.rows(scope.pk, period) or name in {"visits.visits", "visits.key"}
        else "visits.finding"
    )
    assert spec.narrowed(spec.chosen(query, ground.reader), ground.reader).count() == counted > 0


def test_every_figure_says_what_it_counts() -> None:
    assert all(figure.label and len(figure.definition) >= 8 for figure in FIGURES)


@pytest.mark.django_db
def test_a_short_week_with_a_change_of_post_counts_once() -> None:
    """The Dragon Boat week of 2026 has four working days: half of them on each post."""
    tree = small_tree()
    user = officer("LIAISON_OFFICER", tree.county)
    first = posting(tree.county, user)
    actions.end_posting(first.pk, on=date(2026, 6, 17), actor=acting_as("CHAIR", tree.county), now=NOW)
    posting(tree.county, user, from_on=date(2026, 6, 17))
    [week] = weeks_of(str(tree.county.scope.path), date(2026, 6, 15), date(2026, 6, 22))
    assert week.posting == first
