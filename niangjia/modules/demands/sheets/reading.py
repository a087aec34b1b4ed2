"""One row of a sheet of demands, cell by cell; all that is wrong with it is said at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from niangjia.engines.imports.sheet import Problem
from niangjia.engines.imports.values import Unclear, day_of, is_mangled_number
from niangjia.kernel.errors import Refused
from niangjia.kernel.money import fen_of
from niangjia.kernel.numbers import line_of
from niangjia.modules.demands.rules import LONGEST_BODY, Channel, Nature
from niangjia.modules.demands.sheets.columns import CHANNELS, NATURES, URGENCIES

CHINA = ZoneInfo("Asia/Shanghai")
OLDEST = timedelta(days=60)
OPENING = time(9, 0)
LONGEST = {"number": 60, "title": 60, "asker_name": 50, "employer_name": 100, "place": 200, "body": LONGEST_BODY}
ANONYMOUS = frozenset({"匿名", "不详", "未留名", "不愿透露"})
_MOMENT = re.compile(r"(.*?)[T\s]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")
_COUNT = re.compile(r"(\d{1,9})(?:\.0+)?\s*(?:人|名|个)?", re.ASCII)


@dataclass(frozen=True)
class Knowledge:
    """What checking needs; picklable, because other processes check."""

    today: date
    kinds: Mapping[str, str]  # name, full name or code → code


@dataclass
class Reading:
    cells: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, column: str, code: str, message: str) -> None:
        if not any(one.column == column for one in self.problems):
            self.problems.append(Problem(column, code, message))

    def read(self, known: Knowledge) -> dict[str, Any]:
        """What the row says, JSON-ready."""
        name = self.text("asker_name")
        return {
            "number": self.text("number"), "title": self.text("title"), "body": self.text("body"),
            "nature": self.word("nature", NATURES, Nature.HELP), "kind": self.kind(known.kinds),
            "urgency": self.word("urgency", URGENCIES, None), "channel": self.word("channel", CHANNELS, Channel.SHEET),
            "asker_name": "" if name in ANONYMOUS else name, "is_anonymous": name in ANONYMOUS,
            "asker_phone": self.phone(), "employer_name": self.text("employer_name"), "place": self.text("place"),
            "happened_on": self.day("happened_on"), "received_at": self.moment(known.today), "people": self.people(),
            "claimed_fen": self.money(),
        }  # fmt: skip

    def text(self, key: str) -> str:
        value = self.cells[key]
        if len(value) > LONGEST[key]:
            self.wrong(key, f"demand.{key}", f"最多 {LONGEST[key]} 个字，现在是 {len(value)} 个。")
        if key == "number" and is_mangled_number(value):
            self.wrong(key, "mangled", "编号变成了科学记数，请把这一列设为文本后重新填写。")
        return value[: LONGEST[key]]

    def word(self, key: str, words: Mapping[str, int], default: int | None) -> int | None:
        value = unicodedata.normalize("NFKC", self.cells[key]).strip()
        if not value:
            return None if default is None else int(default)
        if value not in words:
            self.wrong(key, f"demand.{key}", f"看不懂“{value[:20]}”，请从下拉列表里选择。")
        return words.get(value, None if default is None else int(default))

    def kind(self, kinds: Mapping[str, str]) -> str:
        value = unicodedata.normalize("NFKC", self.cells["kind"]).strip()
        if value and value not in kinds and value.zfill(4) not in kinds:
            self.wrong(
                "kind", "demand.kind", f"诉求目录里没有“{value[:20]}”，请填目录里的名称或编号；不填的按内容识别。"
            )
        return kinds.get(value) or kinds.get(value.zfill(4), "") if value else ""

    def phone(self) -> str:
        value = self.cells["asker_phone"]
        if is_mangled_number(value):
            self.wrong("asker_phone", "mangled", "电话变成了科学记数，请把这一列设为文本后重新填写。")
        return line_of(value)[0]

    def day(self, key: str) -> str:
        found = day_of(self.cells[key])
        if isinstance(found, Unclear):
            self.wrong(key, found.code, found.message)
            return ""
        return found.isoformat() if found else ""

    def moment(self, today: date) -> str:
        """A day alone means the opening of the office."""
        value = unicodedata.normalize("NFKC", self.cells["received_at"]).strip()
        found = _MOMENT.fullmatch(value)
        day = day_of(found[1] if found else value)
        if isinstance(day, Unclear):
            self.wrong("received_at", day.code, day.message)
        if day is None or isinstance(day, Unclear):
            return ""
        hour = time(int(found[2]) % 24, int(found[3]) % 60) if found else OPENING
        if day > today:
            self.wrong("received_at", "demand.received_at", "受理时间不能晚于今天。")
        elif day < today - OLDEST:
            self.wrong(
                "received_at",
                "demand.old",
                f"超过 {OLDEST.days} 天。这张表登记要办理的诉求，历史数据请联系系统管理员导入。",
            )
        return datetime.combine(day, hour, CHINA).isoformat()

    def people(self) -> int:
        value = unicodedata.normalize("NFKC", self.cells["people"]).strip()
        found = _COUNT.fullmatch(value)
        if value and found is None:
            self.wrong("people", "demand.people", f"看不懂人数“{value[:10]}”，请只写数字。")
        return int(found[1]) if found else 1

    def money(self) -> int | None:
        value = self.cells["claimed_fen"]
        if not value:
            return None
        try:
            return fen_of(value)
        except Refused as no:
            self.wrong("claimed_fen", no.code, no.message)
            return None
