"""Demands by the hundred thousand, copied in: for benches, and for looking at a city's desk.

They are spread over tree, doors, kinds and years as demands are; none of them tells a story.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from niangjia.engines.casework.models import Case, Entry, Participant, Role
from niangjia.engines.casework.rules import ENDED, Stage, Verb
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.bulk import advance_ids, built_afterwards, copy_rows, take_ids, vacuum
from niangjia.kernel.crypto.ring import digest, ring
from niangjia.kernel.synthetic import COHORTS, name_of, phone_number, wheel
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Channel, HowClosed, pairs_of
from niangjia.modules.demands.seed.words import CHANNELS, CLOSINGS, NATURES, PARTNERS, SAYINGS, URGENCIES, Saying
from niangjia.modules.organisations.seed import grounds

BATCH = 20_000
MANY = 50_000
DAYS = 730
STAYS_OPEN_DAYS = 20.0
WHEEL = 1_000
FIRST_PHONE = 50_000_000
SHARE_OF_KIND = {"CITY_FEDERATION": 3.0, "COUNTY_FEDERATION": 22.0, "TOWNSHIP_UNION": 45.0, "PRIMARY_UNION": 14.0}
OTHER_KINDS = 16.0
HOW_LATE = 0.07
Say = Callable[[str], None]


class Spot(NamedTuple):
    """A place that has demands in hand: those above that may have taken them down, and who works there."""

    scope_id: int
    above: tuple[int, ...]
    division: str
    leads: tuple[tuple[int, str], ...]
    firms: tuple[tuple[int, str], ...]
    name: str


class Course(NamedTuple):
    """How one went: None for what hasn't happened."""

    stage: Stage
    accepted_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    was_late: bool


def fill_demands(count: int, *, seed: int, now: datetime, say: Say = lambda _: None) -> None:
    """Appends `count` demands of the two years before `now` to a register that has unions and no demands."""
    say("places")
    spots, shares = places(now, random.Random(seed))
    maker = Maker(spots, shares, random.Random(seed + 1), now, take_ids(Case, count))
    say(f"{count:,} demands over {len(spots):,} places")
    tables = ((Case, CASE), (Demand, DEMAND), (Participant, PARTICIPANT), (Entry, ENTRY))
    with built_afterwards(*(model for model, _ in tables)) if count >= MANY else transaction.atomic():
        for rows in maker.batches(count):
            for (model, names), made in zip(tables, rows, strict=True):
                more, values = unsaid(model, names)
                copy_rows(model, (*names, *more), ((*row, *values) for row in made))
        say("indexes")
    advance_ids(Case, Participant, Entry)
    say("statistics")
    vacuum(Case, Demand, Participant, Entry)


