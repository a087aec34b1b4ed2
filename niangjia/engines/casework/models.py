"""A case: somebody's matter with one lead and a clock. What it is about is a row of the room that opened it.

Such a room declares a `CaseKind` (`kinds.py`) and keeps its own facts in a row with the case's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from niangjia.engines.casework.kinds import case_kinds, kind_named
from niangjia.engines.casework.rules import OPEN, Stage, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel, ScopedQuerySet

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Where lists put what has no date: they sort by no nulls."""

IS_OPEN = Q(stage__in=sorted(OPEN))


class Case(ScopedModel):
    """Seen at and above the place that has it in hand, and by whoever takes part while he does.

    A confidential case is seen by its participants alone. `kept_from` are places (and what is under
    them) whose officers never see it: the union of an employer that is complained of.
    `kept_from_users` never see it whatever they hold or take part in: the officer who is complained of.
    """

    seen_with = "by its kind"  # `seen` asks each kind for its permission

    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=100)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+", db_index=False)  # has it in hand
    received_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    stage = models.PositiveSmallIntegerField(default=Stage.RECEIVED)
    urgency = models.PositiveSmallIntegerField(default=Urgency.NORMAL)
    is_major = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    kept_from = ArrayField(models.BigIntegerField(), default=list)
    kept_from_users = ArrayField(models.BigIntegerField(), default=list)
    lead = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    split_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    runs_from = models.DateTimeField(null=True)  # answering and closing count from here: acceptance, or a reopening
    answered_at = models.DateTimeField(null=True)  # the latest answer
    first_answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField()  # the latest line of the timeline

    # The clock. Limits are fixed when the case is opened: [amount, unit] of accepting, answering, closing.
    limits = models.JSONField(default=dict)
    extra_days = models.PositiveSmallIntegerField(default=0)  # by the one extension, added to answering and closing
    accept_due_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    close_due_at = models.DateTimeField(null=True)
    own_due_at = models.DateTimeField(null=True)  # the limit of the system it came from; the earlier one counts
    due_at = models.DateTimeField(null=True)  # what runs now; null: paused or ended
    climb_at = models.DateTimeField(null=True)  # when the next step is told; null: nothing more to tell
    climb_step = models.PositiveSmallIntegerField(default=0)  # steps already told of what runs now
    is_provisional = models.BooleanField(default=False)  # a calendar that is not known yet was guessed
    paused_at = models.DateTimeField(null=True)
    spent_minutes = models.PositiveIntegerField(null=True)  # working minutes from receipt to the end, pauses left out
    was_late = models.BooleanField(default=False)  # some limit was passed at least once

    hand_backs = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # call-backs in vain since the latest answer
    reopened = models.PositiveSmallIntegerField(default=0)
    urged = models.PositiveSmallIntegerField(default=0)
    rating = models.PositiveSmallIntegerField(null=True)  # 1–5 by the asker; null: has not answered
    is_satisfied = models.BooleanField(null=True)  # the latest call-back or rating
    partner = models.CharField(max_length=40, blank=True)  # the system it came from
    partner_number = models.CharField(max_length=60, blank=True)  # its own number there

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "partner_number"], condition=~Q(partner_number=""), name="case_partner_number_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner_number"], condition=~Q(partner_number=""), name="case_partner_number"),
            models.Index(fields=["received_at", "id"], name="case_newest"),
            models.Index(fields=["scope", "received_at", "id"], name="case_of_scope"),
            models.Index(fields=["due_at", "id"], condition=IS_OPEN, name="case_open_due"),
            models.Index(fields=["scope", "due_at", "id"], condition=IS_OPEN, name="case_open_of_scope"),
            models.Index(fields=["lead", "due_at", "id"], condition=IS_OPEN, name="case_open_of_lead"),
            models.Index(fields=["climb_at"], condition=Q(climb_at__isnull=False), name="case_to_climb"),
            models.Index(fields=["stage", "due_at", "id"], condition=IS_OPEN, name="case_open_stage"),
            models.Index(fields=["received_scope"], condition=Q(stage=Stage.ANSWERED.value), name="case_to_call_back"),
            # Lists go by id within what they are narrowed to: the latest recorded stands first.
            models.Index(fields=["stage", "id"], name="case_stage"),
            models.Index(fields=["urgency", "id"], condition=Q(urgency__gt=1), name="case_urgency"),
            models.Index(fields=["id"], condition=Q(is_major=True), name="case_major"),
            models.Index(fields=["id"], condition=Q(reopened__gt=0), name="case_reopened"),
            models.Index(fields=["id"], condition=Q(is_satisfied=False), name="case_not_satisfied"),
            models.Index(fields=["id"], condition=Q(paused_at__isnull=False), name="case_paused"),
            models.Index(fields=["accepted_at"], name="case_accepted"),
            models.Index(fields=["ended_at"], name="case_ended"),
            models.Index(Coalesce("due_at", Value(NEVER)), "id", name="case_due_first"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def stage_now(self) -> Stage:
        return Stage(self.stage)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN

    def get_absolute_url(self) -> str:
        return kind_named(self.kind).address(self.pk)

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return seen(rows, actor, via="")

    @classmethod
    def visible_row(cls, row: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return seen_alone(row, actor, via="")

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        if not paths:
            return rows.none()
        return rows.filter(scope__in=Scope.objects.filter(path__under_any=list(paths)).values("id"))


FEW_PLACES = 300
"""Up to so many, places are named one by one: then an index of the cases of a place can be used beside `own`."""


def seen(rows: ScopedQuerySet[Any], actor: Actor, *, via: str) -> ScopedQuerySet[Any]:
    """What an actor sees of cases, or of the rows that belong to them by the look-up `via` ('case__').

    Places, and the cases that are seen for taking part alone, are fetched first: there are few, and an OR
    with a sub-query would keep the planner from every index.
    """
    if actor.user_id is not None:
        rows = rows.exclude(**{f"{via}kept_from_users__contains": [actor.user_id]})
    reach, held, taking_part = _sight(actor)
    by_place = _by_place(reach, held, via)
    own = Q(**{f"{via}id__in": taking_part}) if taking_part else Q()
    if not by_place:
        return rows.filter(own) if own else rows.none()
    return rows.filter(by_place | own) if own else rows.filter(by_place)


def seen_alone(row: ScopedQuerySet[Any], actor: Actor, *, via: str) -> ScopedQuerySet[Any]:
    """As `seen`, of what belongs to one case: nothing is fetched first, for a key needs no index kept open."""
    reach = [
        (kind.name, Scope.objects.filter(path__under_any=list(paths)).values("id"))
        for kind in case_kinds()
        if (paths := actor.paths(kind.view))
    ]
    by_place = _by_place(reach, _held(actor), via)
    if actor.user_id is None:
        return row.filter(by_place) if by_place else row.none()
    parts = Participant.objects.unscoped(reason="where the actor takes part decides what is seen")
    own = Q(Exists(parts.filter(case=OuterRef(f"{via}id"), user=actor.user_id, until_at=None)))
    return row.exclude(**{f"{via}kept_from_users__contains": [actor.user_id]}).filter(by_place | own)


Sight = tuple[list[tuple[str, Any]], list[int], list[int]]
_sights: ContextVar[dict[Actor, Sight] | None] = ContextVar("sights", default=None)


@contextmanager
def looked_once() -> Iterator[None]:
    """Within it an actor's places and parts are asked once: for a page that reads much and changes nothing."""
    token = _sights.set({})
    try:
        yield
    finally:
        _sights.reset(token)


def _sight(actor: Actor) -> Sight:
    kept = _sights.get()
    if kept is None:
        return _looked(actor)
    if actor not in kept:
        kept[actor] = _looked(actor)
    return kept[actor]


def _looked(actor: Actor) -> Sight:
    """By kind the places in reach, where the actor has any job, and the cases seen for taking part alone."""
    asked = {kind.name: paths for kind in case_kinds() if (paths := actor.paths(kind.view))}
    places = {paths: _reach(paths) for paths in set(asked.values())}  # most kinds are seen by the same jobs
    reach = [(kind, places[paths]) for kind, paths in asked.items()]
    held = _held(actor)
    taking_part: list[int] = []
    if actor.user_id is not None:
        parts = Participant.objects.unscoped(reason="where the actor takes part decides what is seen")
        parts = parts.filter(user=actor.user_id, until_at=None)
        if reach:
            parts = parts.filter(~_by_place(reach, held, "case__"))
        taking_part = list(parts.values_list("case_id", flat=True).distinct())
    return reach, held, taking_part


def _held(actor: Actor) -> list[int]:
    """Every place at and above which the actor has any job: one there is too near."""
    return sorted({place for one in actor.held for place in _line(one.path)})


def _by_place(reach: list[tuple[str, Any]], held: list[int], via: str) -> Q:
    found = Q()
    for kind, places in reach:
        of_kind = Q(**{f"{via}kind": kind})
        found |= of_kind if places is None else of_kind & Q(**{f"{via}scope__in": places})
    if found:
        found &= Q(**{f"{via}is_confidential": False}) & ~Q(**{f"{via}kept_from__overlap": held})
    return found


def _reach(paths: tuple[str, ...]) -> Any:
    """The places at and under these: their ids where they are few, None where they are all, else a sub-query."""
    if any("." not in path for path in paths):
        roots = {str(pk) for pk in Scope.objects.filter(parent=None).values_list("id", flat=True)}
        if roots <= set(paths):
            return None
    under = Scope.objects.filter(path__under_any=list(paths))
    ids = list(under.values_list("id", flat=True)[: FEW_PLACES + 1])
    return ids if len(ids) <= FEW_PLACES else under.values("id")


def _line(path: str) -> list[int]:
    """The place of a path and those above it: kept from a union means kept from its groups too."""
    return [int(label) for label in path.split(".")]


class CasePart(FailClosedModel):
    """What belongs to one case and is seen with it."""

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(case__in=Case.objects.visible_to(actor).values("pk"))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        return rows.filter(case__in=Case.narrowed(Case.objects.unscoped(reason="narrowing rows in sight"), paths))


class Role(models.TextChoices):
    LEAD = "LEAD", "主办"
    CO_HANDLER = "CO_HANDLER", "协办"
    CONSULTED = "CONSULTED", "会商"
    RECORDER = "RECORDER", "登记"
    LOOKER = "LOOKER", "知悉"  # a named look at a confidential case


class Participant(CasePart):
    """Somebody takes part in a case, and sees it while he does."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="participants")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "user", "role"], condition=Q(until_at=None), name="case_participant_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "case"], condition=Q(until_at=None), name="case_participant_now")
        ]


class Entry(CasePart):
    """A line of the timeline. `for_asker`: the one who asked reads it too; everything else is internal."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries", db_index=False)
    verb = models.CharField(max_length=20)
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)  # null: the product itself, the asker, or another system
    user_name = models.CharField(max_length=50)
    scope_id = models.BigIntegerField(null=True)  # for which organisation
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)  # what the verb carries: stages, names, dates
    for_asker = models.BooleanField(default=False)
    file_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "id"], name="case_entry_of")]


