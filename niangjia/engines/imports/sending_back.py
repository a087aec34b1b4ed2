"""The sheet as it was sent, with a column at its end: the refused rows with their reasons, or every row with its result."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from niangjia.engines.imports import staging
from niangjia.engines.imports.headings import OURS, REASONS, RESULT
from niangjia.engines.imports.models import ImportBatch
from niangjia.engines.imports.queries import source_of
from niangjia.engines.imports.sheet import Outcome, sheet_named
from niangjia.engines.imports.spool import Spool, cells_of
from niangjia.kernel.errors import Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.jobs.actions import begin_task, fail, finish, progress
from niangjia.kernel.sheets.reading import OpenSheet
from niangjia.kernel.sheets.writing import write_sheet

KEPT = timedelta(days=90)
TOLD_EVERY = 5_000  # rows
GONE = "检查结果已清理，不能再生成整张表。"


def refused_rows(batch: ImportBatch, source: OpenSheet, spool: Spool, *, now: datetime) -> int | None:
    """Stores the refused rows as they were read; None when there are none."""
    if not batch.outcomes.get(str(int(Outcome.REFUSED))):
        return None
    titles = _titles(batch)

    def rows() -> Iterator[Sequence[str]]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"select number, problems from {batch.staging} where outcome = 0 order by number")
            refused = iter(cursor)
            wanted, problems = next(refused, (None, None))
            for number, packed in spool.rows():
                if number == wanted:
                    yield [*cells_of(packed), reasons(problems, titles)]
                    wanted, problems = next(refused, (None, None))

    return _written(batch, source, REASONS, rows(), now).pk


def whole_sheet(batch: ImportBatch, task_id: int, *, now: datetime) -> None:
    """The second job: every row with what became of it."""
    if not batch.rows or not staging.stands(batch):
        fail(task_id, result=GONE, now=now)
        return
    titles, source = _titles(batch), source_of(batch)

    def rows() -> Iterator[Sequence[str]]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"select number, outcome, problems, changed from {batch.staging} order by number")
            found = iter(cursor)
            for done, (number, cells) in enumerate(source.rows()):
                staged, outcome, problems, changed = next(found, (None, None, None, None))
                if staged != number:
                    raise Refused("imports.differs", "检查结果与上传的文件对不上，请重新检查后再试。")
                yield [*cells, result(Outcome(outcome), problems, changed, titles)]
                if done % TOLD_EVERY == 0:
                    progress(task_id, done, batch.rows)

    stored = _written(batch, source, RESULT, rows(), now)
    found = ImportBatch.objects.unscoped(reason="the job's own batch").filter(pk=batch.pk)
    found.update(sheet_file_id=stored.pk)
    finish(task_id, result=f"共 {batch.rows} 行，最后一列是处理结果。", now=now, file=stored)


def order(batch: ImportBatch, user_id: int, *, now: datetime) -> int:
    return begin_task(user_id, f"{sheet_named(batch.sheet).title}：整张表的处理结果", now=now).pk


def reasons(problems: Any, titles: Mapping[str, str]) -> str:
    """All of a row's, as one cell."""
    found = json.loads(problems) if isinstance(problems, str) else problems or []
    return "；".join(
        f"{titles[one['column']]}：{one['message']}" if one["column"] in titles else one["message"] for one in found
    )


def result(outcome: Outcome, problems: Any, changed: Sequence[str] | None, titles: Mapping[str, str]) -> str:
    if outcome == Outcome.REFUSED:
        return f"{outcome.label}：{reasons(problems, titles)}"
    if outcome == Outcome.UPDATED and changed:
        return f"{outcome.label}：{'、'.join(titles.get(key, key) for key in changed)}"
    return outcome.label


def _titles(batch: ImportBatch) -> dict[str, str]:
    """As the file calls its columns; what it hasn't got as we do."""
    ours = {column.key: column.heading for column in sheet_named(batch.sheet).columns}
    return ours | {key: batch.headings[index] for key, index in batch.mapping.items() if index < len(batch.headings)}


def _written(
    batch: ImportBatch, source: OpenSheet, heading: str, rows: Iterable[Sequence[str]], now: datetime
) -> StoredFile:
    """A column of ours that the file brought back is replaced, not doubled."""
    kept = [index for index, title in enumerate(batch.headings) if title not in OURS]
    headings = [*(batch.headings[index] for index in kept), heading]
    if len(kept) < len(batch.headings):
        rows = ([*(row[index] for index in kept), row[-1]] for row in rows)
    kind = "csv" if batch.file_kind == "csv" else "xlsx"
    name = f"{Path(batch.file_name).stem}-{heading}.{kind}"
    with tempfile.TemporaryDirectory(dir=settings.FILES_ROOT, prefix=".sheet-") as folder:
        target = Path(folder) / f"sheet.{kind}"
        write_sheet(target, kind, headings, rows, dialect=source.dialect, marked=len(kept))
        with target.open("rb") as content:
            return store(
                content, name=name, owner_id=batch.user_id, now=now, expires_at=now + KEPT,
                most_bytes=settings.IMPORT_MAX_BYTES,
            )  # fmt: skip
