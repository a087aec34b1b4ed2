"""What an entry of the trail says of its row. Rooms register how their codes read in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from niangjia.kernel.audit.models import AuditEntry

Shown = Callable[[Any], str]

_values: dict[tuple[str, str], Shown] = {}


def register_values(kind: str, /, **shown: Shown) -> None:
    """`register_values('organisations.organisation', kind=label_of_kind)`: codes in words, by column."""
    _values.update({(kind, column): show for column, show in shown.items()})


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str
    is_new: bool = False

    @property
    def text(self) -> str:
        if self.is_new:
            return f"{self.label}：{self.after}"
        return f"{self.label}：{self.before or '空'} → {self.after or '空'}"


def changes(entry: AuditEntry) -> list[Change]:
    """What an entry says of its row, column by column; only columns that have a Chinese name."""
    after, before = entry.after or {}, entry.before or {}
    labels = _labels(entry.subject_kind)
    found = [
        Change(
            labels[column],
            _text(entry, column, before.get(column)),
            _text(entry, column, after[column]),
            entry.before is None,
        )
        for column in after
        if column in labels and not (entry.before is None and after[column] in (0, False))
    ]
    return [change for change in found if change.before or change.after]


def _text(entry: AuditEntry, column: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    show = _values.get((entry.subject_kind, column))
    if show is not None:
        return show(value)
    return ("是" if value else "否") if isinstance(value, bool) else str(value)


def _labels(kind: str) -> dict[str, str]:
    try:
        columns = apps.get_model(kind)._meta.concrete_fields
    except (LookupError, ValueError):
        return {}
    return {column.attname: str(column.verbose_name) for column in columns if not str(column.verbose_name).isascii()}
