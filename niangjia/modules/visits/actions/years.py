"""年评议: the best findings and suggestions of a year, put forward by officers, judged by some of them, published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.visits.journal_rules import LEAST_JUDGES, MOST_POINTS, may_judge, short_of_judges
from niangjia.modules.visits.models import Finding, Judgement, Nomination, YearRound
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.narrowing import PLAIN
from niangjia.modules.visits.queries.years import may_put_forward, nominated, points_of
from niangjia.modules.visits.rules import NominationKind, RoundState

__all__ = [
    "LEAST_JUDGES", "MOST_POINTS", "NominationKind", "RoundState", "judge", "name_judges", "open_year_round", "publish_round",
    "put_forward", "withdraw_nomination",
]  # fmt: skip

EARLIEST_YEAR = 2000
LONGEST_TITLE, LONGEST_TEXT = 60, 5000


def open_year_round(*, scope_id: int, year: int, actor: Actor, now: datetime) -> YearRound:
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None or not actor.may(Permission.VISIT_VIEW, scope.path):
        raise Missing
    if not EARLIEST_YEAR <= year <= timezone.localdate(now).year:
        raise Refused("round.year", "只能评已经到来的年份。", field="year")
    with adding(
        actor=actor, permission=Permission.YEAR_RUN, scope=scope, verb="visits.year_round.opened", now=now
    ) as recorded:
        made: YearRound
        made, is_new = YearRound.objects.unscoped(reason="one a place and year").get_or_create(scope=scope, year=year)
        if not is_new:
            raise Refused("round.exists", f"{year} 年的评议已经开始了。", field="year")
        recorded(made)
    return made


def put_forward(
    round_id: int, *, kind: NominationKind, title: str, text: str, author_id: int | None = None,
    finding_id: int | None = None, actor: Actor, now: datetime,
) -> Nomination:  # fmt: skip
    """One's own, or somebody else's; out of a visit's finding, whose visitor is the author then, or free."""
    if not title.strip() or len(title.strip()) > LONGEST_TITLE:
        raise Refused("nomination.title", f"请用一句话写清题目，最多 {LONGEST_TITLE} 字。", field="title")
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise Refused("nomination.text", f"请写明发现了什么、建议什么，最多 {LONGEST_TEXT:,} 字。", field="text")
    author_id = _author(author_id, finding_id, actor)
    with transaction.atomic():
        row = _round_for_update(round_id, actor)
        if not may_put_forward(row, actor):
            raise NotPermitted("由参加走访的同志推荐。")
        if row.state != RoundState.COLLECTING:
            raise Refused("round.state", "推荐已经截止，评议正在进行或已公布。")
        if (
            finding_id is not None
            and Nomination.objects.unscoped(reason="one a finding and round")
            .filter(round=row, finding=finding_id)
            .exists()
        ):
            raise Refused("nomination.exists", "这条发现已经有人推荐过了。")
        made: Nomination = Nomination.objects.create(
            round=row, kind=kind, title=title.strip(), text=text.strip(), author_id=author_id, finding_id=finding_id,
            put_forward_by_name=actor.name, at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, verb="visits.nomination.put_forward", subject=made, path=row.scope.path,
            after=audit.snapshot(made), now=now,
        )  # fmt: skip
    return made


def withdraw_nomination(pk: int, *, actor: Actor, now: datetime) -> None:
    """By its author, or by who runs the year, while nominations come in."""
    with transaction.atomic():
        found = Nomination.objects.visible_to(actor).filter(pk=pk).first()
        if found is None:
            raise Missing("没有找到这条推荐，可能已被撤回。")
        row = _round_for_update(found.round_id, actor)
        if found.author_id != actor.user_id and not actor.may(Permission.YEAR_RUN, row.scope.path):
            raise NotPermitted("由作者本人或组织评议的同志撤回。")
        if row.state != RoundState.COLLECTING:
            raise Refused("round.state", "评议已经开始，不能再撤回。")
        audit.record(
            actor=actor, verb="visits.nomination.withdrawn", subject=found, path=row.scope.path,
            before=audit.snapshot(found), now=now,
        )  # fmt: skip
        found.delete()


