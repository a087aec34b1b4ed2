"""Workbooks as strange as needed, made part by part."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Parts = dict[str, str | bytes]


def parts(
    *sheets: str,
    strings: Sequence[str] = (),
    styles: str = "",
    states: Sequence[str] = (),
    book: str = "",
) -> Parts:
    """A workbook of these worksheets (what stands within `worksheet`); `strings` are what stands within `si`."""
    listed, related, made = [], [], {}
    for number, sheet in enumerate(sheets, start=1):
        state = states[number - 1] if number <= len(states) else "visible"
        listed.append(f'<sheet name="表{number}" sheetId="{number}" state="{state}" r:id="rId{number}"/>')
        related.append(
            f'<Relationship Id="rId{number}" Type="{RELATED}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        )
        made[f"xl/worksheets/sheet{number}.xml"] = f'{DECLARED}<worksheet xmlns="{MAIN}">{sheet}</worksheet>'
    if strings:
        related.append(f'<Relationship Id="rIdS" Type="{RELATED}/sharedStrings" Target="sharedStrings.xml"/>')
        made["xl/sharedStrings.xml"] = (
            f'<sst xmlns="{MAIN}">' + "".join(f"<si>{each}</si>" for each in strings) + "</sst>"
        )
    if styles:
        related.append(f'<Relationship Id="rIdF" Type="{RELATED}/styles" Target="/xl/styles.xml"/>')
        made["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _relations(f'<Relationship Id="r" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/>'),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">{book}<sheets>{"".join(listed)}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations("".join(related)),
        **made,
    }


def _relations(inner: str) -> str:
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def zipped(path: Path, made: Parts) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            archive.writestr(name, content)
    return path


def data(*rows: str) -> str:
    """Rows given as what stands within `row`, counted from 1."""
    return "<sheetData>" + "".join(f'<row r="{n}">{row}</row>' for n, row in enumerate(rows, start=1)) + "</sheetData>"


def inline(*cells: str, row: int = 1) -> str:
    return "".join(
        f'<c r="{chr(65 + place)}{row}" t="inlineStr"><is><t>{cell}</t></is></c>' for place, cell in enumerate(cells)
    )
