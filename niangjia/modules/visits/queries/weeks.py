"""每周走访: for each officer on post the weeks that count, and whether he went as often as agreed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from niangjia.kernel.access.models import Scope
from niangjia.kernel.worktime.queries import clock_of
from niangjia.modules.visits.models import Absence, Posting, PostingTownship, Visit
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.queries.postings import overlaps
from niangjia.modules.visits.rules import monday_of, weeks_due

REASON = "weeks of officers of a place that the reader has a right at"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """One week of one officer that counts."""

    posting: Posting
    monday: date
    goal: int
    made: int

    @property
    def is_done(self) -> bool:
        return self.made >= self.goal


def postings_within(path: str, since: date, until: date) -> list[Posting]:
    """Of the place and what is under it, and those that are posted to townships there."""
    rows = at_place(Posting.objects.unscoped(reason=REASON), path).filter(overlaps(since, until))
    return list(rows.select_related("user", "group", "scope").order_by("user__name", "from_on", "pk"))


def at_place(rows: Any, path: str) -> Any:
    scopes = Scope.objects.filter(path__under=path)
    there = PostingTownship.objects.unscoped(reason=REASON).filter(township__in=scopes.values("pk")).values("posting")
    return rows.filter(Q(scope__in=scopes) | Q(pk__in=there))


def weeks_of(path: str, since: date, until: date, *, today: date | None = None) -> list[Week]:
    """The weeks that count, by officer and then in time. `until` is the first day after; with `today` only weeks that are over."""
    last = min(until, monday_of(today)) if today else until
    postings = postings_within(path, since, last) if since < last else []
    return _weeks(postings, since, last)


def weeks_of_posting(posting: Posting, *, today: date) -> list[Week]:
    """All of one officer's on this post that are over."""
    return _weeks([posting], monday_of(posting.from_on), monday_of(today))


def _weeks(postings: Sequence[Posting], since: date, last: date) -> list[Week]:
    if not postings or since >= last:
        return []
    absences = _absences(postings)
    made = _made({posting.user_id for posting in postings}, since, last)
    calendars = {path: clock_of(path).calendar for path in {str(posting.scope.path) for posting in postings}}
    found: dict[tuple[int, date], Week] = {}
    for posting in postings:
        calendar = calendars[str(posting.scope.path)]
        span = (posting.from_on, posting.until_on)
        mondays = weeks_due(span, absences[posting.pk], calendar.is_working, since, last)
        for monday in mondays:
            key = (posting.user_id, monday)
            # One who changed his post in a short week has that week once.
            found.setdefault(key, Week(posting, monday, posting.weekly_goal, made[key]))
    return list(found.values())


def _absences(postings: Sequence[Posting]) -> defaultdict[int, list[tuple[date, date]]]:
    found: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = Absence.objects.unscoped(reason=REASON).filter(posting__in=postings)
    for posting, from_on, until_on in rows.values_list("posting_id", "from_on", "until_on"):
        found[posting].append((from_on, until_on))
    return found


def _made(users: set[int], since: date, until: date) -> Counter[tuple[int, date]]:
    """Times (家次) by officer and week; who went along made one too, and who also wrote of it made no second."""
    found: set[tuple[int, date, int]] = set()
    rows: Any = Visit.objects.unscoped(reason=REASON).filter(
        Q(user__in=users) | Q(companions__overlap=sorted(users)),
        arrived_at__gte=midnight(monday_of(since)),
        arrived_at__lt=midnight(until + WEEK),
    )
    for pk, first, user, companions, at in rows.values_list(
        "pk", "together_with_id", "user_id", "companions", "arrived_at"
    ):
        monday = monday_of(timezone.localdate(at))
        found |= {(one, monday, first or pk) for one in {user, *companions} & users}
    return Counter((one, monday) for one, monday, _ in found)
