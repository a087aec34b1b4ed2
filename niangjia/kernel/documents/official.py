"""A report in official form: said once in blocks, then set as a PDF or written as a Word file, with the same charts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from niangjia.kernel.documents.typesetting import Document, typeset

HERE = Path(__file__).resolve().parent
PICTURE_PPI = 220


@dataclass(frozen=True)
class Heading:
    """Its number (一、 or （一）) is part of the text."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


NUMBER = re.compile(r"[\d,. ]+[%天件人家元次]?|[—-]?")
LONG_CELL, LONGEST_COUNTED = 10, 40


@dataclass(frozen=True)
class Table:
    """Columns of numbers end at one line; the room that is left goes to those with long words, by their length."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    caption: str = ""

    @property
    def ends(self) -> list[bool]:
        """By column, whether all its cells are numbers."""
        return [
            bool(self.rows) and all(NUMBER.fullmatch(row[place].strip()) for row in self.rows)
            for place in range(len(self.head))
        ]

    @property
    def shares(self) -> list[int]:
        """By column, its share of the room that is left; 0: as wide as what stands in it. The first one takes all where none is long."""
        longest = [max(len(row[place]) for row in (self.head, *self.rows)) for place in range(len(self.head))]
        shares = [min(length, LONGEST_COUNTED) if length > LONG_CELL else 0 for length in longest]
        return shares if any(shares) else [1, *shares[1:]]


@dataclass(frozen=True)
class Chart:
    """Bars of each row of numbers side by side: upright for months, lying for names."""

    title: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    lying: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(value for _, values in self.series for value in values)


Block = Heading | Words | Table | Chart


@dataclass(frozen=True)
class Paper:
    title: str
    issuer: str  # the organisation whose paper it is
    day: str
    note: str = ""  # under the title, in brackets: the period
    blocks: Sequence[Block] = ()


def as_pdf(paper: Paper, *, now: datetime) -> Document:
    blocks = [_plain(block) for block in lines_apart(paper.blocks) if not (isinstance(block, Chart) and block.is_empty)]
    said = {"title": paper.title, "issuer": paper.issuer, "day": paper.day, "note": paper.note, "blocks": blocks}
    return typeset(HERE / "official.typ", said, now=now)


def lines_apart(blocks: Sequence[Block]) -> list[Block]:
    """Each line that somebody wrote is a paragraph of its own."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Words):
            found += [Words(line.strip()) for line in block.text.split("\n") if line.strip()]
        else:
            found.append(block)
    return found


def picture(chart: Chart, *, now: datetime) -> bytes:
    """The chart alone as a PNG, as wide as the lines of the paper."""
    return typeset(HERE / "chart_alone.typ", {"chart": _plain(chart)}, now=now, kind="png", ppi=PICTURE_PPI).content


def _plain(block: Block) -> dict[str, Any]:
    said = {"is": type(block).__name__.lower(), **asdict(block)}
    return said | {"ends": block.ends, "shares": block.shares} if isinstance(block, Table) else said
