"""What checking a row needs to know, looked up by the cell's own text: after the first time, one dictionary access.

A dictionary here answers a cell it has not met through `__missing__`: it tidies, remembers what it
found, and puts a problem on the row's list where the cell means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from niangjia.engines.imports.sheet import Place, Problem
from niangjia.engines.imports.values import NearestNames, Unclear, day_of, is_mangled_number, yes_no
from niangjia.kernel.crypto.masks import mask_numbers
from niangjia.kernel.crypto.ring import digester, ring
from niangjia.kernel.numbers import ID_CHECK, INVENTED_PROVINCE, identity_weight
from niangjia.modules.members.actions.facts import tidy_categories
from niangjia.modules.members.queries.people import platforms
from niangjia.modules.members.rules import PROVINCE_CODE, YOUNGEST_MEMBER, age_on, check_birth
from niangjia.modules.members.sheets.columns import HEADING_OF
from niangjia.modules.members.sheets.words import labels, spellings, tidy_word
from niangjia.modules.organisations.queries.membership import (
    credit_code_problem,
    open_employers,
    tidy_code,
    tidy_title,
    unions_with_members,
)
from niangjia.modules.organisations.queries.organisations import names_of

DOCUMENT_AS, PHONE_AS = "members_person.document_number", "members_person.phone"
REMEMBERED = 100_000
SHOWN_OF_A_CELL = 20


def quoted(cell: str) -> str:
    """For a sentence that others read as well, and that the staging table keeps in plain."""
    text = mask_numbers(" ".join(cell.split()))
    return f"“{text[:SHOWN_OF_A_CELL]}…”" if len(text) > SHOWN_OF_A_CELL else f"“{text}”"


class Lookup(dict[str, Any]):
    """From a cell to what it means; None: nothing given, or a problem was told."""

    def __init__(self, key: str, problems: list[Problem]) -> None:
        super().__init__()
        self.key = key
        self.problems = problems

    def __missing__(self, cell: str) -> Any:
        if len(self) > REMEMBERED:
            self.clear()
        told = len(self.problems)
        meant = self.meaning(cell)
        if len(self.problems) == told:
            self[cell] = meant
        return meant

    def meaning(self, cell: str) -> Any:
        raise NotImplementedError

    def wrong(self, kind: str, message: str) -> None:
        self.problems.append(Problem(self.key, f"{self.key}.{kind}", message))


class Words(Lookup):
    """A closed list, by label, code or another usual way of saying it."""

    def __init__(self, key: str, problems: list[Problem]) -> None:
        super().__init__(key, problems)
        self.known = spellings(key)
        self.labels = labels(key)
        self.near = NearestNames(self.labels)

    def meaning(self, cell: str) -> Any:
        word = tidy_word(cell)
        if not word:
            return None
        if word in self.known:
            return self.known[word]
        self.unknown(cell)
        return None

    def unknown(self, cell: str) -> None:
        choices = "、".join(self.near.three(cell.strip()) or self.labels[:3])
        self.wrong("unknown", f"{HEADING_OF[self.key]}没有{quoted(cell)}这一项，最接近的是：{choices}。")


class Several(Words):
    """Words of one list with 、 or another mark between; told as PostgreSQL writes an array."""

    def meaning(self, cell: str) -> Any:
        codes = []
        for part in cell.translate(_BETWEEN).split():
            code = self.known.get(tidy_word(part))
            if code is None:
                self.unknown(part)
            else:
                codes.append(int(code))
        return "{" + ",".join(map(str, tidy_categories(codes))) + "}" if codes else None


_BETWEEN = str.maketrans(dict.fromkeys("、，,；;/|+\n\t\u3000", " "))


class Days(Lookup):
    def meaning(self, cell: str) -> date | None:
        day = day_of(cell.strip())
        if isinstance(day, Unclear):
            self.wrong(day.code, day.message)
            return None
        return day


class YesNo(Lookup):
    def meaning(self, cell: str) -> bool | None:
        answer = yes_no(cell)
        if isinstance(answer, Unclear):
            self.wrong(answer.code, answer.message)
            return None
        return answer


class Names(Lookup):
    """From a name, as the register keeps it or nearly so, to an id; the names are many, so near ones wait for a miss."""

    noun, hint = "", ""

    def __init__(self, key: str, problems: list[Problem], rows: Iterable[tuple[int, str]]) -> None:
        super().__init__(key, problems)
        self.known: dict[str, int] = {}
        self.shared: dict[str, list[int]] = {}
        for pk, name in rows:
            self.learn(name, pk)
        self._near: NearestNames | None = None

    def learn(self, name: str, pk: int) -> None:
        first = self.known.setdefault(name, pk)
        if first != pk:
            self.shared.setdefault(name, [first]).append(pk)

    def meaning(self, cell: str) -> int | None:
        name = tidy_title(cell)
        if not name:
            return None
        if name in self.shared:
            self.ambiguous(name)
            return None
        if name not in self.known:
            self.unknown(name)
        return self.known.get(name)

    def unknown(self, name: str) -> None:
        if self._near is None:
            self._near = NearestNames([*self.known])
        three = "；".join(self._near.three(name))
        also = f"最接近的是：{three}。" if three else ""
        self.wrong("unknown", f"没有找到{self.noun}{quoted(name)}。{also}{self.hint}")

    def ambiguous(self, name: str) -> None:
        self.wrong("ambiguous", f"叫{quoted(name)}的{self.noun}有 {len(self.shared[name])} 个，请写明是哪一个。")


class Unions(Names):
    """By full name, by short name, and with the superior before a stroke where several are called alike."""

    noun, hint = "工会", "请填写工会的全称，须是仍在运行、直接管理会员的工会。"

    def __init__(self, key: str, problems: list[Problem], path: str, default: int) -> None:
        unions = list(unions_with_members(path))
        super().__init__(key, problems, ((union.id, union.name) for union in unions))
        for union in unions:
            if union.short_name and union.short_name not in self.known:
                self.learn(tidy_title(union.short_name), union.id)
        alike = {pk for pks in self.shared.values() for pk in pks}
        self.superiors = names_of(union.parent_id for union in unions if union.id in alike and union.parent_id)
        self.parent_of = {union.id: union.parent_id for union in unions if union.id in alike}
        for union in unions:
            if union.id in alike and union.parent_id:
                self.learn(f"{self.superiors.get(union.parent_id, '')}/{union.name}", union.id)
        # An empty cell means the union for which the sheet is imported, where it has members of its own.
        self.default = default if any(union.id == default for union in unions) else None

    def meaning(self, cell: str) -> int | None:
        if cell.strip():
            return super().meaning(cell.replace("／", "/"))
        if self.default is None:
            self.wrong("missing", "请填写所属工会。")
        return self.default

    def ambiguous(self, name: str) -> None:
        above = [self.superiors.get(self.parent_of[pk] or 0, "") for pk in self.shared[name][:3]]
        self.wrong(
            "ambiguous",
            f"叫{quoted(name)}的工会有 {len(self.shared[name])} 个，请写成“上级工会/工会”，如："
            f"{'；'.join(f'{one}/{name}' for one in above)}。",
        )


class Employers(Names):
    noun, hint = "用人单位", "单位还没有登记的，请先导入用人单位。"


class Platforms(Names):
    noun = "平台"


class Codes(Lookup):
    """Employers by credit code."""

    def __init__(self, key: str, problems: list[Problem], known: dict[str, int]) -> None:
        super().__init__(key, problems)
        self.known = known

    def meaning(self, cell: str) -> int | None:
        if is_mangled_number(cell):
            self.wrong("mangled", MANGLED)
            return None
        code = tidy_code(cell)
        if not code:
            return None
        if problem := credit_code_problem(code):
            self.wrong("wrong", problem)
            return None
        if code not in self.known:
            self.wrong("unknown", f"没有找到代码为 {code} 的用人单位，请核对；单位还没有登记的，请先导入用人单位。")
        return self.known.get(code)


class Births(dict[str, "tuple[date, int, date] | None"]):
    """The eight digits of a number: the day, what it adds to the check sum, the day from which one may join."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = today

    def __missing__(self, digits: str) -> tuple[date, int, date] | None:
        right = digits.isascii() and digits.isdigit() and check_birth(digits, self.today) is None
        self[digits] = found = self._read(digits) if right else None
        return found

    def _read(self, digits: str) -> tuple[date, int, date]:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        year = day.year + YOUNGEST_MEMBER
        grown = date(year, 3, 1) if (day.month, day.day) == (2, 29) and not _leap(year) else day.replace(year=year)
        assert age_on(day, grown) == YOUNGEST_MEMBER
        return day, identity_weight(digits, 6), grown


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


