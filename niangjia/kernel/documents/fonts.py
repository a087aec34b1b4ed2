"""Which characters our font can draw: its cmap, read by ourselves, since a PDF with empty boxes tells nobody."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from struct import unpack_from

REGULAR = "NotoSansSC-Regular.ttf"


@lru_cache(maxsize=4)
def drawable(font: Path) -> frozenset[int]:
    """The code points that a TrueType font has a glyph for. Raises ValueError for what is no font."""
    content = font.read_bytes()
    if content[:4] not in (b"\x00\x01\x00\x00", b"OTTO", b"true"):
        raise ValueError(f"{font.name} is not a TrueType font")
    (tables,) = unpack_from(">H", content, 4)
    for place in range(12, 12 + 16 * tables, 16):
        tag, _, at, _ = unpack_from(">4sIII", content, place)
        if tag == b"cmap":
            return _characters(content, at)
    raise ValueError(f"{font.name} has no cmap")


def _characters(content: bytes, cmap: int) -> frozenset[int]:
    (count,) = unpack_from(">H", content, cmap + 2)
    places = [cmap + unpack_from(">HHI", content, cmap + 4 + 8 * number)[2] for number in range(count)]
    formats = {unpack_from(">H", content, place)[0]: place for place in places}
    if 12 in formats:  # noqa: PLR2004 - the formats of the OpenType specification
        return _format_12(content, formats[12])
    if 4 in formats:  # noqa: PLR2004
        return _format_4(content, formats[4])
    raise ValueError("the cmap has neither format 4 nor 12")


def _format_12(content: bytes, at: int) -> frozenset[int]:
    """Groups of (first, last, first glyph); glyph 0 is the empty box."""
    (groups,) = unpack_from(">I", content, at + 12)
    found: set[int] = set()
    for number in range(groups):
        first, last, glyph = unpack_from(">III", content, at + 16 + 12 * number)
        found.update(range(first + (glyph == 0), last + 1))
    return frozenset(found)


def _format_4(content: bytes, at: int) -> frozenset[int]:
    """Four parallel arrays of segments: ends, beginnings, deltas, offsets into the glyphs behind them."""
    (twice,) = unpack_from(">H", content, at + 6)
    ends, starts = at + 14, at + 16 + twice
    deltas, offsets = starts + twice, starts + 2 * twice
    found: set[int] = set()
    for place in range(0, twice, 2):
        start, end = (unpack_from(">H", content, array + place)[0] for array in (starts, ends))
        delta, offset = (unpack_from(">H", content, array + place)[0] for array in (deltas, offsets))
        for code in range(start, end + 1):
            glyph = code + delta
            if offset:
                (glyph,) = unpack_from(">H", content, offsets + place + offset + 2 * (code - start))
                glyph += delta if glyph else 0
            if glyph & 0xFFFF:
                found.add(code)
    return frozenset(found - {0xFFFF})
