"""The quick way through a worksheet gives what the parser gives, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.cells import Cells
from niangjia.kernel.sheets.cutting import rows_of
from niangjia.kernel.sheets.strings import SharedStrings
from niangjia.kernel.sheets.tests.making import DECLARED, MAIN
from niangjia.kernel.sheets.worksheet import Worksheet

STRINGS = b"<sst><si><t>0th</t></si><si><t>1st</t></si><si><t></t></si></sst>"


def cells() -> Cells:
    return Cells(SharedStrings([STRINGS]), [0, 1, 6], since_1904=False)


def read(sheet: str, *, cut: bool, size: int = 1 << 20):
    xml = f'{DECLARED}<worksheet xmlns="{MAIN}">{sheet}</worksheet>'.encode()
    reader = Worksheet(cells(), cut=cut)
    try:
        rows = list(reader.rows(xml[at : at + size] for at in range(0, len(xml), size)))
    except Refused as refused:
        return refused.code
    return rows, reader.merged


texts = some.sampled_from(
    ["1", "0", "45418", "13912345678", "110101199003070020", "1.5E+3", "张 三", "a&amp;b", "&#10;", "&#xA;", "&lt;x&gt;",
     "&nbsp;", "a\r\nb", " ", "", "_x000D_", "true", "2024-05-06", "-1", "]]>", "<![CDATA[1]]>", "<!-- x -->"]
)  # fmt: skip
bodies = some.one_of(
    texts.map(lambda text: f"<v>{text}</v>"),
    texts.map(lambda text: f"<f>A1</f><v>{text}</v>"),
    texts.map(lambda text: f'<f t="shared" si="0"/><v>{text}</v>'),
    texts.map(lambda text: f"<is><t>{text}</t></is>"),
    texts.map(lambda text: f'<is><t xml:space="preserve">{text}</t></is>'),
    texts.map(lambda text: f"<is><r><t>{text}</t></r><r><t>x</t></r><rPh><t>y</t></rPh></is>"),
    some.just(""),
)
references = some.sampled_from(["A", "B", "C", "AA", "GR", "GS", "GT", "XFD", "XFE"])
attributes = some.tuples(
    some.sampled_from(["", ' s="0"', ' s="1"', ' s="2"', ' s="7"', ' s="x"']),
    some.sampled_from(["", ' t="s"', ' t="str"', ' t="inlineStr"', ' t="b"', ' t="e"', ' t="n"', ' t="d"', ' cm="1"']),
).map("".join)
a_cell = some.one_of(
    some.tuples(references, attributes, bodies).map(lambda of: f'<c r="{of[0]}1"{of[1]}>{of[2]}</c>'),
    some.tuples(references, attributes).map(lambda of: f'<c r="{of[0]}1"{of[1]}/>'),
    some.sampled_from(["<c><v>1</v></c>", "\n", "<!--", "-->", "<extLst/>"]),
)
plain_cells = some.lists(texts.filter(lambda text: "<" not in text), min_size=1, max_size=4).map(
    lambda of: "".join(f'<c r="{chr(65 + n)}1" t="inlineStr"><is><t>{text}</t></is></c>' for n, text in enumerate(of))
)
row_tags = some.sampled_from(["<row>", '<row r="3">', '<row r="70" spans="1:3">', "<row ht='3'>", '<row r="2"/><row>'])
a_row = some.one_of(
    some.tuples(row_tags, some.one_of(plain_cells, some.lists(a_cell, max_size=4).map("".join))).map(
        lambda of: f"{of[0]}{of[1]}</row>"
    ),
    some.sampled_from(["<row/>", '<row r="9"/>', "</sheetData><sheetData>"]),
)
sheets = some.lists(a_row, max_size=6).map(lambda rows: "<sheetData>" + "".join(rows) + "</sheetData>")


@settings(max_examples=600, deadline=None)
@given(sheets, some.sampled_from([1 << 20, 150, 37]))
def test_the_same_either_way(sheet, size):
    quick, slow = read(sheet, cut=True, size=size), read(sheet, cut=False)
    assert quick == slow


a_string = some.one_of(
    texts.map(lambda text: f"<si><t>{text}</t></si>"),
    texts.map(lambda text: f'<si><t xml:space="preserve">{text}</t></si>'),
    texts.map(lambda text: f"<si><r><t>{text}</t></r><r><t>x</t></r><rPh><t>y</t></rPh></si>"),
    some.sampled_from(["<si/>", "<si><t/></si>", "\n", "<!-- <si><t>no</t></si> -->", "<si><x/></si>", "<t>y</t>"]),
)


@settings(max_examples=300, deadline=None)
@given(some.lists(a_string, max_size=6).map("".join), some.sampled_from([1 << 20, 40, 11]))
def test_shared_strings_too(strings, size):
    def read(xml: bytes, *, cut: bool):
        shared = SharedStrings(xml[at : at + size] for at in range(0, len(xml), size))
        shared._cuts = None if cut else False
        try:
            shared[1000]
        except Refused:
            return shared.near if shared._through else "refused"

    xml = f'{DECLARED}<sst xmlns="{MAIN}">{strings}</sst>'.encode()
    assert read(xml, cut=True) == read(xml, cut=False)


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A2" t="s"><v>1</v></c>',
        '<row r="2" spans="1:2"><c r="A2" s="1"><v>45418</v></c><c r="B2" s="1"/>',
        '<row r="1"/><row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve"> a &amp; b</t></is></c>',
        '<row r="2"><c r="A2" t="str"><f>B2</f><v>x</v></c>',
    ],
)
def test_rows_as_spreadsheets_write_them_need_no_parser(row):
    assert rows_of(row, cells()) is not None


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A2"><v>1</v></c><!-- x -->',
        '<c r="A2"><v>1</v></c>',
        '<row r="2"><row r="3">',
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>',
        '<row r="2"><c r="A2" t="inlineStr"><is><r><t>a</t></r></is></c>',
        '<row r="2"><c r="A2"><v>&x;</v></c>',
        '<row r="2"/>',
    ],
)
def test_all_others_do(row):
    assert rows_of(row, cells()) is None
