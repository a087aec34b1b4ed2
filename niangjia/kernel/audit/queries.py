"""Reading the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from niangjia.kernel.audit.models import AuditEntry, AuditSeal


def history(kind: str, subject_id: int, *, limit: int = 200) -> QuerySet[AuditEntry]:
    """The latest entries about one row. The caller has already been let see the row."""
    return AuditEntry.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-id")[:limit]


def entries_under(paths: tuple[str, ...]) -> QuerySet[AuditEntry]:
    """Everything recorded at and under these places, newest first."""
    return AuditEntry.objects.filter(path__under_any=list(paths)).order_by("-id")


@dataclass(frozen=True)
class SealState:
    """How far the chain reaches."""

    sealed: int
    last_at: datetime | None


def seal_state() -> SealState:
    last = AuditSeal.objects.order_by("-no").first()
    return SealState(last.no if last else 0, last.at if last else None)
