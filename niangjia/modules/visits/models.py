"""走访: who is posted where, what is planned, what was seen, and what the journal makes of it.

Codes stand in `rules.py`. A visit lies at the organisation that answers for the employer's ground, so it is seen from there
and above. Spans are half-open. Points are WGS-84 degrees.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel, ScopedQuerySet
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.modules.organisations.queries.ground import ever_on_ground_of
from niangjia.modules.visits.journal_models import (
    Attendance,
    Judgement,
    Meeting,
    MeetingTask,
    Nomination,
    TownshipReport,
    YearRound,
    around,
)
from niangjia.modules.visits.permissions import Permission

__all__ = [
    "Absence",
    "Attendance",
    "Finding",
    "FollowUp",
    "Group",
    "Judgement",
    "KeyEmployer",
    "Meeting",
    "MeetingTask",
    "Nomination",
    "Observation",
    "Photo",
    "PlannedVisit",
    "Posting",
    "PostingTownship",
    "RecordProposal",
    "Risk",
    "SpokenWith",
    "Stay",
    "StayResult",
    "Survey",
    "SurveyAnswer",
    "TownshipReport",
    "Visit",
    "VisitForm",
    "VisitKind",
    "VisitPart",
    "YearRound",
    "around",
]

# --- kinds of visit and their forms ---


class VisitKind(ScopedModel):
    """A kind that staff declared, or what they changed of one as delivered; holds at its scope and under it, the nearest wins."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=30)  # of rules.VisitKindCode, or made from the id: 'own_17'
    name = models.CharField(max_length=20)
    hint = models.CharField(max_length=200, blank=True)
    is_used = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "code"], name="visit_kind_once")]


class VisitForm(FailClosedModel):
    """A form as it was published; never changed again, so that a draft made with it can still be handed in."""

    kind = models.ForeignKey(VisitKind, on_delete=models.PROTECT, related_name="forms")
    number = models.PositiveIntegerField()  # 0 is the one as delivered and stands in `questions.py`
    questions = models.JSONField(default=list)  # see `questions.py`
    published_at = models.DateTimeField()
    published_by_name = models.CharField(max_length=50)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "number"], name="visit_form_number")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(kind__in=VisitKind.objects.visible_to(actor))


# --- who goes where ---


class Group(ScopedModel):
    """小组: liaison officers under a leader, who meet once a month."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    leader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "name"], name="visit_group_name")]


class Posting(ScopedModel):
    """驻联: an officer answers for townships and key employers from a day until a day."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")  # whose officer: the county's
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="postings")
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    weekly_goal = models.PositiveSmallIntegerField(default=1)
    handed_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gt=F("from_on")), name="posting_span"),
            models.UniqueConstraint(fields=["scope", "user"], condition=Q(until_on=None), name="posting_one_open"),
        ]


class PostingTownship(ScopedModel):
    seen_with = Permission.VISIT_VIEW
    scope_via = "posting__scope"

    posting = models.ForeignKey(Posting, on_delete=models.CASCADE, related_name="townships")
    township = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["posting", "township"], name="posting_township_once")]


class KeyEmployer(ScopedModel):
    """重点企业: must be visited in turn. Who goes there is the posting's."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, null=True, related_name="key_employers")
    every_days = models.PositiveSmallIntegerField(default=90)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "employer"], condition=Q(until_on=None), name="key_employer_once")
        ]
        indexes: ClassVar = [models.Index(fields=["employer"], name="key_employer_of")]

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        """Whose they are, and on whose ground they lie: a township knows its own, though the county named them."""
        if not paths:
            return rows.none()
        scopes = Scope.objects.filter(path__under_any=list(paths))
        return rows.filter(Q(scope__in=scopes.values("pk")) | Q(employer__in=ever_on_ground_of(paths).values("pk")))


class Absence(ScopedModel):
    """Days on which an officer need not visit; weeks of which they take more than half don't count."""

    seen_with = Permission.VISIT_VIEW
    scope_via = "posting__scope"

    posting = models.ForeignKey(Posting, on_delete=models.CASCADE, related_name="absences")
    kind = models.CharField(max_length=12)  # rules.AbsenceKind
    from_on = models.DateField()
    until_on = models.DateField()
    note = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(until_on__gt=F("from_on")), name="absence_span")]


