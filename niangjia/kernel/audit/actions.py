"""Writing the trail, sealing it, and proving that it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from django.db import connection, models, transaction

from niangjia.kernel.audit.models import AuditEntry, AuditSeal
from niangjia.kernel.crypto.fields import DigestField, EncryptedTextField
from niangjia.kernel.crypto.masks import mask_identity

SEAL_AT_MOST = 50_000
GENESIS = bytes(32)
_SEALER_LOCK = 7202

_waiting: ContextVar[list[AuditEntry] | None] = ContextVar("entries_waiting", default=None)


class Acting(Protocol):
    @property
    def user_id(self) -> int | None: ...

    @property
    def name(self) -> str: ...


def kind_of(row: models.Model | type[models.Model]) -> str:
    """How the trail names a kind of row: 'members.person'."""
    return row._meta.label_lower


class _Masked(str):
    """Reads masked, compares by what is behind it: a change that the mask hides is a change all the same."""

    __slots__ = ("behind",)
    behind: str

    def __new__(cls, value: str) -> Self:
        masked = super().__new__(cls, mask_identity(value) if value else "")
        masked.behind = value or ""
        return masked

    def __eq__(self, other: object) -> bool:
        return self.behind == other.behind if isinstance(other, _Masked) else str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def snapshot(row: models.Model) -> dict[str, Any]:
    """The row's own values, JSON-ready; encrypted ones masked, so that the trail leaks nothing."""
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if isinstance(field, DigestField) or field.primary_key:
            continue
        value = getattr(row, field.attname)
        if isinstance(field, EncryptedTextField):
            value = _Masked(value)
        elif value is not None and not isinstance(value, (bool, int, float, str, list)):
            value = str(value)
        values[field.attname] = value
    return values


def record(
    *,
    actor: Acting,
    verb: str,
    now: datetime,
    subject: models.Model | None = None,
    path: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Appends an entry in the transaction of the fact. With both sides given only what differs is kept."""
    if before is not None and after is not None:
        changed = [key for key in after if before.get(key) != after[key]]
        before, after = {key: before.get(key) for key in changed}, {key: after[key] for key in changed}
    entry = AuditEntry(
        at=now,
        actor_id=actor.user_id,
        actor_name=actor.name,
        verb=verb,
        subject_kind=kind_of(subject) if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        path=path,
        before=before,
        after=after,
        reason=reason[:300],
    )
    waiting = _waiting.get()
    if waiting is None:
        entry.save(force_insert=True)
    else:
        waiting.append(entry)
    return entry


@contextmanager
def together() -> Iterator[None]:
    """What is recorded within is written at its end in one statement; for one act of several facts, in its transaction."""
    if _waiting.get() is not None:
        yield
        return
    waiting: list[AuditEntry] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    AuditEntry.objects.bulk_create(waiting)


def _line(entry: AuditEntry) -> bytes:
    facts = [
        entry.pk, entry.at.timestamp(), entry.actor_id, entry.actor_name, entry.verb, entry.subject_kind,
        entry.subject_id, entry.path, entry.before, entry.after, entry.reason,
    ]  # fmt: skip
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _link(previous: bytes, entries: Iterable[AuditEntry]) -> tuple[bytes, int]:
    hashed, rows = hashlib.sha256(previous), 0
    for entry in entries:
        hashed.update(hashlib.sha256(_line(entry)).digest())
        rows += 1
    return hashed.digest(), rows


def seal(*, now: datetime) -> int:
    """Takes the unsealed committed rows into the chain; returns how many. One sealer at a time."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
            if not (cursor.fetchone() or (False,))[0]:
                return 0
        entries = list(AuditEntry.objects.filter(seal_no=None).order_by("id")[:SEAL_AT_MOST])
        if not entries:
            return 0
        last = AuditSeal.objects.order_by("-no").first()
        previous = bytes(last.hash) if last else GENESIS
        number = last.no + 1 if last else 1
        digest, rows = _link(previous, entries)
        AuditSeal.objects.create(no=number, rows=rows, hash=digest, previous=previous, at=now)
        AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(seal_no=number)
        return rows


@dataclass(frozen=True)
class Verdict:
    """`broken` is the number of the first seal that doesn't hold, or None."""

    seals: int
    rows: int
    unsealed: int
    broken: int | None
    last_hash: str


def verify() -> Verdict:
    """Walks the whole chain and recomputes every hash."""
    previous, rows, seals = GENESIS, 0, 0
    expected = 1
    for link in AuditSeal.objects.order_by("no").iterator():
        entries = AuditEntry.objects.filter(seal_no=link.no).order_by("id").iterator(chunk_size=5000)
        digest, count = _link(previous, entries)
        if link.no != expected or bytes(link.previous) != previous or digest != bytes(link.hash) or count != link.rows:
            return Verdict(seals, rows, _unsealed(), link.no, previous.hex())
        previous, rows, seals, expected = digest, rows + count, seals + 1, expected + 1
    orphan = AuditEntry.objects.filter(seal_no__gte=expected).values_list("seal_no", flat=True).first()
    return Verdict(seals, rows, _unsealed(), orphan, previous.hex())


def _unsealed() -> int:
    return AuditEntry.objects.filter(seal_no=None).count()
