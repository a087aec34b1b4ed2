"""What the planner has to know, read once for everybody on post; and a week as its page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing
from niangjia.kernel.worktime.queries import clocks
from niangjia.modules.organisations.queries.ground import employers_on_ground_of, nearest_places, zones_of_employers
from niangjia.modules.visits.models import Absence, FollowUp, KeyEmployer, PlannedVisit, Posting, PostingTownship, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.planning import REST_DAYS, Due, Fixed, Key, Officer, Site, days_to_go
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.queries.postings import holds_on, overlaps
from niangjia.modules.visits.rules import AbsenceKind, PlanState, monday_of

REASON = "the week of officers whose plan is proposed or shown"
A_WEEK = timedelta(days=7)
OTHERS_A_TOWNSHIP = 20
"""So many of a township's employers are weighed when a week has too little to do."""


def working_days(monday: date) -> list[date]:
    """The days of a week on which people work, by the calendar that is published."""
    calendar = clocks().calendar
    return [day for day in (monday + timedelta(days=number) for number in range(7)) if calendar.is_working(day)]


def postings_in_week(monday: date, *, user_ids: Collection[int] | None = None) -> list[Posting]:
    """One for each officer on post in the week: the later of two."""
    rows = Posting.objects.unscoped(reason=REASON).filter(overlaps(monday, monday + A_WEEK), user__is_active=True)
    if user_ids is not None:
        rows = rows.filter(user__in=user_ids)
    latest = {row.user_id: row for row in rows.select_related("scope", "user").order_by("from_on", "pk")}
    return sorted(latest.values(), key=lambda row: row.pk)


@dataclass
class Ground:
    """The officers with all that speaks for or against their stops; `paths`: where each employer lies."""

    officers: list[Officer]
    taken: dict[int, int]
    paths: dict[int, str]
    untouched: dict[int, list[PlannedVisit]] = field(default_factory=dict)


@dataclass
class _Found:
    """Rows by officer, on the way to sites."""

    keys: dict[int, list[KeyEmployer]]
    dues: dict[int, list[FollowUp]]
    others: dict[int, list[Any]]
    planned: dict[int, list[PlannedVisit]]
    made: dict[int, list[tuple[Any, date, bool]]]
    skipped: dict[int, set[int]]

    def employers(self) -> dict[int, Any]:
        rows: dict[int, Any] = {}
        for lists in (self.keys, self.planned):
            for one in lists.values():
                rows |= {row.employer_id: row.employer for row in one}
        for due in self.dues.values():
            rows |= {row.visit.employer_id: row.visit.employer for row in due}
        for other in self.others.values():
            rows |= {row.pk: row for row in other}
        for made in self.made.values():
            rows |= {row.pk: row for row, _, _ in made}
        return rows


def ground_of(postings: Sequence[Posting], monday: date, *, today: date) -> Ground:
    """Ten-odd statements, whatever the number of officers."""
    by_user = {row.user_id: row for row in postings}
    townships = _townships(postings)
    keys = _keys(postings, townships, monday)
    dues = _dues(postings, keys, townships, monday)
    week = _planned_in(monday, by_user)
    goals = {user: posting.weekly_goal for user, posting in by_user.items()}
    found = _Found(keys, dues, _others(townships, keys, goals, monday), week.fixed, week.made, week.skipped)
    sites, paths = _sites(found.employers())
    away = _absences(postings)
    working = {day for day in working_days(monday) if day >= today}
    officers = [
        Officer(
            user_id=user,
            goal=posting.weekly_goal,
            days=days_to_go(monday, away[posting.pk], working, (posting.from_on, posting.until_on)),
            keys=[Key(sites[row.employer_id], row.every_days, row.from_on) for row in keys[user]],
            dues=[Due(row.pk, sites[row.visit.employer_id], row.what, row.due_on) for row in dues[user]],
            others=[sites[row.pk] for row in found.others[user]],
            fixed=[Fixed(sites[row.employer_id], row.on, row.is_morning) for row in week.fixed[user]]
            + [Fixed(sites[row.pk], on, is_morning) for row, on, is_morning in week.made[user]],
            skipped=frozenset(week.skipped[user]),
        )
        for user, posting in by_user.items()
    ]
    return Ground(officers, week.taken, paths, dict(week.untouched))


