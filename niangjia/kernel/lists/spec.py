"""What a list is: declared once, read by the page, by saved views and by the counting job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from django.db.models import QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.days import day_in
from niangjia.kernel.lists.counting import Count, capped_count

Choices = Sequence[tuple[str, str]]
LONGEST_VALUE = 100


@dataclass(frozen=True)
class Column:
    """`value(row)` is what stands in the cell; None: the attribute named by the key.

    `phone` says where it goes when the table becomes cards: the card's title, a line, or nowhere.
    `personal`: it says something of a private person, so a file with it is locked by a password.
    """

    key: str
    label: str
    value: Callable[[Any], Any] | None = None
    template: str = ""
    default: bool = True
    numeric: bool = False
    phone: Literal["title", "line", "hidden"] = "line"
    personal: bool = False
    whole: bool = False  # never broken over two lines

    def cell(self, row: Any) -> Any:
        return self.value(row) if self.value else getattr(row, self.key)


@dataclass(frozen=True)
class Filter:
    """One control of the filter bar. `apply(rows, value)` narrows; choices may need the actor."""

    key: str
    label: str
    apply: Callable[[QuerySet[Any], str], QuerySet[Any]]
    kind: Literal["choice", "flag", "date", "text"] = "choice"
    choices: Choices | Callable[[Actor], Choices] = ()
    blank: str = "全部"  # what it means to choose nothing
    quiet: bool = False  # comes by a link and shows as a chip; the bar has no control for it
    label_of: Callable[[str, Actor], str] | None = None  # what the chip says of a value that no choice names

    def options(self, actor: Actor) -> Choices:
        return self.choices(actor) if callable(self.choices) else self.choices

    def said(self, value: str, actor: Actor) -> str:
        """A value in words."""
        if self.label_of:
            return self.label_of(value, actor)
        return dict(self.options(actor)).get(value, value) if self.kind == "choice" else value

    def accepts(self, value: str, actor: Actor) -> bool:
        """A value from the address that means nothing here is dropped, not an error."""
        if not value:
            return False
        if self.kind == "choice":
            return any(value == code for code, _ in self.options(actor))
        if self.kind == "flag":
            return value == "1"
        if self.kind == "date":
            return day_in(value) is not None
        return len(value) <= LONGEST_VALUE


@dataclass(frozen=True)
class Sort:
    """All fields in one direction, none of them null; the primary key is added as the last."""

    key: str
    label: str
    fields: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True)
class Chosen:
    """The state of a list as it stands in the address."""

    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.text or self.filters)


class ListSpec:
    """Sub-class, declare, and `register` an instance."""

    name: ClassVar[str] = ""  # 'members.member': stable, saved views point to it
    title: ClassVar[str] = ""
    permission: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]] = ()
    filters: ClassVar[tuple[Filter, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]] = ()
    search_hint: ClassVar[str] = ""  # empty: no search field
    page_size: ClassVar[int] = 50

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """All rows in the actor's sight, with no order."""
        raise NotImplementedError

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        """The rows that a search text means. Raises Refused (shown beside the field) when it is too short."""
        return rows

    def fenced(self, chosen: Chosen, actor: Actor, within: str | None, count: Count) -> bool:
        """Sort after finding, because the planner would otherwise walk the sort's index hoping for hits."""
        return bool(chosen.text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`select_related` and the like, put on the fifty rows of a page only."""
        return rows

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        """A last hand on the page's rows (masks, labels looked up in one query)."""
        return rows

    def count(self, rows: QuerySet[Any], chosen: Chosen, actor: Actor, within: str | None) -> Count:
        return capped_count(rows)

    def counted(
        self, rows: QuerySet[Any], chosen: Chosen, actor: Actor, within: str | None
    ) -> tuple[Count, QuerySet[Any]]:
        """How many, and the rows from which the page is cut: a list may name them one by one where they are few."""
        return self.count(rows, chosen, actor, within), rows

    def sort_of(self, chosen: Chosen) -> Sort:
        return next((sort for sort in self.sorts if sort.key == chosen.sort), self.sorts[0])

    def chosen(self, params: Mapping[str, str], actor: Actor) -> Chosen:
        """The state in the address; what isn't understood is left out."""
        return Chosen(
            text=" ".join(params.get("q", "").split())[:50],
            filters={
                item.key: params[item.key]
                for item in self.filters
                if item.key in params and item.accepts(params[item.key], actor)
            },
            sort=params.get("sort", ""),
            after=params.get("after", ""),
            before=params.get("before", ""),
        )

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        """The rows that this state means. Raises Refused for a search too short."""
        rows = self.rows(actor)
        if within is not None:
            rows = rows.under(within)  # type: ignore[attr-defined]
        for item in self.filters:
            if item.key in chosen.filters:
                rows = item.apply(rows, chosen.filters[item.key])
        return self.found(rows, chosen.text, actor) if chosen.text else rows


_lists: dict[str, ListSpec] = {}


def register(spec: ListSpec) -> ListSpec:
    _lists[spec.name] = spec
    return spec


def list_named(name: str) -> ListSpec:
    """Raises KeyError for a name that no room declares."""
    return _lists[name]


def registered() -> tuple[ListSpec, ...]:
    return tuple(_lists.values())


def described(spec: ListSpec, chosen: Chosen, actor: Actor) -> str:
    """The list and its conditions in words: 会员 · 所属群体：快递员 · 搜索“王”."""
    said = [spec.title]
    for item in spec.filters:
        value = chosen.filters.get(item.key, "")
        if value:
            said.append(item.label if item.kind == "flag" else f"{item.label}：{item.said(value, actor)}")
    if chosen.text:
        said.append(f"搜索“{chosen.text}”")
    return " · ".join(said)
