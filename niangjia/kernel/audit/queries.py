"""Reading the trail."""

from __future__ import annotations

from django.db.models import QuerySet

from niangjia.kernel.audit.models import AuditEntry


def history(kind: str, subject_id: int, *, limit: int = 200) -> QuerySet[AuditEntry]:
    """The latest entries about one row. The caller has already been let see the row."""
    return AuditEntry.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-id")[:limit]


def entries_under(paths: tuple[str, ...]) -> QuerySet[AuditEntry]:
    """Everything recorded at and under these places, newest first."""
    return AuditEntry.objects.filter(path__under_any=list(paths)).order_by("-id")