class TaskOf(models.TextChoices):
    CO_HANDLING = "CO_HANDLING", "协办"
    CONSULTATION = "CONSULTATION", "会商决定"
    OUTSIDE = "OUTSIDE", "外单位"
    CALL_BACK = "CALL_BACK", "约定回访"


class Task(CasePart):
    """A piece of the work that is somebody else's: a co-handler's, a decision's, an outside office's on paper."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    of = models.CharField(max_length=12, choices=TaskOf.choices)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    office = models.CharField(max_length=60, blank=True)  # of an outside office, which has no log-in
    paper_number = models.CharField(max_length=40, blank=True)  # of the letter sent to it
    text = models.CharField(max_length=500)
    due_at = models.DateTimeField(null=True)
    given_by_name = models.CharField(max_length=50)
    given_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    file_ids = ArrayField(models.BigIntegerField(), default=list)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case", "id"], name="case_task_of"),
            models.Index(fields=["user", "due_at"], condition=Q(done_at=None, dropped_at=None), name="case_task_open"),
        ]


class Consultation(CasePart):
    """会商: who met, what was said; decisions become tasks."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consultations")
    called_by_name = models.CharField(max_length=50)
    held_at = models.DateTimeField()
    place = models.CharField(max_length=100, blank=True)
    participants = models.JSONField(default=list)  # names and offices, as they sign
    purpose = models.CharField(max_length=300)
    minutes = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)


