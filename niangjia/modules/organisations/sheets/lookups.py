"""What a sheet calls places and unions: found by code or name, and asked back with the nearest three."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from niangjia.engines.imports.values import NearestNames, Unclear
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Division, Organisation, ground_under
from niangjia.modules.organisations.sheets.cells import nearest


class Ground:
    """All divisions; `own` are the codes for which the place of the import answers, and `leaves` of them."""

    def __init__(self, path: str) -> None:
        self.by_code = {row.pk: row for row in Division.objects.all()}
        self.above = {row.parent_id for row in self.by_code.values()}
        self.own = set(ground_under((path,)))
        self.leaves = [self.by_code[code] for code in sorted(self.own) if code not in self.above]
        self._named: dict[str, list[Division]] = defaultdict(list)
        for row in self.by_code.values():
            name = ""
            for part in self.line(row):
                name = part.name + name
                self._named[name].append(row)
        self._nearest = NearestNames(row.name for row in self.leaves or self.by_code.values())

    def line(self, row: Division) -> list[Division]:
        """Itself, then what it lies in."""
        line = [row]
        while line[-1].parent_id is not None:
            line.append(self.by_code[line[-1].parent_id])
        return line

    def find(self, text: str) -> Division | Unclear:
        """One's own before others of the same name."""
        text = "".join(unicodedata.normalize("NFKC", text).split())
        for code in (text, text[:9], text[:6]) if text.isdigit() else ():
            if code in self.by_code and text.removeprefix(code).strip("0") == "":
                return self.by_code[code]
        found = self._named.get(text, [])
        own = [row for row in found if row.pk in self.own and row.pk not in self.above]
        found = own or found
        if len(found) == 1:
            return found[0]
        if found:
            names = "、".join(self.full_name(row) for row in found[:3])
            return Unclear("division.ambiguous", f"有 {len(found)} 个“{text}”：{names}，请写上县（市、区）名或填代码。")
        return Unclear("division.unknown", f"没有“{text[:30]}”这个镇街。{nearest(self._nearest.three(text))}")

    def is_called(self, code: str | None, text: str) -> bool:
        """Whether the text may mean this very division: where something stands already, no other one is meant."""
        text = "".join(unicodedata.normalize("NFKC", text).split())
        row = self.by_code.get(code or "")
        if row is None:
            return False
        return (text.startswith(row.pk) and text.removeprefix(row.pk).strip("0") == "") or row in self._named.get(
            text, ()
        )

    def full_name(self, row: Division) -> str:
        return "".join(part.name for part in reversed(self.line(row)[:2]))


class Unions:
    """The organisations at and under the place of the import."""

    def __init__(self, path: str) -> None:
        rows = Organisation.objects.unscoped(reason="the part of the tree that the import was let write")
        self.by_id = {row.pk: row for row in rows.filter(scope__path__under=path).select_related("scope")}
        self.top = self.by_id[int(path.rpartition(".")[2])]
        self._by_code = {row.credit_code: row for row in self.by_id.values() if row.credit_code}
        self._named: dict[str, list[Organisation]] = defaultdict(list)
        for row in self.by_id.values():
            self._named[row.name].append(row)
        for row in self.by_id.values():
            if row.short_name and row.short_name not in self._named:
                self._named[row.short_name].append(row)
        self._nearest: NearestNames | None = None

    def named(self, text: str) -> list[Organisation]:
        """Those open; by code, name or short name."""
        known = self._by_code.get(rules.tidy_credit_code(text))
        rows = [known] if known else self._named.get(rules.tidy_name(text), [])
        return [row for row in rows if row.is_open]

    def called(self, name: str) -> list[Organisation]:
        """Those open that have this very name."""
        return [row for row in self._named.get(name, []) if row.is_open and row.name == name]

    def find(self, text: str) -> Organisation | Unclear:
        rows = self.named(text)
        if len(rows) == 1:
            return rows[0]
        if rows:
            places = "、".join(self.parent_name(row) or row.name for row in rows[:3])
            return Unclear(
                "union.ambiguous", f"有 {len(rows)} 个“{text}”，分别在{places}之下，请改填统一社会信用代码。"
            )
        if rules.tidy_name(text) in self._named:
            return Unclear("union.closed", f"“{text}”已撤销，请选择还在运行的工会。")
        return Unclear("union.unknown", f"没有找到“{text[:50]}”，可能不在这次导入的范围内。{nearest(self.three(text))}")

    def three(self, text: str) -> list[str]:
        if self._nearest is None:  # only a sheet with wrong names pays for it
            self._nearest = NearestNames(row.name for row in self.by_id.values() if row.is_open)
        return self._nearest.three(rules.tidy_name(text))

    def parent(self, row: Organisation) -> Organisation | None:
        return self.by_id.get(row.scope.parent_id or 0)

    def parent_name(self, row: Organisation) -> str:
        parent = self.parent(row)
        return parent.name if parent else ""

    def names(self, ids: Iterable[int]) -> str:
        return "、".join(sorted(self.by_id[pk].name for pk in ids if pk in self.by_id))


def duplicates_of(number: int) -> str:
    return f"与第 {number} 行重复，请只留一行。"
