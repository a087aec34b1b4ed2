"""What a file is, told by its bytes; its name and what the browser claims count for nothing."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
CSV = "text/csv"
TEXT = "text/plain"

KINDS = {
    PDF: "PDF",
    PNG: "PNG",
    JPEG: "JPG",
    WEBP: "WebP",
    XLSX: "Excel（.xlsx）",
    ZIP: "ZIP",
    CSV: "CSV",
    TEXT: "文本",
}
"""Every kind that is taken, with its name on the screen."""

_TEXT_PROBE = 64 * 1024
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13})


def kind_of(content: BinaryIO, name: str) -> str | None:
    """The kind of the content, or None for one that isn't taken. The position is at the beginning afterwards."""
    content.seek(0)
    head = content.read(_TEXT_PROBE)
    content.seek(0)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(content)
    return (CSV if name.lower().endswith(".csv") else TEXT) if _is_text(head) else None


def _kind_of_archive(content: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(content) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    finally:
        content.seek(0)
    return XLSX if "xl/workbook.xml" in names else ZIP


def _is_text(head: bytes) -> bool:
    """UTF-8, or the GB18030 in which Excel saves a Chinese CSV; a character cut at the end of the probe is no fault."""
    if not head or head.translate(None, _CONTROLS) != head:
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
