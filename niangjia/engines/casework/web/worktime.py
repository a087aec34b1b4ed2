"""The calendar of a year on the wall, and the hours of an office: everything by which limits are counted."""

from __future__ import annotations

import calendar as weeks
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.permissions import Permission
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.worktime.actions import Season, may_publish, publish_calendar_year, set_office_hours
from niangjia.kernel.worktime.clock import Calendar
from niangjia.kernel.worktime.holidays import FIRST_YEAR, LAST_YEAR, SATURDAY
from niangjia.kernel.worktime.models import OfficeHours
from niangjia.kernel.worktime.queries import (
    nearest_hours,
    own_hours,
    places_with_hours,
    year_table,
    years_missing,
)
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.pages import actor_of
from niangjia.ui.places import directory

LONGEST_TEXT = 4_000


@dataclass(frozen=True)
class Square:
    """A day on the wall. `kind`: work, rest, holiday, made_up."""

    on: date
    kind: str
    name: str
    is_today: bool

    @property
    def spoken(self) -> str:
        said = {"work": "工作日", "rest": "休息", "holiday": f"{self.name}放假", "made_up": "调休上班"}[self.kind]
        return f"{self.on.month}月{self.on.day}日 {said}{'，今天' if self.is_today else ''}"


def _square(on: date, calendar: Calendar, today: date) -> Square:
    named = calendar.named_on(on)
    if named:
        return Square(on, "made_up" if named.is_working else "holiday", named.name, on == today)
    return Square(on, "rest" if on.weekday() >= SATURDAY else "work", "", on == today)


def _months(year: int, calendar: Calendar, today: date) -> list[dict[str, Any]]:
    pages_of_year = []
    for month in range(1, 13):
        rows = [
            [_square(date(year, month, day), calendar, today) if day else None for day in week]
            for week in weeks.monthcalendar(year, month)
        ]
        working = sum(day is not None and day.kind in ("work", "made_up") for row in rows for day in row)
        pages_of_year.append({"number": month, "rows": rows, "working": working})
    return pages_of_year


def _ensure_year(year: int) -> None:
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise Missing(f"工作日历只有 {FIRST_YEAR + 1} 年到 {LAST_YEAR} 年的。")


@requires(Permission.WORKTIME_EDIT)
@require_GET
def calendar(request: HttpRequest, year: int = 0) -> HttpResponse:
    """Without a year: this one's."""
    today = timezone.localdate()
    year = year or today.year
    _ensure_year(year)
    table = year_table(year)
    months = _months(year, table.calendar, today)
    return render(
        request,
        "casework/worktime/calendar.html",
        {
            "table": table,
            "months": months,
            "working": sum(month["working"] for month in months),
            "weekdays": "一二三四五六日",
            "may_edit": may_publish(actor_of(request)),
            "missing": years_missing(today),
            "previous": year - 1 if year - 1 > FIRST_YEAR else None,
            "next": year + 1 if year < LAST_YEAR else None,
            "this_year": today.year,
        },
    )


class CalendarForm(forms.Form):
    source = forms.CharField(label="通知文号", max_length=200, help_text="如“国办发明电〔2025〕7号”。")
    text = forms.CharField(
        label="放假和调休", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 10}),
        help_text="把国务院办公厅的通知整段贴进来就行，也可以一行一个节日，如“元旦：1月1日至3日放假。1月4日上班。”",
    )  # fmt: skip


@requires(Permission.WORKTIME_EDIT)
@require_http_methods(["GET", "POST"])
def calendar_edit(request: HttpRequest, year: int) -> HttpResponse:
    _ensure_year(year)
    actor = actor_of(request)
    if not may_publish(actor):
        raise NotPermitted("工作日历全系统共用，由最上级单位的主席或系统管理员维护。")
    table = year_table(year)
    form = CalendarForm(
        request.POST or None, initial={"source": table.row.source if table.row else "", "text": table.text}
    )
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            publish_calendar_year(year, source=said["source"], text=said["text"], actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"{year} 年工作日历已保存，在办工单的期限正在重新计算。")
            return redirect("casework:calendar", year)
    return render(
        request,
        "casework/worktime/calendar_edit.html",
        {"form": form, "year": year, "table": table},
        status=422 if form.errors else 200,
    )


# ---- office hours


