"""Whether a paper that somebody was shown still says the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from niangjia.kernel.crypto.masks import mask_name
from niangjia.modules.members.models import ACTIVE_STATES, MembershipProof
from niangjia.modules.members.rules import UNMISTAKABLE

DAYS_VALID = 180


@dataclass(frozen=True)
class Answer:
    """All that a stranger with the code learns."""

    name: str
    number: str
    issued_on: date
    is_valid: bool
    why: str = ""


def proof_answer(code: str, *, now: datetime) -> Answer | None:
    """None for a code that no paper has."""
    rows = MembershipProof.objects.unscoped(reason="whoever holds the paper may ask whether it holds")
    proof: MembershipProof | None = rows.select_related("membership").filter(code=tidy_code(code)).first()
    if proof is None:
        return None
    why = _what_changed(proof, now)
    return Answer(
        mask_name(proof.membership.name), proof.number, timezone.localdate(proof.issued_at), not why, why
    )  # fmt: skip


def tidy_code(typed: str) -> str:
    """As it is kept, however it was copied from the paper."""
    return "".join(character for character in typed.lower() if character in UNMISTAKABLE)


def _what_changed(proof: MembershipProof, now: datetime) -> str:
    if proof.membership.status not in ACTIVE_STATES or proof.membership.scope_id != proof.union_id:
        return "出具以后会籍有变动，请本人重新开具。"
    if (now - proof.issued_at).days > DAYS_VALID:
        return f"出具已超过 {DAYS_VALID} 天，请本人重新开具。"
    return ""
