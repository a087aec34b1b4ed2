"""One row of the sheet: its cells read, all that is wrong with them, and what is staged of it.

Nearly every row is right, so a quick look accepts those that are plainly so; whatever is not plainly
right goes to `PersonFacts` and `MembershipFacts`, which check what forms send. The quick way may
therefore doubt too much, but never accept too much: a test holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from niangjia.engines.imports.sheet import Checked, Problem
from niangjia.engines.imports.values import is_mangled_number
from niangjia.kernel.crypto.masks import mask_identity, mask_name
from niangjia.kernel.numbers import INVENTED_PHONE
from niangjia.kernel.pinyin import initials_of_key, name_key
from niangjia.modules.members.actions.facts import EARLIEST_JOINING, LONGEST, MembershipFacts, PersonFacts
from niangjia.modules.members.rules import (
    CHANGES,
    NEEDS_REASON,
    Change,
    Document,
    Sex,
)
from niangjia.modules.members.sheets.knowledge import MANGLED, Knowledge, quoted
from niangjia.modules.organisations.queries.membership import tidy_title

STAGED = (
    ("document_digest", "bytea"), ("scope_id", "bigint"),  # these two of refused rows as well, where they are known
    ("name", "text"), ("name_key", "text"), ("initials", "text"), ("document_kind", "text"),
    ("document_number", "bytea"), ("sex", "text"), ("born_on", "date"), ("ethnicity", "text"),
    ("political_status", "text"), ("education", "text"), ("skill_grade", "text"), ("household_kind", "text"),
    ("household_place", "text"), ("is_migrant", "boolean"), ("marital_status", "text"), ("phone", "bytea"),
    ("phone_digest", "bytea"), ("phone_tail", "text"), ("employment_status", "text"), ("post", "text"),
    ("categories", "text"), ("platform_id", "bigint"), ("employer_id", "bigint"), ("joined_on", "date"),
    ("status", "smallint"), ("change", "text"), ("change_on", "date"), ("change_reason", "text"),
    # What `judge` finds out:
    ("membership_id", "bigint"), ("applies", "text"), ("seen", "text"),
)  # fmt: skip
_NOTHING_MORE = (None,) * (len(STAGED) - 2)
LONGEST_REASON = 200

_PLAIN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
_PLAIN_PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_PLAIN_INVENTED = re.compile(INVENTED_PHONE + r"\d{8}", re.ASCII)
_LENGTH, _TAIL = 18, 4
_RESIDENT = Document.RESIDENT.value
_UNKNOWN, _UNSTATED = Sex.UNKNOWN.value, Sex.UNSTATED.value
_BEGINNING = frozenset({Change.JOINED, Change.MOVED_IN})
_LABEL = 20


def read(cells: Sequence[str], known: Knowledge) -> Checked:
    """All problems of the row at once, or what is staged."""
    problems = known.problems
    problems.clear()
    (
        name, sex, ethnicity, kind, number, born, politics, education, skill, phone, household, household_place, migrant,
        marriage, employment, post, categories, platform, employer, employer_code, union, joined, status, change,
        changed, reason, _,
    ) = cells  # fmt: skip
    words, days = known.words, known.days
    kind_code, sex_code = words["document_kind"][kind], words["sex"][sex]
    born_on, joined_on = days["born_on"][born], days["joined_on"][joined]
    facts = (
        words["ethnicity"][ethnicity], words["political_status"][politics], words["education"][education],
        words["skill_grade"][skill], words["household_kind"][household],
    )  # fmt: skip
    is_migrant, marital = words["is_migrant"][migrant], words["marital_status"][marriage]
    employment_code, category_codes = words["employment_status"][employment], words["categories"][categories]
    scope_id, platform_id = known.union[union], known.platform[platform]
    employer_id = _by_code(employer_code, employer, known) if employer_code else known.employer[employer]
    status_code, change_code, change_on = words["status"][status], words["change"][change], days["change_on"][changed]
    household_place, post, reason = household_place.strip(), post.strip(), reason.strip()[:LONGEST_REASON]
    if change or status or changed:
        _check_change(status_code, change_code, change_on, reason, known)
        if change_code in _BEGINNING and joined_on is None:
            joined_on = change_on
    # “未知” says nothing: what the number says holds.
    person = Person(name, kind_code, number, None if sex_code == _UNKNOWN else sex_code, born_on, phone, joined_on)
    sure = _plain(person, known)
    if sure is None or len(household_place) > LONGEST["household_place"] or len(post) > LONGEST["post"]:
        sure = _doubtful(person, household_place, post, known)
    name, kind_code, number, sex_code, born_on, phone, _ = sure
    label = f"{mask_name(name[:_LABEL])} {mask_identity(number[:_LABEL])}"
    if problems:
        staged = (known.digest(number.encode()) if number else None, scope_id, *_NOTHING_MORE)
        return Checked(label, staged, [*problems])
    key, written, called = name_key(name), number.encode(), phone.encode()
    return Checked(
        label,
        (
            known.digest(written), scope_id, name, key, initials_of_key(key), kind_code, known.seal_document(written), sex_code,
            born_on, *facts, household_place or None, is_migrant, marital, known.seal_phone(called) if phone else None,
            known.digest(called) if phone else None, phone[-_TAIL:] or None, employment_code, post or None, category_codes,
            platform_id, employer_id, joined_on, status_code, change_code, change_on, reason or None,
            None, None, None,
        ),
        [],
    )  # fmt: skip


def _by_code(code: str, name: str, known: Knowledge) -> int | None:
    """The code decides; a name beside it must not be that of another employer."""
    found: int | None = known.employer_code[code]
    if found is not None and name:
        names = known.employer
        other = names.known.get(name) or names.known.get(tidy_title(name))
        if other not in {None, found} and found not in names.shared.get(tidy_title(name), ()):
            names.wrong("differs", f"单位{quoted(name)}与统一社会信用代码不是同一个单位，请核对。")
    return found


def _check_change(status: int | None, change: str | None, on: date | None, reason: str, known: Knowledge) -> None:
    """What can be said of a change without knowing the member; the rest is the register's."""

    def tell(column: str, kind: str, message: str) -> None:
        if all(problem.column != column for problem in known.problems):
            known.problems.append(Problem(column, f"{column}.{kind}", message))

    if on is not None and on > known.today:
        tell("change_on", "ahead", "日期不能晚于今天，请到那天再办理。")
    if change is None:
        if on is not None and status is None:
            tell("change", "missing", "填了会籍变化日期，还要填写会籍变化类型。")
        return
    meant = Change(change)
    if meant in CHANGES and status is not None and status != CHANGES[meant][1]:
        follows = CHANGES[meant][1].label
        tell("status", "differs", f"会籍状态与会籍变化类型不一致：办理“{meant.label}”后会籍是“{follows}”。")
    if on is None and meant not in _BEGINNING:
        tell("change_on", "missing", "请填写会籍变化日期。")
    if meant in NEEDS_REASON and not reason:
        tell("change_reason", "missing", f"办理“{meant.label}”要写明原因。")


