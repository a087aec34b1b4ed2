"""Sheets for tests: rows in, outcomes out, without the engine's jobs and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from niangjia.engines.imports import staging
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import Change, Made, Outcome, Place
from niangjia.kernel.access.actor import Actor
from niangjia.modules.members.sheets import MemberSheet
from niangjia.modules.members.sheets.columns import COLUMNS
from niangjia.modules.members.testing import NOW, TODAY, identity_number, phone_number
from niangjia.modules.organisations.testing import acting_as

SHEET = MemberSheet()
ALL = tuple(column.key for column in COLUMNS)
Row = Mapping[str, str]


def row(name: str = "林小燕", **more: str) -> dict[str, str]:
    """A member as a sheet has her: another document and phone each time."""
    return {
        "name": name, "document_number": identity_number(), "phone": phone_number(), "joined_on": "2024-03-01", **more,
    }  # fmt: skip


@dataclass
class Roster:
    """A file of rows for a place; the first has number 2, under its headings."""

    organisation: Any
    rows: list[Row]
    actor: Actor | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.actor = self.actor or acting_as("CHAIR", self.organisation)
        self.batch = ImportBatch.objects.create(
            scope_id=self.organisation.pk, sheet=SHEET.name, file_id=1, file_name="名册.csv", file_kind="csv", sha256="",
            rows=len(self.rows), user_id=1, user_name="测试人员", created_at=self.now, state=BatchState.CHECKED,
        )  # fmt: skip
        self.place = Place(
            self.batch.pk, self.organisation.pk, self.organisation.scope.path, TODAY, ALL, self.actor, self.options
        )
        self.table = staging.create(self.batch, SHEET)
        self.facts = SHEET.facts(self.place)
        with staging.loading(self.table, SHEET) as write:
            for number, cells in enumerate(self.rows, start=2):
                write(number, SHEET.check([cells.get(key, "") for key in ALL], self.facts))
        staging.loaded(self.table)
        SHEET.judge(self.table, self.place)

    def judge(self) -> None:
        staging.forget_judgement(self.table)
        SHEET.judge(self.table, self.place)

    def asked(self, what: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(f"select {what} from {self.table} order by number")
            return cursor.fetchall()

    @property
    def outcomes(self) -> list[Outcome]:
        return [Outcome(outcome) for (outcome,) in self.asked("outcome")]

    @property
    def codes(self) -> list[list[str]]:
        return [[one["code"] for one in _json(problems)] for (problems,) in self.asked("problems")]

    @property
    def messages(self) -> list[str]:
        return ["".join(one["message"] for one in _json(problems)) for (problems,) in self.asked("problems")]

    def changes(self) -> dict[int, list[Change]]:
        return SHEET.changes(self.table, [number for (number,) in self.asked("number")])

    def commit(self) -> Made:
        with transaction.atomic():
            self.made = SHEET.commit(self.table, self.place, now=self.now)
        return self.made

    def take_back(self) -> list[str]:
        with transaction.atomic():
            return SHEET.take_back(self.batch.pk, self.made.ranges, self.place, now=self.now)


def _json(value: Any) -> Any:
    import json

    return json.loads(value) if isinstance(value, str) else value or []
