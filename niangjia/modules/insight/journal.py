"""走访周记报告: visits and demands of a place over a time, with what `niangjia report journal` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Min
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.documents.official import Block, Chart, Paper, Table, Words
from niangjia.modules.demands.queries.figures import Cut as DemandCut
from niangjia.modules.demands.queries.figures import demands_of, figures
from niangjia.modules.insight.papers import chinese, counted, from_to, numbered, per_cent
from niangjia.modules.insight.queries.demand_facts import said_of, share
from niangjia.modules.insight.queries.visit_facts import officer_lines, visit_totals
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.queries.figures import Cut, Line, journal_table
from niangjia.modules.visits.queries.journal import first_day_of_journal


@dataclass(frozen=True)
class JournalReport:
    """`visits` and `demands` are the figures of every other page; the lines are divided by township, officer, month."""

    name: str
    since: date
    until: date
    visits: dict[str, Any]
    demands: dict[str, Any]
    townships: list[dict[str, Any]] = field(default_factory=list)
    officers: list[dict[str, Any]] = field(default_factory=list)
    months: list[dict[str, Any]] = field(default_factory=list)


def whole_time(path: str, actor: Actor | None, *, today: date) -> tuple[date, date]:
    """From the first day of anything until today."""
    first = demands_of(actor, path).aggregate(at=Min("case__received_at"))["at"]
    days = [first_day_of_journal(path, actor), timezone.localdate(first) if first else None]
    return min([day for day in days if day] or [today]), today


def journal_report(path: str, since: date, until: date, actor: Actor | None, *, today: date) -> JournalReport:
    """Without an actor all that lies there: what the product itself is asked for, by whoever holds its console."""
    pk = int(path.rpartition(".")[2])
    townships = _joined(
        _at_itself(journal_table(actor, path, since, until, Cut.ORGANISATION), pk),
        figures(actor, path, since, until, DemandCut.ORGANISATION),
    )
    months = _joined(
        journal_table(actor, path, since, until, Cut.MONTH), figures(actor, path, since, until, DemandCut.MONTH)
    )
    return JournalReport(
        names_of([pk]).get(pk, ""), since, until, visit_totals(actor, path, since, until, today=today),
        said_of(figures(actor, path, since, until)), sorted(townships.values(), key=lambda one: (-one["visits"], one["label"])),
        officer_lines(actor, path, since, until, today=today), [months[code] for code in sorted(months)],
    )  # fmt: skip


def path_of_place(pk: int) -> str | None:
    found = Scope.objects.filter(pk=pk).values_list("path", flat=True).first()
    return str(found) if found else None


def _at_itself(lines: list[Line], pk: int) -> list[Line]:
    """Of the place itself, as demands call that line."""
    return [Line("", f"{line.label}（本级）", line.counted) if line.code == str(pk) else line for line in lines]


def _joined(visits: Any, demands: Any) -> dict[str, dict[str, Any]]:
    """Lines of both rooms by the code that both give to a place or a month."""
    empty = {
        "visits": 0,
        "employers_covered": 0,
        "explained": 0,
        "passed_on": 0,
        "recorded": 0,
        "resolved": 0,
        "people": 0,
    }
    found: dict[str, dict[str, Any]] = {}
    for line in visits:
        found.setdefault(line.code, {**empty, "label": line.label}).update(line.counted)
    for line in demands:
        own = found.setdefault(line.code, {**empty, "label": line.label})
        own.update({key: line.counted.get(key, 0) for key in ("recorded", "resolved", "people")})
    for one in found.values():
        one["resolved_share"] = share(one["resolved"], one["recorded"])
    return found


# --- as text ---


def as_text(report: JournalReport) -> str:
    """One figure a line, so that a script finds it."""
    visits, demands = report.visits, report.demands
    lines = [
        f"{report.name} 走访周记", f"{report.since:%Y-%m-%d} 至 {report.until:%Y-%m-%d}", "",
        f"走访 {counted(visits['visits'])} 家次", f"走访单位 {counted(visits['employers_covered'])} 家",
        f"覆盖镇街 {counted(visits['townships_covered'])} 个",
        f"重点企业 {counted(visits['key_employers'])} 家，已走访 {counted(visits['key_covered'])} 家",
        f"驻联干部 {counted(visits['officers'])} 名",
        f"每周完成率 {per_cent(visits['weekly_share'])}（应走访 {counted(visits['weeks_due'])} 周，完成 {counted(visits['weeks_done'])} 周）",
        f"现场解释 {counted(visits['explained'])} 件", f"转办 {counted(visits['passed_on'])} 件",
        f"谈话职工 {counted(visits['people_spoken'])} 人次",
        f"蹲点 {counted(visits['stays'])} 次，助建工会 {counted(visits['unions_helped'])} 家，发展会员 {counted(visits['members_helped'])} 人",
        f"登记诉求 {counted(demands['recorded'])} 件", f"化解 {counted(demands['resolved'])} 件",
        f"化解率 {per_cent(demands['resolved_share'])}", f"涉及人数 {counted(demands['people'])} 人",
        f"追回金额 {demands['recovered_yuan']} 元",
        "", "按镇街", "镇街\t走访家次\t登记诉求\t化解\t化解率",
        *("\t".join(cells) for cells in _township_rows(report)),
        "", "按干部", "干部\t走访家次\t应走访周\t完成周\t现场解释\t转办",
        *("\t".join(cells) for cells in _officer_rows(report)),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _township_rows(report: JournalReport) -> list[tuple[str, ...]]:
    return [
        (one["label"], counted(one["visits"]), counted(one["recorded"]), counted(one["resolved"]), per_cent(one["resolved_share"]))
        for one in report.townships
    ]  # fmt: skip


def _officer_rows(report: JournalReport) -> list[tuple[str, ...]]:
    keys = ("visits", "weeks_due", "weeks_done", "explained", "passed_on")
    return [(one["name"], *(counted(one[key]) for key in keys)) for one in report.officers]


# --- as a paper ---


def as_paper(report: JournalReport, *, today: date) -> Paper:
    period = from_to(report.since.isoformat(), report.until.isoformat())
    return Paper(
        f"{report.name}走访周记报告", report.name, chinese(today), period,
        numbered(
            [
                ("总体情况", _overall(report)), ("走访情况", _about_visits(report)), ("诉求情况", _about_demands(report)),
                ("镇街情况", [Table(("镇街", "走访家次", "登记诉求", "化解", "化解率"), _township_rows(report))] if report.townships else []),
                ("干部情况", _about_officers(report)),
            ]
        ),
    )  # fmt: skip


def _overall(report: JournalReport) -> list[Block]:
    visits, demands = report.visits, report.demands
    return [
        Words(
            f"{counted(visits['officers'])} 名驻联干部共走访 {counted(visits['visits'])} 家次，覆盖镇街 {counted(visits['townships_covered'])} 个、"
            f"用人单位 {counted(visits['employers_covered'])} 家；重点企业 {counted(visits['key_employers'])} 家，已走访 {counted(visits['key_covered'])} 家。"
        ),
        Words(
            f"登记诉求 {counted(demands['recorded'])} 件，化解 {counted(demands['resolved'])} 件，化解率 {per_cent(demands['resolved_share'])}；"
            f"涉及 {counted(demands['people'])} 人，为职工追回 {demands['recovered_yuan']} 元。"
        ),
    ]


def _about_visits(report: JournalReport) -> list[Block]:
    visits = report.visits
    found: list[Block] = [
        Words(
            f"每周走访应完成 {counted(visits['weeks_due'])} 周，完成 {counted(visits['weeks_done'])} 周，完成率 {per_cent(visits['weekly_share'])}"
            "（请假、放假、不在岗的周不算）。"
            f"走访中现场解释 {counted(visits['explained'])} 件，转办 {counted(visits['passed_on'])} 件，谈话职工 {counted(visits['people_spoken'])} 人次。"
        )
    ]
    if visits["stays"]:
        found.append(
            Words(
                f"蹲点 {counted(visits['stays'])} 次，助建工会 {counted(visits['unions_helped'])} 家，发展会员 {counted(visits['members_helped'])} 人。"
            )
        )
    return [*found, _monthly(report, "每月走访家次", (("走访", "visits"),))]


def _about_demands(report: JournalReport) -> list[Block]:
    return [
        Words(
            f"按时办结率 {per_cent(report.demands['on_time_share'])}，满意率 {per_cent(report.demands['satisfied_share'])}。"
        ),
        _monthly(report, "每月登记和化解（件）", (("登记", "recorded"), ("化解", "resolved"))),
    ]


def _monthly(report: JournalReport, title: str, series: tuple[tuple[str, str], ...]) -> Chart:
    return Chart(
        title, tuple(one["label"].replace("年", ".").removesuffix("月")[2:] for one in report.months),
        tuple((label, tuple(float(one[key]) for one in report.months)) for label, key in series),
    )  # fmt: skip


def _about_officers(report: JournalReport) -> list[Block]:
    if not report.officers:
        return []
    head = ("干部", "走访家次", "应走访周", "完成周", "现场解释", "转办")
    chart = Chart(
        "每位干部走访家次", tuple(one["name"] for one in report.officers),
        (("走访", tuple(float(one["visits"]) for one in report.officers)),), lying=True,
    )  # fmt: skip
    return [Table(head, _officer_rows(report)), chart]


__all__ = ["JournalReport", "as_paper", "as_text", "journal_report", "path_of_place", "whole_time"]
