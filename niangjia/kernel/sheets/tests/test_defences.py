"""Files that would do harm or can't be understood are refused, each with what to do about it."""

from __future__ import annotations

import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import pyzipper
import xlsxwriter
import xlwt

from niangjia.kernel.errors import Refused
from niangjia.kernel.files.tests.test_files import compound
from niangjia.kernel.sheets import archive
from niangjia.kernel.sheets.reading import open_sheet
from niangjia.kernel.sheets.tests.making import data, inline, parts, zipped

PEOPLE = (inline("姓名", "性别"), inline("张三", "男", row=2))


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "stored"


def refusal(path: Path, name: str = "名册.xlsx") -> Refused:
    with pytest.raises(Refused) as refused:
        list(open_sheet(path, name).rows())
    assert refused.value.message.endswith("。")
    return refused.value


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


class TestWhatItIs:
    def test_a_workbook_called_csv_is_read_as_what_it_is(self, target):
        assert open_sheet(zipped(target, parts(data(*PEOPLE))), "名册.csv").kind == "xlsx"

    def test_a_csv_called_xlsx_too(self, target):
        assert open_sheet(written(target, "姓名,性别\n张三,男\n".encode()), "名册.xlsx").kind == "csv"

    @pytest.mark.parametrize(
        "content",
        [
            b"<html><table><tr><td>x</td></tr></table></html>",
            b"\xef\xbb\xbf\r\n<!DOCTYPE html><html></html>",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            b"<table border=1><tr><td>x",
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related",
        ],
    )
    def test_a_web_page_called_xls(self, target, content):
        assert "另存为 .xlsx" in refusal(written(target, content), "导出.xls").message

    @pytest.mark.parametrize("content", [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"Rar!\x1a\x07", compound("WordDocument")])
    def test_other_files(self, target, content):
        assert refusal(written(target, content)).code == "sheet.kind"

    def test_other_archives(self, target):
        assert refusal(zipped(target, {"名册.xlsx": "x"})).code == "sheet.kind"
        assert refusal(zipped(target, {"mimetype": "", "content.xml": "<x/>"})).code == "sheet.format"
        assert refusal(zipped(target, {"xl/workbook.bin": "", "[Content_Types].xml": "<x/>"})).code == "sheet.format"


class TestLocked:
    def test_with_a_password_to_open(self, target):
        assert "密码" in refusal(written(target, compound("EncryptedPackage", "EncryptionInfo"))).message

    def test_a_zip_with_a_password(self, target):
        with pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES) as locked:
            locked.setpassword(b"x")
            for name, content in parts(data(*PEOPLE)).items():
                locked.writestr(name, content)
        assert refusal(target).code == "sheet.locked"


class TestMacros:
    def test_by_the_project_under_any_name(self, target):
        made = parts(data(*PEOPLE)) | {"xl/vbaProject.bin": b"x"}
        assert "带有宏" in refusal(zipped(target, made)).message

    def test_by_what_it_says_of_itself(self, target):
        made = parts(data(*PEOPLE))
        made["[Content_Types].xml"] = (
            '<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
        )
        assert refusal(zipped(target, made)).code == "sheet.macros"

    def test_in_an_old_workbook(self, target):
        assert refusal(written(target, compound("Workbook", "_VBA_PROJECT"))).code == "sheet.macros"

    def test_none_is_left_by_a_formula(self, target):
        """The value that was last computed is read, as text."""
        row = '<c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>CMD()</f><v>=1+1</v></c><c r="C2"><f>X()</f></c>'
        zipped(target, parts(data(inline("甲", "乙", "丙"), row)))
        assert list(open_sheet(target, "a.xlsx").rows()) == [(2, ["2", "=1+1", ""])]