class HoursForm(forms.Form):
    """One set for the whole year, and one season that differs from it."""

    follows = forms.BooleanField(label="不单独设置，跟上级单位一样", required=False)
    from_on = DayField(label="从哪天起", help_text="当天及以后的期限按新的办公时间计算，以前的不变。")

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for season, words in (("year", "全年"), ("season", "季节")):
            for part, label in (("morning", "上午"), ("afternoon", "下午")):
                for end, said in (("from", "上班"), ("until", "下班")):
                    self.fields[f"{season}_{part}_{end}"] = forms.TimeField(
                        label=f"{words}{label}{said}",
                        required=False,
                        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                    )
        for end, said in (("from", "开始"), ("until", "结束")):
            self.fields[f"season_{end}"] = forms.CharField(
                label=f"季节{said}", required=False, max_length=5, help_text="月-日，如 06-15。"
            )

    def seasons(self) -> list[Season]:
        said = self.cleaned_data
        if said["follows"]:
            return []
        found = [Season(self._spans("year"))]
        if said["season_from"] or said["season_until"]:
            found.append(Season(self._spans("season"), said["season_from"], said["season_until"]))
        return found

    def _spans(self, season: str) -> list[tuple[str, str]]:
        spans = []
        for part, label in (("morning", "上午"), ("afternoon", "下午")):
            opens: time | None = self.cleaned_data.get(f"{season}_{part}_from")
            closes: time | None = self.cleaned_data.get(f"{season}_{part}_until")
            if (opens is None) != (closes is None):
                missing = "from" if opens is None else "until"
                raise Refused("worktime.spans", f"{label}的上班和下班时间要一起填。", f"{season}_{part}_{missing}")
            if opens is not None and closes is not None:
                # Midnight ends a day here; it never begins the afternoon.
                spans.append((f"{opens:%H:%M}", "24:00" if closes == time() else f"{closes:%H:%M}"))
        return spans


def _initial(rows: list[OfficeHours], today: date) -> dict[str, Any]:
    said: dict[str, Any] = {"from_on": today}
    if not rows:
        rows = [OfficeHours(spans=[["08:30", "12:00"], ["14:00", "17:30"]])]
    for row in rows:
        is_year = (row.season_from, row.season_until) == ("01-01", "12-31")
        season = "year" if is_year else "season"
        if not is_year:
            said |= {"season_from": row.season_from, "season_until": row.season_until}
        for part, (opens, closes) in zip(("morning", "afternoon"), row.spans, strict=False):
            said |= {f"{season}_{part}_from": opens, f"{season}_{part}_until": closes.replace("24:00", "00:00")}
    return said


def _place(request: HttpRequest, actor: Actor) -> Scope:
    """Named in the address, else where one works, else the first of one's own."""
    wanted = pages.number_in(request.GET.get("organisation", ""))
    here = directory().here(request)
    if wanted:
        found = directory().seen(actor, wanted)
    elif here is not None:
        found = directory().seen(actor, here.id)
    else:
        tops = actor.paths(Permission.WORKTIME_EDIT)
        found = directory().seen(actor, int(tops[0].split(".")[-1])) if tops else None
    if found is None:
        raise Missing
    return Scope.objects.get(pk=found.id)


def hours_url(scope_id: int) -> str:
    return f"{reverse('casework:hours')}?organisation={scope_id}"


@requires(Permission.WORKTIME_EDIT)
@require_http_methods(["GET", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    scope = _place(request, actor)
    if not actor.may(Permission.WORKTIME_EDIT, str(scope.path)):
        raise NotPermitted
    own, coming = own_hours(scope.pk, today)
    holder, holding = nearest_hours(scope, today)
    form = HoursForm(request.POST or None, initial=_initial(coming or own or holding, today))
    if form.is_bound and form.is_valid() and _hours_saved(request, scope, form):
        return redirect(hours_url(scope.pk))
    below = [pk for pk in places_with_hours(str(scope.path), today) if pk != scope.pk]
    names = directory().names([scope.pk, *below, *([holder.pk] if holder else [])])
    return render(
        request,
        "casework/worktime/hours.html",
        {
            "form": form,
            "name": names.get(scope.pk, ""),
            "is_own": bool(own),
            "holder": names.get(holder.pk, "上级单位") if holder else "",
            "holding": holding,
            "coming": coming,
            "below": [(names.get(pk, ""), hours_url(pk)) for pk in below],
        },
        status=422 if form.errors else 200,
    )


def _hours_saved(request: HttpRequest, scope: Scope, form: HoursForm) -> bool:
    try:
        set_office_hours(
            scope.pk, form.seasons(), from_on=form.cleaned_data["from_on"], actor=actor_of(request), now=timezone.now()
        )
    except Refused as refusal:
        pages.put_refusal(form, refusal)
        return False
    messages.success(request, "办公时间已保存，在办工单的期限正在重新计算。")
    return True


urlpatterns: list[URLPattern] = [
    path("worktime/calendar/", calendar, name="calendar_now"),
    path("worktime/calendar/<int:year>/", calendar, name="calendar"),
    path("worktime/calendar/<int:year>/edit/", calendar_edit, name="calendar_edit"),
    path("worktime/hours/", hours, name="hours"),
]
