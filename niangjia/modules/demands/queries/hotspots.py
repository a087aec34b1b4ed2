"""Hot spots as one actor may know them: every word and every number comes from the demands in his sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import RIGHTS, Urgency, Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.modules.demands.hotspots.labels import TraceShown, place_shown, words_shown
from niangjia.modules.demands.hotspots.ranking import heat_of
from niangjia.modules.demands.hotspots.states import LEAST_PEOPLE, LIVE, State
from niangjia.modules.demands.models import Demand, DemandTrace, HotSpot
from niangjia.modules.demands.permissions import Permission

MOST_SHOWN = 50
FEW = 5
DAY, WEEK = timedelta(days=1), timedelta(days=7)
TREND = 14
FAR = date(2100, 1, 1)


@dataclass
class Shown:
    """A hot spot in one reader's eyes."""

    spot: HotSpot
    people: int
    demands: int
    first_at: datetime
    last_at: datetime
    lately: int  # different people in the last day
    words: tuple[str, ...] = ()
    title: str = ""  # of the first demand in sight
    place: str = ""
    employer: str = ""
    trend: list[int] = field(default_factory=list)  # different people a day, the last one today

    @property
    def heat(self) -> float:
        return heat_of(self.people, self.last_at - self.first_at)

    @property
    def where(self) -> str:
        return self.place or self.employer

    @property
    def state(self) -> State:
        return State(self.spot.state)


def hot_spots_of(
    path: str, from_: date | None, until: date | None, actor: Actor, limit: int = MOST_SHOWN, *,
    states: Iterable[int] | None = None, now: datetime | None = None,
) -> list[Shown]:  # fmt: skip
    """The hottest at and under a place with a demand in a period (both days within it), whatever became of them.

    Those told to be none are left out, and those of which the actor sees fewer than `LEAST_PEOPLE` people.
    """
    traces = traces_in_sight(actor).filter(demand__case__scope__path__under=path)
    if from_:
        traces = traces.filter(at__gte=_begin(from_))
    if until and until < date.max:
        traces = traces.filter(at__lt=_begin(until + DAY))
    wanted = set(State) - {State.DISMISSED} if states is None else set(states)
    return _dressed(_hottest(traces, wanted, limit, now or _latest(until)), actor)


def hot_spots_here(
    path: str | None, actor: Actor, states: Iterable[int], *, now: datetime, limit: int = MOST_SHOWN
) -> list[Shown]:
    """In these states, the hottest first; `path` None is everything in sight."""
    traces = traces_in_sight(actor)
    if path is not None:
        traces = traces.filter(demand__case__scope__path__under=path)
    return _dressed(_hottest(traces, states, limit, now), actor, now=now)


def ringing_spots(actor: Actor, *, now: datetime) -> list[tuple[Shown, bool]]:
    """Bursts this user was told of and nobody looks into yet, each with whether it can't wait; mostly one statement."""
    rows = HotSpot.objects.unscoped(
        reason="those who were told saw enough of it then; what they see now is asked below"
    )
    told = rows.filter(warned_at__isnull=False, taken_at=None, ended_at=None, state=State.WARNED)
    mine = [spot.pk for spot in told if any(line[0] == actor.user_id for line in spot.warned)]
    if not mine:
        return []
    found = _dressed(_hottest(traces_in_sight(actor).filter(spot__in=mine), LIVE, FEW, now), actor, now=now)
    urgent = traces_in_sight(actor).filter(spot__in=mine, demand__case__urgency__gte=Urgency.URGENT)
    pressing = set(urgent.values_list("spot", flat=True))
    return [(one, one.spot.pk in pressing) for one in found]


def hot_spot_in_sight(pk: int, actor: Actor, *, now: datetime) -> Shown:
    """Raises Missing, for too few people in sight as well."""
    found = _dressed(_hottest(traces_in_sight(actor).filter(spot=pk), set(State), 1, now), actor, now=now)
    if not found:
        raise Missing("没有找到这个热点，可能已经重新归并，或不在您的管辖范围内。")
    return found[0]


def has_confidential(spot: HotSpot, actor: Actor) -> bool:
    """Whether what the actor sees of it may be written into no message: those are read over shoulders."""
    return bool(traces_in_sight(actor).filter(spot=spot, demand__case__is_confidential=True).exists())


