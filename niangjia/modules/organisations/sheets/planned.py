"""What the room's sheets share: rows laid beside the register in Python, after a few wide queries.

`check` says what is wrong with a row's own cells. `plan` says what would become of every row; `judge` keeps that
for the preview, and `commit` plans once more under lock and writes only what the preview had shown.
"""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from django.db import IntegrityError, connection

from niangjia.engines.imports.sheet import Change, Made, Outcome, Place, Problem, Sheet
from niangjia.kernel.errors import Missing, NotPermitted, Refused

Item = TypeVar("Item")
log = logging.getLogger(__name__)
AT_ONCE = 5_000


def in_parts(items: Iterable[Item], size: int = AT_ONCE) -> Iterator[list[Item]]:
    """Lists short enough to be parameters of one query."""
    wanted = list(items)
    return (wanted[start : start + size] for start in range(0, len(wanted), size))


@dataclass
class Row:
    """A row of the file on its way: `said` are its cells that hold something, tidied, by column key."""

    number: int
    label: str
    said: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    outcome: Outcome = Outcome.REFUSED
    subject: int | None = None
    differs: dict[str, tuple[str, str]] = field(default_factory=dict)  # column key → old and new, as people read them
    plan: Any = None  # what the sheet will write

    def refuse(self, column: str, code: str, message: str) -> None:
        problem = Problem(column, code, message)
        if problem not in self.problems:
            self.problems.append(problem)

    def refuse_with(self, no: Refused | NotPermitted, column: str, columns: Mapping[str, str] | None = None) -> None:
        """The action's own words; `columns` leads from the action's fields to the sheet's columns."""
        if isinstance(no, NotPermitted):
            self.refuse(column, "not_permitted", no.message)
        else:
            self.refuse((columns or {}).get(no.field or "", no.field or column), no.code, no.message)

    def day(self, key: str) -> date | None:
        return date.fromisoformat(self.said[key]) if key in self.said else None

    def settle(self) -> None:
        if self.problems:
            self.outcome, self.differs = Outcome.REFUSED, {}
        elif self.subject is None:
            self.outcome, self.differs = Outcome.NEW, {}
        else:
            self.outcome = Outcome.UPDATED if self.differs else Outcome.UNCHANGED

    @property
    def verdict(self) -> tuple[Any, ...]:
        return self.outcome, self.subject, self.differs


class PlannedSheet(Sheet):
    staged: ClassVar[tuple[tuple[str, str], ...]] = (("said", "text"), ("differs", "text"))

    @abstractmethod
    def plan(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        """Adds problems, and sets `subject`, `differs` and `plan`. With `locked` what it read stays as it is."""

    @abstractmethod
    def write(self, rows: list[Row], place: Place, *, now: datetime) -> dict[str, Any]:
        """Writes what was planned for NEW and UPDATED rows; returns figures for the trail."""

    def facts(self, place: Place) -> Place:
        return place

    def judge(self, staging: str, place: Place) -> None:
        rows = _read(staging)
        self._settle(rows, place, locked=False)
        _keep(staging, rows)

    def commit(self, staging: str, place: Place, *, now: datetime) -> Made:
        rows = _read(staging)
        shown = {row.number: row.verdict for row in rows}
        self._settle(rows, place, locked=True)
        for row in rows:
            if row.verdict != shown[row.number]:
                raise IntegrityError(f"row {row.number} of {staging} is not what the preview showed")
        # What was made is kept as rows before, not as ranges: ids of several kinds are taken in turns.
        return Made({}, self.write([row for row in rows if row.outcome in WRITTEN], place, now=now))

    def _settle(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        for row in rows:
            row.subject, row.differs = None, {}
        self.plan(rows, place, locked=locked)
        for row in rows:
            row.settle()

    def changes(self, staging: str, numbers: Sequence[int]) -> dict[int, list[Change]]:
        headings = {column.key: column.heading for column in self.columns}
        with connection.cursor() as cursor:
            cursor.execute(f"select number, differs from {staging} where number = any(%s)", [list(numbers)])
            return {
                number: [Change(headings[key], old, new) for key, (old, new) in json.loads(differs).items()]
                for number, differs in cursor.fetchall()
                if differs
            }


def changed_meanwhile(row: Row, no: Refused | NotPermitted | Missing) -> IntegrityError:
    """An action says no to what the plan, by the same rules, let pass: the register must have changed in between."""
    log.warning("Row %s was planned and could not be written: %s", row.number, getattr(no, "code", type(no).__name__))
    return IntegrityError(f"row {row.number} can't be written as planned")


WRITTEN = (Outcome.NEW, Outcome.UPDATED)


def staged(said: dict[str, Any]) -> tuple[str, str]:
    return json.dumps(said, ensure_ascii=False), "{}"


def _read(staging: str) -> list[Row]:
    """All rows in the file's order, without what an earlier judgement said of them but its verdict."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select number, label, said, problems, found, outcome, subject, differs from {staging} order by number"
        )
        return [
            Row(
                number,
                label,
                json.loads(said or "{}"),
                [Problem(**problem) for problem in _parsed(problems)[:found]],
                Outcome(outcome or 0),
                subject,
                {key: tuple(pair) for key, pair in json.loads(differs or "{}").items()},
            )
            for number, label, said, problems, found, outcome, subject, differs in cursor.fetchall()
        ]


def _parsed(problems: Any) -> list[dict[str, str]]:
    return (json.loads(problems) if isinstance(problems, str) else problems) or []


def _keep(staging: str, rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        for part in in_parts(rows):
            cursor.execute(
                f"""
                update {staging} s set outcome = v.outcome, subject = v.subject, problems = v.problems::jsonb,
                       label = v.label, differs = v.differs, changed = string_to_array(v.changed, ',')
                  from unnest(%s::int[], %s::smallint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
                       v (number, outcome, subject, problems, label, differs, changed)
                 where s.number = v.number
                """,
                [
                    [row.number for row in part],
                    [int(row.outcome) for row in part],
                    [row.subject for row in part],
                    [_told(row.problems) for row in part],
                    [row.label for row in part],
                    [json.dumps(row.differs, ensure_ascii=False) for row in part],
                    [",".join(row.differs) or None for row in part],
                ],
            )


def _told(problems: list[Problem]) -> str | None:
    told = [{"column": one.column, "code": one.code, "message": one.message} for one in problems]
    return json.dumps(told, ensure_ascii=False) if told else None
