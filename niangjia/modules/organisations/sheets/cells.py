"""Reading a row's own cells, all of its problems at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Generic, TypeVar

from niangjia.engines.imports.sheet import Column, Problem
from niangjia.engines.imports.values import NearestNames, Unclear, day_of, is_mangled_number
from niangjia.kernel.crypto.masks import mask_numbers
from niangjia.kernel.errors import Refused
from niangjia.kernel.words import Word

Kind = TypeVar("Kind", bound=Word)

_FILLERS = re.compile(r"[\s、，,()（）和/]")
_BETWEEN = re.compile(r"[、，,;；|\n\r]+")
_HEADS = re.compile(r"(\d{1,3}(,\d{3})+|\d+)人?")
GREATEST_COUNT = 2_000_000
MANGLED = (
    "这个长号码被表格软件改成了科学记数（如 1.23457E+17），原来的数字已丢失：请把这一列设为“文本”，再照证书重新填写。"
)


def nearest(names: Sequence[str]) -> str:
    return f"相近的有：{'、'.join(names)}。" if names else ""


class Labels(Generic[Kind]):
    """The words of a closed list by what sheets call them: the label, its parts, and other names."""

    def __init__(self, words: type[Kind], others: Mapping[str, Kind] | None = None) -> None:
        self._known = {_plain(word.label): word for word in words}
        self._known |= {word.value.lower(): word for word in words}
        self._known |= {_plain(name): word for name, word in (others or {}).items()}
        self._nearest = NearestNames(word.label for word in words)

    def of(self, text: str) -> Kind | None:
        plain = _plain(text)
        found = self._known.get(plain)
        if found is None and len(plain) > 1:
            beginning = {word for name, word in self._known.items() if name.startswith(plain.removesuffix("业"))}
            found = beginning.pop() if len(beginning) == 1 else None
        return found

    def three(self, text: str) -> str:
        return nearest(self._nearest.three(text))


def _plain(text: str) -> str:
    return _FILLERS.sub("", unicodedata.normalize("NFKC", text)).lower()


def several(text: str) -> list[str]:
    """The names in one cell."""
    return list(dict.fromkeys(part.strip() for part in _BETWEEN.split(text) if part.strip()))


class Cells:
    """`said` gathers what could be read, `problems` what could not."""

    def __init__(self, columns: Iterable[Column], values: Sequence[str]) -> None:
        self.headings = {column.key: column.heading for column in columns}
        self.texts = dict(zip(self.headings, (value.strip() for value in values), strict=True))
        self.said: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def wrong(self, key: str, code: str, message: str) -> None:
        self.said.pop(key, None)
        self.problems.append(Problem(key, code, message))

    def text(self, key: str, longest: int, tidy: Callable[[str], str] = lambda text: text) -> str:
        text = tidy(self.texts[key]) if self.texts[key] else ""
        if len(text) > longest:
            self.wrong(key, f"{key}.long", f"{self.headings[key]}最长 {longest} 个字，现在是 {len(text)} 个，请缩短。")
        elif text:
            self.said[key] = text
        return text

    def names(self, key: str) -> None:
        if self.texts[key]:
            self.said[key] = several(self.texts[key])

    def code(self, key: str, tidy: Callable[[str], str], check: Callable[[str], str | None], code: str) -> None:
        """A credit code, by the rule that the form asks."""
        raw = self.texts[key]
        if not raw:
            return
        if is_mangled_number(raw):
            self.wrong(key, "mangled", MANGLED)
            return
        problem = check(tidy(raw))
        if problem:
            self.wrong(key, code, problem)
        else:
            self.said[key] = tidy(raw)

    def count(self, key: str) -> int | None:
        text = unicodedata.normalize("NFKC", self.texts[key]).replace(" ", "")
        if not text:
            return None
        found = _HEADS.fullmatch(text)
        if found is None or int(found[1].replace(",", "")) > GREATEST_COUNT:
            below = text.startswith("-") and text[1:].isdigit()
            self.wrong(key, f"{key}.count", "人数不能是负数。" if below else f"{self.headings[key]}请填整数，如 120。")
            return None
        self.said[key] = int(found[1].replace(",", ""))
        return int(self.said[key])

    def day(self, key: str, *, latest: date | None = None, ahead: str = "", code: str = "") -> date | None:
        """`ahead` is said of a day after `latest`."""
        found = day_of(self.texts[key])
        if isinstance(found, Unclear):
            self.wrong(key, found.code, found.message)
            return None
        if found is None:
            return None
        if latest is not None and found > latest:
            self.wrong(key, code, ahead)
            return None
        self.said[key] = found.isoformat()
        return found

    def word(self, key: str, labels: Labels[Kind], code: str) -> Kind | None:
        text = self.texts[key]
        if not text:
            return None
        found = labels.of(text)
        if found is None:
            self.wrong(key, code, f"没有“{mask_numbers(text)[:30]}”这一项，请从列表里选择。{labels.three(text)}")
            return None
        self.said[key] = str(found)
        return found

    def rule(self, key: str, ask: Callable[[], None], columns: Mapping[str, str] | None = None) -> None:
        """A rule of the room, with its own words."""
        try:
            ask()
        except Refused as no:
            self.wrong((columns or {}).get(no.field or "", no.field or key), no.code, no.message)
