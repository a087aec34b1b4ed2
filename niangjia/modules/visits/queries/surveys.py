"""Surveys: whether one is open, and what was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import mean, median
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.kernel.ltree import is_under
from niangjia.kernel.words import Word
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import Survey, SurveyAnswer
from niangjia.modules.visits.questions import NO, YES, Form, Question, Type, read, shown

TEXTS_SHOWN = 200
REASON = "a survey that anybody with its link may answer"


class SurveyState(Word):
    COMING = "coming", "未开始"
    OPEN = "open", "正在收集"
    ENDED = "ended", "已到期"
    CLOSED = "closed", "已停止"


class Way(Word):
    LINK = "link", "链接"
    VISIT = "visit", "走访"


def state_of(survey: Survey, today: date) -> SurveyState:
    if survey.closed_at is not None:
        return SurveyState.CLOSED
    if today < survey.from_on:
        return SurveyState.COMING
    return SurveyState.OPEN if today <= survey.until_on else SurveyState.ENDED


def survey_by_token(token: str) -> Survey | None:
    rows = Survey.objects.unscoped(reason=REASON).select_related("scope", "form__kind")
    return rows.filter(token=token).first() if token else None


def form_of_survey(survey: Survey) -> Form:
    """The one with which it was made."""
    if survey.form is None:
        return DELIVERED[survey.kind]
    return Form(survey.kind, survey.title, survey.form.number, read(survey.form.questions), pk=survey.form.pk)


def surveys_between(kinds: Collection[str], since: date, until: date) -> list[Survey]:
    """Those of these kinds that were answered at some time of the span, wherever they are."""
    rows = Survey.objects.unscoped(reason="surveys that a visit may belong to").select_related("scope")
    return list(rows.filter(kind__in=kinds, from_on__lte=until, until_on__gte=since).order_by("pk"))


def survey_with(surveys: Iterable[Survey], *, path: str, kind: str, form_id: int | None, at: datetime) -> Survey | None:
    """Where what was answered on a visit belongs: asked the same questions, of this place or one above, open at that time.

    Of several the nearest, then the latest: an answer counts once.
    """
    on = timezone.localdate(at)
    fitting = [
        one
        for one in surveys
        if (one.kind, one.form_id) == (kind, form_id)
        and is_under(path, str(one.scope.path))
        and one.from_on <= on <= one.until_on
        and (one.closed_at is None or at < one.closed_at)
    ]
    return max(fitting, key=lambda one: (len(str(one.scope.path).split(".")), one.pk), default=None)


def survey_of_visit(visit_id: int, actor: Actor) -> Survey | None:
    """With which the visit's answers are counted, if the actor sees it."""
    found: Survey | None = Survey.objects.visible_to(actor).filter(replies__visit=visit_id).first()
    return found


def survey_in_sight(pk: int, actor: Actor) -> Survey:
    """Raises Missing."""
    rows = Survey.objects.visible_to(actor).select_related("scope", "form__kind")
    found: Survey | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这份问卷，可能不在您的管辖范围内。")
    return found


def surveys_in_sight(actor: Actor, *, within: str | None = None, most: int = 100) -> list[Any]:
    """The latest, each with how many answered (`number`)."""
    rows = Survey.objects.visible_to(actor)
    if within:
        rows = rows.under(within)
    return list(rows.select_related("scope").annotate(number=Count("replies")).order_by("-pk")[:most])


@dataclass
class Result:
    """What was answered to one question."""

    question: Question
    answered: int = 0
    counts: list[tuple[str, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)


def ways_of(survey: Survey) -> dict[Way, int]:
    """How many answers came which way."""
    counted = _replies(survey).order_by().aggregate(all=Count("pk"), visits=Count("visit"))
    return {Way.LINK: counted["all"] - counted["visits"], Way.VISIT: counted["visits"]}


def results_of(survey: Survey, way: Way | None = None) -> tuple[int, list[Result]]:
    """How many answered, and what to each question; with `way` only those that came by it."""
    replies = list(_replies(survey, way).values_list("answers", flat=True))
    return len(replies), [_result(one, replies) for one in form_of_survey(survey).questions]


def _result(one: Question, replies: list[dict[str, Any]]) -> Result:
    said = [answers[one.key] for answers in replies if one.key in answers]
    found = Result(one, len(said))
    if one.type in {Type.CHOICE, Type.MANY, Type.YES_NO}:
        options = [YES, NO] if one.type == Type.YES_NO else list(one.options)
        counted = Counter(
            value for answer in said for value in (answer if isinstance(answer, list) else [shown(one, answer)])
        )
        found.counts = [(option, counted[option]) for option in options]
    elif one.type in {Type.NUMBER, Type.MONEY} and said:
        numbers = [float(answer) for answer in said]
        found.figures = [
            (label, f"{value:,.2f}".rstrip("0").rstrip("."))
            for label, value in (
                ("平均", mean(numbers)), ("中位数", median(numbers)), ("最小", min(numbers)), ("最大", max(numbers)),
            )
        ]  # fmt: skip
    else:
        found.texts = [shown(one, answer) for answer in reversed(said)][:TEXTS_SHOWN]
    return found


def rows_of(survey: Survey) -> Iterator[list[str]]:
    """Each answer as a line of a sheet: the day, the way, and what was said to each question."""
    questions = form_of_survey(survey).questions
    rows = _replies(survey).values_list("at", "visit_id", "answers")
    for at, visit_id, answers in rows.iterator(chunk_size=2_000):
        way = Way.VISIT if visit_id else Way.LINK
        yield [str(timezone.localdate(at)), way.label, *(shown(one, answers.get(one.key)) for one in questions)]


def _replies(survey: Survey, way: Way | None = None) -> Any:
    rows = SurveyAnswer.objects.unscoped(reason="answers to a survey in sight").filter(survey=survey)
    came = Q() if way is None else Q(visit__isnull=way is Way.LINK)
    return rows.filter(came).order_by("pk")


def names_of_surveys(ids: list[int]) -> dict[int, str]:
    """As the trail names them."""
    rows = Survey.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    return dict(rows.filter(pk__in=ids).values_list("pk", "title"))
