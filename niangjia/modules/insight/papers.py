"""The papers of meetings, quarters and years: facts put into sentences, tables and charts in official form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from niangjia.kernel.documents.official import Block, Chart, Heading, Paper, Table, Words

Facts = Mapping[str, Any]
NUMBERS = "一二三四五六七八九十"


def chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def from_to(since: str, until: str) -> str:
    return f"{chinese(date.fromisoformat(since))}至{chinese(date.fromisoformat(until))}"


def counted(value: Any) -> str:
    return f"{value or 0:,}"


def per_cent(text: str) -> str:
    return f"{text} %" if text and text != "—" else "—"


def numbered(parts: Sequence[tuple[str, Sequence[Block]]]) -> list[Block]:
    """Headings 一、二、三、, those without anything left out."""
    found: list[Block] = []
    kept = [(title, blocks) for title, blocks in parts if blocks]
    for number, (title, blocks) in zip(NUMBERS, kept, strict=False):
        found += [Heading(f"{number}、{title}"), *blocks]
    return found


# --- the month ---


def month_paper(meeting: Any, facts: Facts, *, issuer: str, today: date) -> Paper:
    group = meeting.group.name if meeting.group else "全体驻联干部"
    month = meeting.month
    return Paper(
        f"{month.year}年{month.month}月月交流会议纪要（{group}）" if meeting.closed_at else f"{month.year}年{month.month}月月交流会议材料（{group}）",
        issuer, chinese(today), from_to(facts["since"], facts["until"]),
        numbered(
            [
                ("上次任务完成情况", _tasks(facts)), ("走访情况", _officers(facts)), ("诉求办理情况", _state(facts)),
                ("热点", _spots(facts)), ("稳定风险", _risks(facts)), *_minutes(meeting),
            ]
        ),
    )  # fmt: skip


def _tasks(facts: Facts) -> list[Block]:
    tasks = facts.get("tasks", ())
    if not tasks:
        return [Words("上次会上没有定任务。")]
    done = sum(task["state"] in ("done", "late_done") for task in tasks)
    rows = [(task["text"], task["owner"], task["due"], task["label"], task["result"] or "—") for task in tasks]
    return [
        Words(f"上次会上定下和此前没有办完的任务共 {len(tasks)} 项，已完成 {done} 项。"),
        Table(("任务", "承办人", "期限", "状态", "结果"), rows),
    ]


def _officers(facts: Facts) -> list[Block]:
    visits = facts.get("visits") or {}
    found: list[Block] = []
    if visits:
        found.append(Words(visits_in_words(visits)))
    if facts.get("officers"):
        rows = [
            (
                one["name"],
                *(counted(one[key]) for key in ("visits", "weeks_due", "weeks_done", "explained", "passed_on")),
            )
            for one in facts["officers"]
        ]
        found.append(Table(("干部", "走访家次", "应走访周", "完成周", "现场解释", "转为诉求"), rows))
    return found or [Words("当月没有走访。")]


def visits_in_words(visits: Facts) -> str:
    said = f"共走访 {counted(visits.get('visits'))} 家次，走到用人单位 {counted(visits.get('employers_covered'))} 家"
    if visits.get("key_employers"):
        said += f"；重点企业 {counted(visits['key_employers'])} 家，走到 {counted(visits.get('key_covered'))} 家"
    said += f"。现场解释 {counted(visits.get('explained'))} 件，转为诉求 {counted(visits.get('passed_on'))} 件。"
    if visits.get("weeks_due"):
        said += f"每周走访应完成 {counted(visits['weeks_due'])} 周，完成 {counted(visits['weeks_done'])} 周，完成率 {per_cent(visits['weekly_share'])}。"
    return said


def demands_in_words(demands: Facts) -> str:
    said = f"登记诉求 {counted(demands.get('recorded'))} 件，涉及 {counted(demands.get('people'))} 人，其中化解 {counted(demands.get('resolved'))} 件"
    said += f"，化解率 {per_cent(demands['resolved_share'])}。" if demands.get("resolved_share") else "。"
    if demands.get("recovered"):
        said += f"为职工追回 {demands['recovered_yuan']} 元。"
    return said


def _state(facts: Facts) -> list[Block]:
    state, demands = facts.get("state") or {}, facts.get("demands") or {}
    found: list[Block] = [
        Words(demands_in_words(demands)),
        Words(
            f"目前在办 {counted(state.get('open'))} 件，其中超期 {counted(state.get('overdue'))} 件，"
            f"7 天没有进展 {counted(state.get('stuck'))} 件。当月化解 {counted(state.get('solved'))} 件。"
        ),
    ]
    for caption, key in (
        ("已超期的诉求", "overdue_rows"),
        ("卡住的诉求", "stuck_rows"),
        ("当月化解的诉求", "solved_rows"),
    ):
        rows = [
            (one["title"], one["employer"] or "—", one["lead"] or "—", f"{one['days']} 天")
            for one in state.get(key, ())
        ]
        if rows:
            found.append(Table(("诉求", "用人单位", "主办人", "登记至今"), rows, caption))
    return found


def _spots(facts: Facts) -> list[Block]:
    spots = facts.get("hot_spots", ())
    if not spots:
        return [Words("没有多人反映同一件事。")]
    rows = [
        (one["words"] or "—", one["place"] or one["employer"] or "—", counted(one["people"]), counted(one["demands"]))
        for one in spots
    ]
    return [Table(("内容", "地点或单位", "人数", "件数"), rows)]


def _risks(facts: Facts) -> list[Block]:
    risks = facts.get("risks", ())
    if not risks:
        return [Words("没有未销号的风险。")]
    rows = [(one["employer"], one["level"], one["what"], one["owner"], one["due"] or "—") for one in risks]
    return [Table(("用人单位", "等级", "情况", "责任人", "期限"), rows)]


def _minutes(meeting: Any) -> list[tuple[str, list[Block]]]:
    if not meeting.closed_at:
        return []
    people = [
        one.name if one.presence == 1 else f"{one.name}（{'请假' if one.presence == 2 else '缺席'}）"  # noqa: PLR2004
        for one in meeting.attendance.order_by("pk")
    ]
    tasks = [
        (task.text, task.user.name, task.due_on.isoformat())
        for task in meeting.tasks.select_related("user").order_by("pk")
    ]
    return [
        ("会议情况", [*([Words(f"参加：{'、'.join(people)}。")] if people else []), Words(meeting.minutes)]),
        ("会议确定的任务", [Table(("任务", "承办人", "期限"), tasks)] if tasks else [Words("会议没有定任务。")]),
    ]


# --- the quarter ---

QUARTERS = ("一", "二", "三", "四")


def name_of_quarter(first: date) -> str:
    return f"{first.year}年第{QUARTERS[(first.month - 1) // 3]}季度"


def compared(now: int, last: int, year_ago: int) -> str:
    """“比上季度多 4，比去年同期少 1”."""

    def said(other: int) -> str:
        return "持平" if now == other else f"多 {now - other:,}" if now > other else f"少 {other - now:,}"

    return f"与上季度比{said(last)}，与去年同期比{said(year_ago)}"


def quarter_paper(report: Facts, *, township: str, issuer: str, today: date) -> Paper:
    """`report`: quarter, facts, text, writer."""
    facts, quarter = report["facts"], report["quarter"]
    return Paper(
        f"{township}{name_of_quarter(quarter)}走访和诉求分析", issuer, chinese(today), from_to(facts["since"], facts["until"]),
        numbered(
            [
                ("走访情况", quarter_visits(facts)), ("诉求情况", quarter_demands(facts)), ("五看情况", quarter_looks(facts)),
                ("热点和风险", [*_spots(facts), *_risks(facts)]),
                ("分析和打算", [Words(report["text"] or "（还没有写）")]),
            ]
        ),
    )  # fmt: skip


def quarter_visits(facts: Facts) -> list[Block]:
    now, last, before = (facts["visits"][key] for key in ("now", "last", "year_ago"))
    found: list[Block] = [
        Words(visits_in_words(now)),
        Words(f"走访家次{compared(now.get('visits', 0), last.get('visits', 0), before.get('visits', 0))}。"),
    ]
    labels = [
        ("走访（家次）", "visits"),
        ("走到单位（家）", "employers_covered"),
        ("现场解释（件）", "explained"),
        ("转为诉求（件）", "passed_on"),
    ]
    return [*found, three_columns("走访对比", facts["visits"], labels)]


def quarter_demands(facts: Facts) -> list[Block]:
    now, last, before = (facts["demands"][key] for key in ("now", "last", "year_ago"))
    labels = [
        ("登记（件）", "recorded"),
        ("化解（件）", "resolved"),
        ("涉及人数（人）", "people"),
        ("化解率（%）", "resolved_share"),
        ("追回（元）", "recovered_yuan"),
    ]
    found: list[Block] = [
        Words(demands_in_words(now)),
        Words(f"登记件数{compared(now['recorded'], last['recorded'], before['recorded'])}。"),
        three_columns("诉求对比", facts["demands"], labels),
    ]
    kinds = facts.get("kinds", ())
    if kinds:
        found.append(
            Chart(
                "诉求类别（件）",
                tuple(label for label, _ in kinds),
                (("登记", tuple(float(n) for _, n in kinds)),),
                lying=True,
            )
        )
    return found


def three_columns(caption: str, of: Facts, labels: Sequence[tuple[str, str]]) -> Table:
    def cell(value: Any) -> str:
        return value or "—" if isinstance(value, str) else counted(value)

    rows = [(label, *(cell(of[when].get(key)) for when in ("now", "last", "year_ago"))) for label, key in labels]
    return Table(("项目", "本季度", "上季度", "去年同期"), rows, caption)


def quarter_looks(facts: Facts) -> list[Block]:
    looks = facts.get("looks", ())
    if not looks:
        return []
    rows = [(one["aspect"], counted(one["good"]), counted(one["fair"]), counted(one["poor"])) for one in looks]
    words = [f"{one['aspect']}：{'；'.join(one['words'])}。" for one in looks if one.get("words")]
    chart = Chart(
        "五看（家次）", tuple(one["aspect"] for one in looks),
        tuple((label, tuple(float(one[key]) for one in looks)) for label, key in (("差", "poor"), ("一般", "fair"), ("好", "good"))),
    )  # fmt: skip
    return [Table(("五看", "好", "一般", "差"), rows), chart, *(Words(line) for line in words)]


# --- the year ---


def year_paper(year: int, facts: Facts, *, issuer: str, day: date) -> Paper:
    parts: list[tuple[str, Sequence[Block]]] = []
    for group in facts.get("results", ()):
        rows = [(str(one["rank"] or "—"), one["title"], one["author"], one["mean"] or "—") for one in group["rows"]]
        if rows:
            best = [one for one in group["rows"] if one["rank"] == 1]
            words = [Words(f"“{one['title']}”（{one['author']}）：{one['text']}") for one in best]
            parts.append((group["label"], [*words, Table(("名次", "题目", "作者", "平均分"), rows)]))
    officers = facts.get("officers", ())
    if officers:
        rows = [
            (
                one["name"],
                *(
                    counted(one[key])
                    for key in (
                        "visits",
                        "weeks_due",
                        "weeks_done",
                        "explained",
                        "passed_on",
                        "resolved",
                        "nominations",
                    )
                ),
            )
            for one in officers
        ]
        head = ("干部", "走访家次", "应走访周", "完成周", "现场解释", "转为诉求", "已化解", "推荐")
        chart = Chart(
            "走访家次",
            tuple(one["name"] for one in officers),
            (("走访", tuple(float(one["visits"] or 0) for one in officers)),),
            lying=True,
        )
        parts.append(("驻联干部的一年", [Table(head, rows), chart]))
    return Paper(f"{year}年度好发现、好建议评议结果", issuer, chinese(day), "", numbered(parts))
