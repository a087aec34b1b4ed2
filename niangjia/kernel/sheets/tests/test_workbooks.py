"""What stands in a workbook's cells comes out as the text that people see there."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlwt

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets import strings
from niangjia.kernel.sheets.formats import Shown, date_text, number_text, shown_by
from niangjia.kernel.sheets.reading import open_sheet
from niangjia.kernel.sheets.strings import SharedStrings
from niangjia.kernel.sheets.tests.making import data, inline, parts, zipped


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "名册.xlsx"


def read(path: Path, **named):
    sheet = open_sheet(path, path.name, **named)
    return sheet.headings, list(sheet.rows())


STYLES = (
    '<numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>'
    '<numFmt numFmtId="177" formatCode="000000"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="31"/><xf numFmtId="177"/>'
    '<xf numFmtId="22"/></cellXfs><cellStyles><xf numFmtId="14"/></cellStyles>'
)


def test_every_type_of_cell(target):
    second = (
        '<c r="A2" t="s"><v>1</v></c><c r="B2" s="1"><v>45418</v></c><c r="C2" s="2"><v>45418</v></c>'
        '<c r="D2" s="3"><v>45418.5</v></c><c r="E2" s="4"><v>42</v></c><c r="F2" t="b"><v>1</v></c>'
        '<c r="G2" t="e"><v>#N/A</v></c><c r="H2" t="str"><f>A1&amp;"x"</f><v>甲&amp;乙</v></c>'
        '<c r="I2"><v>1.1010119900307E+17</v></c><c r="J2" t="n"><v>13912345678</v></c><c r="K2" t="b"><v>0</v></c>'
        '<c r="L2" t="d"><v>2024-05-06T00:00:00</v></c><c r="M2"><v>0.1</v></c><c r="N2" s="99"><v>7.0</v></c>'
    )
    headings = "".join(f'<c r="{chr(65 + place)}1" t="inlineStr"><is><t>列{place}</t></is></c>' for place in range(14))
    zipped(target, parts(data(headings, second), strings=["<t>无</t>", "<t>张三</t>"], styles=STYLES))
    _, [(number, cells)] = read(target)
    assert number == 2
    assert cells == [
        "张三", "2024-05-06", "2024-05-06", "2024-05-06 12:00", "000042", "是", "#N/A", "甲&乙", "1.10101E+17",
        "13912345678", "否", "2024-05-06", "0.1", "7",
    ]  # fmt: skip


def test_runs_of_rich_text_are_one_text_without_how_it_is_read_aloud(target):
    rich = "<r><t>张</t></r><r><rPr><b/></rPr><t>三</t></r><rPh sb='0' eb='1'><t>zhang</t></rPh>"
    inline_rich = f'<c r="B2" t="inlineStr"><is>{rich}</is></c>'
    zipped(target, parts(data(inline("姓名", "别名"), f'<c r="A2" t="s"><v>0</v></c>{inline_rich}'), strings=[rich]))
    assert read(target)[1] == [(2, ["张三", "张三"])]


def test_other_namespaces_and_prefixes(target):
    made = parts(data(inline("姓名", "性别"), inline("张三", "男", row=2)))
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    sheet = str(made["xl/worksheets/sheet1.xml"])
    for each in ("worksheet", "sheetData", "row", "c", "is", "t"):
        for after in (" ", ">"):
            sheet = sheet.replace(f"<{each}{after}", f"<x:{each}{after}").replace(f"</{each}>", f"</x:{each}>")
    made["xl/worksheets/sheet1.xml"] = sheet.replace("xmlns=", "xmlns:x=").replace(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main", strict
    )
    assert "<x:row" in str(made["xl/worksheets/sheet1.xml"])
    assert read(zipped(target, made))[1] == [(2, ["张三", "男"])]


def test_rows_and_cells_without_references(target):
    rows = (
        "<row><c t='inlineStr'><is><t>姓名</t></is></c><c t='inlineStr'><is><t>性别</t></is></c></row>"
        "<row/><row><c/><c t='inlineStr'><is><t>男</t></is></c></row>"
    )
    zipped(target, parts(f"<sheetData>{rows}</sheetData>"))
    assert read(target)[1] == [(3, ["", "男"])]


def test_laid_out_over_lines_with_comments_and_cdata(target):
    sheet = (
        "<sheetData>\n <row r='1'>\n  <c r='A1' t='inlineStr'>\n <is><t>姓名</t></is></c>\n"
        " <c r='B1' t='inlineStr'><is><t><![CDATA[性<别>]]></t></is></c></row>"
        "<!-- <row r='2'><c r='A2'><v>1</v></c></row> --><row r='3'><c r='B3'><v>5</v></c></row></sheetData>"
    )
    assert read(zipped(target, parts(sheet))) == (("姓名", "性<别>"), [(3, ["", "5"])])


def test_the_first_visible_sheet_that_holds_anything(target):
    filled = data(inline("姓名", "性别"), inline("张三", "男", row=2))
    wrong = data(inline("选项", "别名"))
    zipped(target, parts(wrong, "<sheetData/>", filled, wrong, states=["hidden"]))
    assert read(target)[0] == ("姓名", "性别")


def test_days_from_1904(target):
    made = parts(
        data(inline("姓名", "生日"), '<c r="B2" s="1"><v>43956</v></c>'),
        styles=STYLES,
        book='<workbookPr date1904="1"/>',
    )
    assert read(zipped(target, made))[1] == [(2, ["", "2024-05-06"])]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", Shown.NUMBER), ("@", Shown.NUMBER), ("0.00E+00", Shown.NUMBER), ('#,##0.00"days"', Shown.NUMBER),
        ("[Red]0.00", Shown.NUMBER), ("G/通用格式", Shown.NUMBER), ('0"年"', Shown.NUMBER), ("0", Shown.NUMBER),
        ("yyyy/m/d", Shown.DATE), ('[$-804]yyyy"年"m"月";@', Shown.DATE), ("[DBNum1][$-804]m月d日", Shown.DATE),
        ("[h]:mm", Shown.DATE), ("mm-dd-yy", Shown.DATE), ("aaaa", Shown.DATE), (r"yyyy\-mm\-dd", Shown.DATE),
        ("000000", 6), ("00", 2),
    ],
)  # fmt: skip
def test_which_formats_mean_dates(code, shown):
    assert shown_by(code) == shown


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1", "1"), ("1.0", "1"), ("-3", "-3"), ("123456789012345", "123456789012345"), ("1E3", "1000"),
        ("123456789012345678", "1.23457E+17"), ("1.1E+17", "1.1E+17"), ("0.30000000000000004", "0.3"),
        ("1e400", "1e400"), ("abc", "abc"),
    ],
)  # fmt: skip
def test_numbers_as_excel_shows_them(number, text):
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        ("1", "1900-01-01"), ("59", "1900-02-28"), ("60", "60"), ("61", "1900-03-01"), ("45418", "2024-05-06"),
        ("45418.0", "2024-05-06"), ("45418.75", "2024-05-06 18:00"), ("0.5", "12:00"), ("-1", "-1"),
        ("99999999", "99999999"), ("2958465", "9999-12-31"), ("2958465.9999999", "2958465.9999999"),
    ],
)  # fmt: skip
def test_serial_numbers_as_days(serial, text):
    assert date_text(serial, since_1904=False) == text


def test_written_by_another_library(target):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["姓名", "出生日期", "电话", "在职", "序号"])
    sheet.append(["张三", date(1990, 3, 7), 13912345678, True, "=1+1"])
    sheet.append([])
    sheet.append(["李四", datetime.fromisoformat("1990-03-07T08:30"), "139 0000", False, 1.5])
    book.save(target)
    assert read(target)[1] == [
        (2, ["张三", "1990-03-07", "13912345678", "是", ""]),
        (4, ["李四", "1990-03-07 08:30", "139 0000", "否", "1.5"]),
    ]


def test_an_old_workbook(target):
    book = xlwt.Workbook()
    hidden, sheet = book.add_sheet("选项"), book.add_sheet("名册")
    hidden.visibility = 1
    hidden.write(0, 0, "x")
    for column, heading in enumerate(("姓名", "出生日期", "电话", "证件号码", "在职", "到会", "算式")):
        sheet.write(2, column, heading)
    day, moment = (xlwt.easyxf(num_format_str=code) for code in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
    sheet.write(4, 0, "张三")
    sheet.write(4, 1, date(1990, 3, 7), day)
    sheet.write(4, 2, 13912345678)
    sheet.write(4, 3, 123456789012345678)
    sheet.write(4, 4, True)
    sheet.write(4, 5, datetime.fromisoformat("2024-05-06T08:30"), moment)
    sheet.write(4, 6, xlwt.Formula("1+1"))
    book.save(str(target))
    opened = open_sheet(target, "名册.xls")
    assert (opened.kind, opened.heading_row, opened.total) == ("xls", 3, 5)
    ((number, cells),) = opened.rows()
    assert number == 5
    assert cells[:6] == ["张三", "1990-03-07", "13912345678", "1.23457E+17", "是", "2024-05-06 08:30"]


def test_characters_that_workbooks_write_as_numbers():
    assert strings.plain("甲_x000A_乙_x005F_x000A_") == "甲\n乙_x000A_"
    assert strings.plain("_x0000__xD800_") == "_x0000__xD800_"


class TestSharedStrings:
    @staticmethod
    def part(count: int) -> bytes:
        return b"<sst>" + b"".join(f"<si><t>字{number}</t></si>".encode() for number in range(count)) + b"</sst>"

    def test_are_read_no_further_than_asked(self):
        taken = []

        def pieces():
            whole = self.part(1000)
            for at in range(0, len(whole), 100):
                taken.append(at)
                yield whole[at : at + 100]

        assert SharedStrings(pieces())[3] == "字3"
        assert len(taken) == 1

    def test_many_are_kept_outside_memory(self, monkeypatch):
        monkeypatch.setattr(strings, "_KEPT", 10)
        monkeypatch.setattr(strings, "_BUFFERED", 50)
        shared = SharedStrings([self.part(1000)])
        assert [shared[number] for number in (999, 0, 500, 10, 9, 11)] == [f"字{n}" for n in (999, 0, 500, 10, 9, 11)]
        assert len(shared.near) == 10

    def test_one_that_is_not_there(self):
        for missing in (5, -1):
            with pytest.raises(Refused, match="损坏"):
                SharedStrings([self.part(5)])[missing]

    def test_a_full_disk(self, monkeypatch):
        class Full:
            def write(self, _):
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(strings, "_KEPT", 10)
        monkeypatch.setattr(strings, "_BUFFERED", 50)
        monkeypatch.setattr(strings.tempfile, "TemporaryFile", lambda **_: Full())
        with pytest.raises(Refused, match="临时空间不够"):
            SharedStrings([self.part(1000)])[999]
