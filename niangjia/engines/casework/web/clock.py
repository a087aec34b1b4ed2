"""The clock of a case as it is read: what runs, how long is left, and how that was counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.casework import queries
from niangjia.engines.casework.clock import limit_named, start_of
from niangjia.engines.casework.models import Case, Pause
from niangjia.engines.casework.rules import CLIMB, LIMIT_LABELS, ClimbStep, PauseReason
from niangjia.engines.casework.web.wording import DAY, noun_of, span_words
from niangjia.kernel.access.guard import requires
from niangjia.kernel.worktime.clock import Clock as Worktime
from niangjia.kernel.worktime.limits import Unit
from niangjia.kernel.worktime.queries import clock_of
from niangjia.ui.pages import actor_of

USUAL_DAY = 7 * 60
"""Working minutes of a day on which nobody works; only to say minutes in days."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Clock:
    left: str  # “还剩 1 天 3 小时（工作时间）”
    what: str = ""  # 受理 · 答复 · 办结
    due_at: datetime | None = None
    tone: str = ""  # '' · warning · error
    icon: str = "clock"
    note: str = ""
    is_provisional: bool = False
    url: str = ""

    @property
    def background(self) -> str:
        return {"warning": "bg-warning/10", "error": "bg-error/10"}.get(self.tone, "border border-line bg-base-100")

    @property
    def text_tone(self) -> str:
        return {"warning": "text-warning", "error": "text-error"}.get(self.tone, "")


def clock_shown(case: Case, pause: Pause | None, *, now: datetime) -> Clock:
    url = reverse("casework:explanation", args=[case.pk])
    if not case.is_open:
        ended = f"{timezone.localtime(case.ended_at):%Y-%m-%d %H:%M}" if case.ended_at else ""
        kept = "办理中曾超期" if case.was_late else "各环节都在期限内"
        return Clock(f"{case.stage_now.label} {ended}".strip(), icon="circle-check", note=kept, url=url)
    if case.paused_at is not None:
        why = PauseReason(pause.reason).label if pause else ""
        since = f"{timezone.localtime(case.paused_at):%m-%d %H:%M}"
        return Clock(
            "计时已暂停", icon="player-pause", note=f"{why}，从 {since} 起" if why else f"从 {since} 起", url=url
        )
    running = queries.running_limit(case)
    if case.due_at is None or running is None:
        return Clock("没有期限在走", icon="clock-off", note="等待回访" if case.answered_at else "", url=url)
    clock, unit = clock_of(str(case.scope.path)), running.limit.unit if running.limit else Unit.MINUTES
    late = now > case.due_at
    span = _span(clock, unit, now, case.due_at)
    soon = not late and clock.at_percent(running.start, case.due_at, CLIMB[0].percent, unit) <= now
    return Clock(
        f"已超期 {span}" if late else f"还剩 {span}",
        what=running.label,
        due_at=case.due_at,
        tone="error" if late else "warning" if soon else "",
        icon="alert-triangle" if late else "clock",
        is_provisional=case.is_provisional,
        url=url,
    )


def _span(clock: Worktime, unit: Unit, now: datetime, due: datetime) -> str:
    """From now to the deadline or back, in the limit's own time."""
    first, last = sorted((now, due))
    if not unit.is_of_office:
        return span_words(int((last - first) / MINUTE), minutes_a_day=DAY)
    midnight = timezone.localtime(due).replace(hour=0, minute=0, second=0, microsecond=0)
    a_day = clock.working_minutes(midnight, midnight + timedelta(days=1)) or USUAL_DAY
    return f"{span_words(clock.working_minutes(first, last), minutes_a_day=a_day)}（工作时间）"


@requires(None)
@require_GET
def explanation(request: HttpRequest, pk: int) -> HttpResponse:
    """Every limit of a case, counted day by day."""
    case = queries.case_in_sight(pk, actor_of(request))
    running = queries.running_limit(case)
    names = [name for name in ("accept", "answer", "close") if _has_begun(case, name)]
    return render(
        request,
        "casework/explanation.html",
        {
            "case": case, "noun": noun_of(case), "back": case.get_absolute_url(),
            "limits": [_explained(case, name, runs=running is not None and name == running.name) for name in names],
            "own_due_at": case.own_due_at, "partner": case.partner, "steps": _steps(case),
        },
    )  # fmt: skip


def _has_begun(case: Case, name: str) -> bool:
    return name in case.limits and (name == "accept" or case.runs_from is not None)


def _explained(case: Case, name: str, *, runs: bool) -> dict[str, Any]:
    found = queries.explanation_of(case, name)
    return {
        "label": f"{LIMIT_LABELS[name]}期限", "words": limit_named(case, name).words, "runs": runs,
        "from_at": start_of(case, name), "due": found.due, "lines": found.lines, "note": found.note,
        "is_provisional": found.is_provisional,
    }  # fmt: skip


def _steps(case: Case) -> list[tuple[ClimbStep, bool]]:
    return [(step, place <= case.climb_step) for place, step in enumerate(CLIMB, start=1)]
