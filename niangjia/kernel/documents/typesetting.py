"""PDF documents: a typst template and data. What people typed goes in as data and is never markup.

Only our own font is used, so that a document looks the same wherever the server stands.
"""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

from niangjia.kernel.documents.fonts import REGULAR, drawable
from niangjia.kernel.errors import Refused

log = logging.getLogger(__name__)

HOUSE = Path(__file__).resolve().parents[2]
"""Templates may read what lies under here: `#import "/kernel/documents/house.typ": *`."""

GETA = "〓"
"""What printers have always set where a character is missing."""


@dataclass(frozen=True)
class Document:
    """`missing` are the characters that were asked for and that our font can't draw."""

    content: bytes
    missing: tuple[str, ...]


def typeset(
    template: Path, data: Mapping[str, Any], *, now: datetime, kind: Literal["pdf", "png"] = "pdf", ppi: float = 100
) -> Document:
    """The document that a template makes of the data; the same bytes for the same data and moment.

    A character that the font can't draw stands as 〓, and the template names it by `house.typ: note`.
    Raises Refused where the server has no font, for then nothing could be read.
    """
    folder: Path = settings.DOCUMENT_FONTS
    if not (folder / REGULAR).is_file():
        log.error("No %s in %s: run `npm run build`", REGULAR, folder)
        raise Refused("document.font", "服务器上没有打印用的字库，请系统管理员检查安装。")
    text = _Text(drawable(folder / REGULAR))
    tidy = {key: text.of(value) for key, value in data.items()}
    tidy["missing"] = [f"U+{ord(character):04X}" for character in text.missing]
    made = typst.compile(
        str(template), root=str(HOUSE), font_paths=_fonts(folder), ignore_system_fonts=True, format=kind, ppi=ppi,
        sys_inputs={"data": json.dumps(tidy, ensure_ascii=False)}, timestamp=int(now.timestamp()),
    )  # fmt: skip
    if not isinstance(made, bytes):
        raise TypeError(f"{template.name} makes {len(made)} pictures: ask for a PDF")
    return Document(made, tuple(text.missing))


@lru_cache(maxsize=2)
def _fonts(folder: Path) -> typst.Fonts:
    """Read once for a process: 2 ms a document instead of 40."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


@dataclass
class _Text:
    """Makes text printable, and remembers what it couldn't."""

    known: frozenset[int]
    missing: list[str] = field(default_factory=list)

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._printable(value)
        if isinstance(value, Mapping):
            return {key: self.of(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.of(inner) for inner in value]
        return value

    def _printable(self, text: str) -> str:
        made = []
        for character in unicodedata.normalize("NFC", text):
            if ord(character) in self.known or character == "\n":
                made.append(character)
            elif unicodedata.category(character) not in {"Cc", "Cf", "Mn", "Zl", "Zp"}:
                # What is left out above draws nothing by itself: marks of direction, variants of the sign before.
                made.append(GETA)
                if character not in self.missing:
                    self.missing.append(character)
        return "".join(made)
