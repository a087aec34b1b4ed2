"""What becomes of a finding: whoever opens cases is told, and says which case it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.events import publish
from niangjia.modules.visits.events import FindingSpoken
from niangjia.modules.visits.models import Finding, Visit
from niangjia.modules.visits.rules import Outcome

SPOKEN = frozenset({Outcome.EXPLAINED, Outcome.PASSED_ON})


def tell_findings(visit: Visit, findings: Iterable[Finding], *, actor: Actor, now: datetime) -> None:
    """Those that are somebody's word, one by one. Raises Refused, with the finding's number before the sentence."""
    for row in findings:
        if row.outcome not in SPOKEN:
            continue
        try:
            publish(FindingSpoken(row.pk, visit.scope_id, actor, now))
        except Refused as refusal:
            said = f"第 {row.number} 条发现：{refusal.message}"
            raise Refused(refusal.code, said, "findings") from None


def link_finding(finding_id: int, case_id: int) -> None:
    """The case that was opened for it, by whoever heard `FindingSpoken`. Raises Missing."""
    rows = Finding.objects.unscoped(reason="the finding that was just spoken")
    if not rows.filter(pk=finding_id, case=None).update(case=case_id):
        raise Missing
