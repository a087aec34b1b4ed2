"""The limits that a new case begins with."""

from __future__ import annotations

from niangjia.engines.casework.models import Grading
from niangjia.engines.casework.rules import LIMITS, Limits, Urgency
from niangjia.kernel.kept import Kept


def _read() -> dict[tuple[str, int], Limits]:
    rows = Grading.objects.all()
    return {(row.kind, row.urgency): {"accept": row.accept, "answer": row.answer, "close": row.close} for row in rows}


_tables = Kept(Grading, _read)


def table_of(kind: str, urgency: Urgency) -> Limits:
    """The kind's own row, else what the product brings along."""
    return _tables.now().get((kind, int(urgency)), LIMITS[urgency])
