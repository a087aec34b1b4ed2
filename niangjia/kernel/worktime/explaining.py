"""A deadline in words, day by day, so that anybody can recount it on a wall calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from niangjia.kernel.worktime.limits import Limit, Unit

if TYPE_CHECKING:
    from niangjia.kernel.worktime.clock import Clock, Stopped

WEEKDAYS = "一二三四五六日"
MICROSECONDS_OF_A_MINUTE = 60_000_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    on: date
    what: str  # “第1个工作日”, “休息，不计”
    counted: bool
    shows_year: bool = False

    @property
    def day(self) -> str:
        year = f"{self.on.year}年" if self.shows_year else ""
        return f"{year}{self.on.month}月{self.on.day}日 周{WEEKDAYS[self.on.weekday()]}"

    @property
    def words(self) -> str:
        return f"{self.day} {self.what}"


@dataclass(frozen=True, slots=True)
class Explanation:
    due: datetime
    lines: tuple[Line, ...]
    is_provisional: bool
    note: str = ""  # what was guessed

    @property
    def words(self) -> str:
        return "\n".join([line.words for line in self.lines] + ([self.note] if self.note else []))


def explain(clock: Clock, start: datetime, limit: Limit, *, stopped: Stopped = (), extra_days: int = 0) -> Explanation:
    due = clock.deadline(start, limit, stopped=stopped, extra_days=extra_days)
    first, last = start.astimezone(due.tzinfo), due
    spans = [(max(a.astimezone(due.tzinfo), first), b.astimezone(due.tzinfo)) for a, b in sorted(stopped) if b > first]
    tell = {
        Unit.WORKING_DAYS: _working_days,
        Unit.NATURAL_DAYS: _natural_days,
        Unit.WORKING_MINUTES: _working_minutes,
        Unit.MINUTES: _round_the_clock,
    }[limit.unit]
    told = list(tell(Asked(clock, first, limit, extra_days, last, [span for span in spans if span[0] < due])))
    many_years = first.year != last.year
    lines = tuple(
        Line(on, what, counted, many_years and i in (0, len(told) - 1)) for i, (on, what, counted) in enumerate(told)
    )
    guessed = [y for y in range(first.year, last.year + 1) if y not in clock.calendar.known]
    note = (
        f"{'、'.join(map(str, guessed))} 年的工作日历还没有公布，按周末和固定节日推算，公布后自动重算。"
        if guessed
        else ""
    )
    return Explanation(due, lines, bool(guessed), note)


Told = tuple[date, str, bool]
Spans = list[tuple[datetime, datetime]]


class Asked(NamedTuple):
    clock: Clock
    start: datetime
    limit: Limit
    extra_days: int
    due: datetime
    spans: Spans


def _days(first: date, last: date) -> Iterator[date]:
    """The days after the first, up to the last."""
    for number in range(1, (last - first).days + 1):
        yield first + number * ONE_DAY


def _off(clock: Clock, on: date) -> str:
    named = clock.calendar.named_on(on)
    return named.name if named else "休息"


def _made_up(clock: Clock, on: date) -> str:
    named = clock.calendar.named_on(on)
    return "调休上班，" if named and named.is_working else ""


def _working_days(asked: Asked) -> Iterator[Told]:
    clock, start, limit, extra_days, due, spans = asked
    yield start.date(), f"{start:%H:%M} 收到，当天不计", False
    plain = clock.deadline(start, limit, extra_days=extra_days)
    number = 0
    for on in _days(start.date(), _end(plain)[0]):
        if not clock.calendar.is_working(on):
            yield on, f"{_off(clock, on)}，不计", False
            continue
        number += 1
        extended = "（延期）" if number > limit.amount else ""
        ends = f"，{_end(due)[1]} 截止" if on == _end(due)[0] and not spans else ""
        yield on, f"{_made_up(clock, on)}第{number}个工作日{extended}{ends}", True
    yield from _stops_of_office(clock, spans)
    if spans:
        yield _end(due)[0], f"顺延后 {_end(due)[1]} 截止", True


def _stops_of_office(clock: Clock, spans: Spans) -> Iterator[Told]:
    for from_, until in spans:
        lost = duration(clock.working_microseconds(from_, until))
        yield from_.date(), f"{from_:%H:%M} 至 {_moment(until)} 暂停计时，其间工作时间 {lost}，顺延", False


def _natural_days(asked: Asked) -> Iterator[Told]:
    clock, start, limit, extra_days, due, spans = asked
    yield start.date(), f"{start:%H:%M} 收到，当天不计", False
    for from_, until in spans:
        yield from_.date(), f"{from_:%H:%M} 至 {_moment(until)} 暂停计时，满 24 小时或不足都顺延一天", False
    stopped = sum((until - from_ for from_, until in spans), timedelta())
    days = limit.amount + extra_days + -(-stopped // ONE_DAY)
    for number, on in enumerate(_days(start.date(), _end(due)[0]), start=1):
        last = f"，{_end(due)[1]} 截止" if on == _end(due)[0] else ""
        if number > days:
            yield on, f"顺延到工作日{last}" if last else f"{_off(clock, on)}，继续顺延", bool(last)
        else:
            moved = "" if last or number < days else f"，最后一天逢{_off(clock, on)}，顺延"
            extended = "（延期或暂停顺延）" if number > limit.amount else ""
            yield on, f"第{number}天{extended}{moved}{last}", True


def _working_minutes(asked: Asked) -> Iterator[Told]:
    clock, start, limit, extra_days, due, spans = asked
    outside = "" if clock.is_open(start) else "，不在办公时间，从下次上班起算"
    yield start.date(), f"{start:%H:%M} 收到{outside}", False
    yield from _stops_of_office(clock, spans)
    counted = 0
    full = clock.deadline(start, limit, stopped=spans)
    for on in [start.date(), *_days(start.date(), _end(full)[0])]:
        midnight = datetime(on.year, on.month, on.day, tzinfo=due.tzinfo)
        begins, ends = max(start, midnight), min(full, midnight + ONE_DAY)
        worked = clock.working_microseconds(begins, ends) - sum(
            clock.working_microseconds(max(a, begins), min(b, ends)) for a, b in spans if a < ends and b > begins
        )
        counted += worked
        if not clock.calendar.is_working(on):
            yield on, f"{_off(clock, on)}，不计", False
        elif worked or on != start.date():
            last = f"，{_end(due)[1]} 截止" if on == _end(due)[0] and not extra_days else ""
            yield on, f"{_made_up(clock, on)}计 {duration(worked)}，累计 {duration(counted)}{last}", True
    if extra_days:
        number = 0
        for on in _days(_end(full)[0], _end(due)[0]):
            works = clock.calendar.is_working(on)
            number += works
            last = f"，{_end(due)[1]} 截止" if on == _end(due)[0] else ""
            yield on, f"延期第{number}个工作日{last}" if works else f"{_off(clock, on)}，不计", works


def _round_the_clock(asked: Asked) -> Iterator[Told]:
    _, start, limit, extra_days, due, spans = asked
    extended = f"，另延期 {extra_days} 天" if extra_days else ""
    yield start.date(), f"{start:%H:%M} 收到，不分昼夜计 {limit.words}{extended}", True
    for from_, until in spans:
        lost = duration((until - from_) // timedelta(microseconds=1))
        yield from_.date(), f"{from_:%H:%M} 至 {_moment(until)} 暂停计时，顺延 {lost}", False
    yield _end(due)[0], f"{_end(due)[1]} 截止", True


def _end(due: datetime) -> tuple[date, str]:
    """Midnight ends a day as 24:00; it doesn't begin the next."""
    if due.hour == due.minute == due.second == due.microsecond == 0:
        return due.date() - ONE_DAY, "24:00"
    return due.date(), f"{due:%H:%M}"


def _moment(at: datetime) -> str:
    return f"{at.month}月{at.day}日 {at:%H:%M}"


def duration(microseconds: int) -> str:
    hours, minutes = divmod(microseconds // MICROSECONDS_OF_A_MINUTE, 60)
    return (f"{hours} 小时" if hours else "") + (
        f" {minutes} 分" if hours and minutes else f"{minutes} 分" if not hours else ""
    )