class Regions(dict[str, "int | None"]):
    """The six digits of a resident's number: what they add to the check sum; None: no such beginning."""

    def __init__(self, *, synthetic: bool) -> None:
        super().__init__()
        self.synthetic = synthetic

    def __missing__(self, digits: str) -> int | None:
        invented = digits.startswith(INVENTED_PROVINCE)
        known = self.synthetic if invented else PROVINCE_CODE.match(digits) is not None
        right = digits.isascii() and digits.isdigit() and known
        self[digits] = found = identity_weight(digits) if right else None
        return found


def serials() -> dict[str, tuple[int, str]]:
    """The three digits before the check character: what they add to the sum, and the sex."""
    return {f"{n:03}": (identity_weight(f"{n:03}", 14), "1" if n % 2 else "2") for n in range(1000)}


MANGLED = "这个数字被表格软件改成了科学计数法，后几位已经丢失。请把这一列设为文本格式，照证件重新录入。"


@dataclass(slots=True)
class Knowledge:
    """`problems` is the row's own: emptied before each."""

    today: date
    synthetic: bool
    seal_document: Callable[[bytes], bytes]
    seal_phone: Callable[[bytes], bytes]
    digest: Callable[[bytes], bytes]
    problems: list[Problem]
    words: dict[str, Lookup]
    days: dict[str, Days]
    union: Unions
    employer: Employers
    employer_code: Codes
    platform: Names
    births: Births
    regions: Regions
    serials: dict[str, tuple[int, str]]
    check_characters: str