class TestTooMuch:
    def test_a_part_that_unpacks_beyond_measure(self, target, monkeypatch):
        monkeypatch.setattr(archive, "_RATIO_COUNTS_FROM", 4 * 1024**2)
        made = parts(data(*PEOPLE))
        made["xl/worksheets/sheet1.xml"] = str(made["xl/worksheets/sheet1.xml"]).replace(
            "</sheetData>", " " * 8 * 1024**2 + "</sheetData>"
        )
        zipped(target, made)
        assert refusal(target).code == "sheet.bomb"

    def test_by_absolute_size(self, target, monkeypatch):
        monkeypatch.setattr(archive.Archive.pieces, "__defaults__", (1000,))
        zipped(target, parts(data(*PEOPLE, *(inline("字" * 100, row=row) for row in range(3, 30)))))
        assert refusal(target).code == "sheet.bomb"

    def test_a_small_part_that_is_none(self, target):
        made = parts(data(*PEOPLE))
        made["xl/workbook.xml"] = str(made["xl/workbook.xml"]) + " " * 17 * 1024**2
        assert refusal(zipped(target, made)).code == "sheet.bomb"

    def test_too_many_parts(self, target):
        with zipfile.ZipFile(target, "w") as made:
            for number in range(10_001):
                made.writestr(f"{number}", "")
        assert refusal(target).code == "sheet.bomb"

    @pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
    def test_entities(self, target, part):
        made = parts(data(*PEOPLE), strings=["<t>x</t>"])
        document = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        made[part] = document + str(made[part]).removeprefix(
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        )
        if part == "xl/sharedStrings.xml":
            made["xl/worksheets/sheet1.xml"] = str(made["xl/worksheets/sheet1.xml"]).replace(
                "</sheetData>", '<row r="3"><c r="A3" t="s"><v>0</v></c></row></sheetData>'
            )
        assert refusal(zipped(target, made)).code == "sheet.entities"

    def test_a_million_empty_rows_cost_little_and_count_for_nothing(self, target):
        """Rows that are only formatted, as when somebody coloured whole columns."""
        empty = "".join(f'<row r="{row}" spans="1:3" s="1"><c r="A{row}" s="1"/></row>' for row in range(3, 100_000))
        last = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>末</t></is></c></row>'
        sheet = data(*PEOPLE).replace("</sheetData>", f"{empty}{last}</sheetData>")
        zipped(target, parts(sheet))
        began = time.perf_counter()
        assert list(open_sheet(target, "a.xlsx").rows()) == [(2, ["张三", "男"]), (1_048_576, ["末", ""])]
        assert time.perf_counter() - began < 10

    def test_content_far_below_is_not_searched_for(self, target):
        far = '<sheetData><row r="100000"><c r="A100000" t="inlineStr"><is><t>末</t></is></c></row></sheetData>'
        assert refusal(zipped(target, parts(far))).code == "sheet.empty"

    def test_elements_within_elements_without_end(self, target):
        for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
            made = parts(data(*PEOPLE))
            made[part] = str(made[part]).removesuffix(">").rpartition("<")[0] + "<a>" * 2_000_000
            assert refusal(zipped(target, made)).code == "sheet.damaged"

    def test_a_tag_without_end(self, target):
        made = parts(data(*PEOPLE))
        made["xl/workbook.xml"] = "<workbook a='" + "x" * 8 * 1024**2
        assert refusal(zipped(target, made)).code == "sheet.damaged"

    def test_one_row_without_end_takes_no_memory(self, target):
        sheet = data(*PEOPLE).replace("</sheetData>", '<row r="3">' + "<c/>" * 3_000_000)
        zipped(target, parts(sheet))
        tracemalloc.start()
        assert refusal(target).code == "sheet.damaged"
        assert tracemalloc.get_traced_memory()[1] < 30 * 1024**2
        tracemalloc.stop()

    @pytest.mark.parametrize("inside", ["inlineStr", "s"])
    def test_one_cell_without_end(self, target, inside):
        long = "字" * 50_000
        cell = (
            f'<c r="A2" t="inlineStr"><is><t>{long}</t></is></c>'
            if inside == "inlineStr"
            else '<c r="A2" t="s"><v>0</v></c>'
        )
        zipped(target, parts(data(inline("姓名", "性别"), cell), strings=[f"<t>{long}</t>"]))
        assert refusal(target).code == "sheet.cell"

    def test_more_than_200_columns(self, target):
        book = xlsxwriter.Workbook(str(target))
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [f"列{number}" for number in range(201)])
        book.close()
        assert refusal(target).code == "sheet.columns"

    def test_columns_that_are_only_formatted_do_not_count(self, target):
        far = '<c r="XFD2" s="0"/>'
        zipped(target, parts(data(inline("姓名", "性别"), inline("张三", "男", row=2) + far)))
        assert len(open_sheet(target, "a.xlsx").headings) == 2

    def test_a_note_far_to_the_right_is_told(self, target):
        far = '<c r="XFD2" t="inlineStr"><is><t>记</t></is></c>'
        zipped(target, parts(data(inline("姓名", "性别"), inline("张三", "男", row=2) + far)))
        sheet = open_sheet(target, "a.xlsx")
        assert list(sheet.rows()) == [(2, ["张三", "男"])]
        assert sheet.too_wide == [2]


