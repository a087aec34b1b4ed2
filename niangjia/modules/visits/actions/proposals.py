"""What a visit learnt of an employer's record: written there when somebody who may says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.employers import edit_employer
from niangjia.modules.organisations.permissions import Permission as Org
from niangjia.modules.visits.drafts import tidy
from niangjia.modules.visits.models import RecordProposal
from niangjia.modules.visits.queries.employers import position_of
from niangjia.modules.visits.rules import ProposalState

COUNTS = frozenset({"headcount", "women", "new_form_workers"})
LONGEST_ANSWER = 200


def accept_proposal(pk: int, *, actor: Actor, now: datetime) -> RecordProposal:
    """Writes it into the employer's record. Raises Missing, NotPermitted, Refused."""
    with _deciding(pk, "visits.proposal.accepted", actor, now) as row:
        if row.field == "union_state":
            _ensure_linked(row)
        else:
            edit_employer(
                row.visit.employer_id,
                actor=actor,
                now=now,
                reason=f"{timezone.localdate(row.visit.arrived_at)} 走访所见",
                **_facts(row),
            )
        row.state = ProposalState.ACCEPTED
    return row


def _facts(row: RecordProposal) -> dict[str, Any]:
    if row.field == "position":
        latitude, _, longitude = row.new.partition(",")
        return {"latitude": float(latitude), "longitude": float(longitude)}
    return {row.field: int(row.new) if row.field in COUNTS else row.new}


def _ensure_linked(row: RecordProposal) -> None:
    """What a record says of its union follows from the unions it is linked to, so that is done there."""
    if row.visit.employer.union_state != row.new:
        raise Refused(
            "proposal.union_state", "建会情况随“关联工会”和组建记录变化：请先到单位页面办理，再回来点“更新”。"
        )


def decline_proposal(pk: int, *, answer: str, actor: Actor, now: datetime) -> RecordProposal:
    """Raises Missing, NotPermitted, Refused."""
    with _deciding(pk, "visits.proposal.declined", actor, now) as row:
        if not tidy(answer):
            raise Refused("proposal.answer", "请写明为什么不采纳，走访的人会看到。", "answer")
        row.state, row.answer = ProposalState.DECLINED, tidy(answer)[:LONGEST_ANSWER]
    return row


def stands_now(row: RecordProposal) -> str:
    """What the employer's record says today of the proposal's field."""
    employer = row.visit.employer
    return position_of(employer) if row.field == "position" else str(getattr(employer, row.field, ""))


@contextmanager
def _deciding(pk: int, verb: str, actor: Actor, now: datetime) -> Iterator[RecordProposal]:
    """By whoever may edit the employer."""
    with transaction.atomic():
        rows = RecordProposal.objects.visible_to(actor).select_for_update(of=("self",))
        row: RecordProposal | None = rows.select_related("visit__scope", "visit__employer").filter(pk=pk).first()
        if row is None:
            raise Missing("没有找到这条更新建议，可能不在您的管辖范围内。")
        if row.visit.employer.may_change(actor, Org.EMPLOYER_EDIT) is None:
            raise NotPermitted
        if row.state != ProposalState.OPEN:
            raise Refused("proposal.decided", f"{row.decided_by_name}已处理过这一条，请刷新后核对。")
        before = audit.snapshot(row)
        yield row
        row.decided_by_name, row.decided_at = actor.name, now
        row.save(update_fields=["state", "answer", "decided_by_name", "decided_at"])
        audit.record(
            actor=actor, verb=verb, subject=row, path=str(row.visit.scope.path), before=before,
            after=audit.snapshot(row), now=now,
        )  # fmt: skip
