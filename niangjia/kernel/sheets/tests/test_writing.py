"""What is written is inert, and is read back as it was."""

from __future__ import annotations

import csv
import resource

import openpyxl
import pytest
import pyzipper
from hypothesis import given
from hypothesis import strategies as some

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets import writing
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.inert import as_meant, made_inert
from niangjia.kernel.sheets.reading import open_sheet
from niangjia.kernel.sheets.writing import TemplateColumn, lock_in_zip, write_sheet, write_template

HEADINGS = ("姓名", "证件号码", "备注", "退回原因")
ROWS = [
    ["张三", "110101199003070020", "=1+1", "身份证号码不对"],
    ["李四", "000123", "@SUM(A1)", ""],
    ["王五", "1.23457E+17", '-1,"2"\n三', "http://例.cn"],
    ["𠮷田·买买提", "", "'=x", "+86 139"],
    ["_x000D_", "TRUE", "{=1}", "\t=1"],
]


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        ("xlsx", None),
        ("xls", None),
        ("csv", None),
        ("csv", Dialect("gb18030", ";")),
        ("csv", Dialect("utf-16", "\t")),
        ("csv", Dialect("utf-8", ",")),
    ],
)
def test_comes_back_as_it_was(tmp_path, kind, dialect):
    target = tmp_path / "sheet"
    assert write_sheet(target, kind, HEADINGS, iter(ROWS), dialect=dialect, marked=3) == 5
    sheet = open_sheet(target, "名册")
    assert sheet.kind == ("csv" if kind == "csv" else "xlsx")
    assert sheet.headings == HEADINGS
    assert [cells for _, cells in sheet.rows()] == ROWS
    if dialect and dialect.encoding != "utf-8":
        assert sheet.dialect == dialect
    again = tmp_path / "again"
    write_sheet(again, kind, sheet.headings, (cells for _, cells in sheet.rows()), dialect=sheet.dialect)
    assert list(open_sheet(again, "名册").rows()) == list(sheet.rows())


def test_excel_opens_a_csv_of_ours_as_utf8_and_runs_nothing_in_it(tmp_path):
    target = tmp_path / "a.csv"
    write_sheet(target, "csv", HEADINGS, ROWS)
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    with target.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_every_cell_of_a_workbook_is_text(tmp_path):
    target = tmp_path / "a.xlsx"
    write_sheet(target, "xlsx", HEADINGS, ROWS, marked=3)
    sheet = openpyxl.load_workbook(target).active
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.b
    for row in sheet.iter_rows(min_row=2):
        for cell in filter(lambda cell: cell.value is not None, row):
            assert cell.data_type == "s"
            assert cell.number_format == "@"
            assert cell.hyperlink is None
    assert sheet["D2"].font.color.rgb == "FFC00000"
    assert sheet["C2"].font.color is None or sheet["C2"].font.color.rgb != "FFC00000"


@given(some.text(alphabet="'=+-@\t\r\n＝ax", max_size=6))
def test_inert_cells_run_nothing_and_come_back(cell):
    assert as_meant(made_inert(cell)) == cell
    assert not made_inert(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_a_reason_too_long_for_a_cell_is_cut(tmp_path):
    target = tmp_path / "a.xlsx"
    write_sheet(target, "xlsx", ["退回原因"], [["字" * 40_000]])
    assert len(openpyxl.load_workbook(target).active["A2"].value) == 32_767


class TestWhatFails:
    def test_more_rows_than_a_worksheet_has(self, tmp_path, monkeypatch):
        monkeypatch.setattr(writing, "_LAST_ROW", 3)
        with pytest.raises(Refused, match="请改用 CSV"):
            write_sheet(tmp_path / "a.xlsx", "xlsx", HEADINGS, ROWS)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_full_disk(self, tmp_path, kind):
        """As a limit on the size of files makes it."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        try:
            with pytest.raises(Refused, match="空间不够"):
                write_sheet(tmp_path / "a", kind, HEADINGS, ROWS * 1000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list(tmp_path.iterdir()) == []

    def test_what_the_rows_raise_passes_and_leaves_nothing(self, tmp_path):
        def rows():
            yield ROWS[0]
            raise Refused("x", "不行。")

        for kind in ("csv", "xlsx"):
            with pytest.raises(Refused, match="不行"):
                write_sheet(tmp_path / "a", kind, HEADINGS, rows())
            assert list(tmp_path.iterdir()) == []


class TestTemplate:
    COLUMNS = (
        TemplateColumn("姓名", required=True, hint="与身份证上的一致。", example="张三"),
        TemplateColumn("性别", choices=("男", "女")),
        TemplateColumn("民族", choices=tuple(f"第{number}个民族" for number in range(100)), hint="不填按汉族"),
        TemplateColumn("证件号码", required=True, example="110101199003070020"),
    )

    @pytest.fixture
    def target(self, tmp_path):
        write_template(tmp_path / "t.xlsx", self.COLUMNS)
        return tmp_path / "t.xlsx"

    def test_reads_back_with_plain_headings_and_no_rows(self, target):
        sheet = open_sheet(target, "模板.xlsx")
        assert sheet.headings == ("姓名", "性别", "民族", "证件号码")
        assert list(sheet.rows()) == []

    def test_has_drop_downs_notes_and_columns_of_text(self, target):
        book = openpyxl.load_workbook(target)
        form, explained, options = book.worksheets
        assert [each.sheet_state for each in book.worksheets] == ["visible", "visible", "hidden"]
        rules = {str(each.sqref): each.formula1 for each in form.data_validations.dataValidation}
        assert rules == {"B2:B1048576": "选项!$A$1:$A$2", "C2:C1048576": "选项!$B$1:$B$100"}
        assert form["A1"].value == "姓名*"
        assert "与身份证上的一致" in form["A1"].comment.text
        assert form.column_dimensions["D"].width > 0
        assert options["B100"].value == "第99个民族"
        assert [cell.value for cell in explained[2]] == ["姓名", "是", "与身份证上的一致", "张三"]

    def test_filled_in_by_another_program(self, target):
        book = openpyxl.load_workbook(target)
        book.worksheets[0].append(["张三", "男", None, "110101199003070020"])
        book.save(target)
        assert list(open_sheet(target, "a.xlsx").rows()) == [(2, ["张三", "男", "", "110101199003070020"])]


def test_a_zip_that_opens_with_the_password_only(tmp_path):
    source, target = tmp_path / "a.xlsx", tmp_path / "a.zip"
    write_sheet(source, "xlsx", HEADINGS, ROWS)
    lock_in_zip(source, "会员名册.xlsx", "口令1234", target)
    with pyzipper.AESZipFile(target) as archive:
        assert archive.namelist() == ["会员名册.xlsx"]
        assert archive.getinfo("会员名册.xlsx").wz_aes_strength == 3
        with pytest.raises(RuntimeError):
            archive.read("会员名册.xlsx", pwd=b"wrong")
        assert archive.read("会员名册.xlsx", pwd="口令1234".encode()) == source.read_bytes()
    with pytest.raises(Refused, match="请解压"):
        open_sheet(target, "a.xlsx")
