"""The list page: what `kernel.lists` found, drawn with filters, saved views, columns, selection and paging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.counting import Count
from niangjia.kernel.lists.models import SavedView
from niangjia.kernel.lists.paging import ListPage, list_page
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, registered
from niangjia.ui import desk
from niangjia.ui.templatetags import ui as parts

PRINTED_ROWS = 200
EXACT_COUNT_MS = 3000
# Parameters of the address that are not part of what a saved view keeps.
PASSING = {"after", "before", "view", "all", "print"}


@dataclass(frozen=True)
class Mark:
    """A column's value that is drawn as a badge."""

    text: str
    tone: str = "neutral"
    icon: str = ""
    solid: bool = False


@dataclass(frozen=True)
class Bulk:
    """Something done with the chosen rows: posts `row=<pk>…` (and `reason`) to a page."""

    label: str
    url_name: str
    permission: str | None = None
    icon: str = ""
    text: str = ""  # what the confirmation says
    reason: bool = False
    kind: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True)
class Screen:
    """A list with what only the screen needs to know."""

    spec: ListSpec
    row_url: Callable[[Any], str] | None = None
    bulk: tuple[Bulk, ...] = ()
    empty_title: str = "这里还没有记录"
    empty_text: str = ""
    empty_href: str = ""
    empty_action: str = ""
    template: str = "ui/list/page.html"
    carries: tuple[str, ...] = ()  # further names in the address that filtering must not lose


@dataclass(frozen=True)
class Cell:
    column: Column
    shown: Any
    href: str = ""

    @property
    def html(self) -> str:
        """Here and not in the template, which took 25 ms over the 350 cells of a page."""
        end = ' class="end"' if self.column.numeric else ' class="lg:whitespace-nowrap"' if self.column.whole else ""
        opened = f'<td role="cell" data-phone="{self.column.phone}" data-label="{escape(self.column.label)}"{end}>'
        inside = str(conditional_escape(self.shown))
        if self.href:
            inside = f'<a class="row-link" href="{escape(self.href)}" data-drawer>{inside}</a>'
        return f"{opened}{inside}</td>"


@dataclass(frozen=True)
class Row:
    pk: Any
    href: str
    cells: tuple[Cell, ...]
    row: Any

    @property
    def html(self) -> SafeString:
        return mark_safe("".join(cell.html for cell in self.cells))  # noqa: S308 - each cell has escaped what it shows


@dataclass(frozen=True)
class Control:
    """A filter as the filter bar shows it."""

    filter: Filter
    value: str
    actor: Actor

    @cached_property
    def options(self) -> list[tuple[str, str]]:
        return list(self.filter.options(self.actor))

    @property
    def chosen_label(self) -> str:
        if self.filter.label_of:
            return self.filter.label_of(self.value, self.actor)
        if self.filter.kind == "choice":
            return dict(self.options).get(self.value, self.value)
        return self.filter.label if self.filter.kind == "flag" else self.value


@dataclass
class Listing:
    """All that the list's templates read."""

    request: HttpRequest
    screen: Screen
    actor: Actor
    page: ListPage
    views: list[SavedView] = field(default_factory=list)
    within: str | None = None

    @property
    def spec(self) -> ListSpec:
        return self.screen.spec

    @cached_property
    def view(self) -> SavedView | None:
        chosen = self.request.GET.get("view", "")
        return next((view for view in self.views if str(view.pk) == chosen), None)

    @cached_property
    def columns(self) -> list[Column]:
        """The saved view's, else those of the cookie, else the declared ones; a card's title always stays."""
        keys = self.view.columns if self.view and self.view.columns else []
        if not keys:
            keys = [key for key in self.request.COOKIES.get(self.cookie, "").split(".") if key]
        known = {column.key for column in self.spec.columns}
        wanted = set(keys) & known
        if not wanted:
            return [column for column in self.spec.columns if column.default]
        return [column for column in self.spec.columns if column.key in wanted or column.phone == "title"]

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        shown = {column.key for column in self.columns}
        return [(column, column.key in shown) for column in self.spec.columns]

    @property
    def cookie(self) -> str:
        return "columns-" + self.spec.name.replace(".", "-")

    @cached_property
    def controls(self) -> list[Control]:
        return [Control(item, self.page.chosen.filters.get(item.key, ""), self.actor) for item in self.spec.filters]

    @property
    def bar(self) -> list[Control]:
        return [control for control in self.controls if not control.filter.quiet]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the filter bar sends along without showing it."""
        quiet = [(one.filter.key, one.value) for one in self.controls if one.filter.quiet and one.value]
        return quiet + [(name, self.request.GET[name]) for name in self.screen.carries if name in self.request.GET]

    @property
    def chips(self) -> list[Control]:
        return [control for control in self.controls if control.value]

    @cached_property
    def rows(self) -> list[Row]:
        rows = []
        for row in self.page.rows:
            href = self.screen.row_url(row) if self.screen.row_url else ""
            cells = tuple(
                Cell(column, shown(column, row), href if column.phone == "title" else "") for column in self.columns
            )
            rows.append(Row(row.pk, href, cells, row))
        return rows

    @cached_property
    def bulk(self) -> list[Bulk]:
        return [one for one in self.screen.bulk if one.permission is None or self.actor.can(one.permission)]

    @property
    def state(self) -> str:
        """The address's query without the place in the list: what a saved view keeps."""
        return query_kept(self.request.GET).urlencode()

    @property
    def export_url(self) -> str:
        """Where all these rows are asked for as a file; empty without the right."""
        if self.spec not in registered():
            return ""
        columns = [column.key for column in self.columns]
        return desk.export_address(
            self.actor, self.spec.name, query=self.state, within=self.within or "", columns=columns
        )

    @property
    def import_url(self) -> str:
        """Where such rows are brought in as a file; empty without the right, and for lists that no file fills."""
        return desk.import_address(self.actor, self.spec.name)

    @property
    def sort_key(self) -> str:
        return self.page.sort.key

    @property
    def count_text(self) -> str:
        return self.page.count.text