def traces_in_sight(actor: Actor) -> ScopedQuerySet[DemandTrace]:
    rows: ScopedQuerySet[DemandTrace] = DemandTrace.objects.visible_to(actor).filter(spot__isnull=False)
    return rows


def _hottest(traces: ScopedQuerySet[DemandTrace], states: Iterable[int], limit: int, now: datetime) -> list[Shown]:
    found: Any = (
        traces.filter(spot__state__in=sorted(states))
        .values("spot")
        .annotate(
            people=Count("asker", distinct=True), demands=Count("pk"), first_at=Min("at"), last_at=Max("at"),
            lately=Count("asker", distinct=True, filter=Q(at__gt=now - DAY, at__lte=now)),
        )
        .filter(people__gte=LEAST_PEOPLE)
        .order_by("-people", "-spot")
    )  # fmt: skip
    rows: list[dict[str, Any]] = sorted(
        found, key=lambda row: (-heat_of(row["people"], row["last_at"] - row["first_at"]), -row["spot"])
    )
    spots = HotSpot.objects.unscoped(reason="the actor sees demands of each").select_related(
        "scope", "case", "taken_by"
    )
    named = spots.in_bulk([row["spot"] for row in rows[:limit]])
    return [Shown(**(row | {"spot": named[row["spot"]]})) for row in rows[:limit]]


def _dressed(found: list[Shown], actor: Actor, *, now: datetime | None = None) -> list[Shown]:
    """With words, place, employer and trend: one statement for all."""
    by_spot: dict[int, list[TraceShown]] = {one.spot.pk: [] for one in found}
    rows = traces_in_sight(actor).filter(spot__in=list(by_spot)).order_by("at", "demand")
    for row in rows.values(
        "spot", "asker", "at", "words", "places", "demand__case__title", "demand__employer__name", "demand__employer_name"
    ):  # fmt: skip
        by_spot[row["spot"]].append(
            TraceShown(
                row["asker"], row["at"], row["words"], row["places"], row["demand__case__title"],
                row["demand__employer__name"] or row["demand__employer_name"],
            )
        )  # fmt: skip
    for one in found:
        traces = by_spot[one.spot.pk]
        one.words, one.place = words_shown(traces), place_shown(traces)
        one.title = traces[0].title if traces else ""
        employers = Counter(trace.employer for trace in traces if trace.employer)
        one.employer = employers.most_common(1)[0][0] if employers else ""
        one.trend = trend_of(traces, timezone.localdate(now or one.last_at))
    return found


def trend_of(traces: Iterable[TraceShown], today: date, days: int = TREND) -> list[int]:
    askers: list[set[str]] = [set() for _ in range(days)]
    for trace in traces:
        ago = (today - timezone.localdate(trace.at)).days
        if 0 <= ago < days:
            askers[days - 1 - ago].add(trace.asker)
    return [len(one) for one in askers]


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _latest(until: date | None) -> datetime:
    return _begin(min(until or FAR, FAR) + DAY)


def cases_to_join(spot: HotSpot, actor: Actor, *, into_id: int | None = None) -> tuple[Case | None, list[Case]]:
    """The open cases of a hot spot that the actor may merge: the one that stays, and those that go into it.

    The joint case if there is one, else the one that was chosen, else the first that came.
    """
    found = demands_of(spot, actor).filter(case__stage__in=sorted(RIGHTS[Verb.MERGE].stages))
    cases = [
        demand.case
        for demand in found.order_by("case__received_at", "pk")
        if actor.may(Permission.DEMAND_ACCEPT, demand.case.scope.path)
    ]
    wanted = spot.case_id if spot.case_id and any(case.pk == spot.case_id for case in cases) else into_id
    main = next((case for case in cases if case.pk == wanted), cases[0] if cases and not wanted else None)
    return main, [case for case in cases if main is not None and case.pk != main.pk]


def demands_of(spot: HotSpot, actor: Actor) -> ScopedQuerySet[Demand]:
    """As far as the actor sees them."""
    rows: ScopedQuerySet[Demand] = Demand.objects.visible_to(actor).filter(trace__spot=spot)
    return rows.select_related("case__scope", "case__lead", "employer")
