"""What was learnt, run by run, and what officers made of each suggestion."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedQuerySet
from niangjia.modules.demands.models import Demand, DemandPart
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.triage.rules import CURRENT


class TriageModel(FailClosedModel):
    """One run's model of one field. Its figures are of `trial`, which never saw what was held back to judge it."""

    field = models.CharField(max_length=8)  # triage.rules.Field
    number = models.PositiveIntegerField()  # of the run; the three fields of a night share it
    state = models.CharField(max_length=10)  # triage.rules.State
    made_at = models.DateTimeField()
    switched_at = models.DateTimeField(null=True)
    learnt_from = models.PositiveIntegerField()  # choices of officers
    held_back = models.PositiveIntegerField()
    parts_held = models.PositiveSmallIntegerField()  # of triage.rules.PARTS: what `trial` never saw
    labels = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)  # scores, those of what was in use beside them, seconds
    confusions = models.JSONField(default=list)  # [[taken for, is really, how often, [ids of demands]]]
    reason = models.CharField(max_length=200)  # why it was switched in, or not
    weights = models.BinaryField(null=True)  # null: forgotten, an old one
    trial = models.BinaryField(null=True)
    digest = models.CharField(max_length=64)  # SHA-256 of `weights`

    class Meta:
        app_label = "demands"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["field", "number"], name="triage_model_once"),
            models.UniqueConstraint(fields=["field"], condition=Q(state=CURRENT), name="triage_one_in_use"),
        ]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """Numbers about the whole house's work; the demands behind a confusion are fenced on their own."""
        return rows if actor.can(Permission.DEMAND_SUPERVISE) else rows.none()

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:  # noqa: ARG003
        return rows


class TriageDecision(DemandPart):
    """An officer's choice for one field of a demand; the newest one of a demand and field counts."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="triage_decisions")
    field = models.CharField(max_length=8)  # triage.rules.Field
    chosen = models.CharField(max_length=8)
    suggested = models.JSONField(default=list)  # [[value, percent, [words]]], the surest first
    model_number = models.PositiveIntegerField(default=0)  # 0: the words of the catalogue
    is_correction = models.BooleanField()  # something else had been suggested
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "demands"
        indexes: ClassVar = [
            models.Index(fields=["field", "-id"], name="triage_newest"),
            models.Index(fields=["at"], name="triage_decided_at"),
        ]