def _townships(postings: Sequence[Posting]) -> dict[str, int]:
    """By path, the officer who answers for a township: of several the one posted first."""
    rows = (
        PostingTownship.objects.unscoped(reason=REASON)
        .filter(posting__in=[row.pk for row in postings])
        .order_by("-posting_id", "-pk")
    )
    return {str(path): user for path, user in rows.values_list("township__scope__path", "posting__user_id")}


def _of_township(path: str, townships: Mapping[str, int]) -> int | None:
    """Whose ground a place is: the nearest township above it."""
    steps = path.split(".")
    while steps:
        if (user := townships.get(".".join(steps))) is not None:
            return user
        steps.pop()
    return None


def _keys(
    postings: Sequence[Posting], townships: Mapping[str, int], monday: date
) -> defaultdict[int, list[KeyEmployer]]:
    """Those given to an officer, and those given to nobody by their township."""
    user_of = {row.pk: row.user_id for row in postings}
    rows = (
        KeyEmployer.objects.unscoped(reason=REASON)
        .filter(
            overlaps(monday, monday + A_WEEK),
            Q(posting__in=user_of) | Q(posting=None, scope__in={row.scope_id for row in postings}),
            employer__closed_on=None,
        )
        .select_related("employer__division")
        .order_by("pk")
    )
    found: defaultdict[int, list[KeyEmployer]] = defaultdict(list)
    nobodys = [row for row in rows if row.posting_id is None]
    places = nearest_places({row.employer.division_id for row in nobodys}) if nobodys else {}
    for row in rows:
        user = user_of.get(row.posting_id) if row.posting_id else None
        if row.posting_id is None:
            user = _of_township(places.get(row.employer.division_id, ""), townships)
        if user is not None:
            found[user].append(row)
    return found


def _dues(
    postings: Sequence[Posting], keys: Mapping[int, list[KeyEmployer]], townships: Mapping[str, int], monday: date
) -> defaultdict[int, list[FollowUp]]:
    """What is due by Sunday, by whose it is: whoever has the employer now, else whoever was there, else the township's."""
    users = {row.user_id for row in postings}
    own = {row.employer_id: user for user, rows in keys.items() for row in rows}
    rows = list(
        FollowUp.objects.unscoped(reason=REASON)
        .filter(
            Q(visit__user__in=users)
            | Q(visit__employer__in=list(own))
            | Q(visit__scope__path__under_any=list(townships)),
            due_on__lt=monday + A_WEEK, done_by=None, dropped_at=None, visit__employer__closed_on=None,
        )
        .select_related("visit__employer__division", "visit__scope")
        .order_by("due_on", "pk")
    )  # fmt: skip
    holding = own | _holding({row.visit.employer_id for row in rows}, monday)
    on_post = {row.user_id for row in postings_in_week(monday, user_ids={row.visit.user_id for row in rows} - users)}
    found: defaultdict[int, list[FollowUp]] = defaultdict(list)
    for row in rows:
        visit = row.visit
        user = holding.get(visit.employer_id)
        if user is None and visit.user_id in users | on_post:
            user = visit.user_id
        user = user or _of_township(str(visit.scope.path), townships)
        if user in users:
            found[user].append(row)
    return found


def _holding(employers: Collection[int], monday: date) -> dict[int, int]:
    """Whose key employers these are in a week."""
    span = overlaps(monday, monday + A_WEEK)
    rows = KeyEmployer.objects.unscoped(reason=REASON).filter(
        span, employer__in=list(employers), posting__until_on=None
    )
    return dict(rows.order_by("pk").values_list("employer_id", "posting__user_id"))


def _others(
    townships: Mapping[str, int], keys: Mapping[int, list[KeyEmployer]], goals: Mapping[int, int], monday: date
) -> defaultdict[int, list[Any]]:
    """Of each township whose officer has too few key employers for the goal: who was not gone to for longest."""
    short = {user for user, goal in goals.items() if len(keys.get(user, ())) < goal * 2 + 1}
    paths = [path for path, user in townships.items() if user in short]
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if not paths:
        return found
    rested = midnight(monday - timedelta(days=REST_DAYS))
    last = (
        Visit.objects.unscoped(reason=REASON)
        .filter(employer=OuterRef("pk"))
        .order_by("-arrived_at")
        .values("arrived_at")
    )
    rows = (
        employers_on_ground_of(paths)
        .annotate(last_at=Subquery(last[:1]))
        .filter(Q(last_at=None) | Q(last_at__lt=rested))
        .annotate(
            place_in=Window(
                RowNumber(),
                partition_by=F("division_id"),
                order_by=[F("last_at").asc(nulls_first=True), F("headcount").desc(), F("pk").asc()],
            )
        )
        .filter(place_in__lte=OTHERS_A_TOWNSHIP)
        .select_related("division")
    )
    employers = sorted(rows, key=lambda row: row.pk)
    places = nearest_places({row.division_id for row in employers})
    for row in employers:
        user = _of_township(places.get(row.division_id, ""), townships)
        if user in short:
            found[user].append(row)
    return found


