"""The shared strings of a workbook, read no further than asked for and kept outside memory when they are many."""

from __future__ import annotations

import os
import re
import tempfile
from array import array
from collections.abc import Iterable, Mapping
from typing import IO

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.markup import Document, damaged, plain_text, sound_text

_KEPT = 200_000  # in memory; a workbook's common words come first
_BUFFERED = 1024 * 1024
_LONGEST = 40_000  # characters; Excel itself allows 32,767

_MOST_UNCUT = 4 * 1024 * 1024  # bytes in which no string ends
_END = b"</si>"
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>|(.+)', re.DOTALL)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def plain(text: str) -> str:
    """With the characters that workbooks write as _x000D_; those that no text may hold stay as they are written."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    meant = chr(int(match[1], 16))
    return match[0] if meant == "\0" or "\ud800" <= meant <= "\udfff" else meant


def _plain_strings(xml: bytes) -> list[str] | None:
    """Of a stretch that holds nothing but strings without mark-up, else None."""
    text = sound_text(xml)
    if text is None:
        return None
    texts = []
    for said, stray in _STRING.findall(text):
        one = None if stray else plain_text(said)
        if one is None:
            return None
        texts.append(one)
    return texts


class SharedStrings(Document):
    """Excel numbers strings as they first occur, so the first rows need only the beginning of the part."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self.near: list[str] = []
        self._pieces = iter(pieces)
        self._through = False
        self._ends = array("I", [0])  # of the strings outside memory
        self._waiting = bytearray()  # for the file
        self._file: IO[bytes] | None = None
        self._written = 0
        self._text: list[str] = []
        self._length = 0
        self._taken, self._phonetic = False, False
        self._cuts: bool | None = None  # known when the first string comes
        self._rest = b""

    def __getitem__(self, index: int) -> str:
        while index >= len(self.near) + len(self._ends) - 1:
            self._read_on()
        if 0 <= index < len(self.near):
            return self.near[index]
        if index < 0:
            raise damaged()
        begin, end = self._ends[index - _KEPT], self._ends[index - _KEPT + 1]
        if begin >= self._written:
            return self._waiting[begin - self._written : end - self._written].decode()
        if self._file is None:
            raise damaged()
        return os.pread(self._file.fileno(), end - begin, begin).decode()

    def _read_on(self) -> None:
        piece = next(self._pieces, None)
        if piece is not None:
            self._take(piece)
        elif not self._through:
            self._through = True
            self.feed(self._rest, final=True)
        else:
            raise damaged()

    def _take(self, piece: bytes) -> None:
        """Strings without any mark-up are cut out; a stretch with others, and all around them, goes to the parser."""
        if self._cuts is None:
            head, tag, rest = piece.partition(b"<si>")
            self.feed(head)
            self._cuts = bool(tag) and self.is_utf8 and self._depth == 1 and b"<!" not in head
            piece = tag + rest
        xml = self._rest + piece
        end = xml.rfind(_END) + len(_END)
        if self._cuts and end < len(_END) and len(xml) < _MOST_UNCUT:
            self._rest = xml
            return
        self._cuts = self._cuts and end >= len(_END)
        if not self._cuts:
            end = len(xml)
        stretch, self._rest = xml[:end], xml[end:]
        texts = _plain_strings(stretch) if self._cuts else None
        if texts is not None:
            for text in texts:
                self._add(plain(text))
            return
        self.feed(stretch)
        if b"<!" in stretch or b"<?" in stretch:  # may go on behind it
            self._cuts = False
            self.feed(self._rest)
            self._rest = b""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "t":
            self._taken = not self._phonetic
        elif name == "si":
            self._text.clear()
            self._length = 0
        elif name == "rPh":  # how it is read aloud, no part of the text
            self._phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._taken = False
        elif name == "si":
            self._add(plain("".join(self._text)))
        elif name == "rPh":
            self._phonetic = False

    def text(self, said: str) -> None:
        if self._taken:
            self._length += len(said)
            if self._length > _LONGEST:
                raise Refused("sheet.cell", "文件里有一格的文字过长，读不出来。请缩短到 5,000 字以内再上传。", "file")
            self._text.append(said)

    def _add(self, text: str) -> None:
        if len(self.near) < _KEPT:
            self.near.append(text)
            return
        self._waiting += text.encode()
        self._ends.append(self._written + len(self._waiting))
        if len(self._waiting) > _BUFFERED:
            self._spill()

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="sheet-strings-")  # noqa: SIM115 - gone with this object
            self._file.write(self._waiting)
            self._file.flush()
        except OSError:
            raise disk_full() from None
        self._written += len(self._waiting)
        self._waiting.clear()


def disk_full() -> Refused:
    return Refused("sheet.disk", "服务器上的临时空间不够，这个文件现在读写不了。请联系系统管理员清理磁盘后再试。", None)
