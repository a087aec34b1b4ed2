"""Publishing a year's table and setting the hours of an office; every clock that runs hears of it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from niangjia.kernel import events
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.worktime.clock import ZONE
from niangjia.kernel.worktime.events import CalendarChanged, OfficeHoursChanged
from niangjia.kernel.worktime.holidays import Day, ensure_days, read_notice, written
from niangjia.kernel.worktime.models import CalendarDay, CalendarYear, Mark, OfficeHours
from niangjia.kernel.worktime.permissions import Permission

ALL_YEAR = ("01-01", "12-31")
MOST_SEASONS, MOST_SPANS = 4, 4
_CLOCK_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")
_MONTH_DAY = re.compile(r"^\d\d-\d\d$")


@dataclass(frozen=True)
class Season:
    """Spans like ("08:30", "12:00") from a month and day until one, both included; the whole year by default."""

    spans: Sequence[tuple[str, str]]
    season_from: str = ALL_YEAR[0]
    season_until: str = ALL_YEAR[1]

    @property
    def is_all_year(self) -> bool:
        return (self.season_from, self.season_until) == ALL_YEAR


def publish_calendar_year(
    year: int,
    *,
    source: str,
    text: str = "",
    days: Iterable[Day] | None = None,
    actor: Actor,
    now: datetime,
) -> CalendarYear:
    """Enters or replaces the table of a year, from the notice's words or from days.

    A year is the whole product's: the right is asked for at the top of the tree.
    """
    ensure_may_publish(actor)
    found = read_notice(year, text) if days is None else tuple(sorted(days))
    ensure_days(year, found)
    if not source.strip():
        raise Refused("worktime.source", "请写上通知的文号，如“国办发明电〔2025〕7号”。", "source")
    with transaction.atomic():
        _touch()
        before = list(_days_of(year))
        row, _ = CalendarYear.objects.update_or_create(
            year=year,
            defaults={"source": source.strip()[:200], "published_at": now, "published_by_name": actor.name[:50]},
        )
        if tuple(before) == found:
            return row
        CalendarDay.objects.filter(year=year).delete()
        taken = set(CalendarDay.objects.filter(on__in=[d.on for d in found]).values_list("on", flat=True))
        if taken:
            raise Refused("worktime.day", f"{min(taken):%Y-%m-%d} 已在上一年的表里，请核对。", "text")
        CalendarDay.objects.bulk_create(
            CalendarDay(on=d.on, year=row, is_working=d.is_working, name=d.name) for d in found
        )
        audit.record(
            actor=actor,
            verb="worktime.calendar.published",
            subject=row,
            path=_top(),
            before={"days": written(before)},
            after={"days": written(found), "source": row.source},
            now=now,
        )
        events.publish(CalendarChanged((year,), now))
    return row


def may_publish(actor: Actor) -> bool:
    top = _top()
    return top is not None and actor.may(Permission.WORKTIME_EDIT, top)


def ensure_may_publish(actor: Actor) -> None:
    if not may_publish(actor):
        raise NotPermitted("工作日历全系统共用，由最上级单位的系统管理员或主席维护。")


def set_office_hours(
    scope_id: int | None,
    seasons: Sequence[Season],
    *,
    from_on: date,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """What holds at and under a place from a day on; no seasons: as the place above. None: everywhere else."""
    path = _path_of(scope_id)
    if not actor.may(Permission.WORKTIME_EDIT, path or _top() or ""):
        raise NotPermitted
    ensure_seasons(seasons)
    if from_on < now.astimezone(ZONE).date():
        raise Refused("worktime.from_on", "只能从今天或以后起改，过去的期限按当时的办公时间计算。", "from_on")
    with transaction.atomic():
        _touch()
        rows = OfficeHours.objects.filter(scope=scope_id)
        before = _told(rows)
        rows.filter(from_on__gte=from_on).delete()
        rows.filter(until_on=None).update(until_on=from_on)
        rows.filter(until_on__gt=from_on).update(until_on=from_on)
        OfficeHours.objects.bulk_create(
            OfficeHours(
                scope_id=scope_id,
                season_from=season.season_from,
                season_until=season.season_until,
                spans=[list(span) for span in season.spans],
                from_on=from_on,
            )
            for season in seasons
        )
        after = _told(OfficeHours.objects.filter(scope=scope_id))
        if before == after:
            return
        audit.record(
            actor=actor,
            verb="worktime.office_hours.set",
            subject=Scope.objects.filter(pk=scope_id).first() if scope_id else None,
            path=path or _top(),
            before=before,
            after=after,
            reason=reason,
            now=now,
        )
        events.publish(OfficeHoursChanged(path, now))


def ensure_seasons(seasons: Sequence[Season]) -> None:
    """The rules. Raises Refused."""
    if not seasons:
        return
    if len(seasons) > MOST_SEASONS:
        raise Refused("worktime.seasons", f"一个单位最多 {MOST_SEASONS} 个时段（全年加季节）。")
    if sum(season.is_all_year for season in seasons) != 1:
        raise Refused("worktime.seasons", "要有一个全年的办公时间，季节的时间写在它之外。")
    for season in seasons:
        for month_day in (season.season_from, season.season_until):
            if not _MONTH_DAY.match(month_day) or not _is_day(month_day):
                raise Refused("worktime.season", f"“{month_day}”不是月和日，要写成 06-15 这样。")
        ensure_spans(season.spans)
    _ensure_apart([season for season in seasons if not season.is_all_year])


def _is_day(month_day: str) -> bool:
    try:
        date.fromisoformat(f"2000-{month_day}")  # a leap year: 02-29 is a day
    except ValueError:
        return False
    return True


def _ensure_apart(seasons: Sequence[Season]) -> None:
    covered: set[str] = set()
    for season in seasons:
        first, last = season.season_from, season.season_until
        days = {
            f"{on:%m-%d}"
            for on in (date.fromordinal(date(2000, 1, 1).toordinal() + i) for i in range(366))
            if (first <= f"{on:%m-%d}" <= last if first <= last else not last < f"{on:%m-%d}" < first)
        }
        if covered & days:
            raise Refused("worktime.seasons", "两个季节有重叠的日子，请错开。")
        covered |= days


def ensure_spans(spans: Sequence[tuple[str, str]]) -> None:
    if not 1 <= len(spans) <= MOST_SPANS:
        raise Refused("worktime.spans", f"一天要有 1 到 {MOST_SPANS} 段办公时间。")
    last = ""
    for opens, closes in spans:
        if not (_CLOCK_TIME.match(opens) and _CLOCK_TIME.match(closes)):
            raise Refused("worktime.spans", "时间要写成 08:30 这样。")
        if not opens < closes:
            raise Refused("worktime.spans", f"{opens} 到 {closes}：结束要晚于开始。")
        if opens < last:
            raise Refused("worktime.spans", "上午和下午的时间有重叠，请错开。")
        last = closes


def _touch() -> None:
    """First of all: it also makes two who change the tables wait for each other."""
    value = uuid.uuid4().hex
    if not Mark.objects.update(value=value):
        Mark.objects.create(pk=1, value=value)


def _days_of(year: int) -> Iterable[Day]:
    rows = CalendarDay.objects.filter(year=year).order_by("on")
    return (Day(*row) for row in rows.values_list("on", "is_working", "name"))


def _top() -> str | None:
    top = Scope.objects.filter(parent=None).order_by("pk").values_list("path", flat=True).first()
    return str(top) if top else None


def _path_of(scope_id: int | None) -> str:
    if scope_id is None:
        return ""
    path = Scope.objects.filter(pk=scope_id).values_list("path", flat=True).first()
    if path is None:
        raise Missing
    return str(path)


def _told(rows: Iterable[OfficeHours]) -> dict[str, str]:
    return {
        f"{row.season_from}—{row.season_until} 自 {row.from_on} 起" + (f"至 {row.until_on}" if row.until_on else ""):
            "、".join(f"{opens}–{closes}" for opens, closes in row.spans)
        for row in rows
    }  # fmt: skip
