"""What a sheet is that may be imported: declared once by the module whose rows it brings.

The engine reads the file, runs `check` over the rows in several processes and COPYs the answers into an
unlogged staging table of the batch; `judge` then compares them with the register in whole-set SQL, `commit`
writes them in one transaction. Everything in between (matching, preview, approval, the sheet back) is the
engine's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple

from niangjia.kernel.access.actor import Actor


class Outcome(IntEnum):
    """What becomes of a row; the numbers stand in the staging table."""

    REFUSED = 0
    NEW = 1
    UPDATED = 2
    UNCHANGED = 3

    @property
    def label(self) -> str:
        return ("退回", "新增", "更新", "无变化")[self]


@dataclass(frozen=True)
class Column:
    """A column of the template. `choices` become its drop-down; `hint` a note at the heading."""

    key: str
    heading: str
    aliases: tuple[str, ...] = ()
    required: bool = False  # a file without it can't be imported
    choices: tuple[str, ...] = ()
    hint: str = ""
    example: str = ""


class Problem(NamedTuple):
    """Why a row is refused: the column's key, a stable code for the counts, a sentence for the reader."""

    column: str
    code: str
    message: str


class Checked(NamedTuple):
    """A row after its own check: the label by which the preview names it (masked), and the staged values or None."""

    label: str
    staged: tuple[Any, ...] | None
    problems: list[Problem]


@dataclass(frozen=True)
class Place:
    """Where and as of when a batch is checked; picklable, because other processes need it."""

    batch_id: int
    scope_id: int
    path: str
    today: date
    given: tuple[str, ...]  # keys of the columns that the file has
    actor: Actor
    options: Mapping[str, Any] = field(default_factory=dict)


class Made(NamedTuple):
    """What a commit made: consecutive ids by kind ('members.person': (first, last)), and figures for the trail."""

    ranges: dict[str, tuple[int, int]]
    told: dict[str, Any]


class Change(NamedTuple):
    """A changed field of an existing row, as the preview shows it."""

    label: str
    old: str
    new: str


class Sheet(ABC):
    """Sub-class, declare, and `register` an instance. Instances hold no state.

    The staging table begins with the engine's columns `number int primary key, outcome smallint,
    problems jsonb, label text, subject bigint, changed text[]`; `staged` adds the sheet's own.
    """

    name: ClassVar[str] = ""  # 'members.member': stable, batches point to it; the name of the list of its rows
    list_url_name: ClassVar[str] = ""  # the page of that list, shown after a commit
    title: ClassVar[str] = ""  # 会员名册
    noun: ClassVar[str] = ""  # 会员, as in 新增 38 名会员
    permissions: ClassVar[tuple[str, ...]] = ()  # all needed at the batch's place
    columns: ClassVar[tuple[Column, ...]] = ()
    staged: ClassVar[tuple[tuple[str, str], ...]] = ()  # (column, PostgreSQL type) in the order of Checked.staged
    options: ClassVar[
        tuple[tuple[str, str], ...]
    ] = ()  # (key, label): what may be allowed at the upload; Place.options
    leavers_title: ClassVar[str] = ""  # '名册里没有的在册会员'; empty: absent rows mean nothing

    @abstractmethod
    def facts(self, place: Place) -> Any:
        """What checking needs to know (units by name, dictionaries); asked once in every checking process."""

    @abstractmethod
    def check(self, values: Sequence[str], facts: Any) -> Checked:
        """One row's own check, all problems at once. `values` in the order of `columns`, '' where nothing stands.

        Called a million times: no query, no exception as the normal way.
        """

    @abstractmethod
    def judge(self, staging: str, place: Place) -> None:
        """Sets `outcome`, `subject` and `changed` of all rows not refused, refuses further ones (engine's `refuse`).

        Whole-set SQL; may be run again on the same table and then says what holds now.
        """

    @abstractmethod
    def commit(self, staging: str, place: Place, *, now: datetime) -> Made:
        """Writes NEW and UPDATED rows within the engine's transaction; calls the engine's `keep_before` for updates.

        Raises IntegrityError when the register changed since `judge`: the engine then judges again and shows it.
        """

    @abstractmethod
    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        """Undoes a commit within the engine's transaction; returns a line for each row that was edited since and stays."""

    def changes(self, staging: str, numbers: Sequence[int]) -> dict[int, list[Change]]:
        """Old and new value of each changed field, for the UPDATED rows of one preview page (at most 50)."""
        return {}

    def absent_count(self, staging: str, place: Place) -> int:
        """How many rows of the units in the file the file does not name (possible leavers)."""
        return 0

    def absent(self, staging: str, place: Place, *, after: str, size: int) -> list[tuple[int, str, str]]:
        """A page of them: (id, label, small print), by id; `after` is the last one's, '' at the beginning."""
        return []

    def end_absent(self, ids: Sequence[int], place: Place, *, reason: str, now: datetime) -> int:
        """Ends those chosen, on request only; through the ordinary action, so with right and trail."""
        return 0


_sheets: dict[str, Sheet] = {}


def register(sheet: Sheet) -> Sheet:
    _sheets[sheet.name] = sheet
    return sheet


def sheet_named(name: str) -> Sheet:
    """Raises KeyError for a name that no room declares."""
    return _sheets[name]


def sheets_for(actor: Actor) -> list[Sheet]:
    """Those for which the actor holds every right somewhere."""
    return [sheet for sheet in _sheets.values() if all(actor.can(one) for one in sheet.permissions)]
