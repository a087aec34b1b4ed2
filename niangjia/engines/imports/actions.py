"""What people do with a batch; the long steps are jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from niangjia.engines.imports.models import ImportBatch
from niangjia.kernel.access.actor import Actor


def upload_batch(
    *,
    sheet: str,
    scope_id: int,
    content: bytes | BinaryIO,
    name: str,
    actor: Actor,
    now: datetime,
    options: Mapping[str, Any] | None = None,
) -> ImportBatch:
    """Keeps the file, reads its headings and proposes which column each is. Raises Refused for what can't be read."""
    raise NotImplementedError


def match_columns(batch_id: int, *, mapping: Mapping[str, int], actor: Actor, now: datetime) -> None:
    """Says which heading is which column (key → index), and has the rows checked (again)."""
    raise NotImplementedError


def check_again(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """With the same columns: the register changed, or the database lost the checked rows."""
    raise NotImplementedError


def commit_batch(batch_id: int, *, actor: Actor, now: datetime) -> ImportBatch:
    """Has the rows written; above the set size a second person is asked first (the state then is WAITING)."""
    raise NotImplementedError


def approve_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """By a second person; the rows are then written."""
    raise NotImplementedError


def send_back_batch(batch_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """The second person says no; the batch can be dropped, or asked for again."""
    raise NotImplementedError


def take_back_batch(batch_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Undoes a whole commit; rows that were edited since stay and are listed in `kept`."""
    raise NotImplementedError


def drop_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """Before the commit only; the checked rows go at once."""
    raise NotImplementedError


def resume_batch(batch_id: int, *, actor: Actor, now: datetime) -> None:
    """A batch that FAILED goes on with the step in which it did."""
    raise NotImplementedError


def end_absent(batch_id: int, *, ids: Sequence[int], reason: str, actor: Actor, now: datetime) -> int:
    """Ends those of the absent rows that were chosen; returns how many."""
    raise NotImplementedError


def order_sheet_back(batch_id: int, *, actor: Actor, now: datetime) -> int:
    """The whole sheet with a column of results, as a task; returns the BackgroundTask's id."""
    raise NotImplementedError
