"""What the demonstration's officers made of two years: meetings with their tasks, a quarter's reports, a year's choice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.visits.actions.meetings import Present, close_meeting, finish_meeting_task, open_meeting
from niangjia.modules.visits.actions.township_reports import finish_township_report, write_township_report
from niangjia.modules.visits.actions.years import judge, name_judges, open_year_round, publish_round, put_forward
from niangjia.modules.visits.journal_rules import Decision, quarter_of
from niangjia.modules.visits.models import Finding, Group, Meeting, Posting, PostingTownship, YearRound
from niangjia.modules.visits.queries.meetings import month_after, postings_of_meeting
from niangjia.modules.visits.queries.narrowing import PLAIN
from niangjia.modules.visits.rules import NominationKind, Outcome, Presence

WHY = "the demonstration's own story"
MONTHS = 3
TASKS = (
    "到超期未走访的重点企业补走一次，带上上次的问题清单",
    "把高温津贴、加班费的共性问题汇总，提交三方协商会议",
    "帮三家未建会企业准备建会请示，月底前报镇街总工会",
    "约骑手站点负责人座谈，商量计价规则公示办法",
    "核对困难职工名单，符合条件的本月建档",
    "整理典型答复口径，发给各片区使用",
)
RESULTS = ("已完成，三家都走了，两家问题已解决。", "已提交，列入下月议题。", "已落实，材料已归档。")
MINUTES = (
    "先看上月任务，再看本组走访和诉求情况。大家认为企业整体平稳，个别企业加班偏多。"
    "下月重点：补走超期企业，跟进欠薪苗头，准备年终慰问摸底。"
)
TEXT = (
    "本季度走访按计划完成，职工诉求以工资和社会保险为主，多数在镇街层面解决。"
    "下季度打算：一是对超期未走访的重点企业逐家补走；二是会同劳动监察开展欠薪排查；三是推动未建会企业入会。"
)
FOUND = (
    ("骑手站点计价规则要公示", "走访中发现站点改计价规则不告知骑手，建议把计价规则上墙并开说明会。"),
    ("小微企业体检经费可以拼单", "几家小企业凑不够体检起订人数，由联合工会统一组织，费用降了三成。"),
    ("夜班职工吃不上热饭", "园区夜班食堂关门早，协调三家企业轮流开放，夜班职工有了热饭。"),
    ("新招职工不知道热线", "把热线号码印进入职告知书，新职工第一天就知道找谁。"),
)
ADVISED = (
    ("把蹲点和建会结合起来", "蹲点一个月，跟着一家一家把会建起来，比开动员会管用。"),
    ("片区用同一本走访手册", "问什么、看什么、记什么写清楚，新来的同志第一周就能上手。"),
)


class Prepared(NamedTuple):
    """What the room above prepares: of a month for a meeting, of a township's quarter, of a year for its choice."""

    month: Callable[..., dict[str, Any]]  # (meeting, postings, actor, now=)
    quarter: Callable[..., dict[str, Any]]  # (path, first day, actor, now=)
    year: Callable[..., dict[str, Any]]  # (round, actor, today=)


def look_back(county: int, *, prepared: Prepared, now: datetime) -> None:
    """Once; a second time finds what is there."""
    if Meeting.objects.unscoped(reason=WHY).filter(scope=county).exists():
        return
    chair = actor_of(User.objects.get(username="zhuxi").pk, now=now)
    months(county, chair, prepared, now)
    quarter(county, prepared, now)
    year(county, chair, prepared, now)


def _months_before(now: datetime, count: int) -> list[date]:
    first, found = now.date().replace(day=1), []
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]


def months(county: int, chair: Actor, prepared: Prepared, now: datetime) -> None:
    """Each group met over each of the last months; over the last one the first group's meeting is still to come."""
    groups = list(Group.objects.unscoped(reason=WHY).filter(scope=county, closed_on=None).order_by("pk"))
    for month in _months_before(now, MONTHS):
        for number, group in enumerate(groups):
            held = datetime.combine(month_after(month) + timedelta(days=4 + number), time(9, 30), now.tzinfo)
            is_to_come = held > now or (month == _months_before(now, 1)[0] and number == 0)
            with transaction.atomic():
                meeting = open_meeting(
                    scope_id=county, group_id=group.pk, month=month, held_at=max(held, now + timedelta(days=1)) if is_to_come else held,
                    place="县总三楼会议室", actor=chair, now=min(held, now) - timedelta(days=3),
                )  # fmt: skip
                if not is_to_come:
                    _hold(meeting, chair, prepared, now)


