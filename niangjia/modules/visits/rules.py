"""The words of the visit journal, and what is decided without a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from niangjia.kernel.words import Code, Word


class VisitKindCode(Word):
    """Kinds of visit as delivered; staff add others and change the forms of these."""

    DAILY = "daily", "日常走访"
    STAY = "stay", "蹲点"
    FOUNDING = "founding", "建会走访"
    SCREENING = "screening", "稳定排查"
    LEGAL_CHECK = "legal_check", "法律体检"
    BARGAINING = "bargaining", "集体协商指导"
    COOLNESS = "coolness", "送清凉"
    SURVEY = "survey", "问卷"


class Aspect(Code):
    """The five things that are looked at (五看)."""

    MIND = 1, "职工思想状况"
    UNION = 2, "工会活力"
    EMPLOYMENT = 3, "用工规范"
    HELP = 4, "帮扶到位"
    RIGHTS = 5, "权益保障"


class Look(Code):
    GOOD = 1, "好"
    FAIR = 2, "一般"
    POOR = 3, "差"


class PlanReason(Word):
    """Why a visit stands in the week's plan, the strongest first."""

    FOLLOW_UP = "follow_up", "到期回看"
    OVERDUE = "overdue", "超期未走访"
    TURN = "turn", "轮到走访"
    NEAR = "near", "顺路"
    BY_HAND = "by_hand", "自己安排"


class PlanState(Code):
    PLANNED = 1, "待走访"
    DONE = 2, "已走访"
    DROPPED = 3, "不去了"


class PlaceState(Word):
    """What the phone said of where it was, against where the employer lies."""

    THERE = "there", "在单位"
    FAR = "far", "离单位较远"
    UNKNOWN = "unknown", "未取得定位"
    IMPLAUSIBLE = "implausible", "定位可疑"
    UNCHECKED = "unchecked", "单位尚无坐标"


class Outcome(Code):
    """What became of a finding (解释 提交 流转 反馈 are the visitor's four acts)."""

    EXPLAINED = 1, "现场解释"
    PASSED_ON = 2, "转为诉求"
    NOTED = 3, "留作记录"


class ProposalState(Code):
    OPEN = 1, "待确认"
    ACCEPTED = 2, "已更新"
    DECLINED = 3, "不采纳"


class AbsenceKind(Word):
    LEAVE = "leave", "请假"
    TRAINING = "training", "培训学习"
    ASSIGNED = "assigned", "抽调"


class RiskLevel(Code):
    LOW = 1, "低"
    MEDIUM = 2, "中"
    HIGH = 3, "高"


class Presence(Code):
    PRESENT = 1, "到会"
    EXCUSED = 2, "请假"
    ABSENT = 3, "缺席"


class RoundState(Code):
    COLLECTING = 1, "推荐中"
    JUDGING = 2, "评议中"
    PUBLISHED = 3, "已公布"


class NominationKind(Word):
    FINDING = "finding", "好发现"
    SUGGESTION = "suggestion", "好建议"


EMPLOYER_FIELDS: Mapping[str, str] = {
    "headcount": "职工人数", "women": "女职工人数", "new_form_workers": "新就业形态劳动者人数", "union_state": "建会情况",
    "address": "地址", "position": "位置",
}  # fmt: skip
"""What a visit may learn about an employer; a question of a form names the field that its answer is for.

`position` is written as "32.123456,119.123456"; a visit proposes it by itself where the employer has none.
"""

# --- one 家次 ---

TOGETHER = timedelta(hours=1)
"""Two who write of the same employer within the hour were there together: counted once."""


def were_together(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= TOGETHER


# --- weeks that count ---

THURSDAY = 3


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks_due(
    span: tuple[date, date | None],
    absences: Sequence[tuple[date, date]],
    is_working: Callable[[date], bool],
    since: date,
    until: date,
) -> list[date]:
    """The Mondays of the weeks in which an officer has to visit; spans are half-open.

    A week belongs to the period that has its Thursday (as weeks of a year are counted). It counts when the officer was on
    post on at least half of its working days: a week of holidays, of leave, before or after the posting doesn't.
    """
    from_on, until_on = span
    weeks = []
    monday = monday_of(max(since, from_on))
    last = min(until, until_on or until)
    while monday < last:
        days = [day for day in (monday + timedelta(days=n) for n in range(7)) if is_working(day)]
        on_post = [
            day
            for day in days
            if day >= from_on
            and (until_on is None or day < until_on)
            and not any(begin <= day < end for begin, end in absences)
        ]
        if days and len(on_post) * 2 >= len(days) and since <= monday + timedelta(days=THURSDAY) < until:
            weeks.append(monday)
        monday += timedelta(days=7)
    return weeks


# --- follow-ups ---

FOLLOWS_UP_WITHIN = timedelta(days=14)
"""A visit does what was due there until so many days later; what is due later stays open."""