# --- the week's plan ---


class PlannedVisit(ScopedModel):
    """A visit that stands in somebody's week. `version` counts changes: a phone that was offline says which one it knew."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, default="daily")
    on = models.DateField()
    is_morning = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)  # among those of the half-day
    reason = models.CharField(max_length=12)  # rules.PlanReason
    because = models.CharField(max_length=100, blank=True)  # in words: 上次走访 7 月 3 日，已超 42 天
    state = models.PositiveSmallIntegerField(default=1)  # rules.PlanState
    is_proposed = models.BooleanField(default=True)  # by the product, untouched by hand
    follow_up = models.ForeignKey("FollowUp", on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_by_name = models.CharField(max_length=50, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "on"], name="planned_visit_of_user"),
            models.Index(fields=["employer", "on"], name="planned_visit_of_employer"),
        ]


# --- the visit ---


class Visit(ScopedModel):
    """走访记录. Handed in once (`draft` is the browser's own number for it); without `together_with` it is one 家次."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    companions = ArrayField(models.BigIntegerField(), default=list)  # ids of users who went along
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, null=True, related_name="+")
    planned = models.ForeignKey(PlannedVisit, on_delete=models.PROTECT, null=True, related_name="+")
    stay = models.ForeignKey("Stay", on_delete=models.PROTECT, null=True, related_name="visits")
    together_with = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    """Of two records within the hour at one employer, the second's: both stay, counted as one 家次."""
    kind = models.CharField(max_length=30)
    form = models.ForeignKey(VisitForm, on_delete=models.PROTECT, null=True, related_name="+")  # None: as delivered
    draft = models.UUIDField(unique=True)
    draft_mark = models.CharField(
        max_length=16, default=""
    )  # of what the draft said: the same again, or something else
    arrived_at = models.DateTimeField()  # by the server's clock: the phone's own, put right by `clock_off_seconds`
    left_at = models.DateTimeField(null=True)
    clock_off_seconds = models.IntegerField(default=0)  # the phone's clock against the server's
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    accuracy_metres = models.FloatField(null=True)
    place_state = models.CharField(max_length=12, default="unknown")  # rules.PlaceState
    place_note = models.CharField(max_length=100, blank=True)  # in words: 离登记位置 3.2 公里
    is_key = models.BooleanField(default=False)  # a key employer on that day
    answers = models.JSONField(default=dict)  # by key of the form's questions
    summary = models.TextField(blank=True)
    spoken_with_count = models.PositiveSmallIntegerField(default=0)
    handed_in_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    chosen_over = models.JSONField(default=dict)  # what the officer saw beside it and set aside on return from offline

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(left_at=None) | Q(left_at__gte=F("arrived_at")), name="visit_span")
        ]
        indexes: ClassVar = [
            models.Index(fields=["employer", "-arrived_at"], name="visit_of_employer"),
            models.Index(fields=["user", "-arrived_at"], name="visit_of_user"),
            models.Index(fields=["scope", "-arrived_at"], name="visit_of_scope"),
            models.Index(fields=["arrived_at"], name="visit_by_day"),
            models.Index(fields=["together_with"], name="visit_together", condition=Q(together_with__isnull=False)),
        ]


class VisitPart(FailClosedModel):
    """What belongs to one visit and is seen with it."""

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(visit__in=Visit.objects.visible_to(actor).values("pk"))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        return rows.filter(visit__in=Visit.narrowed(Visit.objects.unscoped(reason="narrowing rows in sight"), paths))