def knowledge_of(place: Place) -> Knowledge:
    problems: list[Problem] = []
    synthetic = bool(settings.SYNTHETIC_NUMBERS)
    words: dict[str, Lookup] = {
        key: Words(key, problems)
        for key in (
            "sex", "ethnicity", "document_kind", "political_status", "education", "skill_grade", "household_kind",
            "marital_status", "employment_status", "status", "change",
        )
    }  # fmt: skip
    words |= {"categories": Several("categories", problems), "is_migrant": YesNo("is_migrant", problems)}
    firms = list(open_employers(place.actor))
    return Knowledge(
        today=place.today, synthetic=synthetic, problems=problems, words=words, digest=digester(),
        seal_document=ring().sealer(DOCUMENT_AS), seal_phone=ring().sealer(PHONE_AS),
        days={key: Days(key, problems) for key in ("born_on", "joined_on", "change_on")},
        union=Unions("union", problems, place.path, place.scope_id),
        employer=Employers("employer", problems, ((pk, name) for pk, name, _ in firms)),
        employer_code=Codes("employer_code", problems, {code: pk for pk, _, code in firms if code}),
        platform=Platforms("platform", problems, ((one.pk, one.name) for one in platforms())),
        births=Births(place.today), regions=Regions(synthetic=synthetic), serials=serials(),
        check_characters=ID_CHECK,
    )  # fmt: skip
