"""What belongs to one case that is in sight: its tasks, meetings, people, files. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from niangjia.engines.casework.models import Case, Consultation, Extension, Participant, Pause, Role, Task
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile

_RANK = {role: place for place, role in enumerate(Role)}


def tasks_of(case: Case) -> list[Task]:
    """Those still open first, the one that is due first on top."""
    rows = list(case.tasks.select_related("user").order_by("id"))
    return sorted(rows, key=lambda task: (task.done_at is not None or task.dropped_at is not None, task.pk))


def consultations_of(case: Case) -> list[Consultation]:
    return list(case.consultations.order_by("held_at", "id"))


def people_of(case: Case) -> list[Participant]:
    """Who takes part now, the lead first; somebody with two parts stands in each."""
    rows = case.participants.filter(until_at=None).select_related("user").order_by("id")
    return sorted(rows, key=lambda row: _RANK[Role(row.role)])


def asked_extension(case: Case) -> Extension | None:
    return case.extensions.filter(is_granted=None).select_related("asked_by").first()


def open_pause(case: Case) -> Pause | None:
    return case.pauses.filter(until_at=None).first() if case.paused_at else None


def part_of(case: Case, of: str, pk: int) -> Any:
    """The task, consultation or extension of this case. Raises Missing."""
    rows = {"task": case.tasks, "consultation": case.consultations, "extension": case.extensions}[of]
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到要办的这一项，可能已经办完。请刷新后再看。")
    return found


def merged_into_it(case: Case) -> list[Case]:
    """Cases that were merged into this one; they are worked on here."""
    rows = Case.objects.unscoped(reason="merged cases share the work and the page of the one in sight")
    return list(rows.filter(merged_into=case).order_by("id"))


def files_named(ids: Iterable[int]) -> dict[int, StoredFile]:
    wanted = set(ids)
    return {row.pk: row for row in StoredFile.objects.filter(pk__in=wanted)} if wanted else {}


def file_of(case: Case, file_id: int) -> StoredFile:
    """A file on the timeline or at a task of this case. Raises Missing for any other."""
    has_it = Q(file_ids__contains=[file_id])
    if not (case.entries.filter(has_it).exists() or case.tasks.filter(has_it).exists()):
        raise Missing("没有找到这个文件。")
    found = StoredFile.objects.filter(pk=file_id).first()
    if found is None:
        raise Missing("没有找到这个文件。")
    return found