def unsaid(model: type[models.Model], names: tuple[str, ...]) -> tuple[list[str], list[Any]]:
    """The columns of which nothing is said but that may not be empty, with their defaults."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if field.attname not in names and not field.null and not field.primary_key and not field.generated
    ]
    defaults = (field.get_default() for field in fields)
    return [field.attname for field in fields], [Jsonb(one) if isinstance(one, dict) else one for one in defaults]


def places(now: datetime, chance: random.Random) -> tuple[list[Spot], list[float]]:
    """Where demands lie, and how much of them at each; officers are put where nobody works yet."""
    rows = grounds()
    of_kind = Counter(row.kind for row in rows)
    leads = officers([row.scope_id for row in rows], now)
    spots, shares = [], []
    for row in rows:
        above = tuple(int(label) for label in row.path.split("."))[-4:]
        spots.append(Spot(row.scope_id, above, row.division, leads[row.scope_id], row.firms, row.name))
        share = SHARE_OF_KIND.get(row.kind, OTHER_KINDS / 4)
        shares.append(share / of_kind[row.kind] * chance.lognormvariate(0, 0.6))
    return spots, shares


def officers(scope_ids: list[int], now: datetime) -> dict[int, tuple[tuple[int, str], ...]]:
    """Three clerks at each place; they set a password when they are invited."""
    chance = random.Random("officers")
    first = (User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    made = [
        (first + n, f"jingban{first + n}", name_of(chance, n % 2, max(COHORTS) - 1), scope_id)
        for n, scope_id in enumerate(scope_id for scope_id in scope_ids for _ in range(3))
    ]
    copy_rows(
        User, ("id", "username", "name", "password", "email", "is_active", "created_at"),
        ((pk, username, name, "!", "", True, now) for pk, username, name, _ in made),
    )  # fmt: skip
    copy_rows(
        Grant, ("user_id", "job", "scope_id", "from_on", "granted_at"),
        ((pk, "CLERK", scope_id, now.date() - timedelta(days=DAYS), now) for pk, _, _, scope_id in made),
    )  # fmt: skip
    advance_ids(User)
    found: dict[int, list[tuple[int, str]]] = {}
    for pk, _, name, scope_id in made:
        found.setdefault(scope_id, []).append((pk, name))
    return {pk: tuple(people) for pk, people in found.items()}


CASE = (
    "id", "kind", "number", "title", "scope_id", "received_scope_id", "stage", "urgency", "is_major", "is_confidential",
    "kept_from", "kept_from_users", "lead_id", "merged_into_id", "received_at", "accepted_at", "answered_at",
    "first_answered_at", "ended_at", "touched_at", "limits", "extra_days", "accept_due_at", "answer_due_at",
    "close_due_at", "due_at", "climb_at", "climb_step", "is_provisional", "paused_at", "was_late", "hand_backs",
    "tries", "reopened", "urged", "rating", "is_satisfied", "partner", "partner_number",
)  # fmt: skip
DEMAND = (
    "case_id", "nature", "kind", "channel", "body", "words", "party", "asker_name", "asker_name_digest", "asker_phone",
    "asker_phone_digest", "asker_phone_tail", "is_anonymous", "is_asker_dead", "tells_own_union", "employer_id",
    "employer_name", "division_id", "place", "happened_on", "people", "claimed_fen", "recovered_fen", "recording",
    "how_closed", "is_closed_at_once", "recorded_by_id", "routed_because", "suggested",
)  # fmt: skip
PARTICIPANT = ("case_id", "user_id", "role", "from_at", "until_at")
ENTRY = ("case_id", "verb", "at", "user_id", "user_name", "scope_id", "text", "data", "for_asker", "file_ids")


class Rows(NamedTuple):
    cases: list[tuple[Any, ...]]
    demands: list[tuple[Any, ...]]
    participants: list[tuple[Any, ...]]
    entries: list[tuple[Any, ...]]


LIMITS = {
    1: {"accept": [1, "working_days"], "answer": [15, "working_days"], "close": [20, "working_days"]},
    2: {"accept": [1, "working_days"], "answer": [10, "working_days"], "close": [15, "working_days"]},
    3: {"accept": [4, "working_minutes"], "answer": [3, "working_days"], "close": [5, "working_days"]},
    4: {"accept": [15, "minutes"], "answer": [3, "working_days"], "close": [5, "working_days"]},
}
ANSWER_DAYS = {1: 20, 2: 13, 3: 4, 4: 3}
NOTHING = Jsonb({})


class Maker:
    """Makes the rows, one demand after the other in the order of their times."""

    def __init__(
        self, spots: list[Spot], shares: list[float], chance: random.Random, now: datetime, first: int
    ) -> None:
        self.spots, self.reach = spots, list(accumulate(shares))
        self.chance, self.now, self.first = chance, now, first
        self.sayings = wheel([(saying, saying.weight) for saying in SAYINGS], WHEEL)
        self.channels, self.natures = wheel(CHANNELS, WHEEL), wheel(NATURES, WHEEL)
        self.urgencies, self.closings = wheel(URGENCIES, WHEEL), wheel(CLOSINGS, WHEEL)
        self.limits = {urgency: Jsonb(limits) for urgency, limits in LIMITS.items()}
        self.name_as, self.phone_as = (f"{Demand._meta.db_table}.asker_{what}" for what in ("name", "phone"))
        self.seal = ring().seal
        self.resolved: list[int] = []

    def batches(self, count: int) -> Iterator[Rows]:
        rows = Rows([], [], [], [])
        for index, (number, at) in enumerate(self.moments(count)):
            self.make(rows, self.first + index, number, at)
            if len(rows.cases) >= BATCH:
                yield rows
                rows = Rows([], [], [], [])
        yield rows

    def moments(self, count: int) -> Iterator[tuple[str, datetime]]:
        """(number, when received): more from year to year, fewer at weekends, by day and not by night."""
        today = timezone.localdate(self.now)
        days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)]
        weights = [(0.7 + 0.6 * n / DAYS) * (1.0 if day.weekday() < 5 else 0.35) for n, day in enumerate(days)]
        reached, total = 0, sum(weights)
        for day, weight in zip(days, accumulate(weights), strict=True):
            upto = round(count * weight / total)
            begins = datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())
            ends = (self.now - begins).total_seconds() if day == today else 86_400.0
            times = sorted(self.chance.triangular(0.25, 0.95, 0.42) * ends for _ in range(upto - reached))
            for n, seconds in enumerate(times, start=1):
                yield f"SQ{day:%Y%m%d}-{n:04}", begins + timedelta(seconds=int(seconds))
            reached = upto

    def course(self, at: datetime, urgency: int) -> Course:
        chance, now = self.chance, self.now
        age = (now - at).total_seconds() / 86_400
        limit = ANSWER_DAYS[urgency]
        answer_due = at + timedelta(days=limit)
        accepted = at + timedelta(hours=chance.expovariate(0.2))
        if chance.random() < math.exp(-age / STAYS_OPEN_DAYS):
            stage = self.open_stage(age)
            if stage in (Stage.RECEIVED, Stage.FACTS_ASKED):
                due = at + timedelta(days=1) if stage is Stage.RECEIVED else None
                return Course(stage, None, None, None, due, due is not None and due < now)
            answered = min(at + timedelta(days=chance.uniform(0.1, age)), now) if stage is Stage.ANSWERED else None
            due = answered + timedelta(days=5) if answered else answer_due
            return Course(stage, min(accepted, now), answered, None, due, due < now)
        took = chance.lognormvariate(math.log(limit / 3), 0.8) if chance.random() > HOW_LATE else limit * 1.3
        answered = min(max(at + timedelta(days=took), accepted), now)
        ended = min(answered + timedelta(days=chance.expovariate(0.5)), now)
        stage = self.ended_stage()
        if stage in (Stage.RESOLVED, Stage.CLOSED):
            return Course(stage, min(accepted, answered), answered, ended, None, answered > answer_due)
        return Course(stage, None, None, min(accepted, now), None, False)

    def open_stage(self, age: float) -> Stage:
        fresh = ((Stage.RECEIVED, 0.35), (Stage.ACCEPTED, 0.5), (Stage.ANSWERED, 0.6), (Stage.IN_HAND, 1.0))
        older = (
            (Stage.RECEIVED, 0.02), (Stage.FACTS_ASKED, 0.04), (Stage.ACCEPTED, 0.10), (Stage.ANSWERED, 0.35),
            (Stage.IN_HAND, 1.0),
        )  # fmt: skip
        drawn = self.chance.random()
        return next(stage for stage, upto in (fresh if age < 1 else older) if drawn <= upto)

    def ended_stage(self) -> Stage:
        drawn = self.chance.random()
        shares = (
            (Stage.RESOLVED, 0.91), (Stage.CLOSED, 0.94), (Stage.REFUSED, 0.965), (Stage.WITHDRAWN, 0.99),
            (Stage.MERGED, 1.0),
        )  # fmt: skip
        stage = next(stage for stage, upto in shares if drawn <= upto)
        return stage if stage is not Stage.MERGED or self.resolved else Stage.WITHDRAWN

    def make(self, rows: Rows, pk: int, number: str, at: datetime) -> None:
        chance = self.chance
        spot = chance.choices(self.spots, cum_weights=self.reach)[0]
        saying, channel, nature = chance.choice(self.sayings), chance.choice(self.channels), chance.choice(self.natures)
        urgency = chance.choice(self.urgencies)
        firm = chance.choice(spot.firms) if spot.firms else None
        words = {"firm": firm[1] if firm else f"{spot.name}某厂", "month": str(at.month), "place": spot.name}
        title, body = saying.title.format(**words)[:60], saying.body.format(**words)
        course = self.course(at, urgency)
        lead = chance.choice(spot.leads) if course.accepted_at else None
        moved = course.ended_at or course.answered_at or course.accepted_at or at
        merged = chance.choice(self.resolved) if course.stage is Stage.MERGED else None
        if course.stage is Stage.RESOLVED and len(self.resolved) < WHEEL:
            self.resolved.append(pk)
        reached = course.stage is Stage.RESOLVED
        is_open = course.stage not in ENDED
        paused = at if is_open and course.stage is Stage.IN_HAND and chance.random() < 0.02 else None
        due = None if paused else course.due_at
        closing = course.answered_at and at + timedelta(days=ANSWER_DAYS[urgency] * 1.4)
        partner = chance.choice(PARTNERS) if channel == Channel.PARTNER else ""
        rows.cases.append((
            pk, "demands.demand", number, title, spot.scope_id, chance.choice(spot.above), course.stage, urgency,
            chance.random() < 0.004, chance.random() < 0.002, [], [], lead and lead[0], merged, at, course.accepted_at,
            course.answered_at, course.answered_at, course.ended_at, moved, self.limits[urgency], 0,
            at + timedelta(days=1), at + timedelta(days=ANSWER_DAYS[urgency]), closing, due,
            due if due and due > self.now else None, 0, False, paused, course.was_late, int(chance.random() < 0.05),
            0, int(chance.random() < 0.02), int(chance.random() < 0.04),
            chance.choice((3, 4, 4, 5, 5, 5)) if reached and chance.random() < 0.6 else None,
            True if reached else None, partner, f"{number[2:]}" if partner else "",
        ))  # fmt: skip
        self.demand(
            rows, pk, at, spot=spot, saying=saying, channel=channel, nature=nature, title=title, body=body, firm=firm,
            course=course,
        )  # fmt: skip
        self.timeline(rows, pk, at, spot=spot, lead=lead, course=course)

    def demand(
        self, rows: Rows, pk: int, at: datetime, *, spot: Spot, saying: Saying, channel: int, nature: int, title: str,
        body: str, firm: tuple[int, str] | None, course: Course,
    ) -> None:  # fmt: skip
        chance = self.chance
        anonymous = chance.random() < 0.03
        name = "" if anonymous else name_of(chance, pk % 2, 1970 + pk % 30)
        phone = "" if anonymous else phone_number(FIRST_PHONE + chance.randrange(300_000))
        resolved = course.stage in (Stage.RESOLVED, Stage.CLOSED)
        sums = chance.randrange(50_000, 5_000_000, 100) if saying.with_sums and chance.random() < 0.6 else None
        how = chance.choice(self.closings) if resolved else ""
        if course.stage is Stage.WITHDRAWN:
            how = HowClosed.WITHDRAWN
        rows.demands.append((
            pk, nature, f"{saying.group}{chance.randint(1, 6):02}", channel, body, pairs_of(title, body), 1,
            self.seal(name, self.name_as) if name else None, digest(name) if name else None,
            self.seal(phone, self.phone_as) if phone else None, digest(phone) if phone else None, phone[-4:], anonymous,
            False, False, firm and firm[0], firm[1] if firm else "", spot.division or None, "",
            at.date() - timedelta(days=chance.randrange(30)), 1 if chance.random() < 0.9 else chance.randint(2, 30),
            sums, int(sums * 0.8) // 100 * 100 if sums and resolved else None, "", str(how),
            resolved and channel == Channel.HOTLINE and chance.random() < 0.4, None, "按责任分工", NOTHING,
        ))  # fmt: skip

    def timeline(
        self, rows: Rows, pk: int, at: datetime, *, spot: Spot, lead: tuple[int, str] | None, course: Course
    ) -> None:
        def said(verb: Verb, when: datetime, who: tuple[int, str], text: str = "", *, told: bool = False) -> None:
            rows.entries.append((pk, verb.value, when, who[0], who[1], spot.scope_id, text, NOTHING, told, []))

        first = spot.leads[0]
        said(Verb.RECORD, at, first)
        if course.accepted_at and lead:
            rows.participants.append((pk, lead[0], Role.LEAD, course.accepted_at, course.ended_at))
            said(Verb.ACCEPT, course.accepted_at, first)
            said(Verb.ASSIGN, course.accepted_at, first, f"请{lead[1]}办理。")
        if course.answered_at and lead:
            said(Verb.ANSWER, course.answered_at, lead, "已向诉求人说明办理结果。", told=True)
        ending = {Stage.RESOLVED: Verb.CALL_BACK, Stage.CLOSED: Verb.CALL_BACK, Stage.REFUSED: Verb.REFUSE,
                  Stage.MERGED: Verb.MERGE, Stage.WITHDRAWN: Verb.WITHDRAW}.get(course.stage)  # fmt: skip
        if ending and course.ended_at:
            said(ending, course.ended_at, first)
