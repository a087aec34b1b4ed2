"""What stands on the page of one visit, and on an employer's part about visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.visits.models import (
    Finding,
    FollowUp,
    KeyEmployer,
    Photo,
    PlannedVisit,
    RecordProposal,
    Risk,
    SpokenWith,
    Visit,
)
from niangjia.modules.visits.queries.postings import holds_on
from niangjia.modules.visits.rules import PlanState

RECENT = 8
REASON = "what belongs to a visit or an employer in sight"


@dataclass(frozen=True)
class Parts:
    observations: list[Any]
    spoken_with: list[SpokenWith]
    photos: list[Photo]
    findings: list[Finding]
    follow_ups: list[FollowUp]
    done: list[FollowUp]
    proposals: list[RecordProposal]
    together: list[Visit]


def parts_of(visit: Visit, actor: Actor) -> Parts:
    told = Finding.objects.visible_to(actor).filter(visit=visit.pk)
    first = visit.together_with_id or visit.pk
    beside = Visit.objects.visible_to(actor).filter(together_with=first) | Visit.objects.visible_to(actor).filter(
        pk=first
    )
    return Parts(
        list(visit.observations.order_by("aspect")),
        list(visit.spoken_with.order_by("pk")),
        list(visit.photos.order_by("pk")),
        list(told.order_by("number")),
        list(visit.follow_ups.select_related("done_by").order_by("due_on", "pk")),
        list(FollowUp.objects.unscoped(reason=REASON).filter(done_by=visit.pk).select_related("visit")),
        list(visit.proposals.order_by("pk")),
        list(beside.exclude(pk=visit.pk).select_related("user").order_by("arrived_at")),
    )


def photo_in_sight(pk: int, actor: Actor) -> StoredFile:
    """The file of a visit's photo. Raises Missing."""
    photo = Photo.objects.visible_to(actor).filter(pk=pk).first()
    stored = StoredFile.objects.filter(pk=photo.file_id).first() if photo else None
    if stored is None:
        raise Missing("没有找到这张照片。")
    return stored


@dataclass(frozen=True)
class OfEmployer:
    visits: list[Visit]
    count: int
    key: KeyEmployer | None
    follow_ups: list[FollowUp]
    planned: PlannedVisit | None
    risks: list[Risk]


def of_employer(employer_id: int, actor: Actor, *, today: date) -> OfEmployer:
    """In the actor's sight; empty for who sees no visits."""
    visits: Any = Visit.objects.visible_to(actor).filter(employer=employer_id)
    open_ones = FollowUp.objects.visible_to(actor).filter(visit__employer=employer_id, done_by=None, dropped_at=None)
    planned = PlannedVisit.objects.visible_to(actor).filter(
        employer=employer_id, on__gte=today, state=PlanState.PLANNED
    )
    keys = KeyEmployer.objects.visible_to(actor).filter(holds_on(today), employer=employer_id)
    return OfEmployer(
        list(visits.select_related("user").annotate(n=Count("photos")).order_by("-arrived_at", "-pk")[:RECENT]),
        visits.count(),
        keys.select_related("posting__user").order_by("-from_on").first(),
        list(open_ones.order_by("due_on")[:RECENT]),
        planned.select_related("user").order_by("on").first(),
        list(
            Risk.objects.visible_to(actor)
            .filter(employer=employer_id, closed_at=None)
            .order_by("-level", "pk")[:RECENT]
        ),
    )