class Person(NamedTuple):
    """What is checked together: the number says the sex and the birth date, the birth date bounds the joining day."""

    name: str
    document_kind: str | None
    document_number: str
    sex: str | None
    born_on: date | None
    phone: str
    joined_on: date | None


def _plain(person: Person, known: Knowledge) -> Person | None:
    """The same person tidied, if everything is plainly right."""
    name, kind, number, sex, born_on, phone, joined_on = person
    if (kind is not None and kind != _RESIDENT) or len(number) != _LENGTH or not _PLAIN_NAME.fullmatch(name):
        return None
    region, birth, serial = known.regions[number[:6]], known.births[number[6:14]], known.serials.get(number[14:17])
    if region is None or birth is None or serial is None:
        return None
    on, weight, grown = birth
    if sex is None:
        sex = serial[1]
    if (
        known.check_characters[(region + weight + serial[0]) % 11] == number[17]
        and (sex in (serial[1], _UNSTATED))
        and (born_on is None or born_on == on)
        and (not phone or _PLAIN_PHONE.fullmatch(phone) or (known.synthetic and _PLAIN_INVENTED.fullmatch(phone)))
        and (joined_on is None or (grown <= joined_on <= known.today and joined_on >= EARLIEST_JOINING))
    ):
        return Person(name, _RESIDENT, number, sex, on, phone, joined_on)
    return None


def _doubtful(person: Person, household_place: str, post: str, known: Knowledge) -> Person:
    """The long way, that of the forms: tells what is wrong, and tidies what only looked so."""
    told = {problem.column for problem in known.problems}
    number, phone = person.document_number, person.phone
    for column, text in (("document_number", number), ("phone", phone)):
        if is_mangled_number(text):
            known.problems.append(Problem(column, f"{column}.mangled", MANGLED))
            told.add(column)
    if "document_kind" in told:
        told |= {"document_number", "sex", "born_on"}
    tidy = PersonFacts(
        name=person.name, document_kind=person.document_kind or _RESIDENT, document_number=number,
        sex=person.sex or "", born_on=person.born_on, phone="" if "phone" in told else phone,
        household_place=household_place,
    ).tidied()  # fmt: skip
    joined_on = person.joined_on
    found = tidy.problems(today=known.today, synthetic=known.synthetic) | MembershipFacts(
        joined_on=joined_on or known.today, post=post
    ).problems(today=known.today, born_on=tidy.born_on if joined_on else None)
    known.problems.extend(
        Problem(field, f"{field}.{_kind_of(field, message, tidy)}", message)
        for field, message in found.items()
        if field not in told
    )
    sex = None if tidy.sex == _UNKNOWN else tidy.sex
    return Person(tidy.name, tidy.document_kind, tidy.document_number, sex, tidy.born_on, tidy.phone, joined_on)


def _kind_of(field: str, message: str, tidy: PersonFacts) -> str:
    """The forms' rules say what is wrong in a sentence; the counts of a preview want a stable word."""
    if field == "document_number":
        if not tidy.document_number:
            return "missing"
        return "checksum" if "校验位" in message else "length" if "现在是" in message else "wrong"
    if field in {"sex", "born_on"} and "不一致" in message:
        return "differs"
    return "young" if field == "joined_on" and "周岁" in message else "wrong"
