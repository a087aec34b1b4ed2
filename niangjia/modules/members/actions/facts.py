"""What is known of a person and of a membership, tidied and checked in one place for forms and imports alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from niangjia.kernel import numbers
from niangjia.kernel.errors import Refused
from niangjia.modules.members import rules
from niangjia.modules.members.rules import Document, Sex

W = TypeVar("W", bound=StrEnum)

Problems = dict[str, str]
"""The problem of each field, in a sentence."""

EARLIEST_JOINING = date(1921, 1, 1)
LONGEST = {"native_place": 60, "household_place": 60, "bank_name": 60, "post": 40}


@dataclass(frozen=True)
class PersonFacts:
    """As written on the form; `tidied` makes them what is kept."""

    name: str
    document_kind: str
    document_number: str
    sex: str = ""
    born_on: date | None = None
    ethnicity: str = ""
    political_status: str = ""
    education: str = ""
    skill_grade: str = ""
    native_place: str = ""
    household_kind: str = ""
    household_place: str = ""
    is_migrant: bool | None = None
    marital_status: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_card: str = ""

    def tidied(self) -> PersonFacts:
        """One way of writing; birth date and sex from the number where it carries them."""
        tidy = replace(
            self,
            name=rules.tidy_name(self.name),
            document_number=rules.tidy_document(self.document_number),
            phone=numbers.tidy_phone(self.phone),
            bank_card=numbers.tidy_card(self.bank_card),
            native_place=self.native_place.strip(),
            household_place=self.household_place.strip(),
            bank_name=self.bank_name.strip(),
        )
        read = tidy.read
        if read is None:
            return replace(tidy, sex=self.sex or Sex.UNKNOWN.value)
        return replace(tidy, sex=self.sex or read.sex.value, born_on=self.born_on or read.birth_on)

    @property
    def read(self) -> rules.Read | None:
        kind = _member(Document, self.document_kind)
        return rules.read_document(kind, self.document_number) if kind else None

    def problems(self, *, today: date, synthetic: bool) -> Problems:
        """All that is wrong with tidied facts, by field."""
        found = {
            "name": rules.check_name(self.name),
            "document_number": self.document_problem(today, synthetic=synthetic),
            "phone": numbers.check_phone(self.phone, synthetic=synthetic) if self.phone else None,
            "bank_card": numbers.check_bank_card(self.bank_card, synthetic=synthetic) if self.bank_card else None,
            "sex": _unknown_code(self.sex, Sex),
            "ethnicity": _unknown_code(self.ethnicity, rules.ETHNICITIES),
            "political_status": _unknown_code(self.political_status, rules.Politics),
            "education": _unknown_code(self.education, rules.Education),
            "skill_grade": _unknown_code(self.skill_grade, rules.SkillGrade),
            "household_kind": _unknown_code(self.household_kind, rules.Household),
            "marital_status": _unknown_code(self.marital_status, rules.Marriage),
            **_too_long(self, ("native_place", "household_place", "bank_name")),
            **self._disagreement(today),
        }
        if _member(Document, self.document_kind) is None:
            found["document_kind"] = "请选择证件类型。"
        return {field: problem for field, problem in found.items() if problem}

    def document_problem(self, today: date, *, synthetic: bool) -> str | None:
        kind = _member(Document, self.document_kind)
        if not self.document_number:
            return "请填写证件号码。"
        return rules.check_document(kind, self.document_number, today=today, synthetic=synthetic) if kind else None

    def _disagreement(self, today: date) -> Mapping[str, str | None]:
        read = self.read
        if self.born_on is not None and self.born_on > today:
            return {"born_on": "出生日期不能晚于今天。"}
        if read is None:
            return {}
        sex = _member(Sex, self.sex)
        return {
            "born_on": rules.check_agrees(read, birth_on=self.born_on, sex=None),
            "sex": rules.check_agrees(read, birth_on=None, sex=sex),
        }


@dataclass(frozen=True)
class MembershipFacts:
    """What a membership says of the work; `categories` are the codes of `rules.Category`."""

    joined_on: date
    categories: tuple[int, ...] = ()
    employer: int | None = None
    employment_status: str = ""
    post: str = ""
    platform: int | None = None
    delivery_site: int | None = None

    def tidied(self) -> MembershipFacts:
        return replace(self, categories=tidy_categories(self.categories), post=self.post.strip())

    def problems(self, *, today: date, born_on: date | None) -> Problems:
        found = {
            "joined_on": self._joining_problem(today, born_on),
            "categories": check_categories(self.categories),
            "employment_status": _unknown_code(self.employment_status, rules.Employment),
            **_too_long(self, ("post",)),
        }
        return {field: problem for field, problem in found.items() if problem}

    def _joining_problem(self, today: date, born_on: date | None) -> str | None:
        if self.joined_on > today:
            return "入会日期不能晚于今天。"
        if self.joined_on < EARLIEST_JOINING:
            return "入会日期太早，请核对年份。"
        return rules.check_age(born_on, today=self.joined_on) if born_on else None


def tidy_categories(codes: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(codes)))


def check_categories(codes: Iterable[int]) -> str | None:
    known = {category.value for category in rules.Category}
    return None if set(codes) <= known else "所属群体里有系统不认识的代码，请重新选择。"


def ensure(problems: Problems) -> None:
    """Raises Refused with the first problem; a form shows them all before it comes to this."""
    for field, problem in problems.items():
        raise Refused(f"member.{field}", problem, field)


def _member(words: type[W], value: str) -> W | None:
    try:
        return words(value)
    except ValueError:
        return None


def _unknown_code(value: str, known: type[StrEnum] | Mapping[str, str]) -> str | None:
    codes = known if isinstance(known, Mapping) else {member.value for member in known}
    return "请从列表中选择。" if value and value not in codes else None


def _too_long(facts: object, fields: Iterable[str]) -> dict[str, str | None]:
    return {
        name: f"最多 {LONGEST[name]} 个字。" if len(getattr(facts, name)) > LONGEST[name] else None for name in fields
    }
