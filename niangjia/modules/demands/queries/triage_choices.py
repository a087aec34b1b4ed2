"""What officers chose, as the learner reads it and as the page counts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek

from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.triage.models import TriageDecision, TriageModel
from niangjia.modules.demands.triage.rules import CURRENT, Field, part_of
from niangjia.modules.demands.triage.trying import Choice

MOST_LEARNT = 10_000
WEEKS_SHOWN, RUNS_SHOWN = 12, 30
_REASON = "the learner reads what was chosen everywhere; what it keeps of it are weights of words"


def choices_of(name: Field) -> list[Choice]:
    """The newest choice for each demand; the newest ones only, because the trade changes too."""
    rows = TriageDecision.objects.unscoped(reason=_REASON).filter(field=name).order_by("-id")
    read = rows.values_list("demand_id", "chosen", "demand__case__title", "demand__body")[:MOST_LEARNT]
    found: dict[int, Choice] = {}
    for demand_id, chosen, title, body in read:
        if demand_id not in found:
            found[demand_id] = Choice(demand_id, chosen, title, body, part_of(title, body))
    return list(found.values())


def decided_since(moment: datetime | None) -> bool:
    rows = TriageDecision.objects.unscoped(reason=_REASON)
    return bool((rows.filter(at__gt=moment) if moment else rows).exists())


def has_choice(demand: Demand, name: Field = Field.KIND) -> bool:
    """Whether an officer has confirmed or corrected it."""
    return bool(
        TriageDecision.objects.unscoped(reason="of a demand in sight").filter(demand=demand, field=name).exists()
    )


# --- the page ---


def runs(actor: Actor) -> list[TriageModel]:
    rows = TriageModel.objects.visible_to(actor).defer("weights", "trial")
    return list(rows.order_by("-number", "field")[:RUNS_SHOWN])


def run_numbered(actor: Actor, pk: int | None) -> TriageModel | None:
    rows = TriageModel.objects.visible_to(actor).defer("weights", "trial")
    found: TriageModel | None = rows.filter(pk=pk).first() if pk else None
    return found


def in_use(actor: Actor) -> dict[str, TriageModel]:
    rows = TriageModel.objects.visible_to(actor).filter(state=CURRENT).defer("weights", "trial")
    return {row.field: row for row in rows}


@dataclass(frozen=True)
class Week:
    """From a Monday on: choices that agreed with the first suggestion, and those that did not."""

    begins_on: date
    confirmed: int
    corrected: int

    @property
    def share(self) -> int:
        return round(100 * self.confirmed / (self.confirmed + self.corrected))


def weeks(actor: Actor, name: Field, *, now: datetime) -> list[Week]:
    """Of the demands in the actor's sight that had a suggestion, the newest week first."""
    rows = TriageDecision.objects.visible_to(actor).filter(
        field=name, at__gte=now - timedelta(weeks=WEEKS_SHOWN), at__lte=now
    )
    counted = (
        rows.exclude(suggested=[])
        .annotate(week=TruncWeek("at"))
        .values("week")
        .annotate(
            confirmed=Count("id", filter=Q(is_correction=False)), corrected=Count("id", filter=Q(is_correction=True))
        )
        .order_by("-week")
    )
    return [Week(row["week"].date(), row["confirmed"], row["corrected"]) for row in counted]


def confused(actor: Actor, model: TriageModel, taken: str, right: str) -> Sequence[Demand]:
    """The demands behind one confusion, as far as the actor sees them."""
    ids: list[int] = next((pair[3] for pair in model.confusions if pair[:2] == [taken, right]), [])
    rows = Demand.objects.visible_to(actor).filter(pk__in=ids).select_related("case__scope")
    return list(rows.order_by("-pk"))
