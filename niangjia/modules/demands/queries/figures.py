"""The figures of demands, each with what it counts, by whom it is divided, and the day that places it in a period.

Two sorts of day: what came in goes by the day on which it was recorded, what came to an end by the day on which it did.
A share divides rows of the same sort, so it never passes 100 %. Every figure is the number, or the sum, of rows that
a list can show: `rows_of` narrows to them, and the page links there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import CharField, Count, F, Func, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, Left, TruncMonth

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.ltree import end_of
from niangjia.kernel.money import yuan
from niangjia.kernel.words import Word
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.narrowing import Rows, of_period
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.queries.zones import names_of_zones

RECORDED, ENDED = "case__received_at", "case__ended_at"
DONE = Q(case__stage__in=(Stage.RESOLVED, Stage.CLOSED))
RESOLVED = Q(case__stage=Stage.RESOLVED)
ACCEPTED = Q(case__accepted_at__isnull=False)
NET = ACCEPTED & ~Q(case__stage__in=(Stage.MERGED, Stage.REFUSED))
ON_TIME = DONE & Q(case__was_late=False)
RATED = DONE & Q(case__is_satisfied__isnull=False)
SATISFIED = DONE & Q(case__is_satisfied=True)
FIRST_TIME = RESOLVED & Q(case__reopened=0, case__first_answered_at=F("case__answered_at"))


@dataclass(frozen=True)
class Part:
    """Something counted: the rows it takes, the day that places them, and where a list shows them."""

    key: str
    on: str
    where: Q
    filters: Mapping[str, str] = field(default_factory=dict)
    of: str = ""  # a column to be summed instead of counting rows

    @property
    def aggregate(self) -> Any:
        return Coalesce(Sum(self.of, filter=self.where), 0) if self.of else Count("pk", filter=self.where)

    def rows_of(self, rows: Rows, since: date, until: date) -> Rows:
        """Exactly the rows that are counted; `until` is the last day."""
        return of_period(rows, since, until, on=self.on).filter(self.where)

    def address(self, since: date, until: date) -> dict[str, str]:
        """The filters of the list of demands that show these rows."""
        first, last = ("since", "until") if self.on == RECORDED else ("ended_since", "ended_until")
        return {first: since.isoformat(), last: until.isoformat(), **self.filters}


ALL = Q()


def _came(key: str, where: Q = ALL, of: str = "", **filters: str) -> Part:
    return Part(key, RECORDED, where, filters, of)


def _ended(key: str, where: Q, of: str = "", **filters: str) -> Part:
    return Part(key, ENDED, where, filters, of)


PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        _came("recorded"),
        _came("accepted", ACCEPTED, accepted="1"),
        _came("net", NET, net="1"),
        _came("resolved", RESOLVED, stage=str(int(Stage.RESOLVED))),
        _came("people", of="people"),
        _ended("ended", DONE, done="1"),
        _ended("on_time", ON_TIME, on_time="1"),
        _ended("rated", RATED, rated="1"),
        _ended("satisfied", SATISFIED, done="1", satisfied="yes"),
        _ended("first_time", FIRST_TIME, first_time="1"),
        _ended("minutes", DONE, of="case__spent_minutes", done="1"),
        _ended("recovered", DONE, of="recovered_fen", done="1", with_sums="1"),
    )
}


@dataclass(frozen=True)
class Figure:
    """`part` alone, or `part` ÷ `of`. `kind` says how it is written: count, share, hours, money."""

    key: str
    label: str
    unit: str
    definition: str
    part: str
    of: str = ""
    kind: str = "count"


FIGURES: tuple[Figure, ...] = (
    Figure("recorded", "登记", "件", "期内登记的全部诉求，各渠道都算。按登记日期。", "recorded"),
    Figure("accepted", "受理", "件", "期内登记的诉求中已受理的。按登记日期。", "accepted"),
    Figure("ended", "办结", "件", "期内办结的诉求：已化解的和办结未化解的；不予受理、并案、撤回的不算。按办结日期。", "ended"),
    Figure("resolved", "化解", "件", "期内登记的诉求中，诉求人在回访或评价里确认解决的。按登记日期。", "resolved"),
    Figure("resolved_share", "化解率", "%", "化解 ÷ 登记。分子分母都是期内登记的诉求。", "resolved", "recorded", "share"),
    Figure(
        "net_share", "净化解率", "%", "化解 ÷（受理 − 并案 − 不予受理）。分子分母都是期内登记的诉求。", "resolved", "net", "share"
    ),
    Figure("on_time_share", "按时率", "%", "办结时没有超过任何一个时限的 ÷ 办结。按办结日期。", "on_time", "ended", "share"),
    Figure("satisfied_share", "满意率", "%", "表示满意的 ÷ 作了评价的（没有评价的不算）。按办结日期。", "satisfied", "rated", "share"),
    Figure(
        "hours", "平均办理工时", "小时", "从登记到办结的工作时间（扣除暂停）之和 ÷ 办结。按办结日期。", "minutes", "ended", "hours"
    ),
    Figure(
        "first_time_share", "一次解决率", "%", "只答复一次就化解、没有重新办理的 ÷ 办结。按办结日期。", "first_time", "ended", "share"
    ),
    Figure("people", "涉及人数", "人", "期内登记的诉求所涉及的人数之和。按登记日期。", "people"),
    Figure("recovered", "追回金额", "元", "期内办结的诉求中为职工追回的金额之和。按办结日期。", "recovered", kind="money"),
)  # fmt: skip


class Cut(Word):
    ORGANISATION = "organisation", "按单位"
    ZONE = "zone", "按片区"
    OFFICER = "officer", "按主办人"
    KIND = "kind", "按类别"
    NATURE = "nature", "按性质"
    CHANNEL = "channel", "按来源"
    MONTH = "month", "按月"


@dataclass
class Line:
    """One value of a cut with all that is counted of it; `code` is what a list's filter calls it."""

    code: str
    label: str
    counted: dict[str, int]

    def value(self, figure: Figure) -> float | None:
        """The count, or the quotient; None where nothing divides."""
        part = self.counted.get(figure.part, 0)
        if not figure.of:
            return part
        whole = self.counted.get(figure.of, 0)
        if not whole:
            return None
        return part / whole / 60 if figure.kind == "hours" else part / whole


