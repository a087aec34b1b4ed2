"""The check: this process reads the file, two others check its rows and COPY them, then the register is asked.

Nothing of the register is written. Run again, it begins anew: the staging table is rebuilt from the stored file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from niangjia.engines.imports import judging, sending_back, staging
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.progress import Progress, Stopped, one_run_of
from niangjia.engines.imports.queries import may_run, place_for, source_of
from niangjia.engines.imports.sheet import Outcome, Place, Sheet, sheet_named
from niangjia.engines.imports.spool import Spool, cells_of, pack, packed_rows
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify
from niangjia.kernel.processes import deal_out
from niangjia.kernel.sheets.reading import OpenSheet

PIECE = 2_000  # rows
PROCESSES = 2
NAMED = 3  # rows, where there may be thousands

NOT_ANY_MORE = "经办人已没有导入这种名册的权限，请由有权限的人重新办理。"
NO_ROWS = "表头下面没有数据，请填好后重新上传。"


def check(batch_id: int, *, now: datetime) -> None:
    """The job: CHECKING → CHECKED (or WAITING again, when nothing differs from what was asked to be approved)."""
    batch = one(batch_id)
    with one_run_of(batch) as progress:
        batch.refresh_from_db()
        if batch.state != BatchState.CHECKING:
            return  # another run of the same job did it
        try:
            _check(batch, progress, now)
        except Stopped:
            staging.drop(batch)


def one(batch_id: int) -> ImportBatch:
    batches = ImportBatch.objects.unscoped(reason="a job works on the batch that somebody with the right sent")
    batch: ImportBatch = batches.select_related("scope").get(pk=batch_id)
    return batch


def place_of_batch(batch: ImportBatch, now: datetime, *, user_id: int | None = None) -> Place:
    """With the rights that whoever uploaded it has now, or who takes it back."""
    actor = actor_of(user_id or batch.user_id, now=now)
    if not may_run(sheet_named(batch.sheet), str(batch.scope.path), actor):
        raise Refused("imports.right", NOT_ANY_MORE)
    return place_for(batch, actor, today=timezone.localdate(now))


def _check(batch: ImportBatch, progress: Progress, now: datetime) -> None:
    before = batch.fingerprint if batch.asked_at else None
    spool = Spool()
    try:
        source = rebuild(batch, place_of_batch(batch, now), spool, progress)
        refused = sending_back.refused_rows(batch, source, spool, now=now)
    finally:
        spool.close()
    with transaction.atomic():
        current = ImportBatch.objects.unscoped(reason="the job's own batch").select_for_update().get(pk=batch.pk)
        if current.state != BatchState.CHECKING:
            raise Stopped
        batch.refused_file_id = refused
        batch.state = BatchState.WAITING if before == batch.fingerprint else BatchState.CHECKED
        if batch.state == BatchState.CHECKED:
            batch.asked_at = None
        batch.step_done = batch.step_total = batch.rows
        batch.trouble = batch.trouble or _unread(source)
        batch.save()
        bad = batch.outcomes.get(str(int(Outcome.REFUSED)), 0)
        notify(
            [batch.user_id],
            title=f"{sheet_named(batch.sheet).title}已检查完",
            body=f"{batch.file_name}：共 {batch.rows} 行，退回 {bad} 行。请查看预览后确认导入。",
            url=batch.get_absolute_url(),
            now=now,
        )


def _unread(source: OpenSheet) -> str:
    if not source.too_wide:
        return ""
    first = "、".join(map(str, source.too_wide[:NAMED]))
    return f"第 {first} 行{'等' if len(source.too_wide) > NAMED else ''}在最后一个表头右边还有内容，没有读取；需要时请补上表头后重新上传。"


def rebuild(batch: ImportBatch, place: Place, spool: Spool, progress: Progress) -> OpenSheet:
    """The staging table from the file, judged; fills the batch's figures without saving them."""
    sheet = sheet_named(batch.sheet)
    staging.create(batch, sheet)
    source = source_of(batch)
    read = _read(source.rows(), spool, progress)
    same: dict[str, Any] = {
        "table": batch.staging,
        "sheet": sheet,  # pickled by its class, whose module a new process then imports
        "place": place,
        "order": [batch.mapping.get(column.key, -1) for column in sheet.columns],
    }
    first = list(islice(read, 2))
    if not first:
        raise Refused("imports.empty", NO_ROWS)
    if len(first) == 1:  # a new process takes longer to begin than this
        loaded = check_pieces(first, **same)
    else:
        loaded = sum(deal_out(__name__, "check_pieces", chain(first, read), hands=PROCESSES, **same))
    progress.write(loaded)
    staging.loaded(batch.staging)
    judging.judge(batch, sheet, place, again=False)
    if batch.rows != loaded:
        raise RuntimeError(f"batch {batch.pk}: {loaded} rows were loaded and {batch.rows} found")
    return source


def _read(rows: Iterator[tuple[int, list[str]]], spool: Spool, progress: Progress) -> Iterator[bytes]:
    done = 0
    while some := list(islice(rows, PIECE)):
        piece = pack(some)
        spool.add(piece)
        yield piece
        done += len(some)
        progress(done)


def check_pieces(pieces: Iterable[bytes], *, table: str, sheet: Sheet, place: Place, order: Sequence[int]) -> int:
    """In each process: checks the rows that it is dealt and COPYs them; returns how many."""
    facts = sheet.facts(place)
    pick, check_row = _picker(order), sheet.check
    count = 0
    with staging.loading(table, sheet) as write:
        for piece in pieces:
            for number, packed in packed_rows(piece):
                cells = cells_of(packed)
                cells.append("")  # what -1 picks, for a column that the file hasn't got
                write(number, check_row(pick(cells), facts))
                count += 1
    return count


def _picker(order: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    if len(order) == 1:  # itemgetter of one gives no tuple
        only = order[0]
        return lambda cells: (cells[only],)
    return itemgetter(*order)
