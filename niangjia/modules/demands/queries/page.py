"""What one demand's page shows beside its facts; a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from niangjia.engines.casework.queries.parts import files_named
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.masks import mask_name, mask_phone
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.demands.models import Attachment, ConcernedPerson, Demand, Letter
from niangjia.modules.demands.queries.demands import Before, asked_before


@dataclass(frozen=True)
class Concerned:
    """One of the people whose matter it is too, masked."""

    name: str
    phone: str
    claimed_fen: int | None
    recovered_fen: int | None


@dataclass(frozen=True)
class Kept:
    row: Attachment
    file: StoredFile | None


def concerned_of(demand: Demand) -> list[ConcernedPerson]:
    return list(demand.concerned.order_by("id"))


def masked(rows: list[ConcernedPerson]) -> list[Concerned]:
    return [
        Concerned(mask_name(row.name), mask_phone(row.phone or ""), row.claimed_fen, row.recovered_fen) for row in rows
    ]


def attachments_of(demand: Demand) -> list[Kept]:
    rows = list(demand.attachments.order_by("id"))
    files = files_named(row.file_id for row in rows)
    return [Kept(row, files.get(row.file_id)) for row in rows]


def attachment_in_sight(pk: int, actor: Actor) -> StoredFile:
    """Raises Missing."""
    row = Attachment.objects.visible_to(actor).filter(pk=pk).first()
    found = files_named([row.file_id]).get(row.file_id) if row else None
    if found is None:
        raise Missing("没有找到这个附件。")
    return found


def letters_of(demand: Demand) -> list[Letter]:
    return list(demand.letters.order_by("id"))


def before_of(demand: Demand, actor: Actor, *, now: datetime) -> list[Demand]:
    """What the same asker asked at other times; nothing of somebody who asks without a name."""
    if demand.is_anonymous:
        return []
    found: Before = asked_before(
        demand.asker_phone or "", actor, now=now, person_id=demand.person_id, user_id=demand.asker_user_id
    )
    return [row for row in found.rows if row.pk != demand.pk]


def of_cases(case_ids: list[int]) -> dict[int, Demand]:
    """The demands of cases that are shown already, by id."""
    if not case_ids:
        return {}
    rows = Demand.objects.unscoped(reason="askers of the cases that were merged into one in sight")
    return {row.pk: row for row in rows.filter(pk__in=case_ids)}
