"""A sheet taken from rows to commit and back, as the engine does it, without files and processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.imports import staging
from niangjia.engines.imports.models import ImportBatch, RowBefore
from niangjia.engines.imports.sheet import Change, Outcome, Place, Sheet
from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.testing import NOW


class Import:
    """`rows` are given by heading; the first is row 2 of the file."""

    def __init__(
        self, sheet: Sheet, rows: list[dict[str, str]], *, actor: Actor, at: Organisation, now: datetime = NOW
    ) -> None:
        self.sheet, self.now = sheet, now
        headings = {column.heading: column.key for column in sheet.columns}
        given = tuple({headings[name] for row in rows for name in row})
        self.batch = ImportBatch.objects.create(
            scope=at.scope, sheet=sheet.name, file_id=1, file_name="册.xlsx", file_kind="xlsx", sha256="", user_id=1,
            user_name=actor.name, created_at=now,
        )  # fmt: skip
        self.place = Place(self.batch.pk, at.pk, at.scope.path, timezone.localdate(now), given, actor)
        staging.create(self.batch, sheet)
        facts = sheet.facts(self.place)
        with staging.loading(self.batch.staging, sheet) as write:
            for number, row in enumerate(rows, start=2):
                write(number, sheet.check([row.get(column.heading, "") for column in sheet.columns], facts))
        self.judge(again=False)

    def judge(self, *, again: bool = True) -> None:
        with transaction.atomic():
            if again:
                staging.forget_judgement(self.batch.staging)
            self.sheet.judge(self.batch.staging, self.place)
        self.counted = staging.count(self.batch.staging)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        return {Outcome(int(code)): rows for code, rows in self.counted.outcomes.items()}

    def problems(self, number: int = 2) -> dict[str, str]:
        """Code → message."""
        found = self._one("problems", number)
        return {one["code"]: one["message"] for one in found or []}

    def columns(self, number: int = 2) -> set[str]:
        return {one["column"] for one in self._one("problems", number) or []}

    def outcome(self, number: int = 2) -> Outcome:
        return Outcome(self._one("outcome", number))

    def changes(self, number: int = 2) -> list[Change]:
        return self.sheet.changes(self.batch.staging, [number]).get(number, [])

    def _one(self, column: str, number: int) -> Any:
        import json

        with connection.cursor() as cursor:
            cursor.execute(f"select {column} from {self.batch.staging} where number = %s", [number])
            (found,) = cursor.fetchone()
        return json.loads(found) if column == "problems" and found else found

    def commit(self) -> dict[str, Any]:
        with transaction.atomic():
            return self.sheet.commit(self.batch.staging, self.place, now=self.now).told

    def take_back(self) -> list[str]:
        with transaction.atomic():
            return self.sheet.take_back(self.batch.pk, {}, self.place, now=self.now)

    def kept(self) -> str:
        """All that was kept for taking back, as text."""
        return str(list(RowBefore.objects.filter(batch=self.batch).values_list("before", "after")))
