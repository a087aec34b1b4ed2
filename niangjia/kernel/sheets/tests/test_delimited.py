"""CSV as programs and people write it."""

from __future__ import annotations

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.reading import open_sheet


@pytest.fixture
def read(tmp_path):
    def reading(content: bytes, name: str = "名册.csv"):
        path = tmp_path / "stored"
        path.write_bytes(content)
        return open_sheet(path, name)

    return reading


TEXT = "姓名,性别,备注\r\n张三,男,\r\n李四,女,两\u3000字\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.replace("\r\n", "\r").encode(), "utf-8"),
    ],
)
def test_encodings(read, content, encoding):
    sheet = read(content)
    assert sheet.kind == "csv"
    assert sheet.dialect == Dialect(encoding, ",")
    assert sheet.headings == ("姓名", "性别", "备注")
    assert list(sheet.rows()) == [(2, ["张三", "男", ""]), (3, ["李四", "女", "两\u3000字"])]
    assert sheet.total >= 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(read, delimiter):
    sheet = read(TEXT.replace(",", delimiter).encode())
    assert sheet.dialect.delimiter == delimiter
    assert sheet.headings == ("姓名", "性别", "备注")


def test_a_comma_within_the_cells_of_a_sheet_with_tabs(read):
    sheet = read("姓名\t地址\n张三\t省,市,县\n李四\t省,市\n".encode())
    assert list(sheet.rows()) == [(2, ["张三", "省,市,县"]), (3, ["李四", "省,市"])]


def test_quotes_and_line_breaks_within_cells_count_as_one_row(read):
    sheet = read('姓名,备注\n张三,"一\n二 ""三"" ,四"\n\n  ,\n李四,5" 屏\n'.encode())
    assert list(sheet.rows()) == [(2, ["张三", '一\n二 "三" ,四']), (5, ["李四", '5" 屏'])]


def test_a_quote_without_its_pair_does_not_swallow_the_rows_after_it(read):
    for before in (0, 100):
        content = "姓名,备注\n" + "李四,x\n" * before + '张三,"没有关\n' + "李四,x\n" * 20
        with pytest.raises(Refused, match=f"第 {before + 2} 行附近的双引号没有成对"):
            list(read(content.encode()).rows())


def test_rows_longer_and_shorter_than_the_heading(read):
    sheet = read("姓名,性别\n张三\n李四,女,,\n王五,男,多出来的\n".encode())
    assert list(sheet.rows()) == [(2, ["张三", ""]), (3, ["李四", "女"]), (4, ["王五", "男"])]
    assert sheet.too_wide == [4]


def test_rows_may_be_read_again(read):
    sheet = read(TEXT.encode())
    assert list(sheet.rows()) == list(sheet.rows())


def test_text_that_breaks_off_its_encoding_is_refused_with_the_line(read):
    for content in (
        TEXT.encode() + "王五,男,".encode() + "乱码的".encode("gb18030") + b"\n",
        ("姓名\n" + "张三\n" * 200_000).encode() + b"\xff\xff\n",
        TEXT.encode("gb18030") + b"\xff\xff\n",
    ):
        line = content.count(b"\n")
        with pytest.raises(Refused, match=f"第 {line} 行附近的文字编码"):
            read(content)


def test_bytes_that_are_no_text(read):
    with pytest.raises(Refused, match="第 2 行附近有不属于文字的内容"):
        read("姓名,性别\n张\0三,男\n".encode())
    with pytest.raises(Refused, match="空字符"):
        read("姓名,性别\n张\0三,男\n".encode("utf-16"))


def test_a_cell_that_is_too_long(read):
    sheet = read(f"姓名,备注\n张三,{'字' * 5000}\n李四,{'字' * 5001}\n".encode())
    with pytest.raises(Refused, match=r"第 3 行“备注”一格有 5,001 个字"):
        list(sheet.rows())


@pytest.mark.parametrize("content", [b"", b"  \r\n\r\n", b",,,\n,,\n", b"\xef\xbb\xbf"])
def test_an_empty_file(read, content):
    with pytest.raises(Refused, match=r"空的|没有读到内容"):
        read(content)


def test_one_column(read):
    assert list(read("姓名\n张三\n".encode()).rows()) == [(2, ["张三"])]
