"""Hundreds of choices of officers at once, for the tests of the learner."""

from __future__ import annotations

import random
from typing import Any

from niangjia.engines.casework.models import Case
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.testing import NOW, demand
from niangjia.modules.demands.tests.sayings import SAID, made
from niangjia.modules.demands.triage.models import TriageDecision
from niangjia.modules.demands.triage.rules import Field

OURS = "the test makes its own rows"


def chosen_before(at: Any, count: int, *, seed: int = 1, kinds: dict[str, str] | None = None) -> None:
    """So many demands that officers put right, by COPY's little sister: none of them said with the catalogue's words."""
    dealer = random.Random(seed)
    first = demand(at, "第一件，后面照着抄。", kind="0101")
    labels = list(SAID)
    cases, rows = [], []
    for number in range(count):
        example = made(labels[number % len(labels)], dealer)
        case = Case.objects.unscoped(reason=OURS).get(pk=first.pk)
        case.pk, case.number, case.title = None, f"T{seed}-{number}", example.title
        cases.append(case)
        rows.append(example)
    made_cases = Case.objects.unscoped(reason=OURS).bulk_create(cases)
    demands = []
    for case, example in zip(made_cases, rows, strict=True):
        row = Demand.objects.unscoped(reason=OURS).get(pk=first.pk) if not demands else demands[0]
        values = {
            name.attname: getattr(row, name.attname) for name in Demand._meta.concrete_fields if name.name != "case"
        }
        demands.append(Demand(case_id=case.pk, **values | {"body": example.body, "kind": example.label}))
    Demand.objects.unscoped(reason=OURS).bulk_create(demands)
    TriageDecision.objects.unscoped(reason=OURS).bulk_create(
        TriageDecision(
            demand_id=row.pk, field=Field.KIND.value, chosen=(kinds or {}).get(row.kind, row.kind),
            suggested=[["0103", 55, []]], is_correction=True, at=NOW,
        )
        for row in demands
    )  # fmt: skip
