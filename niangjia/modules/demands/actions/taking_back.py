"""Demands that came by a sheet, taken back with it: those that nobody has touched since go, the others stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from niangjia.engines.casework.models import Case, Entry, Participant
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.scoped import FailClosedModel
from niangjia.modules.demands.models import Alert, Demand

REASON = "demands that a sheet brought"
OWN = (Entry, Participant, Alert)
"""What recording itself writes beside the case and the demand."""


def lines_of(case_ids: Iterable[int]) -> dict[int, int]:
    """How many lines the timeline of each has."""
    counted = Counter(
        Entry.objects.unscoped(reason=REASON).filter(case__in=list(case_ids)).values_list("case", flat=True)
    )
    return {pk: counted[pk] for pk in case_ids}


def remove_untouched(lines: Mapping[int, int]) -> list[tuple[str, str]]:
    """`lines`: how long each timeline was when the sheet was written. Returns numbers that stay, and why."""
    cases = list(Case.objects.unscoped(reason=REASON).select_for_update().filter(pk__in=list(lines)).order_by("pk"))
    now = lines_of([case.pk for case in cases])
    used = _referred([case.pk for case in cases])
    kept, gone = [], []
    for case in cases:
        if case.stage != Stage.RECEIVED:
            kept.append((case.number, f"现在是“{Stage(case.stage).label}”"))
        elif now[case.pk] != lines[case.pk] or case.pk in used:
            kept.append((case.number, "导入后已有人处理"))
        else:
            gone.append(case.pk)
    Alert.objects.unscoped(reason=REASON).filter(demand__in=gone).delete()
    for model in (Entry, Participant):
        model.objects.unscoped(reason=REASON).filter(case__in=gone).delete()
    Demand.objects.unscoped(reason=REASON).filter(pk__in=gone).delete()
    Case.objects.unscoped(reason=REASON).filter(pk__in=gone).delete()
    return kept


def _referred(ids: list[int]) -> set[int]:
    """Those to which a row of any table points that recording alone doesn't write; an alert somebody took among them."""
    found = set(
        Alert.objects.unscoped(reason=REASON)
        .filter(demand__in=ids, acknowledged_at__isnull=False)
        .values_list("demand", flat=True)
    )
    for model in (Case, Demand):
        for relation in model._meta.get_fields(include_hidden=True):
            other: Any = getattr(relation, "related_model", None)
            if not isinstance(relation, models.ForeignObjectRel) or other in (*OWN, Demand):
                continue
            if relation.on_delete is models.CASCADE:
                continue
            rows = other.objects.unscoped(reason=REASON) if issubclass(other, FailClosedModel) else other.objects.all()
            name = relation.field.name
            found |= set(rows.filter(**{f"{name}__in": ids}).values_list(name, flat=True))
    return found
