"""The demonstration's story comes to the figures that were promised, and each demand of it is one that people could have made."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import ENDED, Stage
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.notify.models import Dispatch, Message
from niangjia.modules.demands import emergency_rules
from niangjia.modules.demands.models import Alert, ConcernedPerson, Demand, UrgentReport
from niangjia.modules.demands.queries.figures import FIGURES, total
from niangjia.modules.demands.queries.lanes import counts
from niangjia.modules.demands.queries.story import is_being_told, is_story_whole
from niangjia.modules.demands.rules import Channel
from niangjia.modules.demands.seed import begin_story, plan, sayings, tell_story
from niangjia.modules.demands.seed.plan import Fate, Firm, Ground, Told, Township, Turn
from niangjia.modules.organisations.synthetic import Scale

WHY = "the test looks at every row"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=timezone.get_default_timezone())
FIRMS = tuple(Firm(n, f"禾{n}机械有限公司", is_platform=n % 5 == 0) for n in range(1, 11))
TOWNS = tuple(Township(10 + n, f"33020300{n}", f"{n}桥", FIRMS, (n,), 1.0 + n) for n in range(4))
GROUND = Ground(1, TOWNS, 2, 30, FIRMS[0])


def planned(seed: str = "1") -> list[Told]:
    return plan.plan_county(GROUND, plan.COUNTY, plan.COUNTY_TURNS, seed=seed, now=NOW)


def test_the_county_has_the_figures_of_the_account() -> None:
    """925 recorded, 876 resolved: 94.70 %; the other 49 are open, or closed without having been resolved."""
    told = planned()
    fates = Counter(one.fate for one in told)
    resolved = fates[Fate.RESOLVED] + fates[Fate.AT_ONCE]
    assert (len(told), resolved, f"{resolved / len(told):.2%}") == (925, 876, "94.70%")
    assert not fates.keys() & {Fate.REFUSED, Fate.MERGED, Fate.WITHDRAWN}
    assert dict(Counter(one.turn for one in told if one.special != "riders" and one.turn)) | {Turn.NONE: 0} == {
        **plan.COUNTY_TURNS, Turn.NONE: 0,
    }  # fmt: skip


def test_two_years_look_like_two_years() -> None:
    told = planned()
    at = [timezone.localtime(one.at) for one in told]
    assert len(set(at)) == len(at)
    assert NOW - timedelta(days=732) < min(at) <= max(at) < NOW
    months = Counter(moment.month for moment in at)
    assert months[8] > months[2]
    assert sum(moment.weekday() >= 5 for moment in at) < len(at) / 5
    assert sum(not 8 <= moment.hour < 18 for moment in at) < len(at) / 4
    assert {one.channel for one in told} == set(Channel) - {Channel.SHEET}
    assert {one.line.nature for one in told} == {1, 2, 3, 4, 5, 6}
    assert sum(one.line.is_by_employer for one in told) > 20
    heat = Counter(moment.month for moment, one in zip(at, told, strict=True) if one.line.kind == "0602")
    assert sum(heat[month] for month in (6, 7, 8, 9)) > sum(heat.values()) / 2


def test_the_same_seed_tells_the_same() -> None:
    assert planned() == planned() != planned("2")


def test_twelve_riders_of_one_site_within_two_hours() -> None:
    riders = [one for one in planned() if one.special == "riders"]
    assert len(riders) == 12
    assert len({one.spot for one in riders}) == len({one.firm for one in riders}) == 1
    assert max(one.at for one in riders) - min(one.at for one in riders) <= timedelta(hours=2)
    assert len({one.phone for one in riders}) == 12


def test_the_wages_come_to_126_000_yuan() -> None:
    assert sum(plan.WAGES_SHARES) == plan.WAGES_FEN == 126_000 * 100
    (wages,) = (one for one in planned() if one.turn is Turn.WAGES)
    assert (wages.people, wages.claimed_fen) == (len(plan.WAGES_SHARES), plan.WAGES_FEN)


def test_only_what_is_meant_to_ring_rings() -> None:
    for line in (*sayings.ENQUIRIES, *sayings.MATTERS):
        words = {"firm": "禾岸机械有限公司", "place": "望春", "month": "7"}
        said = f"{line.title}\n{line.body}".format(**words)
        assert emergency_rules.fired(emergency_rules.DEFAULTS, said, line.people) is None, said
    loud = [one for one in planned() if one.turn in (Turn.EMERGENCY, Turn.WAGES)]
    for one in loud:
        assert emergency_rules.fired(emergency_rules.DEFAULTS, f"{one.title}\n{one.body}", one.people), one.title


def test_the_smaller_county_has_a_net_rate_of_its_own() -> None:
    """60 recorded, 46 resolved: 76.67 %; without the refused and the merged 46 ÷ 52: 88.46 %."""
    told = plan.plan_beside(GROUND, plan.BESIDE, plan.BESIDE_TURNS, seed="1", now=NOW)
    fates = Counter(one.fate for one in told)
    assert dict(fates) == plan.BESIDE
    resolved = fates[Fate.RESOLVED] + fates[Fate.AT_ONCE]
    net = len(told) - fates[Fate.REFUSED] - fates[Fate.MERGED] - fates[Fate.RECEIVED]
    assert (f"{resolved / len(told):.2%}", f"{resolved / net:.2%}") == ("76.67%", "88.46%")


# --- told ---


def figures_of(username: str) -> dict[str, Any]:
    actor = actor_of(User.objects.get(username=username).pk, now=timezone.now())
    line = total(actor, None, date(2000, 1, 1), timezone.localdate())
    return {figure.key: line.value(figure) for figure in FIGURES}


@pytest.mark.django_db(transaction=True)
def test_a_small_story_is_told_once_and_quietly(small_register: None) -> None:
    now = timezone.localtime()
    before = set(Message.objects.values_list("pk", flat=True))
    begin_story(Scale.SMALL, seed=1, now=now)
    assert is_being_told()
    assert tell_story(most=10) == 10  # and then it is stopped
    assert not is_story_whole()
    assert tell_story() == 37  # the one that was merged comes with the one it went into
    assert is_story_whole()
    assert not is_being_told()
    assert tell_story() == 0

    it_has_its_figures()
    it_is_whole_in_itself(now)
    nothing_left_the_house(before, now)
    everybody_has_something_to_do(now)


def it_has_its_figures() -> None:
    here, there = figures_of("zhuxi"), figures_of("jiangbei")
    assert (here["recorded"], here["resolved"], here["resolved_share"]) == (40, 28, 28 / 40)
    assert (there["recorded"], there["resolved"]) == (8, 4)
    assert (there["resolved_share"], there["net_share"]) == (0.5, 0.8)
    (wages,) = Demand.objects.unscoped(reason=WHY).filter(recovered_fen=plan.WAGES_FEN)
    concerned = ConcernedPerson.objects.unscoped(reason=WHY).filter(demand=wages.pk)
    assert sum(one.claimed_fen or 0 for one in concerned) == sum(one.recovered_fen or 0 for one in concerned)
    assert sum(one.recovered_fen or 0 for one in concerned) == plan.WAGES_FEN
    assert (wages.people, len(concerned)) == (12, 12)


def it_is_whole_in_itself(now: datetime) -> None:
    cases = Case.objects.unscoped(reason=WHY)
    for case in cases:
        assert case.received_at <= case.touched_at <= now
        assert (case.stage in ENDED) == (case.ended_at is not None)
        assert case.ended_at is None or case.ended_at >= case.received_at
        at = list(Entry.objects.unscoped(reason=WHY).filter(case=case).order_by("pk").values_list("at", flat=True))
        assert at == sorted(at), case.number
    assert not cases.filter(partner="").exclude(partner_number="").exists()
    assert cases.filter(was_late=True).exists()
    assert not cases.filter(stage=Stage.RESOLVED, climb_at__isnull=False).exists()
    assert not Alert.objects.unscoped(reason=WHY).filter(acknowledged_at=None).exists()
    assert UrgentReport.objects.unscoped(reason=WHY).exists()


def nothing_left_the_house(before: set[int], now: datetime) -> None:
    ours = Message.objects.exclude(pk__in=before)
    assert not Dispatch.objects.filter(message__in=ours).exists()
    assert not ours.filter(at__lt=now - timedelta(days=3)).exists()


def everybody_has_something_to_do(now: datetime) -> None:
    def lanes(username: str) -> set[str]:
        actor = actor_of(User.objects.get(username=username).pk, now=now)
        return {lane.key for lane, count in counts(actor, now) if count.number}

    assert {"mine", "acceptance", "today", "overdue", "reopened", "tasks", "team"} <= lanes("jingban")
    assert "acceptance" in lanes("rexian")
    assert "call_back" in lanes("rexian")
    assert "mine" in lanes("weiquan")
    assert "mine" in lanes("zujian")
    assert "mine" in lanes("zhuangan")
