"""The figures of the journal, each with what it counts; `rows` of the same name are what a list shows for it.

家次: one visit by one team. Two records of one employer whose arrivals lie within the hour are one 家次, whoever wrote
them; every record stays, and each officer's own count has his own. Days are those of the arrival, both ends counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.words import Word
from niangjia.modules.organisations.queries.ground import employers_on_ground_of, ever_on_ground_of, townships_under
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.models import Finding, Group, KeyEmployer, Stay, StayResult, Visit
from niangjia.modules.visits.queries.kinds import kind_name, kind_names
from niangjia.modules.visits.queries.narrowing import TIMES, Rows, of_period
from niangjia.modules.visits.queries.postings import overlaps
from niangjia.modules.visits.queries.weeks import postings_within, weeks_of
from niangjia.modules.visits.rules import Outcome

REASON = "figures of a place, asked for by the product itself"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Figure:
    """`key` in `journal_figures`; `of`: what it is a share of. `page` and `filters` show its rows."""

    key: str
    label: str
    unit: str
    definition: str
    page: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    is_share: bool = False


FIGURES: tuple[Figure, ...] = (
    Figure("visits", "走访家次", "家次", "期内到单位走访的次数。几个人一起去算一家次；两名干部一小时内先后到同一家单位，各留记录，合计也算一家次。按到达日期。", "visits:visit_list", {"counted": "1"}),
    Figure("employers_covered", "走访单位", "家", "期内至少走访过一次的用人单位，去几次都算一家。", "visits:covered_list", {"visited": "yes"}),
    Figure("employers_share", "企业覆盖率", "%", "走访单位中仍在册的 ÷ 辖区内在册的全部用人单位。", "visits:covered_list", {"visited": "no"}, is_share=True),
    Figure("key_employers", "重点企业", "家", "期内列为重点企业的单位，中途列入、移出的也算。", "visits:key_employer_list"),
    Figure("key_covered", "已走访重点企业", "家", "期内列为重点企业、期内至少走访过一次的单位。", "visits:key_employer_list", {"visited": "yes"}),
    Figure("key_share", "重点企业覆盖率", "%", "已走访重点企业 ÷ 重点企业。", "visits:key_employer_list", {"visited": "no"}, is_share=True),
    Figure("officers", "驻联干部", "人", "期内在驻联岗位上的干部，按人计。", "visits:posting_list"),
    Figure("townships_covered", "走访镇街", "个", "期内走访到的镇街。", ""),
    Figure("weeks_due", "应走访周", "周", "驻联干部应当走访的周数：任职期内、当周在岗的工作日不少于一半才算；放假、请假、任职前后的周不算。一周归到它的星期四所在的月份。", "visits:week_list"),
    Figure("weeks_done", "已完成周", "周", "应走访周中，走访次数达到每周约定次数的。同行也算一次；同行又自己留了记录的，还是一次。", "visits:week_list", {"done": "yes"}),
    Figure("weekly_share", "每周完成率", "%", "已完成周 ÷ 应走访周。", "visits:week_list", {"done": "no"}, is_share=True),
    Figure("explained", "现场解释", "件", "走访中当场解释清楚的问题，都登记为已化解的诉求。", "visits:finding_list", {"outcome": str(int(Outcome.EXPLAINED))}),
    Figure("passed_on", "转办", "件", "走访中发现、转为诉求交办的问题。", "visits:finding_list", {"outcome": str(int(Outcome.PASSED_ON))}),
    Figure("people_spoken", "谈话职工", "人次", "走访中谈话的人数之和；填了人数的按人数，否则按记下的姓名。", "visits:visit_list"),
    Figure("stays", "蹲点", "次", "期内进行过的蹲点，开始或结束在期外的也算。", "visits:stay_list"),
    Figure("unions_helped", "蹲点助建工会", "家", "期内蹲点成果里帮助建立、规范的工会数之和。", "visits:stay_list"),
    Figure("members_helped", "蹲点发展会员", "人", "期内蹲点成果里发展的会员数之和。", "visits:stay_list"),
)  # fmt: skip

FIGURE: dict[str, Figure] = {figure.key: figure for figure in FIGURES}


class Cut(Word):
    ORGANISATION = "organisation", "按单位"
    OFFICER = "officer", "按干部"
    GROUP = "group", "按小组"
    KIND = "kind", "按类型"
    MONTH = "month", "按月"


# --- the rows behind them ---


def visits_of(actor: Actor | None, path: str) -> Rows:
    """`actor` None: the product itself, for a report that nobody in particular reads."""
    rows = Visit.objects.visible_to(actor) if actor else Visit.objects.unscoped(reason=REASON)
    return rows.under(path) if path else rows


def findings_of(actor: Actor | None, path: str) -> Rows:
    """Those that the reader is told of: a confidential one isn't counted for who may not know of it."""
    rows = Finding.objects.visible_to(actor) if actor else Finding.objects.unscoped(reason=REASON)
    return rows.under(path) if path else rows


