"""The limits that a new case begins with."""

from __future__ import annotations

from niangjia.engines.casework.models import Grading
from niangjia.engines.casework.rules import LIMITS, Limits, Urgency


def table_of(kind: str, urgency: Urgency) -> Limits:
    """The kind's own row, else what the product brings along."""
    row = Grading.objects.filter(kind=kind, urgency=urgency).first()
    return {"accept": row.accept, "answer": row.answer, "close": row.close} if row else LIMITS[urgency]
