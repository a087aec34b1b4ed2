"""A roster of people who do not exist, with planted mistakes of every kind, and how many of each there are."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from niangjia.kernel.sheets.writing import write_sheet
from niangjia.kernel.synthetic import Trade
from niangjia.modules.members.models import ACTIVE_STATES, Membership, Person
from niangjia.modules.members.rules import (
    ETHNICITIES,
    Category,
    Education,
    Employment,
    Household,
    Marriage,
    MembershipState,
    Politics,
    Sex,
    SkillGrade,
)
from niangjia.modules.members.sheets.columns import COLUMNS
from niangjia.modules.members.synthetic import Block, Invented, people_of
from niangjia.modules.organisations.models import Employer, EmployerUnion, Organisation
from niangjia.modules.organisations.queries.membership import MEMBER_KINDS

REASON = "the bench writes a roster of what is there"
HEADINGS = [column.heading for column in COLUMNS]
KEYS = [column.key for column in COLUMNS]
FIRST = 4_000_000
"""Numbers of people from here on are free in the largest demonstration, and last for a million."""
BAD_SHARE, KNOWN_SHARE = 0.02, 0.01
TRADES = list(Trade)
Row = dict[str, str]


@dataclass
class Ground:
    """Unions (id, name, founded), their employers (name, code), and people of the register."""

    unions: list[tuple[int, str, date | None]]
    employers: dict[int, tuple[str, str]]
    known: list[Row]
    died: list[Row]
    today: date


def member_unions() -> Any:
    return Organisation.objects.unscoped(reason=REASON).filter(kind__in=MEMBER_KINDS, closed_on=None).order_by("pk")


def ground(path: str, today: date, wanted: int) -> Ground:
    unions = list(member_unions().filter(scope__path__under=path).values_list("pk", "name", "founded_on"))
    links = EmployerUnion.objects.unscoped(reason=REASON).filter(until_on=None, employer__closed_on=None)
    named: dict[int, tuple[str, str]] = {}
    shared = Counter(Employer.objects.unscoped(reason=REASON).values_list("name", flat=True))
    for union, name, code in links.values_list("organisation_id", "employer__name", "employer__credit_code"):
        if shared[name] == 1:
            named.setdefault(union, (name, code or ""))
    rows = Membership.objects.unscoped(reason=REASON).filter(scope__path__under=path)
    names = {pk: name for pk, name, _ in unions}
    active = rows.filter(status__in=ACTIVE_STATES)
    return Ground(
        unions, named, _registered(active, wanted, names), _registered(rows.filter(status=7), 2_000, names), today
    )


def _registered(rows: Any, wanted: int, unions: dict[int, str]) -> list[Row]:
    """Spread over the register by id; each person once."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    chosen = ids[:: max(1, len(ids) // max(wanted, 1))][:wanted]
    found = Membership.objects.unscoped(reason=REASON).filter(pk__in=chosen)
    found_rows = list(found.values_list("person_id", "scope_id", "joined_on", "name"))
    people = Person.objects.unscoped(reason=REASON).in_bulk([row[0] for row in found_rows])
    return [
        {
            "name": name, "document_number": people[person].document_number, "phone": people[person].phone,
            "union": unions[scope], "joined_on": joined.isoformat(),
        }
        for person, scope, joined, name in found_rows
        if scope in unions and people[person].phone
    ]  # fmt: skip


@dataclass
class Planted:
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


def write(path: Path, kind: str, rows: int, ground: Ground, *, seed: int = 1) -> Planted:
    planted = Planted()
    made = roster(rows, ground, planted, seed)
    cells = ([row.get(key, "") for key in KEYS] for row in made)
    if kind == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(cells)
    else:
        write_sheet(path, "xlsx", HEADINGS, cells)
    return planted