def key_employers_of(actor: Actor | None, path: str, since: date, until: date) -> Rows:
    """Key at some time of the period and lying at or under the place, by ground or by whose they are."""
    rows = KeyEmployer.objects.visible_to(actor) if actor else KeyEmployer.objects.unscoped(reason=REASON)
    return key_in_period(keys_within(rows, path), since, until)


def key_in_period(rows: Rows, since: date, until: date) -> Rows:
    """Of an employer that was ended and named again, or by two levels, the latest."""
    held = rows.filter(overlaps(since, until + DAY))
    latest = held.order_by("employer_id", "-from_on", "-pk").distinct("employer_id")
    return rows.filter(pk__in=latest.values("pk"))


def keys_within(rows: Any, path: str) -> Rows:
    """A township's are those on its ground, though the county declared them."""
    if not path:
        return rows  # type: ignore[no-any-return]
    scopes = Scope.objects.filter(path__under=path)
    return rows.filter(Q(scope__in=scopes) | Q(employer__in=ever_on_ground_of([path]).values("pk")))  # type: ignore[no-any-return]


# --- the figures ---


def journal_figures(
    actor: Actor | None, path: str, since: date, until: date, *, today: date | None = None
) -> dict[str, int | float | None]:
    """Every figure by its key; a share is None where nothing divides. With `today` only weeks that are over are due."""
    visits = of_period(visits_of(actor, path), since, until)
    counted = visits.aggregate(
        visits=Count("pk", filter=TIMES), employers=Count("employer", distinct=True),
        open_employers=Count("employer", distinct=True, filter=Q(employer__closed_on=None)),
        townships=Count("scope", distinct=True), people=Coalesce(Sum("spoken_with_count"), 0),
    )  # fmt: skip
    keys = set(key_employers_of(actor, path, since, until).values_list("employer_id", flat=True))
    key_covered = visits.filter(employer__in=keys).aggregate(n=Count("employer", distinct=True))["n"]
    weeks = weeks_of(path, since, until + DAY, today=today)
    spoken = of_period(findings_of(actor, path), since, until, on="visit__arrived_at").aggregate(
        explained=Count("pk", filter=Q(outcome=Outcome.EXPLAINED)),
        passed_on=Count("pk", filter=Q(outcome=Outcome.PASSED_ON)),
    )
    employers = employers_on_ground_of([path]).count()
    weeks_done = sum(week.is_done for week in weeks)
    return {
        "visits": counted["visits"],
        "employers_covered": counted["employers"],
        "employers": employers,
        "employers_share": _share(counted["open_employers"], employers),
        "key_employers": len(keys),
        "key_covered": key_covered,
        "key_share": _share(key_covered, len(keys)),
        "officers": len({posting.user_id for posting in postings_within(path, since, until + DAY)}),
        "townships_covered": counted["townships"],
        "townships": len(townships_under(path, since)),
        "weeks_due": len(weeks),
        "weeks_done": weeks_done,
        "weekly_share": _share(weeks_done, len(weeks)),
        "explained": spoken["explained"],
        "passed_on": spoken["passed_on"],
        "people_spoken": counted["people"],
        **_stays(actor, path, since, until),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def stays_of(actor: Actor | None, path: str, since: date, until: date) -> Rows:
    rows = Stay.objects.visible_to(actor) if actor else Stay.objects.unscoped(reason=REASON)
    return (rows.under(path) if path else rows).filter(from_on__lte=until, until_on__gt=since)


def _stays(actor: Actor | None, path: str, since: date, until: date) -> dict[str, int | float | None]:
    rows = StayResult.objects.visible_to(actor) if actor else StayResult.objects.unscoped(reason=REASON)
    results = (rows.under(path) if path else rows).filter(on__range=(since, until))
    helped = results.aggregate(unions=Coalesce(Sum("unions"), 0), members=Coalesce(Sum("members"), 0))
    return {
        "stays": stays_of(actor, path, since, until).count(),
        "unions_helped": helped["unions"],
        "members_helped": helped["members"],
    }


# --- divided ---


@dataclass
class Line:
    """One value of a cut; `code` is what the list of visits calls it."""

    code: str
    label: str
    counted: dict[str, int]


COLUMNS = ("visits", "employers_covered", "key_covered", "explained", "passed_on", "people_spoken")
_EMPTY = dict.fromkeys(COLUMNS, 0)


def journal_table(actor: Actor | None, path: str, since: date, until: date, cut: Cut) -> list[Line]:
    """The figures of visits divided, those with most first, months in time.

    By officer each has every record of his own; otherwise the column of 家次 adds up to the figure. An employer to
    which several went stands in several lines.
    """
    visits = of_period(visits_of(actor, path), since, until)
    times = Q() if cut is Cut.OFFICER else TIMES
    found: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict(_EMPTY))
    code_of = _coding(cut, path, visits)
    expression = _expression(cut, "")
    counts = visits.annotate(cut=expression).values("cut").order_by()
    for row in counts.annotate(n=Count("pk", filter=times), people=Coalesce(Sum("spoken_with_count"), 0)):
        line = found[code_of(row["cut"])]
        line["visits"] += row["n"]
        line["people_spoken"] += row["people"]
    seen: defaultdict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for value, employer, is_key in (
        visits.annotate(cut=expression).values_list("cut", "employer_id", "is_key").distinct()
    ):
        everything, keys = seen[code_of(value)]
        everything.add(employer)
        if is_key:
            keys.add(employer)
    for code, (everything, keys) in seen.items():
        found[code]["employers_covered"], found[code]["key_covered"] = len(everything), len(keys)
    findings = of_period(findings_of(actor, path), since, until, on="visit__arrived_at")
    spoken = findings.annotate(cut=_expression(cut, "visit__")).values("cut").order_by()
    for row in spoken.annotate(
        explained=Count("pk", filter=Q(outcome=Outcome.EXPLAINED)), passed_on=Count("pk", filter=Q(outcome=Outcome.PASSED_ON))
    ):  # fmt: skip
        for key in ("explained", "passed_on"):
            found[code_of(row["cut"])][key] += row[key]
    label_of = _labels(cut, found)
    lines = [Line(code, label_of(code), counted) for code, counted in found.items()]
    if cut is Cut.MONTH:
        return sorted(lines, key=lambda line: line.code)
    return sorted(lines, key=lambda line: (-line.counted["visits"], line.label))


