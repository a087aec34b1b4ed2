"""A printed paper shows what was meant: every character or a mark that one is missing, and never somebody's markup."""

from __future__ import annotations

import re
import struct
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from niangjia.kernel.documents.fonts import REGULAR, drawable
from niangjia.kernel.documents.typesetting import GETA, HOUSE, typeset
from niangjia.kernel.errors import Refused

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TEMPLATE = Path(__file__).with_name("name_only.typ")
RARE = "\U00030000"  # a Han character of Unicode 13


def text_of(pdf: bytes) -> str:
    """The characters that the PDF's own tables give for its glyphs: what a reader copies and a blind reader hears."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    found = []
    for stream in streams:
        try:
            content = zlib.decompressobj().decompress(stream)  # the last byte may look like the line's end
        except zlib.error:
            continue
        if b"begincmap" in content:
            codes = re.findall(rb"<[0-9A-Fa-f]+>\s+<([0-9A-Fa-f]+)>", content)
            found += [bytes.fromhex(code.decode()).decode("utf-16-be", "ignore") for code in codes]
    return "".join(found)


def test_a_chinese_name_is_in_the_paper() -> None:
    made = typeset(TEMPLATE, {"name": "欧阳明珠"}, now=NOW)
    assert made.content.startswith(b"%PDF-")
    assert set("欧阳明珠") <= set(text_of(made.content))
    assert made.missing == ()
    assert len(made.content) < 40_000, "the font is cut down to what is used"


def test_the_same_paper_is_the_same_bytes() -> None:
    assert typeset(TEMPLATE, {"name": "林小燕"}, now=NOW) == typeset(TEMPLATE, {"name": "林小燕"}, now=NOW)


def test_a_character_that_we_cannot_draw_is_named() -> None:
    made = typeset(TEMPLATE, {"name": f"林{RARE}"}, now=NOW)
    said = text_of(made.content)
    assert made.missing == (RARE,)
    assert {GETA, *"手写补全"} <= set(said)
    assert RARE not in said


def test_marks_that_draw_nothing_are_left_out() -> None:
    """A mark that turns the direction would show another name than the one kept."""
    made = typeset(TEMPLATE, {"name": "林\u202e小\u200b燕\U000e0100\x07"}, now=NOW)
    assert made.missing == ()
    assert typeset(TEMPLATE, {"name": "林小燕"}, now=NOW).content == made.content


@pytest.mark.parametrize(
    "typed",
    [
        '#read("/config/settings.py")', '#eval("1")', "*粗* _斜_ `码` $x$ <标签> @引用", "] #panic() [", "= 标题\n- 条",
        '"); #import "@preview/x:1.0.0"', "\\u{41}", "// 注释", "#{" * 50,
    ],
)  # fmt: skip
def test_what_was_typed_is_never_markup(typed) -> None:
    made = typeset(TEMPLATE, {"name": typed}, now=NOW)
    assert set(typed) - set(" \n") <= set(text_of(made.content)) | {GETA}
    assert "SECRET" not in text_of(made.content)


def test_the_papers_are_quick() -> None:
    typeset(TEMPLATE, {"name": "林小燕"}, now=NOW)
    began = time.perf_counter()
    for number in range(20):
        typeset(TEMPLATE, {"name": f"林小燕{number}"}, now=NOW)
    assert time.perf_counter() - began < 2


def test_without_a_font_nothing_is_printed(settings, tmp_path) -> None:
    settings.DOCUMENT_FONTS = tmp_path
    with pytest.raises(Refused) as refusal:
        typeset(TEMPLATE, {"name": "林小燕"}, now=NOW)
    assert "字库" in refusal.value.message


def test_the_font_is_read_as_a_font_library_reads_it(settings) -> None:
    known = drawable(settings.DOCUMENT_FONTS / REGULAR)
    assert {ord(character) for character in f"{GETA}林龘〇·㐂Aé、“”…—年"} <= known
    assert not {ord(RARE), 0x0378, 0xFFFF} & known
    assert 20_000 < len(known) < 60_000


def segments(*parts: tuple[int, int, int, int], glyphs: tuple[int, ...] = ()) -> bytes:
    """A font that has nothing but a cmap of format 4: (first, last, delta, offset)."""
    twice = 2 * len(parts)
    columns = [[part[place] for part in parts] for place in (1, 0, 2, 3)]
    ends, starts, deltas, offsets = (struct.pack(f">{len(parts)}H", *column) for column in columns)
    body = struct.pack(">HHHHHHH", 4, 0, 0, twice, 0, 0, 0) + ends + b"\0\0" + starts + deltas + offsets
    body += struct.pack(f">{len(glyphs)}H", *glyphs)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + body
    return b"\0\1\0\0" + struct.pack(">HHHH", 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap


def test_an_old_cmap_is_read_too(tmp_path) -> None:
    font = tmp_path / "old.ttf"
    # A by its delta; B and C through the glyphs behind, of which C's is the empty box.
    font.write_bytes(segments((65, 65, 10, 0), (66, 67, 0, 4), (0xFFFF, 0xFFFF, 1, 0), glyphs=(7, 0)))
    assert drawable(font) == {65, 66}
    font.write_bytes(b"PK\3\4")
    drawable.cache_clear()
    with pytest.raises(ValueError, match="TrueType"):
        drawable(font)


def test_templates_stand_in_the_house() -> None:
    """A template that is not shipped, or that reads from elsewhere, would fail only when it is needed."""
    for place in HOUSE.rglob("*.typ"):
        assert "@preview" not in place.read_text(encoding="utf-8"), place
