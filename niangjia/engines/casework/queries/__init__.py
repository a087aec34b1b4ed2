"""What is read of cases."""

from __future__ import annotations

from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.queries.clocks import explanation_of, running_limit
from niangjia.engines.casework.queries.load import count_in_hand, load_of
from niangjia.engines.casework.queries.openness import verbs_open_to
from niangjia.engines.casework.queries.orphans import orphans
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing

__all__ = [
    "case_in_sight", "count_in_hand", "explanation_of", "load_of", "orphans", "running_limit", "timeline",
    "timeline_for_asker", "verbs_open_to",
]  # fmt: skip


def case_in_sight(pk: int, actor: Actor) -> Case:
    """Raises Missing."""
    case: Case | None = Case.objects.one_visible_to(pk, actor).select_related("scope", "lead").first()
    if case is None:
        raise Missing
    return case


def timeline(case: Case, actor: Actor) -> ScopedQuerySet[Entry]:
    """Everything, the latest first; the case is in the actor's sight or nothing is shown."""
    return Entry.objects.visible_to(actor).filter(case=case).order_by("-id")


def timeline_for_asker(case: Case) -> ScopedQuerySet[Entry]:
    """What the one who asked reads, the latest first; the room above has proved who it is."""
    rows = Entry.objects.unscoped(reason="lines written for the one who asked")
    return rows.filter(case=case, for_asker=True).order_by("-id")