class Pause(CasePart):
    """The clock stands still from a moment until a moment, with a reason."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=20)  # PauseReason of rules
    text = models.CharField(max_length=300, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case"], condition=Q(until_at=None), name="case_one_open_pause")
        ]


class Extension(CasePart):
    """延期: asked by the lead, granted once by the leader in charge."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="extensions")
    days = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_granted = models.BooleanField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(is_granted=None) | Q(is_granted=True), name="case_one_extension"
            )
        ]


class CallBack(CasePart):
    """回访: one try, reached or not."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="call_backs")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=50)
    is_reached = models.BooleanField()
    is_satisfied = models.BooleanField(null=True)
    rating = models.PositiveSmallIntegerField(null=True)
    text = models.CharField(max_length=500, blank=True)
    next_at = models.DateTimeField(null=True)  # not reached: when to try again


class Climbed(CasePart):
    """One step up, told once: which limit, at which share, to whom."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="climbed")
    limit = models.CharField(max_length=10)  # 'accept' · 'answer' · 'close' · 'own'
    due_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField()  # place in rules.CLIMB, from 1
    at = models.DateTimeField()
    told = models.JSONField(default=list)  # [user id, name, job label]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "limit", "due_at", "step"], name="case_climbed_once")
        ]


class Grading(models.Model):
    """How long each urgency may take, of one kind of case; a table that staff read and change.

    Amount and unit as in `kernel/worktime`: working days, working minutes, natural days, clock minutes.
    """

    kind = models.CharField(max_length=40)
    urgency = models.PositiveSmallIntegerField()
    accept = models.JSONField()  # [amount, unit]
    answer = models.JSONField()
    close = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "urgency"], name="case_grading_once")]


class Office(models.Model):
    """An outside office that answers on paper: 人社局, 劳动监察, 消防 …; a dictionary."""

    name = models.CharField(max_length=60, unique=True)
    is_used = models.BooleanField(default=True)


class NumberSeries(models.Model):
    """Where the numbers of a prefix and day begin in the sequence `casework_number`.

    A sequence is never locked, so no demand waits for another one's transaction; a gap is no fault.
    """

    prefix = models.CharField(max_length=20, unique=True)
    begins_after = models.BigIntegerField()