class Observation(VisitPart):
    """One of the five things, in one tap and a word."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="observations")
    aspect = models.PositiveSmallIntegerField()  # rules.Aspect
    look = models.PositiveSmallIntegerField()  # rules.Look
    word = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["visit", "aspect"], name="observation_once")]


class SpokenWith(VisitPart):
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="spoken_with")
    name = EncryptedTextField()
    phone = EncryptedTextField(null=True)
    post = models.CharField(max_length=40, blank=True)


class Photo(VisitPart):
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")
    file_id = models.BigIntegerField()
    name = models.CharField(max_length=150)
    at = models.DateTimeField()


class Finding(VisitPart):
    """What somebody there asked or what was found; explained on the spot or passed on, with the case that was opened for it."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="findings")
    number = models.PositiveSmallIntegerField()  # in the visit, from 1
    text = models.TextField()
    outcome = models.PositiveSmallIntegerField()  # rules.Outcome
    explanation = models.TextField(blank=True)
    people = models.PositiveIntegerField(default=1)
    asker_name = EncryptedTextField(null=True)
    asker_phone = EncryptedTextField(null=True)
    by_employer = models.BooleanField(default=False)  # the employer asks, not a worker
    is_confidential = models.BooleanField(default=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["visit", "number"], name="finding_number")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """With the visit; a confidential one is told to whoever wrote it down and whoever sees the case alone."""
        open_case = Q(case__is_confidential=False, case__kept_from=[], case__kept_from_users=[])
        plain = Q(is_confidential=False) & (Q(case=None) | open_case)
        told = Q(case__in=Case.objects.visible_to(actor).values("pk"))
        own = Q(visit__user_id=actor.user_id) if actor.user_id else Q(pk=None)
        return super().visible_rows(rows, actor).filter(plain | told | own)


class FollowUp(VisitPart):
    """回看: come again by a day, because of what was seen."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="follow_ups")
    what = models.CharField(max_length=200)
    due_on = models.DateField()
    done_by = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)
    dropped_because = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_on"], condition=Q(done_by=None, dropped_at=None), name="follow_up_due")
        ]


class RecordProposal(VisitPart):
    """What a visit learnt of the employer's record: shown old beside new, written when somebody who may says so."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="proposals")
    field = models.CharField(max_length=30)  # of rules.EMPLOYER_FIELDS
    old = models.CharField(max_length=200, blank=True)
    new = models.CharField(max_length=200)
    state = models.PositiveSmallIntegerField(default=1)  # rules.ProposalState
    decided_by_name = models.CharField(max_length=50, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)


# --- stays, risks, surveys ---


class Stay(ScopedModel):
    """蹲点: a team lives with a place for a while."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    place = models.CharField(max_length=100)
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, null=True, related_name="+")
    leader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = ArrayField(models.BigIntegerField(), default=list)  # ids of users
    from_on = models.DateField()
    until_on = models.DateField()
    goals = models.TextField(blank=True)
    report = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(until_on__gt=F("from_on")), name="stay_span")]


class StayResult(ScopedModel):
    """成果: so many unions and members helped in, and what was done."""

    seen_with = Permission.VISIT_VIEW
    scope_via = "stay__scope"

    stay = models.ForeignKey(Stay, on_delete=models.CASCADE, related_name="results")
    on = models.DateField()
    what = models.CharField(max_length=200)
    unions = models.PositiveIntegerField(default=0)
    members = models.PositiveIntegerField(default=0)


class Risk(ScopedModel):
    """稳定风险: what a screening found, whose it is, and whether the level above was told."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="+")
    level = models.PositiveSmallIntegerField()  # rules.RiskLevel
    what = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_to = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["employer", "-id"], name="risk_of_employer")]


class Survey(ScopedModel):
    """问卷: the form of a kind, sent as a link to whoever has it."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    form = models.ForeignKey(VisitForm, on_delete=models.PROTECT, null=True, related_name="+")
    token = models.CharField(max_length=22, unique=True)  # public by its nature: it hangs on a wall
    from_on = models.DateField()
    until_on = models.DateField()
    closed_at = models.DateTimeField(null=True)
    made_by_name = models.CharField(max_length=50)


class SurveyAnswer(ScopedModel):
    """Without a name: whoever answers is not asked who it is. `visit`: what an officer wrote down there, kept as the visit has it."""

    seen_with = Permission.VISIT_VIEW
    scope_via = "survey__scope"

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="replies")
    answers = models.JSONField(default=dict)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="+")
    sender_digest = models.BinaryField(
        max_length=32, null=True
    )  # of the address, for a day: who answers a hundred times
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit"], condition=Q(visit__isnull=False), name="survey_answer_of_visit")
        ]
