"""Where a journal is kept, and since when."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Min
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.visits.models import Posting
from niangjia.modules.visits.queries.figures import visits_of

REASON = "where the journal is kept, for a report that the product itself is asked for"


def place_of_journal() -> int | None:
    """The place with most officers on post; the highest of several."""
    rows = Posting.objects.unscoped(reason=REASON).values("scope", "scope__path").annotate(officers=Count("pk"))
    found = sorted(
        rows.order_by(), key=lambda row: (-row["officers"], str(row["scope__path"]).count("."), row["scope"])
    )
    return int(found[0]["scope"]) if found else None


def first_day_of_journal(path: str, actor: Actor | None) -> date | None:
    """Of the first visit, or the first posting."""
    visited = visits_of(actor, path).aggregate(at=Min("arrived_at"))["at"]
    posted = Posting.objects.unscoped(reason=REASON).under(path).aggregate(on=Min("from_on"))["on"]
    days = [timezone.localdate(visited)] if visited else []
    return min([*days, *([posted] if posted else [])], default=None)