def written(figure: Figure, line: Line) -> str:
    """As the screen says it: 94.70 of a share, 12.5 hours, yuan of money; — where nothing divides."""
    value = line.value(figure)
    if value is None:
        return "—"
    if figure.kind == "money":
        return yuan(int(value)).removesuffix(".00")
    if figure.kind == "share":
        return f"{value * 100:.2f}"
    return f"{value:,.1f}" if figure.kind == "hours" else f"{value:,.0f}"


def demands_of(actor: Actor | None, path: str | None) -> Rows:
    """Without an actor all of them: for a report that the product itself is asked for."""
    rows = (
        Demand.objects.visible_to(actor) if actor else Demand.objects.unscoped(reason="the report of the whole place")
    )
    return rows.under(path) if path else rows


def figures(actor: Actor | None, path: str | None, since: date, until: date, cut: Cut | None = None) -> list[Line]:
    """The lines of a cut, those with most demands first; without one, a single line. Both days are counted. Two queries."""
    found: dict[str, dict[str, int]] = {}
    around = path or (top_of(actor) if actor else "")
    for on in (RECORDED, ENDED):
        rows = of_period(demands_of(actor, path), since, until, on=on)
        parts = {part.key: part.aggregate for part in PARTS.values() if part.on == on}
        counted = rows.annotate(cut=_key(cut, around, on)).values("cut").annotate(**parts).order_by()
        for row in counted:
            found.setdefault(_code(row.pop("cut")), {}).update(row)
    labels = _labels(cut, found, around)
    lines = [Line(code, labels(code), numbers) for code, numbers in found.items()]
    if cut is Cut.MONTH:
        return sorted(lines, key=lambda line: line.code)
    return sorted(lines, key=lambda line: (-line.counted.get("recorded", 0), line.label))


def total(actor: Actor | None, path: str | None, since: date, until: date) -> Line:
    lines = figures(actor, path, since, until)
    return lines[0] if lines else Line("", "合计", {})


def top_of(actor: Actor) -> str:
    """The highest place whose demands the actor sees."""
    return min(actor.paths(Permission.DEMAND_VIEW), key=lambda path: (path.count("."), path), default="")


def _code(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    return "" if value is None else str(value)


def _key(cut: Cut | None, path: str, on: str) -> Any:
    """What a line is made of, as an SQL expression."""
    if cut is Cut.ORGANISATION:
        level = path.count(".") + 2
        return Func(
            Cast("case__scope__path", CharField()), Value("."), Value(level), function="split_part", output_field=CharField()
        )  # fmt: skip
    if cut is Cut.MONTH:
        return TruncMonth(on)
    if cut is Cut.KIND:
        return Left("kind", 2)
    fields = {Cut.ZONE: "zone_id", Cut.OFFICER: "case__lead_id", Cut.NATURE: "nature", Cut.CHANNEL: "channel"}
    return F(fields[cut]) if cut else Value("")


def _labels(cut: Cut | None, found: Iterable[str], path: str) -> Callable[[str], str]:
    codes = [code for code in found if code]
    if cut is Cut.ORGANISATION:
        own = end_of(path) if path else 0
        names = names_of([own, *map(int, codes)])
        return lambda code: names.get(int(code), code) if code else f"{names.get(own, '')}（本级）"
    if cut is Cut.ZONE:
        zones = names_of_zones([*map(int, codes)])
        return lambda code: zones.get(int(code), code) if code else "不在片区"
    if cut is Cut.OFFICER:
        people = dict(User.objects.filter(pk__in=[*map(int, codes)]).values_list("pk", "name"))
        return lambda code: people.get(int(code), code) if code else "没有主办人"
    if cut is Cut.KIND:
        known = catalogue()
        return lambda code: known.label_of(code) if code else "未分类"
    if cut is Cut.MONTH:
        return lambda code: f"{code[:4]}年{int(code[5:])}月"
    words = {Cut.NATURE: Nature, Cut.CHANNEL: Channel}.get(cut) if cut else None
    return lambda code: words(int(code)).label if words else "合计"


def narrowed_by(cut: Cut, code: str) -> dict[str, str]:
    """The filter of the list of demands that shows one line of a cut; of places and months the page says it otherwise."""
    if cut in (Cut.ORGANISATION, Cut.MONTH):
        return {}
    if cut is Cut.KIND:
        return {"kind": code or "-"}
    names = {Cut.ZONE: "zone", Cut.OFFICER: "lead", Cut.NATURE: "nature", Cut.CHANNEL: "channel"}
    none = {Cut.ZONE: {"no_zone": "1"}, Cut.OFFICER: {"no_lead": "1"}}
    return {names[cut]: code} if code else none.get(cut, {})
