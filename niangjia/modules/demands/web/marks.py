"""How the lists draw a demand: its stage, how much time is left, how pressing it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from niangjia.engines.casework.rules import OPEN, Stage, Urgency
from niangjia.kernel.crypto.masks import mask_name
from niangjia.ui.listing import Mark

STAGE_TONES = {
    Stage.RECEIVED: "neutral", Stage.FACTS_ASKED: "warning", Stage.ACCEPTED: "info", Stage.IN_HAND: "info",
    Stage.ANSWERED: "warning", Stage.RESOLVED: "success", Stage.CLOSED: "neutral",
}  # fmt: skip
DAY = timedelta(days=1)
SOON = DAY


def stage_mark(case: Any) -> Mark:
    stage = Stage(case.stage)
    return Mark(stage.label, STAGE_TONES.get(stage, "neutral"))


def left_mark(case: Any, now: datetime) -> Mark | str:
    """What is left until the limit that runs, or how it ended."""
    if case.stage not in OPEN:
        if case.stage not in (Stage.RESOLVED, Stage.CLOSED):
            return ""
        return Mark("超时办结", "error") if case.was_late else Mark("按时办结", "success")
    if case.paused_at:
        return Mark("暂停计时", "neutral", "player-pause")
    if case.due_at is None:
        return ""
    if case.due_at < now:
        return Mark(f"超时 {span(now - case.due_at)}", "error", "clock", solid=True)
    left = case.due_at - now
    return Mark(f"剩 {span(left)}", "warning" if left <= SOON else "success", "clock")


def span(time: timedelta) -> str:
    """1 天 20 小时, 5 小时, 12 分钟."""
    hours = time.seconds // 3600
    if time.days:
        return f"{time.days} 天 {hours} 小时" if hours and time.days < 10 else f"{time.days} 天"  # noqa: PLR2004
    return f"{hours} 小时" if hours else f"{time.seconds // 60} 分钟"


def urgency_mark(case: Any) -> Mark | str:
    urgency = Urgency(case.urgency)
    if urgency is Urgency.NORMAL:
        return ""
    return Mark(urgency.label, "warning" if urgency is Urgency.PRESSING else "error")


def asker(row: Any) -> str:
    """Masked; the name in full is asked for with a reason on the demand's own page."""
    if row.is_anonymous:
        return "匿名"
    return mask_name(row.asker_name) if row.asker_name else ""
