"""问卷: the form of a kind as a link; made, answered without a name, closed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions.phone_codes import network_of
from niangjia.modules.visits.models import Survey, SurveyAnswer, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import form_of
from niangjia.modules.visits.queries.surveys import (
    SurveyState,
    form_of_survey,
    state_of,
    survey_by_token,
    survey_with,
    surveys_between,
)
from niangjia.modules.visits.questions import check_answers, tidied

LONGEST_TITLE, LONGEST_DAYS = 60, 366
ANSWERS_A_DAY = 5
"""From one network address, to one survey."""
MOST_ANSWERS = 100_000
TOKEN_BYTES = 12
A_DAY = timedelta(days=1)


class AnswersRefused(Refused):
    """`problems` by key of the question."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("survey.answers", "还没有提交，请看下面标红的地方。您填的都在。")
        self.problems = dict(problems)


def make_survey(
    *, scope_id: int, title: str, kind: str, from_on: date, until_on: date, actor: Actor, now: datetime
) -> Survey:
    """`until_on` is the last day. The form is the one that holds now, whatever is published later. Raises Refused."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    with adding(
        actor=actor, permission=Permission.KIND_EDIT, scope=scope, verb="visits.survey.made", now=now
    ) as recorded:
        title = " ".join(title.replace("\x00", "").split())
        if not title or len(title) > LONGEST_TITLE:
            raise Refused("survey.title", f"请写标题，最多 {LONGEST_TITLE} 个字。", "title")
        _ensure_period(from_on, until_on, timezone.localdate(now))
        form = form_of(kind, str(scope.path))
        if not form.questions:
            raise Refused("survey.empty", "这个类型的表单还没有问题，请先写好并发布。", "kind")
        survey: Survey = Survey.objects.create(
            scope=scope, title=title, kind=kind, form_id=form.pk, token=secrets.token_urlsafe(TOKEN_BYTES),
            from_on=from_on, until_on=until_on, made_by_name=actor.name[:50],
        )  # fmt: skip
        recorded(survey)
    return survey


def extend_survey(pk: int, *, until_on: date, actor: Actor, now: datetime) -> Survey:
    """Another last day; one that was closed is open again until then."""
    with changing(
        Survey, pk, actor=actor, permission=Permission.KIND_EDIT, verb="visits.survey.extended", now=now
    ) as survey:
        today = timezone.localdate(now)
        if until_on < today:
            raise Refused("survey.past", "截止日期不能早于今天；要停止请点“停止收集”。", "until_on")
        _ensure_period(min(survey.from_on, until_on), until_on, today)
        survey.until_on, survey.closed_at = until_on, None
        survey.save(update_fields=["until_on", "closed_at"])
    return survey


def close_survey(pk: int, *, actor: Actor, now: datetime) -> Survey:
    """Nobody can answer any more; what was answered stays."""
    with changing(
        Survey, pk, actor=actor, permission=Permission.KIND_EDIT, verb="visits.survey.closed", now=now
    ) as survey:
        if survey.closed_at is not None:
            raise Refused("survey.closed", "这份问卷已经停止收集。")
        survey.closed_at = now
        survey.save(update_fields=["closed_at"])
    return survey


def answer_survey(token: str, answers: Mapping[str, Any], *, address: str, now: datetime) -> SurveyAnswer:
    """One answer, of nobody in particular. Raises Missing, AnswersRefused, Refused when it is over or there are too many."""
    survey = survey_by_token(token)
    if survey is None:
        raise Missing
    if state_of(survey, timezone.localdate(now)) is not SurveyState.OPEN:
        raise Refused("survey.over", "这份问卷现在不收集。")
    form = form_of_survey(survey)
    problems = check_answers(form, answers)
    if problems:
        raise AnswersRefused(problems)
    kept = tidied(form, answers)
    if not kept:
        raise Refused("survey.nothing", "一个问题都没有答，请至少答一个。")
    sender = digest(f"{survey.pk} {network_of(address)}")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('visits.survey'), hashtext(%s))", [sender.hex()])
        _ensure_few(survey, sender, now)
        reply: SurveyAnswer = SurveyAnswer.objects.create(survey=survey, answers=kept, sender_digest=sender, at=now)
    return reply


def count_visits(counted: Sequence[tuple[Visit, Survey]]) -> None:
    """What was answered on visits just written, with the surveys they belong to; a visit that answered nothing isn't counted."""
    rows = [
        SurveyAnswer(survey=survey, visit=visit, answers=visit.answers, at=visit.arrived_at)
        for visit, survey in counted
        if visit.answers
    ]
    if rows:
        SurveyAnswer.objects.unscoped(reason="what visits answered to surveys").bulk_create(rows)


def count_anew(visit: Visit) -> None:
    """A visit under lock says something else: its answer to a survey follows, though the survey is over by now."""
    rows = SurveyAnswer.objects.unscoped(reason="what a visit answered to a survey").filter(visit=visit)
    reply = rows.select_related("survey").first()
    if reply and visit.answers and (reply.survey.kind, reply.survey.form_id) == (visit.kind, visit.form_id):
        rows.update(answers=visit.answers)
        return
    rows.delete()
    on = timezone.localdate(visit.arrived_at)
    survey = survey_with(
        surveys_between([visit.kind], on, on),
        path=str(visit.scope.path), kind=visit.kind, form_id=visit.form_id, at=visit.arrived_at,
    )  # fmt: skip
    if survey is not None:
        count_visits([(visit, survey)])


def _ensure_few(survey: Survey, sender: bytes, now: datetime) -> None:
    rows = SurveyAnswer.objects.unscoped(reason="how often one network answered").filter(survey=survey)
    if rows.filter(sender_digest=sender, at__gt=now - A_DAY).count() >= ANSWERS_A_DAY:
        raise Refused(
            "survey.many",
            f"您所在的网络今天已经交了 {ANSWERS_A_DAY} 份。几个人共用一个网络的，请改用手机流量再答，或者明天再来。",
        )
    if rows.count() >= MOST_ANSWERS:
        raise Refused("survey.full", "这份问卷已经收满，谢谢您。")


def forget_senders(*, now: datetime) -> int:
    """What says from where an answer came is kept for a day. Returns of how many it was forgotten."""
    rows = SurveyAnswer.objects.unscoped(reason="nobody is remembered as a sender")
    return rows.filter(at__lte=now - A_DAY).exclude(sender_digest=None).update(sender_digest=None)


def record_export(survey: Survey, *, actor: Actor, now: datetime) -> None:
    """The answers leave the house as a file. Raises NotPermitted."""
    path = str(survey.scope.path)
    if not actor.may(Permission.KIND_EDIT, path):
        raise NotPermitted
    audit.record(actor=actor, verb="visits.survey.exported", subject=survey, path=path, now=now)


def _ensure_period(from_on: date, until_on: date, today: date) -> None:
    if until_on < from_on:
        raise Refused("survey.period", "截止日期要在开始日期之后。", "until_on")
    if until_on < today:
        raise Refused("survey.past", "截止日期不能早于今天。", "until_on")
    if until_on > today + timedelta(days=LONGEST_DAYS):
        raise Refused("survey.long", "最长开到一年以后，请改近一些。", "until_on")
