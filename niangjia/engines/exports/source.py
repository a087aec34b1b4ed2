"""What a file may say of a list's rows. A list whose room declares nothing is written with its own columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from niangjia.engines.exports.layout import Layout, LayoutColumn
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.kernel.lists.spec import Column, ListSpec, list_named

SHOWN, ALL = "shown", "all"


@dataclass(frozen=True)
class Field:
    """One value of a row. `value(row)`, or `look_up(rows, actor)` for a batch at once: values by primary key.

    `personal`: a file with it is locked by a password. `mask` makes it a secret: masked unless it is asked for in
    full where the right is held.
    """

    key: str
    heading: str
    value: Callable[[Any], Any] | None = None
    look_up: Callable[[list[Any], Actor], Mapping[Any, Any]] | None = None
    personal: bool = False
    mask: Callable[[str], str] | None = None
    samples: tuple[Any, ...] = ()  # made up, for the preview of a layout

    @property
    def is_personal(self) -> bool:
        return self.personal or self.mask is not None

    def sample(self, number: int) -> Any:
        return self.samples[number % len(self.samples)] if self.samples else f"{self.heading}{number + 1}"


def field_of(column: Column) -> Field:
    """A column of the screen, without what the screen adds to it."""

    def value(row: Any) -> Any:
        found = column.cell(row)
        if hasattr(found, "tone"):  # a badge
            return found.text
        return timezone.localtime(found) if hasattr(found, "tzinfo") and found.tzinfo else found

    return Field(column.key, column.label, value, personal=column.personal)


class Source:
    """Sub-class and `register` an instance for more than the list's columns. Instances hold no state of a request."""

    reveals: ClassVar[str] = ""  # the right that shows secrets in full
    fields: ClassVar[tuple[Field, ...]] = ()  # beside the list's columns; one of the same key replaces it
    layouts: ClassVar[tuple[Layout, ...]] = ()

    def __init__(self, spec: ListSpec) -> None:
        self.spec = spec
        self.added: dict[str, Field] = {}

    @cached_property
    def own(self) -> dict[str, Field]:
        return {column.key: field_of(column) for column in self.spec.columns} | {one.key: one for one in self.fields}

    @property
    def known(self) -> dict[str, Field]:
        return self.own | self.added

    def add(self, *fields: Field) -> None:
        """For a room above that knows more of the rows than their own room does."""
        self.added |= {one.key: one for one in fields}

    @property
    def has_personal(self) -> bool:
        return any(one.is_personal for one in self.known.values())

    @property
    def has_secrets(self) -> bool:
        return any(one.mask for one in self.known.values())

    def layout_shown(self, keys: Sequence[str]) -> Layout:
        """The list's own layout with the columns on the screen, or with all of them where none of the keys is known."""
        columns = [one for one in self.spec.columns if one.key in keys or one.phone == "title"]
        if not set(keys) & {one.key for one in self.spec.columns}:
            columns = [one for one in self.spec.columns if one.default]
        return Layout(SHOWN, "列表现在显示的列", tuple(LayoutColumn(one.label, one.key) for one in columns))

    def layout_all(self) -> Layout:
        columns = tuple(LayoutColumn(one.label, one.key) for one in self.spec.columns)
        return Layout(ALL, "列表的全部列", columns)

    def dressed(self, rows: QuerySet[Any], keys: set[str]) -> QuerySet[Any]:
        """`keys`: the fields that the file has."""
        return self.spec.dressed(rows)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        return self.spec.presented(rows, actor)

    def revealed(self, rows: list[Any], actor: Actor) -> set[Any]:
        """The primary keys of the rows whose secrets the actor may have in full."""
        return set()

    def written(
        self, rows: list[Any], columns: Sequence[LayoutColumn], actor: Actor, *, in_full: bool
    ) -> Iterator[list[str]]:
        """The rows' cells as they stand in the file. Run over millions of rows: what can be settled before is."""
        rows, known = self.presented(rows, actor), self.known
        revealed = self.revealed(rows, actor) if in_full else set()
        looked_up = {
            column.source: look_up(rows, actor)
            for column in columns
            if column.source and (look_up := known[column.source].look_up)
        }
        readers = [
            (column.text, _reader(known[column.source], looked_up.get(column.source)) if column.source else _nothing)
            for column in columns
        ]
        for row in rows:
            pk = row.pk
            in_sight = pk in revealed
            yield [text(read(row, pk, in_sight)) for text, read in readers]

    def samples(self, columns: Sequence[LayoutColumn], number: int = 5) -> list[list[str]]:
        """Made-up rows, for whoever edits a layout."""
        known = self.known
        return [
            [one.text(known[one.source].sample(n) if one.source in known else None) for one in columns]
            for n in range(number)
        ]


Reader = Callable[[Any, Any, bool], Any]


def _nothing(_row: Any, _pk: Any, _revealed: bool) -> None:  # noqa: FBT001 - called for every cell
    return None


def _reader(field: Field, looked_up: Mapping[Any, Any] | None) -> Reader:
    """The field's value of a row, given its key and whether its secrets are revealed."""
    if looked_up is not None:
        return lambda _row, pk, _revealed: looked_up.get(pk)
    read = field.value or attrgetter(field.key)
    mask = field.mask
    if mask is None:
        return lambda row, _pk, _revealed: read(row)

    def secret(row: Any, _pk: Any, revealed: bool) -> Any:  # noqa: FBT001 - called for every cell
        value = read(row)
        return value if revealed or not value else mask(value)

    return secret


_sources: dict[str, Source] = {}


def register(source: Source) -> Source:
    _sources[source.spec.name] = source
    return source


def source_of(list_name: str) -> Source:
    """Raises Missing for a list that no room declares."""
    if list_name not in _sources:
        try:
            register(Source(list_named(list_name)))
        except KeyError:
            raise Missing("没有这个列表。") from None
    return _sources[list_name]
