"""A form's questions as rows of fields that anybody can fill in: read from a request, shown again, made questions of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from niangjia.modules.visits.questions import (
    FIELD_TYPES,
    LONGEST_HINT,
    LONGEST_LABEL,
    LONGEST_WHAT,
    MOST_NUMBER,
    MOST_QUESTIONS,
    NO,
    YES,
    Again,
    Danger,
    Question,
    Type,
    check_definition,
    with_keys,
)
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, RiskLevel
from niangjia.ui.pages import number_in

TYPES = Type.choices()
FIELDS = [("", "不更新"), *((name, EMPLOYER_FIELDS[name]) for name in FIELD_TYPES)]
LEVELS = [(0, "不算"), *RiskLevel.choices()]
COUNTED = {Type.NUMBER, Type.MONEY}
BETWEEN = "；"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
_LINES = re.compile(r"[\n；;]")


@dataclass(frozen=True)
class Row:
    """One question as it is typed; `again` and `risk` are what somebody wrote as the answers that count."""

    key: str = ""
    label: str = ""
    type: str = Type.CHOICE
    options: str = ""
    required: bool = False
    hint: str = ""
    field: str = ""
    again_when: str = ""
    again_days: str = ""
    again_what: str = ""
    risk_when: str = ""
    risk_level: int = 0
    problem: str = ""
    is_new: bool = False

    @property
    def has_more(self) -> bool:
        return bool(self.hint or self.field or self.again_when or self.risk_when)

    @property
    def longest_label(self) -> int:
        return LONGEST_LABEL


@dataclass
class Editor:
    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    @property
    def may_add(self) -> bool:
        return len(self.rows) < MOST_QUESTIONS

    def questions(self) -> list[Question]:
        return list(with_keys([_question(row) for row in self.rows]))

    def check(self) -> bool:
        """True when they may be published; else each row says what is wrong."""
        problems = check_definition(self.questions())
        self.problem = problems.pop(-1, "")
        self.rows = [replace(row, problem=problems.get(number, "")) for number, row in enumerate(self.rows)]
        return not self.problem and not problems

    def act(self, what: str) -> None:
        """'add', 'up:3', 'down:3', 'remove:3' (rows from 0); anything else changes nothing."""
        act, _, place = what.partition(":")
        number = number_in(place)
        self.rows = [replace(row, is_new=False) for row in self.rows]
        if act == "add" and self.may_add:
            self.rows.append(Row(is_new=True))
        if number >= len(self.rows):
            return
        if act == "remove":
            del self.rows[number]
        to = {"up": number - 1, "down": number + 1}.get(act, -1)
        if 0 <= to < len(self.rows):
            self.rows.insert(to, replace(self.rows.pop(number), is_new=True))


def opened(questions: Iterable[Question]) -> Editor:
    return Editor([_row(one) for one in questions])


def posted(sent: QueryDict) -> Editor:
    count = min(number_in(sent.get("rows", "")), MOST_QUESTIONS)
    return Editor([_sent(sent, number) for number in range(count)])


def _sent(sent: Mapping[str, str], number: int) -> Row:
    def text(name: str, most: int = 2_000) -> str:
        return sent.get(f"{name}_{number}", "").replace("\x00", "").replace("\r\n", "\n").strip()[:most]

    key = text("key")
    return Row(
        key=key if _KEY.fullmatch(key) else "", label=" ".join(text("label").split()), type=text("type"),
        options=text("options"), required=bool(text("required")), hint=" ".join(text("hint", LONGEST_HINT).split()),
        field=text("field"), again_when=text("again_when"), again_days=text("again_days", 6),
        again_what=" ".join(text("again_what", LONGEST_WHAT).split()), risk_when=text("risk_when"),
        risk_level=number_in(text("risk_level")),
    )  # fmt: skip


def _row(one: Question) -> Row:
    return Row(
        key=one.key, label=one.label, type=one.type, options="\n".join(one.options), required=one.required,
        hint=one.hint, field=one.field,
        again_when=_said(one.follow_up.when) if one.follow_up else "",
        again_days=str(one.follow_up.days) if one.follow_up else "",
        again_what=one.follow_up.what if one.follow_up else "",
        risk_when=_said(one.risk.when) if one.risk else "", risk_level=one.risk.level if one.risk else 0,
    )  # fmt: skip


def _said(when: Any) -> str:
    if isinstance(when, Mapping):
        return str(when.get("least", ""))
    if isinstance(when, bool):
        return YES if when else NO
    return BETWEEN.join(map(str, when)) if isinstance(when, (list, tuple)) else str(when)


def _question(row: Row) -> Question:
    options = tuple(line.strip() for line in row.options.split("\n") if line.strip())
    of_choice = row.type in {Type.CHOICE, Type.MANY}
    return Question(
        key=row.key, label=row.label, type=row.type, options=options if of_choice else (), required=row.required,
        hint=row.hint, field=row.field,
        follow_up=Again(_when(row.type, row.again_when), number_in(row.again_days), row.again_what)
        if row.again_when else None,
        risk=Danger(_when(row.type, row.risk_when), row.risk_level) if row.risk_when and row.risk_level else None,
    )  # fmt: skip


def _when(kind: str, text: str) -> Any:
    """What somebody typed, as the answers that it means; what can't be read stays a text, which is no answer."""
    if kind in COUNTED:
        plain = text.lstrip("≥>= ").strip()
        readable = plain.isascii() and plain.isdecimal() and len(plain) <= len(str(MOST_NUMBER))
        return {"least": int(plain)} if readable else text
    if kind == Type.YES_NO:
        return {YES: True, NO: False}.get(text, text)
    several = [part.strip() for part in _LINES.split(text) if part.strip()]
    return several[0] if len(several) == 1 else several
