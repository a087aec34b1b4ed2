"""月交流、季分析、年评议: what the journal makes of the visits. Their rows are part of `models.py`, which names them all."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import ScopedModel, ScopedQuerySet
from niangjia.modules.visits.permissions import Permission


class Meeting(ScopedModel):
    """月交流: a group meets, looks at the facts, decides."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        "visits.Group", on_delete=models.PROTECT, null=True, related_name="meetings"
    )  # None: all together
    month = models.DateField()  # its first day: whose facts are looked at
    held_at = models.DateTimeField()
    place = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(default=dict)  # as they stood when the minutes were closed
    minutes = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "group", "month"], name="meeting_once", nulls_distinct=False)
        ]


class Attendance(ScopedModel):
    seen_with = Permission.VISIT_VIEW
    scope_via = "meeting__scope"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendance")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=50)  # of a guest from another department, or of the user
    presence = models.PositiveSmallIntegerField(default=1)  # rules.Presence


class MeetingTask(ScopedModel):
    """A decision that became somebody's task; the next meeting begins with it."""

    seen_with = Permission.VISIT_VIEW
    scope_via = "meeting__scope"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="tasks")
    text = models.CharField(max_length=300)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)
    carried_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "due_on"], name="meeting_task_of_user")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """By whoever sees the meeting, and by whose task it is."""
        own = Q(user=actor.user_id) if actor.user_id else Q(pk=None)
        return rows.filter(own | Q(meeting__in=Meeting.objects.visible_to(actor).values("pk")))


class TownshipReport(ScopedModel):
    """季分析: one township's quarter, the facts as they stood and the officer's text beside."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")  # the township's
    quarter = models.DateField()  # its first day
    facts = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    written_by_name = models.CharField(max_length=50, blank=True)
    written_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "quarter"], name="township_report_once")]


def around(actor: Actor, permission: str) -> Any:
    """The scopes under which, or above which, the actor holds the right."""
    paths = actor.paths(permission)
    above = [path.split(".")[:depth] for path in paths for depth in range(1, path.count(".") + 1)]
    within = Q(path__under_any=list(paths)) | Q(pk__in={int(labels[-1]) for labels in above})
    return (Scope.objects.filter(within) if paths else Scope.objects.none()).values("pk")


class YearRound(ScopedModel):
    """年评议: the best findings and suggestions of a year. Known to all below as well: they put forward and judge."""

    seen_with = Permission.VISIT_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    state = models.PositiveSmallIntegerField(default=1)  # rules.RoundState
    judges = ArrayField(models.BigIntegerField(), default=list)  # ids of users
    facts = models.JSONField(default=dict)  # the results and each officer's year, as they were published
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "year"], name="year_round_once")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(scope__in=around(actor, cls.seen_with))


class Nomination(ScopedModel):
    seen_with = Permission.VISIT_VIEW
    scope_via = "round__scope"

    round = models.ForeignKey(YearRound, on_delete=models.CASCADE, related_name="nominations")
    kind = models.CharField(max_length=12)  # rules.NominationKind
    title = models.CharField(max_length=60)
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    finding = models.ForeignKey("visits.Finding", on_delete=models.PROTECT, null=True, related_name="+")
    put_forward_by_name = models.CharField(max_length=50)
    at = models.DateTimeField()

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(round__scope__in=around(actor, cls.seen_with))


class Judgement(ScopedModel):
    """One judge's points for one nomination, never for the judge's own. Nobody reads another's before all is published."""

    seen_with = Permission.YEAR_RUN
    scope_via = "nomination__round__scope"

    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="judgements")
    judge = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField()  # 1 to 10
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nomination", "judge"], name="judgement_once"),
            models.CheckConstraint(condition=Q(points__gte=1, points__lte=10), name="judgement_points"),
        ]
