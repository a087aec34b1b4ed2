"""热点: what many different people ask at the same place, and what is done about it in one act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.demands.actions.joint_cases import (
    dismiss_hot_spot,
    open_joint_case,
    set_burst_rule,
    take_hot_spot,
)
from niangjia.modules.demands.hotspots.bursts import LEAST, MOST, Rule
from niangjia.modules.demands.hotspots.states import LEAST_PEOPLE, LIVE, QUIET_AFTER_DAYS, State
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.bursts import rule_at
from niangjia.modules.demands.queries.demands import asker_shown
from niangjia.modules.demands.queries.hotspots import (
    Shown,
    cases_to_join,
    demands_of,
    hot_spot_in_sight,
    hot_spots_here,
    ringing_spots,
)
from niangjia.modules.demands.web.keeping import place_here
from niangjia.modules.demands.web.marks import stage_mark
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import desk
from niangjia.ui.listing import Mark
from niangjia.ui.pages import actor_of, form_page, number_in, sent

ENDED = frozenset({State.QUIET, State.DISMISSED})
TONES = {State.WATCHED: "info", State.WARNED: "error", State.JOINED: "success"}
HOURS_SHOWN, DAYS_SHOWN = 48, 60
HIGH, FEWEST_BARS = 40, 12
MOST_LISTED = 200


class Bar(NamedTuple):
    """For an SVG whose one unit is a bar."""

    label: str
    people: int
    at: int
    top: float
    height: float


def bars(said: Sequence[tuple[str, int]]) -> list[Bar]:
    """Slim ones, however few there are."""
    most = max((people for _, people in said), default=0) or 1
    empty = [("", 0)] * (FEWEST_BARS - len(said))
    return [
        Bar(label, people, at * 10, HIGH - people * HIGH / most, people * HIGH / most)
        for at, (label, people) in enumerate([*said, *empty])
    ]


def state_mark(state: State) -> Mark:
    return Mark(state.label, TONES.get(state, "neutral"))


@requires(Permission.DEMAND_VIEW)
@require_GET
def hot_spots(request: HttpRequest) -> HttpResponse:
    actor, now, path = actor_of(request), timezone.now(), current_path(request)
    ended = request.GET.get("show") == "ended"
    found = hot_spots_here(path, actor, ENDED if ended else LIVE, now=now)
    names, here = names_of({one.spot.scope_id for one in found}), reverse("demands:hot_spots")
    return render(
        request, "demands/hotspots/list.html",
        {
            "lines": [(one, state_mark(one.state), names.get(one.spot.scope_id, ""), bars(_days(one, now))) for one in found],
            "at": current_organisation(request), "ended": ended, "least": LEAST_PEOPLE,
            "quiet_after": QUIET_AFTER_DAYS,
            "tabs": [("现在的", here, None, not ended), ("已平息和不是热点的", f"{here}?show=ended", None, ended)],
            "may_set": actor.can(Permission.EMERGENCY_EDIT),
        },
    )  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_GET
def hot_spot(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    shown = hot_spot_in_sight(pk, actor, now=now)
    spot = shown.spot
    demands = list(demands_of(spot, actor).order_by("-case__received_at", "-pk")[:MOST_LISTED])
    main, others = cases_to_join(spot, actor)
    may = actor.may(Permission.DEMAND_ACCEPT, spot.scope.path)
    names = names_of({spot.scope_id, *(demand.case.scope_id for demand in demands)})
    seen = {demand.case_id for demand in demands}
    return render(
        request, "demands/hotspots/spot.html",
        {
            "shown": shown, "spot": spot, "state": state_mark(shown.state), "place": names.get(spot.scope_id, ""),
            "rows": [(demand, stage_mark(demand.case), asker_shown(demand).name, names.get(demand.case.scope_id, "")) for demand in demands],
            "bars": bars(_timeline(demands)), "by_hour": _is_quick(demands),
            "joint": spot.case if spot.case_id in seen else None, "main": main, "others": len(others), "joinable": len(others) + 1 if others else 0,
            "may_join": may and bool(others), "may_dismiss": may and shown.state not in (State.JOINED, State.DISMISSED),
            "may_take": may and spot.warned_at is not None and spot.taken_at is None and shown.state in LIVE,
            "more": max(shown.demands - len(demands), 0),
        },
    )  # fmt: skip


def _days(one: Shown, now: datetime) -> list[tuple[str, int]]:
    today = timezone.localdate(now)
    ago = range(len(one.trend) - 1, -1, -1)
    return [(f"{today - timedelta(days=days):%m-%d}", people) for days, people in zip(ago, one.trend, strict=True)]


def _is_quick(demands: Sequence[Any]) -> bool:
    times = [demand.case.received_at for demand in demands]
    return bool(times) and max(times) - min(times) <= timedelta(hours=HOURS_SHOWN)


def _timeline(demands: Sequence[Any]) -> list[tuple[str, int]]:
    """Demands by hour where all came within two days, else by day, from the first to the last."""
    times = sorted(timezone.localtime(demand.case.received_at) for demand in demands)
    if not times:
        return []
    step, form = (timedelta(hours=1), "%m-%d %H 时") if _is_quick(demands) else (timedelta(days=1), "%m-%d")
    begin = times[0].replace(minute=0, second=0, microsecond=0)
    if step.days:
        begin = max(begin.replace(hour=0), times[-1].replace(hour=0, minute=0, second=0) - DAYS_SHOWN * step)
    count = min(int((times[-1] - begin) / step) + 1, DAYS_SHOWN + 1)
    found = [0] * count
    for at in times:
        place = int((at - begin) / step)
        if 0 <= place < count:
            found[place] += 1
    return [(f"{begin + at * step:{form}}", number) for at, number in enumerate(found)]


@requires(Permission.DEMAND_ACCEPT)
@require_POST
def hot_spot_take(request: HttpRequest, pk: int) -> HttpResponse:
    take_hot_spot(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "您已接下，预警不再响。请看看能否并案办理。")
    return redirect("demands:hot_spot", pk)


@requires(Permission.DEMAND_ACCEPT)
@require_POST
def hot_spot_join(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:200]
    try:
        main = open_joint_case(
            pk, into_id=number_in(request.POST.get("into", "")), reason=reason, actor=actor, now=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("demands:hot_spot", pk)
    messages.success(request, f"已并为一件：{main.number}。每位诉求人会分别收到答复、分别评价。")
    return redirect("demands:demand", main.pk)


@requires(Permission.DEMAND_ACCEPT)
@require_POST
def hot_spot_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "").replace("\x00", "")
    try:
        dismiss_hot_spot(pk, reason=reason, actor=actor_of(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("demands:hot_spot", pk)
    messages.success(request, "已标为“不是热点”，以后不再提醒；诉求照常各办各的。")
    return redirect("demands:hot_spots")


class RuleForm(forms.Form):
    people_a_day = forms.IntegerField(
        label="24 小时内达到（人）",
        min_value=LEAST,
        max_value=MOST,
        help_text="按不同的人算，同一个人写多少件都算一个。",
    )
    people_a_week = forms.IntegerField(label="7 天内达到（人）", min_value=LEAST, max_value=MOST)


@requires(Permission.EMERGENCY_EDIT)
@require_http_methods(["GET", "POST"])
def burst_rule(request: HttpRequest) -> HttpResponse:
    actor, place = actor_of(request), place_here(request)
    if not actor.may(Permission.EMERGENCY_EDIT, place.scope.path):
        raise NotPermitted
    now_rule = rule_at(place.scope.path)
    form = RuleForm(
        request.POST or None,
        initial={"people_a_day": now_rule.people_a_day, "people_a_week": now_rule.people_a_week},
    )
    if sent(form, lambda said: set_burst_rule(place.pk, Rule(**said), actor=actor, now=timezone.now())):
        messages.success(request, "已保存，下一次读到新诉求时就按它预警。")
        return redirect("demands:hot_spots")
    return form_page(
        request, form, title="热点预警规则", act="保存", back=reverse("demands:hot_spots"), crumb="热点",
        note=f"{place.name}和它的下级：同一件事有这么多不同的人反映，就提醒值班人员和负责人。只是咨询、表扬的不算。",
    )  # fmt: skip


# --- what the desk shows elsewhere ---


def alarms(actor: Actor) -> list[desk.Alarm]:
    """A burst that nobody looks into yet: a line for those who were told; it sounds when one of its demands is urgent."""
    now = timezone.now()
    return [
        desk.Alarm(
            key=f"hot-spot-{one.spot.pk}", title=f"热点预警：{one.where or one.title}",
            text=f"{one.people} 人反映：{'、'.join(one.words[:4])}", href=reverse("demands:hot_spot", args=[one.spot.pk]),
            url=reverse("demands:hot_spot_take", args=[one.spot.pk]), act="我来看", since=one.spot.warned_at or now,
            sounds=pressing,
        )
        for one, pressing in ringing_spots(actor, now=now)
    ]  # fmt: skip


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """The three hottest of those that were warned of; nothing where there are none."""
    told = (State.WARNED, State.JOINED)
    found = hot_spots_here(current_path(request), actor_of(request), told, now=timezone.now(), limit=3)
    return {"lines": [(one, state_mark(one.state)) for one in found]} if found else None


def register() -> None:
    view = Permission.DEMAND_VIEW
    desk.register_menu(desk.MenuEntry("服务受理", "热点", "flame", "demands:hot_spots", view, order=35))
    desk.register_home_card(desk.HomeCard("热点", view, "demands/hotspots/home_card.html", context=home_card, order=8))
    desk.register_alarm(Permission.DEMAND_ACCEPT, alarms)