def _hold(meeting: Meeting, chair: Actor, prepared: Prepared, now: datetime) -> None:
    chance = random.Random(f"meeting:{meeting.group_id}:{meeting.month}")
    postings = postings_of_meeting(meeting)
    there = [
        Present(one.user_id, one.user.name, Presence.EXCUSED if chance.random() < 0.1 else Presence.PRESENT)
        for one in postings
    ]
    due = meeting.held_at.date() + timedelta(days=24)
    decisions = [Decision(text, chance.choice(postings).user_id, due) for text in chance.sample(TASKS, 3) if postings]
    ended = meeting.held_at + timedelta(hours=2)
    close_meeting(
        meeting.pk, minutes=MINUTES, presences=[*there, Present(None, "县人社局　劳动监察大队")], decisions=decisions,
        facts=prepared.month(meeting, postings, chair, now=ended), actor=chair, now=ended,
    )  # fmt: skip
    for number, task in enumerate(meeting.tasks.order_by("pk")):
        done = ended + timedelta(days=9 + 5 * number)
        if done < now and (number < 2 or chance.random() < 0.5):
            finish_meeting_task(task.pk, result=chance.choice(RESULTS), actor=chair, now=done)


def quarter(county: int, prepared: Prepared, now: datetime) -> None:
    """The last quarter's reports are finished; of this one's the first are begun."""
    this = quarter_of(now.date())
    last = quarter_of(this - timedelta(days=1))
    rows = PostingTownship.objects.unscoped(reason=WHY).filter(posting__scope=county, posting__until_on=None)
    writers = {
        row.township_id: (row.posting.user_id, row.township.scope.path)
        for row in rows.select_related("posting", "township__scope").order_by("-pk")
    }
    for number, (township, (user_id, path)) in enumerate(sorted(writers.items())):
        actor = actor_of(user_id, now=now)
        written = datetime.combine(this + timedelta(days=8), time(15, number), now.tzinfo)
        if written < now:
            facts = prepared.quarter(path, last, actor, now=written)
            finish_township_report(township, last, text=TEXT, facts=facts, actor=actor, now=written)
        if number < 2:
            write_township_report(township, this, text="（写了一半）本季度", actor=actor, now=now - timedelta(hours=3))


def year(county: int, chair: Actor, prepared: Prepared, now: datetime) -> None:
    """Last year's choice is published; this year's is being put forward."""
    officers = list(
        Posting.objects.unscoped(reason=WHY)
        .filter(scope=county, until_on=None)
        .order_by("pk")
        .values_list("user_id", flat=True)
    )
    begun = datetime.combine(date(now.year, 1, 6), time(9), now.tzinfo)
    if begun > now:
        return
    last = open_year_round(scope_id=county, year=now.year - 1, actor=chair, now=begun)
    _put_forward(last, officers, now, begun, since=date(now.year - 1, 1, 1))
    judges = [User.objects.get(username=name).pk for name in ("zhuxi", "fuzhuxi", "fenguan")]
    judges += officers[-2:]
    name_judges(last.pk, user_ids=judges, actor=chair, now=begun + timedelta(days=10))
    chance = random.Random(f"year:{last.year}")
    for nomination in last.nominations.order_by("pk"):
        for user_id in judges:
            if user_id != nomination.author_id:
                judge(
                    nomination.pk, points=chance.randint(6, 10), actor=actor_of(user_id, now=now),
                    now=begun + timedelta(days=12),
                )  # fmt: skip
    published = begun + timedelta(days=20)
    publish_round(
        last.pk, facts=lambda held: prepared.year(held, chair, today=published.date()), actor=chair, now=published
    )
    this = open_year_round(scope_id=county, year=now.year, actor=chair, now=now - timedelta(days=2))
    _put_forward(this, officers, now, now - timedelta(days=1), since=date(now.year, 1, 1), most=2)


def _put_forward(
    row: YearRound, officers: Sequence[int], now: datetime, at: datetime, *, since: date, most: int = 4
) -> None:
    explained = Finding.objects.unscoped(reason=WHY).filter(
        PLAIN, outcome=Outcome.EXPLAINED, visit__user__in=officers[: len(officers) // 2 + 1],
        visit__arrived_at__date__gte=since, visit__arrived_at__lt=at,
    )  # fmt: skip
    found = list(explained.select_related("visit").order_by("pk")[:most])
    for finding, (title, text) in zip(found, FOUND, strict=False):
        actor = actor_of(finding.visit.user_id, now=now)
        put_forward(
            row.pk, kind=NominationKind.FINDING, title=title, text=text, finding_id=finding.pk, actor=actor, now=at
        )
    for user_id, (title, text) in zip(officers, ADVISED, strict=False):
        put_forward(
            row.pk, kind=NominationKind.SUGGESTION, title=title, text=text, actor=actor_of(user_id, now=now), now=at
        )
