"""What the modules hang into the desk: menu entries, home cards, things that wait, search.

Modules call the `register_…` functions in `AppConfig.ready()`; the order of calls doesn't matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse

from niangjia.kernel.access.actor import Actor

# Sections of the sidebar in their order; one that isn't named here comes after these.
SECTIONS = ["", "服务受理", "走访周记", "组织与会员", "权益与服务", "统计分析", "系统管理"]


@dataclass(frozen=True)
class MenuEntry:
    """`badge` counts what waits (a cheap query: it runs on every full page); `phone` puts it in the bottom bar."""

    section: str
    label: str
    icon: str
    url_name: str
    permission: str | None
    order: int = 100
    badge: Callable[[Actor], int] | None = None
    phone: bool = False


@dataclass(frozen=True)
class HomeCard:
    """A card on the home page. `context(request)` fills `template`; None leaves the card out today."""

    title: str
    permission: str | None
    template: str
    context: Callable[[HttpRequest], dict[str, Any] | None]
    order: int = 100
    wide: bool = False


@dataclass(frozen=True)
class Waiting:
    """One line of 等我办的 or 快到期: how many of what, and where they are."""

    label: str
    count: int
    url: str
    icon: str = "inbox"


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    sub: str = ""


@dataclass(frozen=True)
class Switcher:
    """The organisation in which one works now, and the part of a page that offers others."""

    label: str
    url: str


@dataclass(frozen=True)
class Source:
    """A group of the search's answers; `find` returns few hits, already bounded (6 are shown)."""

    label: str
    icon: str
    permission: str | None
    find: Callable[[Actor, str], Iterable[Hit]]
    order: int = 100


@dataclass(frozen=True)
class Alarm:
    """What can't wait: a red line over every page until somebody posts to `url` (`act` is on the button).

    It sounds for whom it rings; others who could take it only see it.
    """

    key: str
    title: str
    text: str
    href: str
    url: str
    act: str
    since: datetime
    sounds: bool = True


AlarmSource = Callable[[Actor], Iterable[Alarm]]
WaitingSource = Callable[[Actor], Iterable[Waiting]]

_menu: list[MenuEntry] = []
_cards: list[HomeCard] = []
_waiting: list[WaitingSource] = []
_due_soon: list[WaitingSource] = []
_sources: list[Source] = []
_alarms: list[tuple[str, AlarmSource]] = []
_switcher: list[Callable[[HttpRequest], Switcher | None]] = []
_export: list[tuple[str, str]] = []
_import: list[Callable[[Actor, str], str]] = []


def register_menu(*entries: MenuEntry) -> None:
    _menu.extend(entry for entry in entries if entry not in _menu)


def register_home_card(card: HomeCard) -> None:
    if card not in _cards:
        _cards.append(card)


def register_waiting(source: WaitingSource) -> None:
    """`source(actor)` gives what waits for the actor; it asks for its own permissions."""
    if source not in _waiting:
        _waiting.append(source)


def register_due_soon(source: WaitingSource) -> None:
    if source not in _due_soon:
        _due_soon.append(source)


def register_alarm(permission: str, source: AlarmSource) -> None:
    """`source(actor)` is asked every quarter of a minute by each open desk of whoever has the permission: be quick."""
    if (permission, source) not in _alarms:
        _alarms.append((permission, source))


def register_search(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def register_switcher(switcher: Callable[[HttpRequest], Switcher | None]) -> None:
    _switcher[:] = [switcher]


def register_export(url_name: str, permission: str) -> None:
    """The page on which a list is asked for as a file; it takes `list`, `query`, `within` and `column` (several)."""
    _export[:] = [(url_name, permission)]


def register_import(address: Callable[[Actor, str], str]) -> None:
    """`address(actor, list_name)`: where rows of a list are brought in as a file; empty where that isn't done."""
    _import[:] = [address]


def allowed(permission: str | None, actor: Actor) -> bool:
    return permission is None or actor.can(permission)


@dataclass(frozen=True)
class MenuLink:
    label: str
    icon: str
    url: str
    badge: int
    current: bool
    phone: bool


@dataclass(frozen=True)
class MenuSection:
    label: str
    links: tuple[MenuLink, ...]


@cache
def _address(url_name: str) -> str | None:
    """Thirty of them stand on every page; None for a page that is switched off on this site."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def menu_for(actor: Actor, path: str) -> list[MenuSection]:
    """The sidebar as this actor sees it; the entry with the longest address that fits is the current one."""
    shown: list[tuple[MenuEntry, str]] = []
    for entry in _menu:
        url = _address(entry.url_name) if allowed(entry.permission, actor) else None
        if url:
            shown.append((entry, url))
    current = max((url for _, url in shown if path.startswith(url)), key=len, default=None)
    sections: dict[str, list[tuple[int, MenuLink]]] = {}
    for entry, url in shown:
        link = MenuLink(
            entry.label, entry.icon, url, entry.badge(actor) if entry.badge else 0, url == current, entry.phone
        )
        sections.setdefault(entry.section, []).append((entry.order, link))
    known = {label: index for index, label in enumerate(SECTIONS)}
    return [
        MenuSection(label, tuple(link for _, link in sorted(links, key=lambda pair: pair[0])))
        for label, links in sorted(sections.items(), key=lambda pair: known.get(pair[0], len(known)))
    ]


def cards_for(actor: Actor) -> list[HomeCard]:
    return sorted((card for card in _cards if allowed(card.permission, actor)), key=lambda card: card.order)


def waiting_for(actor: Actor) -> list[Waiting]:
    return [line for source in _waiting for line in source(actor) if line.count]


def due_soon_for(actor: Actor) -> list[Waiting]:
    return [line for source in _due_soon for line in source(actor) if line.count]


def may_be_rung(actor: Actor) -> bool:
    return any(actor.can(permission) for permission, _ in _alarms)


def alarms_for(actor: Actor) -> list[Alarm]:
    """Those that sound first, each group the longest waiting first."""
    found = [alarm for permission, source in _alarms if actor.can(permission) for alarm in source(actor)]
    return sorted(found, key=lambda alarm: (not alarm.sounds, alarm.since))


def search(actor: Actor, text: str, limit: int = 6) -> list[tuple[Source, list[Hit]]]:
    """The hits by group, groups without a hit left out."""
    groups = []
    for source in sorted(_sources, key=lambda one: one.order):
        if allowed(source.permission, actor):
            hits = list(source.find(actor, text))[:limit]
            if hits:
                groups.append((source, hits))
    return groups


def export_address(actor: Actor, list_name: str, *, query: str, within: str, columns: Iterable[str]) -> str:
    """Empty for somebody who may not take lists away."""
    for url_name, permission in _export:
        if actor.can(permission):
            asked = QueryDict(mutable=True)
            asked.update({"list": list_name, "query": query, "within": within})
            asked.setlist("column", list(columns))
            return f"{reverse(url_name)}?{asked.urlencode()}"
    return ""


def import_address(actor: Actor, list_name: str) -> str:
    return next((address(actor, list_name) for address in _import), "")


def switcher_for(request: HttpRequest) -> Switcher | None:
    return _switcher[0](request) if _switcher else None