def _absences(postings: Sequence[Posting]) -> defaultdict[int, list[tuple[date, date]]]:
    rows = Absence.objects.unscoped(reason=REASON).filter(posting__in=[row.pk for row in postings])
    found: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    for posting, from_on, until_on in rows.values_list("posting_id", "from_on", "until_on"):
        found[posting].append((from_on, until_on))
    return found


@dataclass
class _Week:
    """What stands in a week already."""

    fixed: defaultdict[int, list[PlannedVisit]]  # by hand, or done
    untouched: defaultdict[int, list[PlannedVisit]]  # proposed, to be proposed anew
    skipped: defaultdict[int, set[int]]  # taken out by hand: not proposed again this week
    made: defaultdict[int, list[tuple[Any, date, bool]]]  # gone to without a plan
    taken: dict[int, int]


def _planned_in(monday: date, users: Collection[int]) -> _Week:
    week = _Week(defaultdict(list), defaultdict(list), defaultdict(set), defaultdict(list), {})
    rows = (
        PlannedVisit.objects.unscoped(reason=REASON)
        .filter(on__gte=monday, on__lt=monday + A_WEEK)
        .select_related("employer__division")
        .order_by("on", "-is_morning", "order", "pk")
    )
    for row in rows:
        if row.state == PlanState.DROPPED:
            week.skipped[row.user_id].add(row.employer_id)
        elif row.user_id in users and row.is_proposed and row.state == PlanState.PLANNED:
            week.untouched[row.user_id].append(row)
        else:
            week.fixed[row.user_id].append(row)
            week.taken.setdefault(row.employer_id, row.user_id)
    begin = midnight(monday)
    visits = Visit.objects.unscoped(reason=REASON).filter(arrived_at__gte=begin, arrived_at__lt=begin + A_WEEK)
    for visit in visits.filter(user__in=users, planned=None).select_related("employer__division").order_by("pk"):
        at = timezone.localtime(visit.arrived_at)
        week.made[visit.user_id].append((visit.employer, at.date(), at.hour < 12))  # noqa: PLR2004
        week.taken.setdefault(visit.employer_id, visit.user_id)
    return week


def _sites(employers: Mapping[int, Any]) -> tuple[dict[int, Site], dict[int, str]]:
    zones = zones_of_employers(employers)
    places = nearest_places({row.division_id for row in employers.values()})
    last = dict(
        Visit.objects.unscoped(reason=REASON)
        .filter(employer__in=list(employers))
        .values("employer_id")
        .annotate(last=Max("arrived_at"))
        .values_list("employer_id", "last")
    )
    sites = {
        pk: Site(
            employer_id=pk,
            name=row.name,
            township=row.division_id,
            township_name=row.division.name,
            zone_id=zones.get(pk),
            point=None if row.latitude is None or row.longitude is None else (row.latitude, row.longitude),
            last_on=timezone.localdate(last[pk]) if pk in last else None,
        )
        for pk, row in employers.items()
    }
    paths = {pk: places[row.division_id] for pk, row in employers.items() if row.division_id in places}
    return sites, paths


# --- a week as its page shows it ---


@dataclass(frozen=True)
class WeekDay:
    on: date
    is_working: bool
    name: str  # of a holiday, or of a day that makes up for one
    away: str  # 请假
    morning: list[PlannedVisit]
    afternoon: list[PlannedVisit]

    @property
    def halves(self) -> list[tuple[str, bool, list[PlannedVisit]]]:
        return [("上午", True, self.morning), ("下午", False, self.afternoon)]

    @property
    def is_free(self) -> bool:
        return not self.morning and not self.afternoon


@dataclass(frozen=True)
class Late:
    """A key employer past its turn that doesn't stand in the week."""

    site: Site
    days: int


