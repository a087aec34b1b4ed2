"""What handing in must know, asked once for many drafts: employers, ground, postings, plans, and who was there meanwhile."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.organisations.queries.ground import employers_by_id, nearest_places
from niangjia.modules.visits.drafts import Draft
from niangjia.modules.visits.models import (
    FollowUp,
    KeyEmployer,
    PlannedVisit,
    Posting,
    RecordProposal,
    Stay,
    Survey,
    Visit,
)
from niangjia.modules.visits.place_rules import Point, Seen
from niangjia.modules.visits.queries.kinds import form_of
from niangjia.modules.visits.queries.surveys import survey_with, surveys_between
from niangjia.modules.visits.questions import Form
from niangjia.modules.visits.rules import PlanState, ProposalState, monday_of, were_together

REASON = "what stands around a visit that is handed in; the right at its ground is asked for"
SAME_POINT_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Beside:
    """Another visit at the same employer."""

    id: int
    user_id: int
    user: str
    companions: tuple[int, ...]
    at: datetime
    together_with: int | None


class Around:
    def __init__(self, drafts: Sequence[tuple[Draft, int | None]]) -> None:
        """Of drafts, each with the user whose visit it is."""
        self._drafts = [draft for draft, _ in drafts]
        self._users = sorted({user for _, user in drafts if user is not None})
        self._from = min(draft.arrived_at for draft in self._drafts) - timedelta(days=2)
        self._until = max(draft.arrived_at for draft in self._drafts) + timedelta(days=2)
        self._forms: dict[tuple[str, str, int | None], Form] = {}

    # --- asked once ---

    @cached_property
    def handed_in(self) -> dict[UUID, Visit]:
        rows = Visit.objects.unscoped(reason=REASON).filter(draft__in=[draft.draft for draft in self._drafts])
        return {row.draft: row for row in rows}

    @cached_property
    def employers(self) -> dict[int, Any]:
        return employers_by_id([draft.employer_id for draft in self._drafts])

    @cached_property
    def places(self) -> dict[str, str]:
        return nearest_places({employer.division_id for employer in self.employers.values()})

    @cached_property
    def names(self) -> dict[int, str]:
        wanted = {*self._users, *(pk for draft in self._drafts for pk in draft.companions)}
        return dict(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", "name"))

    @cached_property
    def _postings(self) -> dict[int, list[Posting]]:
        found: defaultdict[int, list[Posting]] = defaultdict(list)
        for row in Posting.objects.unscoped(reason=REASON).filter(user__in=self._users).order_by("from_on", "pk"):
            found[row.user_id].append(row)
        return found

    def posting(self, user_id: int | None, on: date) -> Posting | None:
        rows = self._postings.get(user_id, ()) if user_id else ()
        held = [row for row in rows if row.from_on <= on and (row.until_on is None or on < row.until_on)]
        return held[-1] if held else None

    @cached_property
    def _keys(self) -> dict[int, list[tuple[date, date | None]]]:
        found: defaultdict[int, list[tuple[date, date | None]]] = defaultdict(list)
        rows = KeyEmployer.objects.unscoped(reason=REASON).filter(employer__in=list(self.employers))
        for employer, from_on, until_on in rows.values_list("employer_id", "from_on", "until_on"):
            found[employer].append((from_on, until_on))
        return found

    def is_key(self, employer_id: int, on: date) -> bool:
        return any(begin <= on and (end is None or on < end) for begin, end in self._keys.get(employer_id, ()))

    @cached_property
    def planned(self) -> dict[int, PlannedVisit]:
        """Those named by the drafts, and what the officers still have before them at these employers."""
        named = [draft.planned_id for draft in self._drafts if draft.planned_id]
        rows = (
            PlannedVisit.objects.unscoped(reason=REASON)
            .select_for_update(of=("self",))
            .select_related("user", "employer")
        )
        ahead = Q(user__in=self._users, employer__in=list(self.employers), state=PlanState.PLANNED)
        return {row.pk: row for row in rows.filter(Q(pk__in=named) | ahead).order_by("on", "order", "pk")}

    def planned_here(self, user_id: int | None, employer_id: int, on: date) -> PlannedVisit | None:
        """What the officer's week had for this employer, when the draft names none."""
        monday = monday_of(on)
        return next(
            (
                row
                for row in self.planned.values()
                if (row.user_id, row.employer_id, row.state) == (user_id, employer_id, PlanState.PLANNED)
                and monday_of(row.on) == monday
            ),
            None,
        )

    @cached_property
    def _follow_ups(self) -> dict[int, list[FollowUp]]:
        found: defaultdict[int, list[FollowUp]] = defaultdict(list)
        rows = FollowUp.objects.unscoped(reason=REASON).filter(
            visit__employer__in=list(self.employers), done_by=None, dropped_at=None
        )
        for row in rows.select_related("visit").order_by("due_on", "pk"):
            found[row.visit.employer_id].append(row)
        return found

    def follow_ups(self, employer_id: int) -> list[FollowUp]:
        return self._follow_ups.get(employer_id, [])

    def add_follow_up(self, employer_id: int, row: FollowUp) -> None:
        self._follow_ups[employer_id].append(row)

    @cached_property
    def proposed(self) -> set[tuple[int, str, str]]:
        """(employer, field, new value) that wait for an answer already."""
        rows = RecordProposal.objects.unscoped(reason=REASON).filter(
            visit__employer__in=list(self.employers), state=ProposalState.OPEN
        )
        return set(rows.values_list("visit__employer_id", "field", "new"))

    @cached_property
    def files(self) -> dict[int, StoredFile]:
        wanted = {pk for draft in self._drafts for pk in draft.file_ids}
        return {row.pk: row for row in StoredFile.objects.filter(pk__in=wanted)} if wanted else {}

    @cached_property
    def stays(self) -> dict[int, Stay]:
        wanted = {draft.stay_id for draft in self._drafts if draft.stay_id}
        rows = Stay.objects.unscoped(reason=REASON).filter(pk__in=wanted).select_related("scope")
        return {row.pk: row for row in rows} if wanted else {}

    @cached_property
    def _surveys(self) -> list[Survey]:
        return surveys_between({draft.kind for draft in self._drafts}, day_of(self._from), day_of(self._until))

    def survey(self, visit: Visit, path: str) -> Survey | None:
        """With which a visit's answers are counted."""
        return survey_with(self._surveys, path=path, kind=visit.kind, form_id=visit.form_id, at=visit.arrived_at)

    def form(self, kind: str, path: str, number: int | None) -> Form:
        """Raises Missing. `number` None: as it holds now."""
        key = (kind, path, number)
        if key not in self._forms:
            self._forms[key] = form_of(kind, path, number)
        return self._forms[key]

    # --- who was where ---

    @cached_property
    def _beside(self) -> dict[int, list[Beside]]:
        found: defaultdict[int, list[Beside]] = defaultdict(list)
        rows = Visit.objects.unscoped(reason=REASON).filter(
            employer__in=list(self.employers), arrived_at__range=(self._from, self._until)
        )
        for row in rows.values_list(
            "pk", "user_id", "user__name", "companions", "arrived_at", "together_with_id", "employer_id"
        ):
            found[row[6]].append(Beside(row[0], row[1], row[2], tuple(row[3]), row[4], row[5]))
        return found

    def beside(self, employer_id: int, at: datetime) -> Beside | None:
        """The first record of the same hour."""
        there = [one for one in self._beside.get(employer_id, ()) if were_together(one.at, at)]
        return min(there, key=lambda one: (one.together_with is not None, one.id), default=None)

    def add_beside(self, employer_id: int, one: Beside) -> None:
        self._beside[employer_id].append(one)

    @cached_property
    def _trail(self) -> _Trail:
        trail = _Trail()
        rows = Visit.objects.unscoped(reason=REASON).exclude(latitude=None).exclude(longitude=None)
        own = Q(user__in=self._users, arrived_at__range=(self._from, self._until))
        span = Q(arrived_at__range=(self._from - SAME_POINT_WITHIN, self._until + SAME_POINT_WITHIN))
        if len(self._drafts) == 1 and self._drafts[0].latitude is not None:
            latitude = self._drafts[0].latitude
            span &= Q(latitude__range=(latitude - 2e-5, latitude + 2e-5))
        for user, at, latitude, longitude, employer, *place in rows.filter(own | span).values_list(
            "user_id", "arrived_at", "latitude", "longitude", "employer_id", "employer__latitude", "employer__longitude"
        ):
            trail.add(user, Seen(Point(latitude, longitude), at, employer, point_of(*place), is_own=True))
        return trail

    def others(self, user_id: int | None, at: datetime, point: Point) -> Iterator[Seen]:
        yield from self._trail.around(user_id, at, point)

    def add_seen(self, user_id: int, seen: Seen) -> None:
        self._trail.add(user_id, seen)


class _Trail:
    """Points by officer in time, and by place: what stands next to a visit is found without looking through all."""

    def __init__(self) -> None:
        self._times: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._at_point: defaultdict[tuple[float, float], list[tuple[int, Seen]]] = defaultdict(list)
        self._all: list[Seen] = []

    def add(self, user_id: int, seen: Seen) -> None:
        insort(self._times[user_id], (seen.at, len(self._all)))
        self._all.append(seen)
        self._at_point[_rounded(seen.point)].append((user_id, seen))

    def around(self, user_id: int | None, at: datetime, point: Point) -> Iterator[Seen]:
        if user_id is not None:
            times = self._times[user_id]
            place = bisect_left(times, (at, -1))
            for _, number in times[max(place - 1, 0) : place + 1]:
                yield self._all[number]
        for other, seen in self._at_point.get(_rounded(point), ()):
            if abs(seen.at - at) <= SAME_POINT_WITHIN:
                yield Seen(seen.point, seen.at, seen.employer_id, seen.employer_point, is_own=other == user_id)


def _rounded(point: Point) -> tuple[float, float]:
    return round(point.latitude, 5), round(point.longitude, 5)


def point_of(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def day_of(moment: datetime) -> date:
    return timezone.localdate(moment)