class TestMerged:
    @staticmethod
    def merged(*areas: str) -> str:
        rows = [
            inline("北街镇花名册"),
            inline("姓名", "性别", row=2),
            inline("张三", "男", row=3),
            inline("", "女", row=4),
        ]
        return data(*rows) + "<mergeCells>" + "".join(f'<mergeCell ref="{each}"/>' for each in areas) + "</mergeCells>"

    def test_in_titles_and_beside_and_below_the_data(self, target):
        zipped(target, parts(self.merged("A1:F1", "D3:D4", "A9:B9")))
        assert len(list(open_sheet(target, "a.xlsx").rows())) == 2

    def test_in_the_data(self, target):
        zipped(target, parts(self.merged("A1:F1", "A3:A4")))
        assert "1 处合并的单元格：A3:A4。" in refusal(target).message

    def test_in_an_old_workbook(self, target):
        book = xlwt.Workbook()
        sheet = book.add_sheet("名册")
        sheet.write(0, 0, "姓名")
        sheet.write(0, 1, "单位")
        sheet.write(1, 0, "张三")
        sheet.write(2, 0, "李四")
        sheet.write_merge(1, 2, 1, 1, "北街厂")
        book.save(str(target))
        assert "B2:B3" in refusal(target, "a.xls").message


class TestBroken:
    def test_cut_off_anywhere(self, target):
        whole = zipped(target, parts(data(*PEOPLE), strings=["<t>x</t>"])).read_bytes()
        for end in range(4, len(whole), 97):
            assert refusal(written(target, whole[:end])).code == "sheet.damaged"

    def test_a_byte_changed_anywhere(self, target):
        whole = zipped(target, parts(data(*PEOPLE))).read_bytes()
        for place in range(0, len(whole), 41):
            changed = bytearray(whole)
            changed[place] ^= 0x55
            written(target, bytes(changed))
            try:
                list(open_sheet(target, "a.xlsx").rows())
            except Refused as refused:
                assert refused.message.endswith("。")  # noqa: PT017 - it may also do no harm

    @pytest.mark.parametrize(
        "sheet",
        [
            "<sheetData><row r='1'><c r='A1'><v>1</v></row></sheetData>",
            "<sheetData><row r='2'/><row r='1'/></sheetData>",
            "<sheetData><row r='x'/></sheetData>",
            "<sheetData><row r='1048577'/></sheetData>",
            "<sheetData><row r='1'><c r='ZZZ1'/></row></sheetData>",
            "<sheetData><row r='1'><c r='A1' t='s'><v>x</v></c></row></sheetData>",
            "<sheetData><row r='1'><c r='A1' t='s'><v>7</v></c></row></sheetData>",
            '<sheetData><row r="1"><c r="A1" t="s"><v>-1</v></c></row></sheetData>',
            "<sheetData><row r='1'><c r='A1'><v>&what;</v></c></row></sheetData>",
            "<sheetData><row r='1'><c r='A1'><v>\x01</v></c></row></sheetData>",
            '<dimension ref="nonsense"/>',
            '<mergeCells><mergeCell ref="1:2"/></mergeCells>',
        ],
    )
    def test_what_makes_no_sense(self, target, sheet):
        assert refusal(zipped(target, parts(sheet))).code == "sheet.damaged"

    @pytest.mark.parametrize("missing", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
    def test_a_part_that_is_missing(self, target, missing):
        made = parts(data(*PEOPLE))
        del made[missing]
        assert refusal(zipped(target, made)).code == "sheet.damaged"

    def test_an_encoding_that_there_is_not(self, target):
        made = parts(data(*PEOPLE))
        made["xl/worksheets/sheet1.xml"] = '<?xml version="1.0" encoding="nonsense"?><worksheet/>'
        assert refusal(zipped(target, made)).code == "sheet.damaged"

    def test_an_old_workbook_cut_or_changed_anywhere(self, target):
        book = xlwt.Workbook()
        sheet = book.add_sheet("名册")
        for row in range(50):
            sheet.write(row, 0, f"姓名{row}")
            sheet.write(row, 1, row)
        book.save(str(target))
        whole = target.read_bytes()
        for place in range(8, len(whole), 199):
            changed = bytearray(whole)
            changed[place] ^= 0x55
            for content in (whole[:place], bytes(changed)):
                written(target, content)
                try:
                    list(open_sheet(target, "a.xls").rows())
                except Refused as refused:
                    assert refused.message.endswith("。")  # noqa: PT017 - it may also do no harm