def roster(rows: int, ground: Ground, planted: Planted, seed: int) -> Iterator[Row]:
    """Right rows, known people and mistakes, mixed by chance, with the mistakes counted."""
    chance = random.Random(seed)
    registered, earlier = iter(ground.known), list[Row]()
    kinds = mistakes(ground, registered, earlier)
    bad = max(2, round(rows * BAD_SHARE / len(kinds)) // 2 * 2)
    known = round(rows * KNOWN_SHARE) // 2
    turns = [name for name in kinds for _ in range(bad)] + ["updated"] * known + ["unchanged"] * known
    turns += ["new"] * (rows - len(turns))
    chance.shuffle(turns)
    first = turns.index("new")
    turns[0], turns[first] = turns[first], turns[0]
    people = newcomers(rows, ground)
    for turn in turns:
        planted.rows += 1
        if turn in {"updated", "unchanged"}:
            row = dict(next(registered))
            if turn == "updated":
                row["post"] = "测量员"
            planted.outcomes[turn] += 1
        else:
            row = next(people)
            if turn == "new":
                planted.outcomes["new"] += 1
                if len(earlier) < 50_000:
                    earlier.append(row)
            else:
                code, spoil = kinds[turn]
                row = spoil(row)
                planted.outcomes["refused"] += 1
                planted.problems[code] += 1
        yield row


def newcomers(wanted: int, ground: Ground) -> Iterator[Row]:
    """Union by union, as a city's roster is put together."""
    share = -(-wanted // len(ground.unions))
    for index, (union, name, founded) in enumerate(ground.unions):
        block = Block(
            union=union, first=FIRST + index * share, size=share, trade=TRADES[union % len(TRADES)],
            founded_on=founded or date(2010, 1, 1), home="浙江省宁波市", place="某地",
        )  # fmt: skip
        firm = ground.employers.get(union, ("", ""))
        for person in people_of(block, seed=77, today=ground.today):
            yield row_of(person, name, firm)


_SEXES = dict(Sex.choices())
_WORDS = {
    "political_status": dict(Politics.choices()), "education": dict(Education.choices()),
    "skill_grade": dict(SkillGrade.choices()), "household_kind": dict(Household.choices()),
    "marital_status": dict(Marriage.choices()), "employment_status": dict(Employment.choices()),
}  # fmt: skip
_CATEGORIES = dict(Category.choices())


def row_of(person: Invented, union: str, firm: tuple[str, str]) -> Row:
    words = {
        "political_status": person.politics, "education": person.education, "skill_grade": person.skill_grade,
        "household_kind": person.household, "marital_status": person.marriage, "employment_status": person.employment,
    }  # fmt: skip
    row = {key: _WORDS[key][code] for key, code in words.items()} | {
        "name": person.name, "sex": _SEXES[person.sex], "ethnicity": ETHNICITIES[person.ethnicity],
        "document_kind": "居民身份证", "document_number": person.identity_number, "born_on": person.born_on.isoformat(),
        "phone": person.phone, "household_place": person.native_place, "is_migrant": "是" if person.is_migrant else "否",
        "post": person.post, "categories": "、".join(_CATEGORIES[code] for code in person.categories),
        "platform": person.platform, "employer": firm[0], "employer_code": firm[1], "union": union,
        "joined_on": person.joined_on.isoformat(), "status": MembershipState(person.status).label,
    }  # fmt: skip
    if person.status == MembershipState.KEPT:
        row |= {"change": "保留", "change_on": row["joined_on"]}
    return row


Spoil = Callable[[Row], Row]


def mistakes(ground: Ground, known: Iterator[Row], earlier: list[Row]) -> dict[str, tuple[str, Spoil]]:
    """Each kind's name: the code by which the importer counts it, and how a right row becomes wrong."""

    def cells(**wrong: str) -> Spoil:
        return lambda row: row | wrong

    def changed(key: str, how: Callable[[str], str]) -> Spoil:
        return lambda row: row | {key: how(row[key])}

    def other_sex(row: Row) -> Row:
        return row | {"sex": "女" if row["sex"] == "男" else "男"}

    def twice(row: Row) -> Row:
        same = {key: earlier[-1][key] for key in ("document_number", "name", "sex", "born_on", "phone", "joined_on")}
        return row | same | {"status": "", "change": "", "change_on": ""}

    def elsewhere(_: Row) -> Row:
        found = next(known)
        return found | {"union": next(name for _, name, _ in ground.unions if name != found["union"])}

    shared: list[str] = []

    def one_phone(row: Row) -> Row:
        """In pairs, since both are refused."""
        other = shared.pop() if shared else shared.append(row["phone"]) or row["phone"]
        return row | {"phone": other, "name": ("甲" if shared else "乙") + row["name"][:1]}

    died = iter(ground.died)
    kinds: dict[str, tuple[str, Spoil]] = {
        "name": ("name.wrong", changed("name", lambda name: name + "1")),
        "number short": ("document_number.length", changed("document_number", lambda number: number[:-1])),
        "number wrong": ("document_number.checksum", changed("document_number", spoilt)),
        "number mangled": ("document_number.mangled", changed("document_number", mangled)),
        "number missing": ("document_number.missing", cells(document_number="")),
        "sex": ("sex.differs", other_sex),
        "birth date": ("born_on.differs", cells(born_on="1900-01-01")),
        "birth date unclear": ("born_on.day", cells(born_on="属马")),
        "schooling": ("education.unknown", cells(education="大学问")),
        "phone short": ("phone.wrong", changed("phone", lambda phone: phone[:-1])),
        "phone mangled": ("phone.mangled", cells(phone="1.24123E+10")),
        "category": ("categories.unknown", cells(categories="快递员、宇航员")),
        "migrant": ("is_migrant.yes_no", cells(is_migrant="也许")),
        "joined ahead": ("joined_on.wrong", cells(joined_on="2099-01-01")),
        "joined as a child": ("joined_on.young", young),
        "union": ("union.unknown", changed("union", lambda name: name[:-3] + "公会")),
        "union missing": ("union.missing", cells(union="")),
        "employer": ("employer.unknown", cells(employer="没有登记过的单位", employer_code="")),
        "employer code": ("employer_code.wrong", cells(employer_code="91330")),
        "change without a day": ("change_on.missing", cells(status="", change="退会", change_on="")),
        "change without a reason": ("change_reason.missing", cells(status="", change="除名", change_on="2026-01-05")),
        "twice": ("document_number.twice", twice),
        "one phone": ("phone.shared", one_phone),
        "phone of another": (
            "phone.registered", lambda row: row | {"phone": next(known)["phone"], "name": "甲乙丙"},
        ),
        "in another union": ("document_number.other_union", elsewhere),
        "another name": ("name.registered", lambda _: next(known) | {"name": "甲乙丙"}),
        "left": ("status.gone", cells(status="退会", change="", change_on="")),
    }  # fmt: skip
    if len(ground.died) > 1_000:
        kinds["died"] = ("document_number.died", lambda _: next(died))
    return kinds


def young(row: Row) -> Row:
    return row | {"joined_on": f"{int(row['born_on'][:4]) + 15}-01-01", "status": "", "change": "", "change_on": ""}


def spoilt(number: str) -> str:
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def mangled(number: str) -> str:
    return f"{number[0]}.{number[1:6]}E+17"
