"""Which place a report is of when nobody names one."""

from __future__ import annotations

from niangjia.kernel.access.models import Scope
from niangjia.modules.visits.queries.journal import place_of_journal


def place_of_report() -> int | None:
    """Whose officers keep the journal; before there are any, the topmost union."""
    return place_of_journal() or Scope.objects.filter(parent=None).order_by("pk").values_list("pk", flat=True).first()
