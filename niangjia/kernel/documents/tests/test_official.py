"""One report, as a PDF and as a Word file: the same words, tables and charts, in official form."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Length, Pt

from niangjia.kernel.documents.official import Chart, Heading, Paper, Table, Words, as_pdf
from niangjia.kernel.documents.tests.test_typesetting import text_of
from niangjia.kernel.documents.word import as_word

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
BARS = Chart("每月走访家次", ("1月", "2月"), (("走访", (3.0, 5.0)), ("去年", (0.0, 1.5))))
LYING = Chart("各镇街登记诉求", ("北山镇", "南湖街道"), (("登记", (12.0, 0.0)),), lying=True)
PAPER = Paper(
    "北山镇第四季度分析", "云岭县总工会", "2026年11月22日", "2026年10月1日至12月31日",
    (
        Heading("一、走访情况"), Words("走访 38 家次。\n\n覆盖 30 家。"), BARS, LYING, Heading("（一）分镇街", 2),
        Table(("镇街", "登记"), [("北山镇", "12"), ("南湖街道", "0")], "表1"),
    ),
)  # fmt: skip


def test_the_word_file_has_the_form_of_an_official_paper() -> None:
    made = docx.Document(BytesIO(as_word(PAPER, now=NOW)))
    section = made.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(Length(margin).mm) for margin in margins] == [37, 35, 28, 26]
    title, body = made.paragraphs[0], next(line for line in made.paragraphs if "38" in line.text)
    assert fonts(title) == ("方正小标宋简体", Pt(22))
    assert fonts(body) == ("仿宋_GB2312", Pt(16))
    assert body.paragraph_format.line_spacing == Pt(28)
    assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    heading = next(line for line in made.paragraphs if line.text.startswith("一、"))
    assert fonts(heading)[0] == "黑体"
    for footer in (section.footer, section.even_page_footer):
        assert "PAGE" in footer._element.xml
    assert [line.text for line in made.paragraphs][-2:] == ["云岭县总工会", "2026年11月22日"]


def test_the_word_file_holds_the_table_and_the_charts() -> None:
    content = as_word(PAPER, now=NOW)
    made = docx.Document(BytesIO(content))
    assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [
        ["镇街", "登记"], ["北山镇", "12"], ["南湖街道", "0"],
    ]  # fmt: skip
    with ZipFile(BytesIO(content)) as parts:
        pictures = [name for name in parts.namelist() if name.startswith("word/media/")]
        assert len(pictures) == 2
        assert all(parts.read(name).startswith(b"\x89PNG") for name in pictures)
    assert "每月走访家次" in made.element.xml


def test_the_pdf_says_the_same() -> None:
    made = as_pdf(PAPER, now=NOW)
    assert made.content.startswith(b"%PDF-")
    assert set("北山镇第四季度分析走访家次覆盖南湖街道云岭县总工会") <= set(text_of(made.content))
    assert made.missing == ()


@pytest.mark.parametrize(
    "strange", ["\x00\x07", "<w:p/>&amp;", "\ud800", "\U00030000", "#panic()", "😀" * 30, "", "字" * 6000]
)
def test_whatever_was_written_makes_a_paper(strange) -> None:
    paper = Paper(
        strange, strange, strange, strange, (Heading(strange), Words(strange), Table((strange,), [(strange,)]))
    )
    assert as_pdf(paper, now=NOW).content.startswith(b"%PDF-")
    assert docx.Document(BytesIO(as_word(paper, now=NOW))).tables


def test_a_chart_of_nothing_is_left_out() -> None:
    empty = Chart("无", ("1月",), (("走访", (0.0,)),))
    paper = Paper("空", "县总", "今天", "", (empty,))
    assert not docx.Document(BytesIO(as_word(paper, now=NOW))).inline_shapes
    assert as_pdf(paper, now=NOW).content.startswith(b"%PDF-")


def fonts(line) -> tuple[str, Pt]:
    run = line.runs[0]
    return run._r.rPr.rFonts.get(qn("w:eastAsia")), run.font.size


@pytest.mark.parametrize(
    ("rows", "ends", "shares"),
    [
        ([("北山镇", "1,203", "94.70 %"), ("南湖街道", "0", "—")], [False, True, True], [1, 0, 0]),
        ([("到三个站点核对扣款规则", "何走访", "12 天")], [False, False, True], [11, 0, 0]),
        ([("甲", "王" * 60, "乙" * 12)], [False, False, False], [0, 40, 12]),
        ([], [False, False, False], [1, 0, 0]),
    ],
)
def test_numbers_end_at_one_line_and_long_words_have_room(rows, ends, shares) -> None:
    table = Table(("镇街", "登记", "化解率"), rows)
    assert (table.ends, table.shares) == (ends, shares)
