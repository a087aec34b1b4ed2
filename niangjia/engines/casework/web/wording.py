"""How a case is spoken of on the screen: tones of stages, signs of acts, what is left of a limit."""

from __future__ import annotations

from collections.abc import Mapping

from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage, Urgency

STAGE_TONES: Mapping[Stage, str] = {
    Stage.RECEIVED: "warning",
    Stage.FACTS_ASKED: "warning",
    Stage.ACCEPTED: "info",
    Stage.IN_HAND: "info",
    Stage.ANSWERED: "info",
    Stage.RESOLVED: "success",
}
URGENCY_TONES: Mapping[Urgency, str] = {Urgency.PRESSING: "warning", Urgency.URGENT: "error", Urgency.EXTREME: "error"}

ICONS: Mapping[str, tuple[str, str]] = {
    "record": ("circle-plus", "primary"), "accept": ("check", "info"), "refuse": ("ban", "error"),
    "ask_facts": ("arrow-back-up", "warning"), "give_facts": ("file-plus", "info"), "merge": ("arrows-join", ""),
    "split": ("arrows-split", ""), "assign": ("send", "info"), "take": ("user-check", "info"),
    "hand_over": ("arrow-right", "warning"), "hand_back": ("arrow-left", "warning"), "invite": ("user-plus", "info"),
    "task_done": ("check", "success"), "send_out": ("mail-forward", "info"), "outside_answer": ("mail-opened", "success"),
    "consult": ("users", "info"), "close_consultation": ("file-text", "success"), "answer": ("message-check", "success"),
    "call_back": ("phone-call", "info"), "rate": ("star", "success"), "reopen": ("refresh", "warning"),
    "withdraw": ("x", ""), "urge": ("bell-ringing", "warning"), "instruct": ("writing", "primary"),
    "remark": ("note", ""), "reply": ("message", "success"), "pause": ("player-pause", ""), "resume": ("player-play", ""),
    "ask_extension": ("calendar-plus", ""), "extend": ("calendar-check", ""), "refuse_extension": ("calendar-x", ""),
    "regrade": ("flag", "warning"), "climb": ("alert-triangle", "error"), "edit": ("pencil", ""), "let_look": ("eye", ""),
    "drop_task": ("x", ""), "route": ("route", ""), "close_at_once": ("circle-check", "success"),
}  # fmt: skip
"""Sign and tone of a line of the timeline."""

DAY, HOUR = 24 * 60, 60


def noun_of(case: Case) -> str:
    return kind_named(case.kind).noun


def span_words(minutes: int, *, minutes_a_day: int = DAY) -> str:
    """1 天 3 小时 · 3 小时 20 分 · 12 分钟. Two parts are enough for anybody."""
    days, rest = divmod(minutes, minutes_a_day)
    hours, left = divmod(rest, HOUR)
    if days:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    if hours:
        return f"{hours} 小时 {left} 分" if left else f"{hours} 小时"
    return f"{left} 分钟"
