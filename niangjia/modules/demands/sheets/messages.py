"""Messages that people left elsewhere, brought over from a file with the times at which they left them."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from django.db import transaction
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import quietly
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.models import Alert
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue, suggest_kind
from niangjia.modules.demands.rules import Channel, Facts, Nature

SOURCE = "import"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("tid", "id", "留言编号", "编号"), "title": ("title", "t", "留言主题", "标题"),
    "body": ("detail", "d", "留言详情", "内容"), "user": ("user", "留言用户", "用户"), "time": ("time", "留言时间", "时间"),
}  # fmt: skip
FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
SURE_SCORE, SURE_LEAD = 4, 2
MOST_TOLD = 50
EVERY = 100
UNREADABLE = (csv.Error, OSError, EOFError, zlib.error)


class Message(NamedTuple):
    number: str
    title: str
    body: str
    user: str
    at: datetime | None  # None: the file doesn't say


class Brought(NamedTuple):
    """`problems`: (line, what is wrong), of the first so many; `bad` counts all."""

    read: int
    recorded: int
    known: int
    bad: int
    without_time: int
    with_kind: int
    problems: list[tuple[int, str]]


def bring_messages(
    path: Path, *, scope_id: int, limit: int | None = None, now: datetime, say: Callable[[str], None] = lambda _: None
) -> Brought:
    """Records each row that isn't there yet; run again it goes on where it stopped. Nobody is sent a message.

    Raises Refused for a file without the columns that are needed.
    """
    cases = Case.objects.unscoped(reason="what a file brought before")
    there = set(cases.filter(partner=SOURCE).values_list("partner_number", flat=True))
    known = catalogue()
    read = recorded = doubled = bad = without_time = with_kind = 0
    problems: list[tuple[int, str]] = []
    with quietly(before=now), opened(path) as file:
        for line, row in rows_of(file):
            if limit is not None and recorded >= limit:
                break
            read += 1
            try:
                message = message_of(row, now)
                if message.number in there:
                    doubled += 1
                    continue
                kind = sure_kind(message, known)
                bring(message, kind, scope_id=scope_id, now=now)
            except Refused as refused:
                bad += 1
                problems += [(line, refused.message)][: MOST_TOLD - len(problems)]
                continue
            there.add(message.number)
            recorded, without_time, with_kind = (
                recorded + 1,
                without_time + (message.at is None),
                with_kind + bool(kind),
            )
            if recorded % EVERY == 0:
                say(f"{recorded:,} recorded")
    return Brought(read, recorded, doubled, bad, without_time, with_kind, problems)


@transaction.atomic
def bring(message: Message, kind: str, *, scope_id: int, now: datetime) -> None:
    """What is long past rings nobody out of bed; it stands among the alerts all the same."""
    facts = Facts(
        nature=Nature.HELP, channel=Channel.SHEET, kind=kind, title=message.title, body=message.body or message.title,
        asker_name=message.user, is_anonymous=not message.user,
    )  # fmt: skip
    demand = record_demand(
        facts, scope_id=scope_id, actor=SYSTEM, now=now, received_at=message.at, partner=SOURCE,
        partner_number=message.number, tell=False,
    )  # fmt: skip
    Alert.objects.unscoped(reason="of the demand just brought").filter(demand=demand).update(next_at=None)


def sure_kind(message: Message, known: Catalogue) -> str:
    """The kind that its words say clearly; '' where an officer has to look."""
    first, *others = [*suggest_kind(f"{message.title} {message.body}", known=known), None]
    if first is None or first.score < SURE_SCORE:
        return ""
    second = others[0]
    return first.code if second is None or first.score - second.score >= SURE_LEAD else ""


def opened(path: Path) -> IO[str]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        raw = gzip.open(path, "rb") if packed else path.open("rb")  # noqa: SIM115 - the wrapper closes it
    except OSError as error:
        raise Refused("messages.file", f"The file can't be read: {error.strerror or error}.") from None
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")


def rows_of(file: IO[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line at which it ends, values by our names). Raises Refused without number and text."""
    reader = csv.DictReader(file)
    try:
        heads = {head.strip(): head for head in reader.fieldnames or ()}
    except UNREADABLE as error:
        raise Refused("messages.file", f"The file can't be read: {error}.") from None
    ours = {name: next((heads[one] for one in known if one in heads), None) for name, known in COLUMNS.items()}
    missing = [name for name in ("number", "body") if ours[name] is None]
    if missing:
        said = "; ".join(f"{name}: {' / '.join(COLUMNS[name])}" for name in missing)
        raise Refused("messages.columns", f"The file has no column for {said}.")
    try:
        for row in reader:
            yield reader.line_num, {name: (row.get(head) or "").strip() if head else "" for name, head in ours.items()}
    except UNREADABLE as error:
        raise Refused("messages.file", f"The file can't be read after line {reader.line_num}: {error}.") from None


def message_of(row: Mapping[str, str], now: datetime) -> Message:
    """Raises Refused."""
    if not row["number"]:
        raise Refused("messages.number", "no number")
    if not row["body"] and not row["title"]:
        raise Refused("messages.text", "nothing was said")
    at = moment_of(row["time"]) if row["time"] else None
    if at is not None and at > now:
        raise Refused("messages.time", f"the time is still to come: {row['time'][:30]}")
    return Message(row["number"][:60], row["title"], row["body"], row["user"][:50], at)


def moment_of(text: str) -> datetime:
    for form in FORMATS:
        try:
            return timezone.make_aware(datetime.strptime(text, form))  # noqa: DTZ007 - made aware at once
        except ValueError:
            continue
    raise Refused("messages.time", f"no time: {text[:30]}")
