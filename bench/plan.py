"""`niangjia bench plan`: the week of every officer of a county, as on a Monday morning; then all of it once more.

Employers lie in seventeen townships, most with a position; three of five are key employers. Two years of visits and open
follow-ups are there. Afterwards the weeks are looked through: nobody twice at one employer, nothing on a day off.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

import django

django.setup()

from django.db import connection

from bench.figures import tell
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import User
from niangjia.kernel.bulk import vacuum
from niangjia.kernel.worktime.clock import ZONE
from niangjia.modules.organisations.models import Division, Employer, Organisation
from niangjia.modules.organisations.queries.ground import townships_under
from niangjia.modules.organisations.rules import OrganisationKind
from niangjia.modules.visits.actions.planning import propose_weeks
from niangjia.modules.visits.models import (
    Absence,
    FollowUp,
    KeyEmployer,
    PlannedVisit,
    Posting,
    PostingTownship,
    Visit,
)
from niangjia.modules.visits.rules import PlanReason

BOUND = 10.0
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, tzinfo=ZONE)
WHY = "the bench's own rows"
GOAL = 4


def townships(count: int) -> tuple[Organisation, list[Organisation]]:
    """A county's, with the most there are in the register."""
    rows = Organisation.objects.unscoped(reason=WHY).filter(kind=OrganisationKind.COUNTY_FEDERATION)
    found = [(county, townships_under(str(county.scope.path))[:count]) for county in rows.select_related("scope")]
    return max(found, key=lambda one: len(one[1]))


def fill(employers: int, officers: int) -> None:
    chance = random.Random(7)
    county, places = townships(17)
    divisions = {row.pk: row for row in Division.objects.filter(pk__in=[place.division_id for place in places])}
    middle = {place.pk: (32 + chance.random(), 119 + chance.random()) for place in places}
    firms = [
        Employer(
            name=f"量一量{number:05}号工厂", name_key=f"liang{number:05}", division=divisions[str(place.division_id)],
            headcount=chance.randrange(10, 2_000), union_state="NONE",
            latitude=middle[place.pk][0] + chance.gauss(0, 0.03) if chance.random() < 0.8 else None,
            longitude=middle[place.pk][1] + chance.gauss(0, 0.03),
        )
        for number, place in ((number, chance.choice(places)) for number in range(employers))
    ]  # fmt: skip
    firms = Employer.objects.unscoped(reason=WHY).bulk_create(firms, batch_size=1000)
    users = User.objects.bulk_create(
        User(username=f"plan{number}", name=f"驻联{number}", created_at=NOW) for number in range(officers)
    )
    postings = Posting.objects.unscoped(reason=WHY).bulk_create(
        Posting(scope=county.scope, user=user, from_on=date(2024, 1, 1), weekly_goal=GOAL) for user in users
    )
    PostingTownship.objects.unscoped(reason=WHY).bulk_create(
        PostingTownship(posting=posting, township=places[number % len(places)])
        for number, posting in enumerate(postings)
    )
    Absence.objects.unscoped(reason=WHY).bulk_create(
        Absence(posting=posting, kind="leave", from_on=MONDAY, until_on=MONDAY + timedelta(days=chance.randrange(1, 8)))
        for posting in chance.sample(postings, officers // 5)
    )
    KeyEmployer.objects.unscoped(reason=WHY).bulk_create(
        KeyEmployer(
            scope=county.scope, employer=firm, posting=chance.choice([None, *postings[:3], *postings]),
            every_days=chance.choice((60, 90, 180)), from_on=date(2024, 1, 1),
        )
        for firm in firms[: employers * 3 // 5]
    )  # fmt: skip
    scope = {str(place.division_id): place.scope for place in places}
    visits = Visit.objects.unscoped(reason=WHY).bulk_create(
        [
            Visit(
                scope=scope[str(firm.division_id)], employer=firm, user=chance.choice(users), kind="daily",
                draft=UUID(int=chance.getrandbits(128)), arrived_at=NOW - timedelta(days=chance.randrange(8, 700)),
                handed_in_at=NOW,
            )
            for firm in (chance.choice(firms) for _ in range(employers * 4))
        ],
        batch_size=1000,
    )  # fmt: skip
    FollowUp.objects.unscoped(reason=WHY).bulk_create(
        FollowUp(visit=visit, what="再看一次", due_on=MONDAY + timedelta(days=chance.randrange(-20, 60)))
        for visit in chance.sample(visits, employers // 10)
    )
    vacuum(Employer, Visit, FollowUp, KeyEmployer, Posting)


def timed(what: str) -> float:
    began = time.perf_counter()
    weeks = propose_weeks(MONDAY, actor=SYSTEM, now=NOW)
    spent = time.perf_counter() - began
    print(f"{what:<28} {len(weeks):>4} weeks, {sum(weeks.values()):>5} stops in {spent:6.2f} s", flush=True)
    return spent


def faults() -> tuple[int, Counter[str]]:
    """How often a rule of the plan is broken, and the reasons of the stops."""
    rows = list(
        PlannedVisit.objects.unscoped(reason=WHY).values_list("employer_id", "user_id", "on", "is_morning", "reason")
    )
    visited = Counter(employer for employer, *_, reason in rows if reason != PlanReason.FOLLOW_UP)
    halves = Counter((user, on, is_morning) for _, user, on, is_morning, _ in rows)
    wrong = sum(number > 1 for number in visited.values()) + sum(number > 2 for number in halves.values())
    wrong += sum(on.weekday() > 4 for _, _, on, _, _ in rows)
    away = {
        (user, from_on + timedelta(days=day))
        for user, from_on, until_on in Absence.objects.unscoped(reason=WHY).values_list(
            "posting__user_id", "from_on", "until_on"
        )
        for day in range((until_on - from_on).days)
    }
    wrong += sum((user, on) in away for _, user, on, _, _ in rows)
    return wrong, Counter(reason for *_, reason in rows)


def main(employers: int, officers: int) -> int:
    fill(employers, officers)
    first = timed("proposed")
    before = set(PlannedVisit.objects.unscoped(reason=WHY).values_list("pk", "version"))
    again = timed("proposed once more")
    kept = before == set(PlannedVisit.objects.unscoped(reason=WHY).values_list("pk", "version"))
    wrong, reasons = faults()
    print(f"rules broken: {wrong}; the second time nothing changed: {kept}; {dict(reasons)}")
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        (version,) = cursor.fetchone() or ("",)
    worst = max(first, again)
    tell("plan", worst, "s", BOUND, employers=employers, officers=officers, broken=wrong, postgresql=version)
    return 1 if wrong or not kept or worst > BOUND else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