def _expression(cut: Cut, via: str) -> Any:
    if cut is Cut.MONTH:
        return TruncMonth(f"{via}arrived_at")
    names = {Cut.ORGANISATION: "scope_id", Cut.OFFICER: "user_id", Cut.GROUP: "posting__group_id", Cut.KIND: "kind"}
    return Coalesce(F(f"{via}{names[cut]}"), Value(0)) if cut is Cut.GROUP else F(f"{via}{names[cut]}")


def _coding(cut: Cut, path: str, visits: Rows) -> Callable[[Any], str]:
    """A place is that directly under the one looked at; a month is written 2026-11."""
    if cut is Cut.MONTH:
        return lambda value: f"{value:%Y-%m}"
    if cut is not Cut.ORGANISATION:
        return lambda value: str(value or "")
    paths = dict(Scope.objects.filter(pk__in=visits.values("scope")).values_list("pk", "path"))
    level = path.count(".") + 1 if path else 0

    def below(value: Any) -> str:
        labels = str(paths[value]).split(".")
        return labels[min(level, len(labels) - 1)]

    return below


def _labels(cut: Cut, codes: Iterable[str]) -> Callable[[str], str]:
    known = [code for code in codes if code]
    if cut is Cut.MONTH:
        return lambda code: f"{code[:4]}年{int(code[5:])}月"
    if cut is Cut.KIND:
        own = kind_names(set(known))
        return lambda code: kind_name(code, own)
    names: dict[int, str]
    if cut is Cut.ORGANISATION:
        names = names_of(map(int, known))
    elif cut is Cut.OFFICER:
        names = dict(User.objects.filter(pk__in=known).values_list("pk", "name"))
    else:
        names = dict(Group.objects.unscoped(reason=REASON).filter(pk__in=known).values_list("pk", "name"))
    return lambda code: names.get(int(code), code) if code else "未编组"
