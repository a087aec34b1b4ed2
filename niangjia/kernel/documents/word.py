"""A paper as a Word file in official form (GB/T 9704): fonts by their names, margins, line pitch, page numbers.

The fonts of official papers can't be carried by us; every office that writes them has them, and Word puts another in
their place where not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any, cast

import docx
from docx.document import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from niangjia.kernel.documents.official import Chart, Heading, Paper, Table, Words, lines_apart, picture

TITLE, BODY, FIRST, SECOND, PLAIN, LATIN = (
    "方正小标宋简体",
    "仿宋_GB2312",
    "黑体",
    "楷体_GB2312",
    "宋体",
    "Times New Roman",
)
SIZE_2, SIZE_3, SIZE_4, SIZE_SMALL_4 = Pt(22), Pt(16), Pt(14), Pt(12)
PITCH = Pt(28)
TEXT_WIDTH = Cm(15.6)
__all__ = ["as_word"]


def as_word(paper: Paper, *, now: datetime) -> bytes:
    document = docx.Document()
    _page(document)
    about = document.core_properties
    about.title, about.author, about.comments = _clean(paper.title)[:255], _clean(paper.issuer)[:255], ""
    about.created = about.modified = now.replace(tzinfo=None)
    _line(document, paper.title, TITLE, SIZE_2, align=ALIGN.CENTER, pitch=Pt(32))
    if paper.note:
        _line(document, f"（{paper.note}）", SECOND, SIZE_3, align=ALIGN.CENTER)
    _line(document, "", BODY, SIZE_3)
    put: dict[type, Callable[[Any], object]] = {
        Heading: partial(_heading, document), Words: partial(_words, document), Table: partial(_table, document),
        Chart: partial(_chart, document, now),
    }  # fmt: skip
    for block in lines_apart(paper.blocks):
        put[type(block)](block)
    _line(document, "", BODY, SIZE_3)
    for text in (paper.issuer, paper.day):
        _line(document, text, BODY, SIZE_3, align=ALIGN.RIGHT).paragraph_format.right_indent = Pt(32)
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _page(document: WordDocument) -> None:
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        line = footer.paragraphs[0]
        line.alignment = align
        for text in ("— ", "PAGE", " —"):
            run = line.add_run("" if text == "PAGE" else text)
            _font(run, PLAIN, SIZE_4)
            if text == "PAGE":
                _number_of_page(run)
    normal = cast("ParagraphStyle", document.styles["Normal"])
    normal.font.name, normal.font.size = LATIN, SIZE_3
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)


def _beneath(part: Paragraph | Run | _Row) -> Any:
    """The XML itself: the library has no fields, no fonts for Chinese, no indent by characters, no repeated head of a table."""
    return part._element  # noqa: SLF001 - the library names no other way


def _number_of_page(run: Run) -> None:
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        _beneath(run).append(mark)


def _line(
    document: WordDocument, text: str, font: str, size: Pt, *, align: ALIGN | None = None, pitch: Pt = PITCH
) -> Paragraph:
    line = document.add_paragraph()
    _spaced(line, pitch)
    if align is not None:
        line.alignment = align
    _font(line.add_run(_clean(text)), font, size)
    return line


def _spaced(line: Paragraph, pitch: Pt | None) -> None:
    form = line.paragraph_format
    form.space_before = form.space_after = Pt(0)
    if pitch is not None:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, pitch


def _font(run: Run, name: str, size: Pt, *, bold: bool = False) -> None:
    run.font.name, run.font.size, run.font.bold = LATIN, size, bold
    run.font.color.rgb = RGBColor(0, 0, 0)
    fonts = _beneath(run).get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), name)


def _indented(line: Paragraph) -> None:
    """By two characters, whatever the size."""
    properties = _beneath(line).get_or_add_pPr()
    indent = properties.get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), "640")


def _heading(document: WordDocument, heading: Heading) -> None:
    line = _line(document, heading.text, FIRST if heading.level == 1 else SECOND, SIZE_3)
    _indented(line)
    line.paragraph_format.keep_with_next = True
    properties = _beneath(line).get_or_add_pPr()
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), str(heading.level - 1))
    properties.append(level)


def _words(document: WordDocument, words: Words) -> None:
    _indented(_line(document, words.text, BODY, SIZE_3, align=ALIGN.JUSTIFY))


def _table(document: WordDocument, table: Table) -> None:
    if table.caption:
        _line(document, table.caption, FIRST, SIZE_4, align=ALIGN.CENTER).paragraph_format.keep_with_next = True
    made = document.add_table(rows=0, cols=len(table.head))
    made.style, made.alignment, made.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, True
    ends = table.ends
    for number, cells in enumerate((table.head, *table.rows)):
        row = made.add_row()
        for place, text in enumerate(cells):
            line = row.cells[place].paragraphs[0]
            _spaced(line, None)
            line.alignment = ALIGN.CENTER if number == 0 else ALIGN.RIGHT if ends[place] else ALIGN.LEFT
            _font(line.add_run(_clean(text)), FIRST if number == 0 else BODY, SIZE_SMALL_4)
        properties = _beneath(row).get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
    _line(document, "", BODY, SIZE_SMALL_4, pitch=Pt(14))


def _chart(document: WordDocument, now: datetime, chart: Chart) -> None:
    if chart.is_empty:
        return
    _line(document, chart.title, FIRST, SIZE_4, align=ALIGN.CENTER).paragraph_format.keep_with_next = True
    line = document.add_paragraph()
    _spaced(line, None)
    line.alignment = ALIGN.CENTER
    line.add_run().add_picture(BytesIO(picture(chart, now=now)), width=TEXT_WIDTH)
    for drawn in _beneath(line).iter(qn("wp:docPr")):
        drawn.set("descr", _clean(chart.title))


def _clean(text: str) -> str:
    """What XML can't hold is left out."""
    return "".join(
        sign for sign in text if sign >= " " and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff"
    )
