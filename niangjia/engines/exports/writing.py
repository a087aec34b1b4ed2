"""From a wish to a file: rows by two thousand, in a folder of its own that is gone afterwards."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from niangjia.engines.exports.actions import KEPT, tell
from niangjia.engines.exports.layout import Layout
from niangjia.engines.exports.models import Export
from niangjia.engines.exports.queries import Asked, asked_again, exporter, is_personal, layout_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.audit.queries import history
from niangjia.kernel.errors import Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.kinds import CSV, TEXT, XLSX, ZIP
from niangjia.kernel.jobs.actions import fail, finish, progress
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.writing import lock_in_zip, write_sheet

BATCH = 2_000
MOST_SHEET_ROWS = 1_048_576  # of a worksheet, headings included
MOST_BYTES = 4 * 1024**3
Clock = Callable[[], datetime]


def make(export_id: int, *, clock: Clock) -> None:
    """Makes the file of an export, or says why not. Run twice it does once: what a killed worker left is thrown away."""
    export = Export.objects.filter(pk=export_id, finished_at=None).first()
    if export is None:
        return
    progress(export.task_id, 0)
    actor = actor_of(export.user_id, now=clock())
    # Refused, NotPermitted and Missing pass through with their sentences; the job shows them.
    wanted = asked_again(export, actor)
    if export.in_full and not wanted.may_reveal:
        raise Refused("export.reveal", "您已没有查看完整号码的权限，请按屏蔽后的样子重新导出。")
    layout = layout_of(export.layout, wanted)
    with folder_of(export) as folder:
        path, rows = _written(export, wanted, layout, folder)
        if exporter(actor_of(export.user_id, now=clock())).held != wanted.actor.held:
            raise Refused("export.rights", "导出期间您的岗位有变动，文件没有交付。请重新导出。")
        _delivered(export, wanted, path, rows, now=clock())


@contextmanager
def folder_of(export: Export) -> Iterator[Path]:
    """Beside the kept files, so that what is written here lies where the rest lies and nowhere else."""
    root: Path = settings.FILES_ROOT / ".exports"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in root.glob(f"{export.pk}-*"):
        shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{export.pk}-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(export: Export, wanted: Asked, layout: Layout, folder: Path) -> tuple[Path, int]:
    ids = wanted.ids()
    above = [[line] for line in layout.header_lines]
    if export.kind == "xlsx" and len(ids) + len(above) + 1 > MOST_SHEET_ROWS:
        raise Refused(
            "export.rows", f"共 {len(ids):,} 行，一个 Excel 工作表最多 {MOST_SHEET_ROWS:,} 行。请改选 CSV，或缩小范围。"
        )
    progress(export.task_id, 0, len(ids))

    def rows() -> Iterator[list[str]]:
        for start in range(0, len(ids), BATCH):
            batch = wanted.batch(ids[start : start + BATCH], layout.sources)
            yield from wanted.source.written(batch, layout.columns, wanted.actor, in_full=export.in_full)
            progress(export.task_id, min(start + BATCH, len(ids)))

    width = len(layout.headings)
    first, *others = [*(line + [""] * (width - 1) for line in above), layout.headings]
    path = folder / file_name(export, layout, export.kind)
    count = write_sheet(path, export.kind, first, chain(others, rows()), dialect=Dialect(layout.encoding))
    if not is_personal(layout, wanted.source):
        return path, count - len(above)
    locked = folder / f"{path.stem}.zip"
    lock_in_zip(path, path.name, export.password, locked)
    path.unlink()
    return locked, count - len(above)


def file_name(export: Export, layout: Layout, kind: str) -> str:
    title = export.said.partition(" · ")[0]
    named = layout.name if layout.code.startswith("layout:") else title
    return f"{named.replace('/', '-')}{timezone.localdate(export.created_at):%Y%m%d}.{kind}"


def _delivered(export: Export, wanted: Asked, path: Path, rows: int, *, now: datetime) -> None:
    with transaction.atomic():
        mine = Export.objects.select_for_update().filter(pk=export.pk, finished_at=None).first()
        if mine is None:
            return  # another worker was quicker
        with path.open("rb") as content:
            file = store(
                content, name=path.name, owner_id=export.user_id, now=now, most_bytes=MOST_BYTES,
                kinds=(XLSX, CSV, TEXT, ZIP), expires_at=now + KEPT,
            )  # fmt: skip
        mine.rows, mine.finished_at, mine.password = rows, now, ""
        mine.save(update_fields=["rows", "finished_at", "password"])
        tell(mine, wanted, verb="exports.list.exported", actor=wanted.actor, now=now)
        lock = "，打开时要输入您设的口令" if path.suffix == ".zip" else ""
        until = timezone.localdate(now + KEPT)
        said = f"共 {rows:,} 行，请在 {until.month} 月 {until.day} 日前下载{lock}。"
        finish(export.task_id, result=said, file=file, now=now)


def give_up(export_id: int, sentence: str, *, now: datetime) -> None:
    """The task says why, the trail that nothing was handed out, and the password is forgotten."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(pk=export_id, finished_at=None).first()
        if export is None:
            return
        export.finished_at, export.password = now, ""
        export.save(update_fields=["finished_at", "password"])
        for entry in history(audit.kind_of(export), export.pk):
            who = Actor(entry.actor_id, entry.actor_name)
            audit.record(
                actor=who, verb="exports.list.failed", subject=export, path=entry.path, reason=sentence, now=now
            )
        fail(export.task_id, result=sentence, now=now)


def sentence_of(error: Exception) -> str:
    """What the one who waits is told."""
    said = getattr(error, "message", "")
    if said:
        return str(said)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return "服务器磁盘空间不足，文件没有写完。请联系系统管理员清理后重新导出。"
    return "系统出错，文件没有做成。请重新导出；多次出现请联系系统管理员。"
