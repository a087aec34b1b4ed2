"""What the month's meetings, the quarter's reports and the year's choice go by. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from niangjia.kernel.errors import Refused
from niangjia.kernel.words import Word

LEAST_JUDGES = 3
"""So many judges, none of whom has a hand in it, before a nomination has a result."""
MOST_POINTS = 10


def quarter_of(day: date) -> date:
    """The first day of the quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def last_of_quarter(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=95)).replace(day=1) - timedelta(days=1)


def ensure_month_may_be_met_over(month: date, held_on: date) -> None:
    if month.day != 1:
        raise Refused("meeting.month", "请选择一个月份。", field="month")
    if held_on < month:
        raise Refused("meeting.held", "开会的日期不能早于所看的月份。", field="held_at")


@dataclass(frozen=True)
class Decision:
    """A decision of a meeting: whose task, until when."""

    text: str
    user_id: int
    due_on: date


def ensure_decisions(decisions: Sequence[Decision], held_on: date) -> None:
    for number, decision in enumerate(decisions, start=1):
        if not decision.text.strip():
            raise Refused("decision.text", f"第 {number} 条任务没有写内容。")
        if decision.due_on < held_on:
            raise Refused("decision.due", f"第 {number} 条任务的期限早于开会的日期，请改晚一些。")


class TaskState(Word):
    """How a task stands on a day."""

    DONE = "done", "已完成"
    LATE_DONE = "late_done", "超期完成"
    CARRIED = "carried", "转到下月"
    OVERDUE = "overdue", "已超期"
    OPEN = "open", "进行中"


def task_state(*, due_on: date, done_on: date | None, is_carried: bool, today: date) -> TaskState:
    if done_on is not None:
        return TaskState.DONE if done_on <= due_on else TaskState.LATE_DONE
    if is_carried:
        return TaskState.CARRIED
    return TaskState.OVERDUE if due_on < today else TaskState.OPEN


@dataclass(frozen=True)
class Nominated:
    """What the rules of the choice know of a nomination: `makers` wrote it or were there when it was found."""

    id: int
    makers: frozenset[int]


def may_judge(judge: int, judges: Collection[int], nominated: Nominated) -> bool:
    """A named judge, and nobody judges his own."""
    return judge in judges and judge not in nominated.makers


def short_of_judges(nominated: Iterable[Nominated], judges: Collection[int], least: int = LEAST_JUDGES) -> list[int]:
    """The nominations that could never have a result, since too few of the judges may judge them."""
    return [one.id for one in nominated if sum(may_judge(judge, judges, one) for judge in set(judges)) < least]


@dataclass(frozen=True)
class Result:
    id: int
    mean: float | None  # None: too few judged
    count: int
    rank: int | None  # equals share a rank


def results(points: Mapping[int, Sequence[int]], least: int = LEAST_JUDGES) -> list[Result]:
    """By nomination, the best first; those that too few judged come last, without mean and rank."""
    means = {
        pk: sum(given) / len(given) if len(given) >= max(least, 1) else None for pk, given in points.items()
    }  # fmt: skip
    ranked = sorted(points, key=lambda pk: (-(means[pk] or 0), -len(points[pk]), pk))
    found = []
    for pk in ranked:
        mean = means[pk]
        better = sum(1 for other in means.values() if other is not None and mean is not None and other > mean)
        found.append(Result(pk, mean, len(points[pk]), None if mean is None else better + 1))
    return sorted(found, key=lambda one: one.rank is None)
