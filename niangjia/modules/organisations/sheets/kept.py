"""Keeping what a commit made and changed, and taking it back where nobody touched it since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models.fields.reverse_related import ForeignObjectRel

from niangjia.engines.imports.models import RowBefore
from niangjia.kernel.access.scoped import FailClosedModel
from niangjia.kernel.audit.actions import kind_of
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.crypto.ring import digest
from niangjia.modules.organisations.sheets.planned import in_parts

MADE: dict[str, Any] = {}
"""What stands as `before` of a row that the commit made."""


UNSAID = {"access.user": {"password", "last_login"}}
"""What isn't compared: log-ins are asked for by themselves."""

PERSONAL = {"access.user": {"name", "username", "email"}, "organisations.post": {"name"}}
"""Kept as digests: enough to see whether they were changed."""


def values_of(row: models.Model, names: Collection[str] = ()) -> dict[str, Any]:
    """JSON-ready; what is encrypted stays out."""
    told = {}
    kind = kind_of(row)
    for field in row._meta.concrete_fields:
        if field.primary_key or isinstance(field, EncryptedTextField) or (names and field.attname not in names):
            continue
        if field.attname in UNSAID.get(kind, ()):
            continue
        value = getattr(row, field.attname)
        if value and field.attname in PERSONAL.get(kind, ()):
            value = digest(value).hex()
        told[field.attname] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, (date, datetime)) else value


class Kept:
    """Gathers, and writes all at the end."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._rows: dict[tuple[str, int], RowBefore] = {}

    def made(self, *rows: models.Model) -> None:
        for row in rows:
            self._add(row, MADE, values_of(row))

    def changed(self, row: models.Model, before: dict[str, Any]) -> None:
        """`before`: from `values_of`, taken before the change; a row of this very batch stays one that was made."""
        now = values_of(row, before.keys())
        names = [name for name in before if before[name] != now[name]]
        if names:
            self._add(row, {name: before[name] for name in names}, {name: now[name] for name in names})

    def _add(self, row: models.Model, before: dict[str, Any], after: dict[str, Any]) -> None:
        key = (kind_of(row), int(row.pk))
        known = self._rows.get(key)
        if known is None:
            self._rows[key] = RowBefore(
                batch_id=self._batch_id, kind=key[0], subject_id=key[1], before=before, after=after
            )
        else:  # changed twice in one commit: from the first value to the last
            known.before = known.before if known.before == MADE else before | known.before
            known.after = known.after | after

    def write(self) -> None:
        RowBefore.objects.bulk_create(self._rows.values(), batch_size=2_000)


class TakingBack:
    """`lines` names what was touched since and stays as it is."""

    def __init__(self, batch_id: int) -> None:
        self.lines: list[str] = []
        self._kept: dict[str, list[RowBefore]] = defaultdict(list)
        for row in RowBefore.objects.filter(batch=batch_id).order_by("pk"):
            self._kept[row.kind].append(row)

    def made(self, model: type[models.Model]) -> dict[int, dict[str, Any]]:
        """Values as written, by id, in the order in which the rows were made."""
        return {row.subject_id: row.after for row in self._kept[kind_of(model)] if row.before == MADE}

    def changed(self, model: type[models.Model]) -> dict[int, RowBefore]:
        return {row.subject_id: row for row in self._kept[kind_of(model)] if row.before != MADE}

    def restore(
        self,
        model: type[models.Model],
        name: Callable[[Any], str],
        labels: dict[str, str],
        only: Callable[[Any], bool] | None = None,
    ) -> None:
        """Puts changed fields back where they still say what the import wrote."""
        changed = self.changed(model)
        for row in filter(only, locked(model, changed)):
            entry = changed[row.pk]
            now = values_of(row, entry.before.keys())
            same = [field for field in entry.before if now[field] == entry.after[field]]
            since = [labels.get(field, field) for field in entry.before if field not in same and field in labels]
            if since:
                self.lines.append(f"{name(row)}：{'、'.join(since)}在导入后改过，保留现在的内容。")
            for field in same:
                column = next(one for one in row._meta.concrete_fields if one.attname == field)
                setattr(row, field, column.to_python(entry.before[field]))
            if not same:
                continue
            try:
                with transaction.atomic():
                    row.save(update_fields=[one.name for one in row._meta.concrete_fields if one.attname in same])
            except IntegrityError:  # such as fewer workers again, when women were added since
                self.lines.append(f"{name(row)}：原来的内容与后来的修改不能并存，保留现在的内容。")

    def untouched(self, model: type[models.Model], apart: Collection[str] = ()) -> tuple[list[Any], list[Any]]:
        """Rows that the import made and that still stand: as it wrote them, and otherwise. `apart`: fields that follow others."""
        made = self.made(model)
        same: list[Any] = []
        edited: list[Any] = []
        for row in locked(model, made):
            now, then = values_of(row), made[row.pk]
            (same if all(now[name] == then[name] for name in then if name not in apart) else edited).append(row)
        return same, edited


def locked(model: type[models.Model], ids: Iterable[int]) -> list[Any]:
    manager: Any = model.objects  # type: ignore[attr-defined]
    rows = manager.unscoped(reason="rows that an import wrote") if issubclass(model, FailClosedModel) else manager.all()
    return [
        row
        for part in in_parts(sorted(ids))
        for row in rows.select_for_update(of=("self",)).filter(pk__in=part).order_by("pk")
    ]


def referenced(model: type[models.Model], ids: Iterable[int], apart: Collection[type[models.Model]] = ()) -> set[int]:
    """Those of the ids that a row of any other table needs; `apart`: tables that the caller looks after."""
    found: set[int] = set()
    wanted = list(ids)
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model in apart:
            continue
        if relation.on_delete is models.CASCADE:  # figures and the like, which follow the row
            continue
        other: Any = relation.related_model
        manager = other.objects
        rows = (
            manager.unscoped(reason="whether a row is in use") if issubclass(other, FailClosedModel) else manager.all()
        )
        column = relation.field.attname
        for part in in_parts(wanted):
            found.update(rows.filter(**{f"{column}__in": part}).values_list(column, flat=True).distinct())
    return found
