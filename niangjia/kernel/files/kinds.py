"""What a file is, told by its bytes; its name and what the browser claims count for nothing."""

from __future__ import annotations

import codecs
import zipfile
from typing import BinaryIO

from niangjia.kernel.files import compound

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
XLSM = "application/vnd.ms-excel.sheet.macroenabled.12"
LOCKED = "application/encrypted"
HEIC = "image/heic"
PROGRAM = "application/x-executable"
ZIP = "application/zip"
CSV = "text/csv"
TEXT = "text/plain"

KINDS = {
    PDF: "PDF",
    PNG: "PNG",
    JPEG: "JPG",
    WEBP: "WebP",
    XLSX: "Excel（.xlsx）",
    XLS: "Excel（.xls）",
    ZIP: "ZIP",
    CSV: "CSV",
    TEXT: "文本",
}
"""Every kind that is taken, with its name on the screen."""

NOT_TAKEN = {
    XLSM: "这个工作簿带有宏，为安全起见不能接收。请在 Excel 里另存为“Excel 工作簿（.xlsx）”后再上传。",
    HEIC: "这是苹果手机的 HEIC 照片，暂时打不开。请截一张屏再传截图；或在“设置→相机→格式”里选“兼容性最佳”后重拍。",
    PROGRAM: "这是一个程序，不是照片或文档，不能接收。",
    LOCKED: "文件设有打开密码，不能接收。请在 Excel 或 WPS 里去掉密码、保存后再上传。",
}
"""Kinds that are known only to say what to do with them."""

_BEGINNINGS = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
_PROGRAMS = (b"MZ", b"\x7fELF")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_TEXT_PROBE = 64 * 1024
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13})


def kind_of(content: BinaryIO, name: str) -> str | None:
    """The kind of the content, or None for one that nobody knows. The position is at the beginning afterwards."""
    content.seek(0)
    head = content.read(_TEXT_PROBE)
    content.seek(0)
    if known := _kind_of_beginning(head):
        return known
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(content)
    if head.startswith(compound.MAGIC):
        return _kind_of_compound(content)
    if _is_text(head):
        return CSV if name.lower().endswith(".csv") else TEXT
    return PROGRAM if head.startswith(_PROGRAMS) else None


def _kind_of_beginning(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return HEIC
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return next((kind for beginning, kind in _BEGINNINGS.items() if head.startswith(beginning)), None)


def _kind_of_archive(content: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(content) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    finally:
        content.seek(0)
    if any(name.endswith("vbaproject.bin") for name in names):
        return XLSM
    return XLSX if "xl/workbook.xml" in names else ZIP


def _kind_of_compound(content: BinaryIO) -> str | None:
    names = compound.names_in(content)
    content.seek(0)
    if "EncryptedPackage" in names:
        return LOCKED
    if not names & {"Workbook", "Book"}:
        return None
    return XLSM if "_VBA_PROJECT" in names else XLS


def _is_text(head: bytes) -> bool:
    """UTF-8, the GB18030 in which Excel saves a Chinese CSV, or its 'Unicode text', which is UTF-16 with a mark.

    A character cut at the end of the probe is no fault.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "\0" not in head.decode("utf-16", errors="replace")
    if not head or head.translate(None, _CONTROLS) != head:
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    # Text that breaks in a place or two is text: who reads it says where.
    return head.decode(errors="replace").count("\ufffd") < len(head) // 1000
