"""The form of a kind of visit: what is asked, and what an answer leads to. Pure.

A form is kept as a list of questions in JSON (`VisitForm.questions`); those as delivered stand in `delivered_forms.py`.
An answer is kept by its question's key: text a string, number a whole number, yes_no a boolean, choice one of the
options, many a list of them, date '2026-11-22', money yuan as '1200.00'.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from niangjia.kernel.days import day_in
from niangjia.kernel.errors import Refused
from niangjia.kernel.money import fen_of
from niangjia.kernel.words import Word
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, Aspect, Look, RiskLevel

LONGEST_LABEL, LONGEST_HINT, LONGEST_OPTION, LONGEST_TEXT, LONGEST_WHAT = 60, 120, 30, 1000, 60
MOST_QUESTIONS, MOST_OPTIONS, MOST_DAYS = 40, 20, 365
MOST_NUMBER = 10_000_000
POOR_DAYS = 30
"""What looked poor is looked at again within a month."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")


class Type(Word):
    TEXT = "text", "文字"
    NUMBER = "number", "数字"
    YES_NO = "yes_no", "是或否"
    CHOICE = "choice", "单选"
    MANY = "many", "多选"
    DATE = "date", "日期"
    MONEY = "money", "金额（元）"


UNION_STATES: Mapping[str, str] = {
    "未建会": "NONE", "筹备中": "FOUNDING", "已纳入联合工会": "JOINT", "已单独建会": "OWN",
}  # fmt: skip
"""What an employer's record calls the answers to 建会情况."""

FIELD_TYPES: Mapping[str, Type] = {
    "headcount": Type.NUMBER, "women": Type.NUMBER, "new_form_workers": Type.NUMBER, "union_state": Type.CHOICE,
    "address": Type.TEXT,
}  # fmt: skip
"""Which facts a question may ask for, and as what. The position is the phone's to say."""

YES, NO = "是", "否"
_WIDE = str.maketrans("０１２３４５６７８９，", "0123456789,")
_TRUE, _FALSE = {True, "yes", "true", "1", YES}, {False, "no", "false", "0", NO}


@dataclass(frozen=True)
class Again:
    """回看: these answers want somebody there again within so many days."""

    when: Any
    days: int
    what: str = ""


@dataclass(frozen=True)
class Danger:
    """These answers are a risk of this level."""

    when: Any
    level: int


@dataclass(frozen=True)
class Question:
    """`when` of `follow_up` and `risk`: an answer, several, or {"least": 1} for a number or a sum."""

    key: str
    label: str
    type: str = Type.TEXT
    options: tuple[str, ...] = ()
    required: bool = False
    hint: str = ""
    field: str = ""
    follow_up: Again | None = None
    risk: Danger | None = None


@dataclass(frozen=True)
class Form:
    """`number` 0 is the one as delivered; `pk` is that of the published one."""

    kind: str
    name: str
    number: int
    questions: tuple[Question, ...]
    hint: str = ""
    pk: int | None = None

    def question(self, key: str) -> Question | None:
        return next((one for one in self.questions if one.key == key), None)


# --- as it is kept ---