def name_judges(round_id: int, *, user_ids: Sequence[int], actor: Actor, now: datetime) -> YearRound:
    """Ends putting forward, begins judging; while judging further judges may come, and one who hasn't judged may go."""
    wanted = sorted(set(user_ids))
    with changing(
        YearRound, round_id, actor=actor, permission=Permission.YEAR_RUN, verb="visits.year_round.judges_named", now=now
    ) as row:
        if row.state == RoundState.PUBLISHED:
            raise Refused("round.state", "结果已经公布，不能再换评委。")
        known = {*User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True)}
        if known != set(wanted):
            raise Refused("round.judges", "评委里有人已离任，请重新选。", field="judges")
        given = Judgement.objects.unscoped(reason="who has judged stays a judge").filter(nomination__round=row)
        if set(given.values_list("judge_id", flat=True)) - known:
            raise Refused("round.judges", "已经打过分的评委不能换下。", field="judges")
        all_of_it = nominated(row)
        if not all_of_it:
            raise Refused("round.empty", "还没有人推荐，先收集推荐再请评委。", field="judges")
        if short_of_judges(all_of_it, wanted):
            raise Refused(
                "round.judges",
                f"评委不够：每条推荐至少要有 {LEAST_JUDGES} 位评委，作者和同行的人不能评自己的。请再请几位。",
                field="judges",
            )
        begins = row.state == RoundState.COLLECTING
        fresh = wanted if begins else sorted(known - set(row.judges))
        row.judges, row.state = wanted, int(RoundState.JUDGING)
        row.save(update_fields=["judges", "state"])
        notify(fresh, title=f"请您评 {row.year} 年的好发现、好建议", url=f"/desk/visits/years/{row.pk}/", now=now)
    return row


def judge(nomination_id: int, *, points: int, note: str = "", actor: Actor, now: datetime) -> Judgement:
    """Given once, changed until all is published."""
    with transaction.atomic():
        found = Nomination.objects.visible_to(actor).filter(pk=nomination_id).first()
        if found is None:
            raise Missing("没有找到这条推荐。")
        row = _round_for_update(found.round_id, actor)
        one = nominated(row, only=nomination_id)[0]
        if actor.user_id is None or actor.user_id not in row.judges:
            raise NotPermitted("只有请来的评委能打分。")
        if not may_judge(actor.user_id, row.judges, one):
            raise NotPermitted("这是您自己的，由别的评委评。")
        if row.state != RoundState.JUDGING:
            raise Refused("round.state", "评议已经结束，分数不能再改。")
        if not 1 <= points <= MOST_POINTS:
            raise Refused("judgement.points", f"请打 1 到 {MOST_POINTS} 分。", field="points")
        made: Judgement
        made, _ = Judgement.objects.unscoped(reason="the judge's own").update_or_create(
            nomination=found, judge_id=actor.user_id,
            defaults={"points": points, "note": note.strip()[:200], "at": now},
        )  # fmt: skip
        audit.record(
            actor=actor, verb="visits.judgement.given", subject=made, path=row.scope.path, after=audit.snapshot(made), now=now
        )  # fmt: skip
    return made


def publish_round(
    round_id: int, *, facts: Callable[[YearRound], Mapping[str, Any]], actor: Actor, now: datetime
) -> YearRound:
    """Everybody at and below the place sees the results from now on; they stand as they are.

    `facts` is asked when no judge can change anything any more.
    """
    with changing(
        YearRound, round_id, actor=actor, permission=Permission.YEAR_RUN, verb="visits.year_round.published", now=now
    ) as row:
        if row.state != RoundState.JUDGING:
            raise Refused("round.state", "评议还没有开始，或结果已经公布。")
        given = points_of(row)
        short = [pk for pk, points in given.items() if len(points) < LEAST_JUDGES]
        if short:
            raise Refused(
                "round.short", f"还有 {len(short)} 条推荐不到 {LEAST_JUDGES} 位评委打分，请催一催评委再公布。"
            )
        row.state, row.published_at, row.facts = int(RoundState.PUBLISHED), now, dict(facts(row))
        row.save(update_fields=["state", "published_at", "facts"])
        authors = Nomination.objects.unscoped(reason="who hears of the result").filter(round=row)
        notify(
            sorted({*authors.values_list("author_id", flat=True)}),
            title=f"{row.year} 年好发现、好建议评议结果公布了", url=f"/desk/visits/years/{row.pk}/", now=now,
        )  # fmt: skip
    return row


def _author(author_id: int | None, finding_id: int | None, actor: Actor) -> int:
    if finding_id is not None:
        finding = Finding.objects.visible_to(actor).filter(pk=finding_id).select_related("visit").first()
        if finding is None:
            raise Missing("没有找到这条发现，可能不在您的管辖范围内。")
        if not Finding.objects.visible_to(actor).filter(PLAIN, pk=finding_id).exists():
            raise Refused("nomination.confidential", "保密的发现不能拿来评议，可以隐去单位和人另写一条。")
        return int(finding.visit.user_id)
    wanted = author_id or actor.user_id
    if wanted is None or not User.objects.filter(pk=wanted).exists():
        raise Refused("nomination.author", "请选择作者。", field="author")
    return wanted


def _round_for_update(pk: int, actor: Actor) -> YearRound:
    rows = YearRound.objects.visible_to(actor).select_for_update(of=("self",)).select_related("scope")
    row: YearRound | None = rows.filter(pk=pk).first()
    if row is None:
        raise Missing("没有找到这一年的评议。")
    return row
