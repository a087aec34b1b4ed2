"""What the modules hang into the phone face: blocks and tiles of its home, lines of 我的.

Modules call the `register_…` functions in `AppConfig.ready()`; the order of calls doesn't matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class Card:
    """A block of the home page. `context(request)` fills `template`; None leaves the block out now."""

    template: str
    context: Callable[[HttpRequest], dict[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class Tile:
    """A service on the home page: a picture and a word or two; `hidden` says for whom it isn't."""

    label: str
    icon: str
    url_name: str
    tone: str = "primary"
    order: int = 100
    hidden: Callable[[HttpRequest], bool] = lambda _: False


@dataclass(frozen=True)
class Line:
    """A line of 我的, for whoever has logged in."""

    label: str
    icon: str
    url_name: str
    order: int = 100


@dataclass(frozen=True)
class Agreed:
    """A consent given with some matter, for the page of all of them. It is taken back where the matter is, at `url`."""

    title: str
    text: str
    given_at: datetime
    version: int
    url: str


_cards: list[Card] = []
_tiles: list[Tile] = []
_lines: list[Line] = []
_agreed: list[Callable[[int], list[Agreed]]] = []


def register_card(*cards: Card) -> None:
    _cards.extend(cards)


def register_tile(*tiles: Tile) -> None:
    _tiles.extend(tiles)


def register_line(*lines: Line) -> None:
    _lines.extend(lines)


def register_agreed(source: Callable[[int], list[Agreed]]) -> None:
    """`source(user_id)`: what somebody agreed to in this room."""
    _agreed.append(source)


def agreed_by(user_id: int) -> list[Agreed]:
    """The latest first."""
    found = [one for source in _agreed for one in source(user_id)]
    return sorted(found, key=lambda one: one.given_at, reverse=True)


def cards_for(request: HttpRequest) -> list[tuple[Card, dict[str, Any]]]:
    found = [(card, card.context(request)) for card in sorted(_cards, key=lambda card: card.order)]
    return [(card, context) for card, context in found if context is not None]


def tiles_for(request: HttpRequest) -> list[Tile]:
    return [tile for tile in sorted(_tiles, key=lambda tile: tile.order) if not tile.hidden(request)]


def lines() -> list[Line]:
    return sorted(_lines, key=lambda line: line.order)
