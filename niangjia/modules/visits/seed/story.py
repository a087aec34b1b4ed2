"""The demonstration's journal, told by the acts that people do: postings, visits, stays.

Each visit has a number of its own that follows from the seed, so a telling that was stopped goes on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from django.contrib.auth.hashers import make_password
from django.db import transaction

from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.worktime.queries import clock_of
from niangjia.modules.organisations.seed import COUNTY as COUNTY_LEVEL
from niangjia.modules.organisations.seed import number_to_id, representatives
from niangjia.modules.organisations.synthetic import K as OrganisationKind
from niangjia.modules.organisations.synthetic import Plan, Scale, place_of
from niangjia.modules.visits import actions
from niangjia.modules.visits.actions.handing_in import hand_in_visit, hand_in_visits
from niangjia.modules.visits.actions.planning import propose_weeks
from niangjia.modules.visits.actions.risks import close_risk, report_risk
from niangjia.modules.visits.drafts import Draft, FindingDraft
from niangjia.modules.visits.models import Finding, Posting, Risk, Visit
from niangjia.modules.visits.rules import Outcome, RiskLevel
from niangjia.modules.visits.seed import plan as plans
from niangjia.modules.visits.seed.answering import At, answers_of
from niangjia.modules.visits.seed.plan import Asked, Firm, Size, Township, Trip
from niangjia.modules.visits.seed.stays import tell_stays, tell_survey

WHY = "the demonstration's own story"
TOLD = "visits.story.told"
LEAST_WORKERS = 12
LATELY = timedelta(days=30)
AT_ONCE = 100
FIRST_LIAISON = "zhulian"  # logs in; the others set a password when they are invited
GROUPS = ("城区组", "西片组", "园区组", "新业态组")
Say = Callable[[str], None]


class Brought(NamedTuple):
    """What somebody asked on a visit."""

    text: str
    explanation: str
    people: int
    asker_name: str
    asker_phone: str
    by_employer: bool
    is_confidential: bool


class Journal:
    """The county's two years of visits: planned at once, told piece by piece."""

    def __init__(
        self, plan: Plan, *, scale: Scale, seed: int, now: datetime, asked: Iterable[tuple[datetime, int, int | None]]
    ) -> None:
        self.now, self.seed = now, seed
        self.size: Size = plans.SMALL if scale is Scale.SMALL else plans.COUNTY
        self.county = representatives(plan)[COUNTY_LEVEL]
        self.towns = towns_of(plan)
        number = {town.scope_id: n for n, town in enumerate(self.towns)}
        self.posted = plans.plan_postings(self.towns, self.size, seed=str(seed), today=now.date())
        clock = clock_of(str(Scope.objects.values_list("path", flat=True).get(pk=self.county)))
        self.trips = plans.plan_visits(
            self.towns, self.posted, [Asked(at, number[town], firm) for at, town, firm in asked], self.size,
            is_working_day=lambda day: clock.is_open(datetime.combine(day, time(10), now.tzinfo)), seed=str(seed), now=now,
        )  # fmt: skip
        self.by_moment = {trip.asked: trip for trip in self.trips if trip.asked is not None}
        self.officers: list[int] = []
        self._actors: dict[int, Actor] = {}

    # --- who ---

    def begin(self) -> None:
        """Officers, groups, postings, key employers, leave. Does nothing the second time but remember who is who."""
        with transaction.atomic():
            if not Posting.objects.unscoped(reason=WHY).filter(scope=self.county).exists():
                self._appoint()
                self._post()
        rows = Posting.objects.unscoped(reason=WHY).filter(scope=self.county, user__username__in=self._usernames())
        by_name = dict(rows.values_list("user__username", "user_id"))
        self.officers = [by_name[name] for name in self._usernames()]

    def _usernames(self) -> list[str]:
        return [FIRST_LIAISON, *(f"zl{number:02}" for number in range(2, self.size.officers + 1))]

    def _appoint(self) -> None:
        """They were officers of the county before they were posted anywhere."""
        unusable, since = make_password(None), min(posted.from_on for posted in self.posted) - timedelta(days=30)
        for username, posted in zip(self._usernames(), self.posted, strict=True):
            if User.objects.filter(username=username).exists():
                continue
            user: User = User.objects.create(
                username=username, name=posted.name, password=unusable, created_at=self.morning(since)
            )
            Grant.objects.create(
                user=user, job="LIAISON_OFFICER", scope_id=self.county, from_on=since, granted_at=self.morning(since)
            )

    def _post(self) -> None:
        chair = self.actor(User.objects.get(username="zhuxi").pk)
        first = self.morning(min(posted.from_on for posted in self.posted))
        users = [User.objects.get(username=username).pk for username in self._usernames()]
        groups = [
            actions.add_group(scope_id=self.county, name=name, leader_id=users[n], actor=chair, now=first)
            for n, name in enumerate(GROUPS[: max(1, len(users) // 5)])
        ]
        for user, posted in zip(users, self.posted, strict=True):
            now = self.morning(posted.from_on)
            row = actions.add_posting(
                scope_id=self.county, user_id=user, from_on=posted.from_on, weekly_goal=posted.goal,
                township_ids=[self.towns[n].scope_id for n in posted.townships],
                group_id=groups[posted.number % len(groups)].pk, actor=chair, now=now,
            )  # fmt: skip
            for firm in posted.key_firms:
                actions.add_key_employer(
                    scope_id=self.county,
                    employer_id=firm,
                    posting_id=row.pk,
                    from_on=posted.from_on,
                    actor=chair,
                    now=now,
                )
            for away in posted.away:
                actions.add_absence(
                    row.pk, kind=away.kind.value, from_on=away.from_on, until_on=away.until_on, note=away.note, actor=chair,
                    now=self.morning(away.from_on),
                )  # fmt: skip

    def morning(self, day: date) -> datetime:
        return datetime.combine(day, time(8, 40), self.now.tzinfo)

    def actor(self, user_id: int) -> Actor:
        if user_id not in self._actors:
            self._actors[user_id] = actor_of(user_id, now=self.now)
        return self._actors[user_id]

    # --- the visits ---

    def bring(self, at: datetime, asked: Brought) -> tuple[int, Actor, datetime]:
        """Tells the visit out of which a demand came; returns the demand's id, the officer and when it was handed in."""
        trip = self.by_moment[at]
        actor, now = self.actor(self.officers[trip.officer]), later(trip)
        visit = hand_in_visit(self.draft(trip, finding_of(asked)), actor=actor, now=now)
        case_id = Finding.objects.unscoped(reason=WHY).values_list("case_id", flat=True).get(visit=visit)
        assert case_id is not None
        return case_id, actor, now

    def tell_rest(self, say: Say) -> None:
        """The visits that brought no demand, many at once."""
        known = set(Visit.objects.unscoped(reason=WHY).values_list("draft", flat=True))
        left = (trip for trip in self.trips if trip.asked is None and self.number_of(trip) not in known)
        told = 0
        for some in batches(left, AT_ONCE):
            with transaction.atomic():
                hand_in_visits(
                    [(self.draft(trip), self.actor(self.officers[trip.officer]), later(trip)) for trip in some]
                )
            told += len(some)
            say(f"{told:,} visits without a demand")

    def stay_and_ask(self) -> None:
        chair = self.actor(User.objects.get(username="zhuxi").pk)
        tell_stays(self.towns, self.officers, self.size, chair=chair, now=self.now)
        tell_survey(self.county, chair=chair, now=self.now)

    def plan_week(self) -> None:
        """What lies ahead: the rest of this week, at a weekend the next one."""
        coming = self.now.date() + timedelta(days=2)
        propose_weeks(coming - timedelta(days=coming.weekday()), actor=SYSTEM, now=self.now)

    def settle_risks(self) -> None:
        """What was found long ago is over; the gravest that are left were told to the union above."""
        open_ones = Risk.objects.unscoped(reason=WHY).filter(closed_at=None).select_related("visit").order_by("pk")
        for risk in open_ones:
            found = risk.visit.arrived_at if risk.visit else self.now
            owner = self.actor(risk.owner_id)
            if found < self.now - 2 * LATELY:
                close_risk(
                    risk.pk, because="安置方案经职代会通过，职工无异议。", actor=owner, now=found + timedelta(days=21)
                )
            elif risk.level == RiskLevel.HIGH and risk.reported_at is None:
                report_risk(risk.pk, actor=owner, now=min(found + timedelta(hours=5), self.now))

    def number_of(self, trip: Trip) -> UUID:
        return uuid5(NAMESPACE_URL, f"niangjia:{self.seed}:{self.now:%Y%m%d}:{trip.number}")

    def draft(self, trip: Trip, *findings: FindingDraft) -> Draft:
        latitude, longitude, metres = trip.point or (None, None, None)
        return Draft(
            draft=self.number_of(trip), employer_id=trip.firm.id, kind=trip.kind.value, arrived_at=trip.arrived_at,
            left_at=trip.left_at, latitude=latitude, longitude=longitude, accuracy_metres=metres,
            observations={aspect.value: (look.value, word) for aspect, look, word in trip.looks},
            spoken_with=trip.spoken, spoken_with_count=trip.spoken_count, summary=trip.summary, findings=findings,
            answers=answers_of(
                trip.kind,
                At(
                    random.Random(trip.chance), trip.firm.coverage, trip.firm.workers, trip.arrived_at > self.now - LATELY
                ),
            ),
        )  # fmt: skip


def later(trip: Trip) -> datetime:
    """When it was handed in: soon after leaving."""
    return trip.left_at + timedelta(minutes=1 + trip.chance % 4)


def finding_of(asked: Brought) -> FindingDraft:
    return FindingDraft(
        text=asked.text, outcome=Outcome.EXPLAINED if asked.explanation else Outcome.PASSED_ON,
        explanation=asked.explanation, people=asked.people, asker_name=asked.asker_name, asker_phone=asked.asker_phone,
        by_employer=asked.by_employer, is_confidential=asked.is_confidential,
    )  # fmt: skip


def batches(trips: Iterator[Trip], size: int) -> Iterator[list[Trip]]:
    while some := list(islice(trips, size)):
        yield some


def towns_of(plan: Plan) -> list[Township]:
    """The townships of the demonstration county with the employers that lie there."""
    county = representatives(plan)[COUNTY_LEVEL]
    towns = []
    for each in plan.organisations:
        if (
            each.kind is OrganisationKind.TOWNSHIP_UNION
            and each.parent is not None
            and number_to_id(each.parent) == county
        ):
            firms = tuple(
                Firm(number_to_id(one.number), one.name, one.workers, one.coverage.label, place_of(one))
                for one in plan.employers
                if one.division_code == each.division_code and one.workers >= LEAST_WORKERS
            )
            towns.append(Township(number_to_id(each.number), each.division_code, each.place, firms))
    return towns


def is_told() -> bool:
    return AuditEntry.objects.filter(verb=TOLD).exists()


def mark_told(visits: int, *, now: datetime) -> None:
    audit.record(actor=SYSTEM, verb=TOLD, after={"visits": visits}, now=now)