@dataclass(frozen=True)
class Week:
    user: User
    monday: date
    posting: Posting | None
    days: list[WeekDay]
    dropped: list[PlannedVisit]
    late: list[Late]
    again: list[FollowUp]  # due by Sunday, in nobody's plan
    done: int
    is_own: bool

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def goal(self) -> int:
        return self.posting.weekly_goal if self.posting else 0

    @property
    def stops(self) -> int:
        return sum(len(day.morning) + len(day.afternoon) for day in self.days)


def week_of(user_id: int, monday: date, actor: Actor, *, today: date) -> Week:
    """One's own week, or an officer's whom one directs. Raises Missing, NotPermitted."""
    monday = monday_of(monday)
    user = User.objects.filter(pk=user_id).first()
    is_own = user_id == actor.user_id
    posting = next(iter(postings_in_week(monday, user_ids=[user_id])), None)
    if user is None or not (is_own or _directs(user_id, actor)):
        raise Missing("没有找到这位驻联干部，可能不在您的管辖范围内。")
    rows = PlannedVisit.objects.unscoped(reason="one's own week") if is_own else PlannedVisit.objects.visible_to(actor)
    stops = list(
        rows.filter(user=user_id, on__gte=monday, on__lt=monday + A_WEEK)
        .select_related("employer__division", "follow_up", "scope")
        .order_by("on", "order", "pk")
    )
    standing = [row for row in stops if row.state != PlanState.DROPPED]
    late, again = _left_over(posting, monday, today, {row.employer_id for row in stops}) if posting else ([], [])
    return Week(
        user=user, monday=monday, posting=posting, days=_days(posting, monday, standing),
        dropped=[row for row in stops if row.state == PlanState.DROPPED], late=late, again=again,
        done=sum(row.state == PlanState.DONE for row in standing), is_own=is_own,
    )  # fmt: skip


def _directs(user_id: int, actor: Actor) -> bool:
    scopes = Posting.objects.visible_to(actor).filter(user=user_id).values_list("scope__path", flat=True)
    return any(actor.may(Permission.VISIT_DIRECT, str(path)) for path in scopes)


def _days(posting: Posting | None, monday: date, stops: Sequence[PlannedVisit]) -> list[WeekDay]:
    calendar = clocks().calendar
    away = list(Absence.objects.unscoped(reason=REASON).filter(posting=posting)) if posting else []
    days = []
    for on in (monday + timedelta(days=number) for number in range(7)):
        named = calendar.named_on(on)
        absence = next((one for one in away if one.from_on <= on < one.until_on), None)
        halves = [[row for row in stops if row.on == on and row.is_morning == half] for half in (True, False)]
        days.append(
            WeekDay(
                on, calendar.is_working(on), (named.name or "调休上班") if named else "",
                AbsenceKind(absence.kind).label if absence else "", halves[0], halves[1],
            )
        )  # fmt: skip
    return days


def _left_over(
    posting: Posting, monday: date, today: date, planned: Collection[int]
) -> tuple[list[Late], list[FollowUp]]:
    """What is overdue or due again and stands nowhere in the week, the longest first."""
    townships = _townships([posting])
    keys = _keys([posting], townships, monday)
    rows = [row for row in keys[posting.user_id] if row.employer_id not in planned]
    sites, _ = _sites({row.employer_id: row.employer for row in rows})
    turns = [Key(sites[row.employer_id], row.every_days, row.from_on) for row in rows]
    late = [Late(key.site, (today - key.due_on).days) for key in turns if key.due_on < today]
    dues = _dues([posting], keys, townships, monday)[posting.user_id]
    return (
        sorted(late, key=lambda one: (-one.days, one.site.name)),
        [row for row in dues if row.visit.employer_id not in planned],
    )


def officers_directed(actor: Actor, on: date) -> list[tuple[int, str]]:
    """(id, name) of those on post whose weeks the actor may look at."""
    rows = Posting.objects.visible_to(actor).filter(holds_on(on)).select_related("scope", "user")
    found = {row.user_id: row.user.name for row in rows if actor.may(Permission.VISIT_DIRECT, str(row.scope.path))}
    return sorted(found.items(), key=lambda one: (one[1], one[0]))


def planned_in_sight(pk: int, actor: Actor) -> PlannedVisit:
    """Raises Missing."""
    found: PlannedVisit | None = PlannedVisit.objects.visible_to(actor).select_related("employer").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这次安排，可能计划已经重排，请刷新。")
    return found


def names_of_planned(ids: list[int]) -> dict[int, str]:
    """As the trail names them."""
    rows = PlannedVisit.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    return dict(rows.filter(pk__in=ids).values_list("pk", "employer__name"))