def query_kept(parameters: QueryDict) -> QueryDict:
    kept = parameters.copy()
    for name in [name for name, value in kept.items() if name in PASSING or not value]:
        del kept[name]
    return kept


# The first class that fits: a bool is an int, a datetime a date.
DRAWN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Mark, lambda value: parts.badge(value.text, value.tone, icon=value.icon, solid=value.solid)),
    (bool, lambda value: "是" if value else "否"),
    (datetime, parts.moment),
    (date, parts.day),
    (int, parts.count),
    (object, parts.dash),
)


def shown(column: Column, row: Any) -> Any:
    """A cell's value as the reader wants it: dates without seconds, numbers with commas, a dash for nothing."""
    value = column.cell(row)
    if column.template:
        return render_to_string(column.template, {"row": row, "value": value})
    return next(draw(value) for kind, draw in DRAWN if isinstance(value, kind))


def show_list(
    request: HttpRequest, screen: Screen, *, within: str | None = None, context: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer to a list's address: the whole page, only its table (htmx), or the printed form (`?print=1`)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    views = list(SavedView.objects.filter(user_id=actor.user_id or 0, list_name=screen.spec.name).order_by("name"))
    if not request.GET:
        default = next((view for view in views if view.is_default), None)
        if default:
            return redirect(f"{request.path}?{with_view(default)}")
    printed = "print" in request.GET
    page = list_page(
        screen.spec, actor=actor, params=request.GET.dict(), within=within, size=PRINTED_ROWS if printed else None
    )
    if "count" in request.GET:
        return HttpResponse(exact_count(request, screen.spec, page, actor, within))
    return draw_list(request, screen, page, views, context, within=within)


def draw_list(
    request: HttpRequest,
    screen: Screen,
    page: ListPage,
    views: list[SavedView] | None = None,
    context: dict[str, Any] | None = None,
    *,
    within: str | None = None,
) -> HttpResponse:
    listing = Listing(request, screen, request.actor, page, views or [], within)  # type: ignore[attr-defined]
    template = screen.template
    if "print" in request.GET:
        template = "ui/list/print.html"
    elif request.headers.get("HX-Target") == "list":
        template = "ui/list/table.html"
    response = render(request, template, {"listing": listing, **(context or {})})
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def with_view(view: SavedView) -> str:
    parameters = QueryDict(view.query, mutable=True)
    parameters["view"] = str(view.pk)
    return parameters.urlencode()


def exact_count(request: HttpRequest, spec: ListSpec, page: ListPage, actor: Actor, within: str | None) -> SafeString:
    """Count to the end while the reader waits; what takes longer is offered as a job."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {EXACT_COUNT_MS}")
            number = spec.narrowed(page.chosen, actor, within).order_by().count()
    except OperationalError:
        later = {"page": page, "list_name": spec.name, "within": within}
        return render_to_string("ui/list/count_later.html", later, request=request)
    return format_html("共 <b>{}</b> 条", Count(number).text)