def written(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """For the database and for the phone: what isn't said is left out."""
    rows: list[dict[str, Any]] = []
    for one in questions:
        row: dict[str, Any] = {"key": one.key, "label": one.label, "type": str(one.type)}
        for name in ("hint", "field"):
            if getattr(one, name):
                row[name] = getattr(one, name)
        if one.options:
            row["options"] = list(one.options)
        if one.required:
            row["required"] = True
        if one.follow_up:
            row["follow_up"] = {"when": one.follow_up.when, "days": one.follow_up.days, "what": one.follow_up.what}
        if one.risk:
            row["risk"] = {"when": one.risk.when, "level": int(one.risk.level)}
        rows.append(row)
    return rows


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    return tuple(
        Question(
            key=row["key"],
            label=row["label"],
            type=row["type"],
            options=tuple(row.get("options", ())),
            required=row.get("required", False),
            hint=row.get("hint", ""),
            field=row.get("field", ""),
            follow_up=Again(**row["follow_up"]) if row.get("follow_up") else None,
            risk=Danger(**row["risk"]) if row.get("risk") else None,
        )
        for row in rows
    )


# --- what staff declare ---


def check_definition(questions: Sequence[Question]) -> dict[int, str]:
    """What stands against the questions, by their place from 0; -1: against the form as a whole."""
    problems: dict[int, str] = {}
    if not questions:
        problems[-1] = "至少要有一个问题。"
    if len(questions) > MOST_QUESTIONS:
        problems[-1] = f"最多 {MOST_QUESTIONS} 个问题，现在有 {len(questions)} 个。现场填不完的表没有人填。"
    keys: set[str] = set()
    fields: set[str] = set()
    labels: set[str] = set()
    for number, one in enumerate(questions):
        problem = _problem_of(one)
        if not problem and one.key in keys:
            problem = "这个问题的编号和前面的重复。"
        if not problem and one.label in labels:
            problem = "前面已经有一样的问题。"
        if not problem and one.field and one.field in fields:
            problem = f"前面已经有问题更新“{EMPLOYER_FIELDS[one.field]}”，一份表只能问一次。"
        keys.add(one.key)
        labels.add(one.label)
        fields.add(one.field)
        if problem:
            problems[number] = problem
    return problems


def _problem_of(one: Question) -> str:
    checks = (_problem_of_words, _problem_of_type, _problem_of_options, _problem_of_field, _problem_of_leads)
    return next(filter(None, (check(one) for check in checks)), "")


def _problem_of_words(one: Question) -> str:
    if not _KEY.fullmatch(one.key):
        return "编号只能用小写字母、数字和下划线。"
    if not one.label:
        return "请写上问题。"
    if len(one.label) > LONGEST_LABEL or len(one.hint) > LONGEST_HINT:
        return f"问题最多 {LONGEST_LABEL} 个字，提示最多 {LONGEST_HINT} 个字。"
    return ""


def _problem_of_type(one: Question) -> str:
    return "" if one.type in set(Type) else "请选择怎样回答。"


def _problem_of_field(one: Question) -> str:
    wanted = FIELD_TYPES.get(one.field)
    if one.field and wanted != one.type:
        name = EMPLOYER_FIELDS.get(one.field, one.field)
        return f"“{name}”要用“{wanted.label}”来问。" if wanted else "走访表不能更新这一项。"
    if one.field == "union_state" and set(one.options) - set(UNION_STATES):
        return f"更新建会情况的选项只能是：{'、'.join(UNION_STATES)}。"
    return ""


def _problem_of_leads(one: Question) -> str:
    """Of what the answers lead to."""
    for what, lead in (("回看", one.follow_up), ("风险", one.risk)):
        if lead and (problem := _problem_of_when(one, lead.when)):
            return f"{what}：{problem}"
    if one.follow_up and not 1 <= one.follow_up.days <= MOST_DAYS:
        return f"回看：请写 1 到 {MOST_DAYS} 天。"
    if one.follow_up and len(one.follow_up.what) > LONGEST_WHAT:
        return f"回看：要看什么最多 {LONGEST_WHAT} 个字。"
    return "风险：请选择等级。" if one.risk and one.risk.level not in set(RiskLevel) else ""


def _problem_of_options(one: Question) -> str:
    if one.type not in {Type.CHOICE, Type.MANY}:
        return "只有单选、多选才有选项。" if one.options else ""
    if len(one.options) < 2:  # noqa: PLR2004 - one is no choice
        return "单选、多选至少要有两个选项，每行写一个。"
    if len(one.options) > MOST_OPTIONS:
        return f"选项最多 {MOST_OPTIONS} 个。"
    if len(set(one.options)) != len(one.options):
        return "有两个一样的选项。"
    if any(not option or len(option) > LONGEST_OPTION for option in one.options):
        return f"每个选项 1 到 {LONGEST_OPTION} 个字。"
    return ""


def _problem_of_when(one: Question, when: Any) -> str:
    counted = one.type in {Type.NUMBER, Type.MONEY}
    if isinstance(when, Mapping) or counted:
        least = when.get("least") if isinstance(when, Mapping) and counted else None
        return "" if isinstance(least, int) and 0 <= least <= MOST_NUMBER else "数字和金额请写从多少起算。"
    if one.type == Type.YES_NO:
        return "" if isinstance(when, bool) else "请选择“是”或“否”。"
    if one.type not in {Type.CHOICE, Type.MANY}:
        return "文字和日期不能自动判断，请改用单选或是或否。"
    missing = [value for value in _several(when) if value not in one.options]
    return f"没有“{missing[0]}”这个选项。" if missing else "" if _several(when) else "请写出是哪个选项。"


def _several(when: Any) -> list[Any]:
    return list(when) if isinstance(when, (list, tuple)) else [when]


# --- what was answered ---


def tidied(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """As they are kept: only the form's own questions, only what was answered. For what `check_answers` let pass."""
    kept: dict[str, Any] = {}
    for one in form.questions:
        answer, problem = _read_answer(one, answers.get(one.key))
        if answer is not None and not problem:
            kept[one.key] = answer
    return kept


def check_answers(form: Form, answers: Any) -> dict[str, str]:
    """What stands against the answers, by key: sentences for whoever answers."""
    if not isinstance(answers, Mapping):
        return {question.key: "看不懂这份表单的回答，请重新填写。" for question in form.questions[:1]}
    problems: dict[str, str] = {}
    for one in form.questions:
        answer, problem = _read_answer(one, answers.get(one.key))
        if problem:
            problems[one.key] = problem
        elif answer is None and one.required:
            problems[one.key] = f"请{'选择' if one.options or one.type == Type.YES_NO else '填写'}“{one.label}”。"
    return problems


def _read_answer(one: Question, given: Any) -> tuple[Any, str]:
    """The answer as it is kept, None for none; and what stands against it."""
    if given in (None, "", []):
        return None, ""
    if one.type == Type.MANY:
        values = [str(value) for value in _several(given)]
        unknown = [value for value in values if value not in one.options]
        return [option for option in one.options if option in values], (
            f"“{_short(unknown[0])}”不在选项里。" if unknown else ""
        )
    if one.type == Type.YES_NO:
        plain = given.strip().lower() if isinstance(given, str) else given
        if isinstance(plain, (bool, str)) and plain in _TRUE:
            return True, ""
        return False, "" if isinstance(plain, (bool, str)) and plain in _FALSE else f"“{one.label}”请选“是”或“否”。"
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return None, f"看不懂“{one.label}”的回答，请重新填写。"
    return _read_typed(one, _UNSEEN.sub("", unicodedata.normalize("NFC", str(given))).strip())


def _read_typed(one: Question, text: str) -> tuple[Any, str]:
    return _READERS[Type(one.type)](one, text) if text else (None, "")


def _read_choice(one: Question, text: str) -> tuple[Any, str]:
    return text, "" if text in one.options else f"“{_short(text)}”不在选项里。"


def _read_number(one: Question, text: str) -> tuple[Any, str]:
    plain = text.translate(_WIDE).replace(",", "")
    if not (plain.isascii() and plain.isdecimal()):
        return None, f"“{one.label}”请填整数，例如 35。"
    number = int(plain) if len(plain) <= len(str(MOST_NUMBER)) else MOST_NUMBER + 1
    return number, "" if number <= MOST_NUMBER else f"“{one.label}”的数字太大，请核对。"


def _read_date(one: Question, text: str) -> tuple[Any, str]:
    day = day_in(text)
    return (str(day), "") if day else (None, f"“{one.label}”请填日期，例如 2026-11-22。")


def _read_money(one: Question, text: str) -> tuple[Any, str]:
    try:
        fen = fen_of(text, one.key)
    except Refused as refusal:
        return None, refusal.message
    return f"{fen // 100}.{fen % 100:02}", ""


def _read_text(one: Question, text: str) -> tuple[Any, str]:
    return text[:LONGEST_TEXT], "" if len(text) <= LONGEST_TEXT else f"“{one.label}”最多写 {LONGEST_TEXT} 个字。"


_READERS: Mapping[str, Callable[[Question, str], tuple[Any, str]]] = {
    Type.TEXT: _read_text, Type.NUMBER: _read_number, Type.CHOICE: _read_choice, Type.DATE: _read_date,
    Type.MONEY: _read_money,
}  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_OPTION else f"{text[:LONGEST_OPTION]}…"


def meets(answer: Any, when: Any) -> bool:
    """Whether a kept answer is one that `when` means."""
    if answer is None:
        return False
    if isinstance(when, Mapping):
        least = when.get("least")
        try:
            return least is not None and float(answer) >= float(least)
        except (TypeError, ValueError):
            return False
    wanted = _several(when)
    return any(value in wanted for value in answer) if isinstance(answer, list) else answer in wanted


def shown(question: Question, answer: Any) -> str:
    """An answer in words."""
    if answer is None or answer == "":
        return ""
    if isinstance(answer, bool):
        return YES if answer else NO
    if isinstance(answer, list):
        return "、".join(map(str, answer))
    return f"{answer} 元" if question.type == Type.MONEY else str(answer)


def answers_shown(form: Form, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Question and answer in words, those that were answered."""
    pairs = ((one.label, shown(one, answers.get(one.key))) for one in form.questions)
    return [(label, text) for label, text in pairs if text]


# --- what they lead to ---


def proposals_from(form: Form, answers: Mapping[str, Any], employer: Any) -> list[tuple[str, str]]:
    """(field, new value as text) where an answer says otherwise than the employer's record."""
    kept = tidied(form, answers)
    found: list[tuple[str, str]] = []
    for one in form.questions:
        if not one.field or one.key not in kept:
            continue
        answer = kept[one.key]
        new = UNION_STATES.get(str(answer), "") if one.field == "union_state" else str(answer)[:200]
        if new and new != str(getattr(employer, one.field)):
            found.append((one.field, new))
    return found


def follow_ups_from(
    form: Form, answers: Mapping[str, Any], observations: Mapping[int, tuple[int, str]], on: date
) -> list[tuple[str, date]]:
    """(what to look at, until when): what the answers ask for, and each of the five things that looked poor."""
    kept = tidied(form, answers)
    found: list[tuple[str, date]] = []
    for one in form.questions:
        again = one.follow_up
        if again and meets(kept.get(one.key), again.when):
            what = again.what or f"{one.label}：{shown(one, kept[one.key])}"
            found.append((what[:200], on + timedelta(days=again.days)))
    for aspect, (look, word) in sorted(observations.items()):
        if look == Look.POOR:
            what = f"{Aspect(aspect).label}差{f'：{word}' if word else ''}"
            found.append((what[:200], on + timedelta(days=POOR_DAYS)))
    return found


def risk_from(form: Form, answers: Mapping[str, Any]) -> tuple[int, str] | None:
    """The highest level that an answer means, and the answers that mean one, the gravest first; None without any."""
    kept = tidied(form, answers)
    met = [one for one in form.questions if one.risk and meets(kept.get(one.key), one.risk.when)]
    if not met:
        return None
    met.sort(key=lambda one: -(one.risk.level if one.risk else 0))
    what = "；".join(f"{one.label}：{shown(one, kept[one.key])}" for one in met)
    return max(one.risk.level for one in met if one.risk), what if len(what) <= 300 else f"{what[:299]}…"  # noqa: PLR2004


def with_keys(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Those without a key get the next free one: staff write questions, not keys."""
    taken = {one.key for one in questions}
    numbers = (f"q{number}" for number in range(1, MOST_QUESTIONS * 3))
    free = (key for key in numbers if key not in taken)
    return tuple(one if one.key else replace(one, key=next(free)) for one in questions)
