"""People who may be one: the pairs that were found, and both sides of one beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.crypto.masks import mask_card, mask_identity, mask_phone
from niangjia.kernel.errors import Missing
from niangjia.modules.members import rules
from niangjia.modules.members.models import ACTIVE_STATES, DuplicatePair, Membership, Person, PersonMerge

MASKS = {"document_number": mask_identity, "phone": mask_phone, "bank_card": mask_card}
WORDS = {
    "document_kind": rules.Document, "sex": rules.Sex, "political_status": rules.Politics, "education": rules.Education,
    "skill_grade": rules.SkillGrade, "household_kind": rules.Household, "marital_status": rules.Marriage,
}  # fmt: skip
SHOWN = (
    "name", "document_kind", "document_number", "sex", "born_on", "phone", "ethnicity", "political_status",
    "education", "skill_grade", "native_place", "household_kind", "household_place", "is_migrant", "marital_status",
    "bank_name", "bank_card",
)  # fmt: skip
TAKEABLE = tuple(name for name in SHOWN if name not in {"document_kind", "document_number", "sex", "born_on"})
"""What may be taken over from the other side; document, sex and birth date go with who is kept."""


def pairs_in_sight(actor: Actor) -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.visible_to(actor)


def pair_in_sight(pk: int, actor: Actor) -> DuplicatePair:
    """Raises Missing."""
    found: DuplicatePair | None = pairs_in_sight(actor).select_related("first", "second").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这一对，可能已经处理，或有一人不在您的管辖范围内。")
    return found


def merge_of(pair: DuplicatePair) -> PersonMerge | None:
    """The merge that stands, if the pair was merged."""
    rows = PersonMerge.objects.unscoped(reason="the merge of a pair in sight")
    found: PersonMerge | None = rows.filter(pair=pair, undone_at=None).select_related("kept", "gone").first()
    return found


@dataclass(frozen=True)
class Side:
    """One of the two, with the memberships that are in sight."""

    person: Person
    memberships: list[Membership]

    @property
    def active(self) -> Membership | None:
        return next((row for row in self.memberships if row.status in ACTIVE_STATES), None)


def side(person: Person, actor: Actor) -> Side:
    rows = Membership.objects.visible_to(actor).filter(person=person).order_by("status", "-joined_on")
    return Side(person, list(rows))


@dataclass(frozen=True)
class FactBeside:
    name: str
    label: str
    first: str
    second: str
    differs: bool
    takeable: bool


def beside(pair: DuplicatePair) -> list[FactBeside]:
    """Every fact of both, masked where it must be; those that neither has are left out."""
    rows = []
    for name in SHOWN:
        first, second = getattr(pair.first, name), getattr(pair.second, name)
        if first in ("", None) and second in ("", None):
            continue
        label = label_of(name)
        rows.append(FactBeside(name, label, said(name, first), said(name, second), first != second, name in TAKEABLE))
    return rows


def said(name: str, value: Any) -> str:
    """A fact as the screen says it, masked where the column is encrypted."""
    if value in ("", None):
        return ""
    if name in MASKS:
        return MASKS[name](value)
    if name == "ethnicity":
        return rules.ETHNICITIES.get(value, value)
    if name in WORDS:
        return WORDS[name](value).label
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, date) else str(value)


def label_of(name: str) -> str:
    field: Any = Person._meta.get_field(name)
    return str(field.verbose_name)


def sealed_columns() -> frozenset[str]:
    return frozenset(field.name for field in Person._meta.concrete_fields if isinstance(field, EncryptedTextField))
