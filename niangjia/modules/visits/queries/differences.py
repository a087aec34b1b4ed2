"""What changed while a phone was offline, in words for the one who chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from niangjia.kernel.errors import Missing
from niangjia.modules.visits.drafts import Difference, Draft
from niangjia.modules.visits.models import PlannedVisit, Visit
from niangjia.modules.visits.queries.around import Around, Beside
from niangjia.modules.visits.queries.employers import employer_in_words, employer_mark
from niangjia.modules.visits.queries.kinds import form_of, kind_name
from niangjia.modules.visits.questions import Form, answers_shown, tidied
from niangjia.modules.visits.rules import Aspect, Look, Outcome, PlanState


@dataclass(frozen=True)
class Standing:
    """What stands now around a draft."""

    path: str
    employer: Any
    planned: PlannedVisit | None
    form: Form  # that of the draft
    beside: Beside | None


def differences(draft: Draft, user_id: int | None, standing: Standing, around: Around) -> dict[str, Difference]:
    """By subject: planned, employer, form, together. Empty where nothing changed."""
    found = {
        "planned": _of_planned(draft, user_id, standing.planned),
        "employer": _of_employer(draft, standing),
        "form": _of_form(draft, standing, around),
        "together": _of_together(draft, user_id, standing.beside),
    }
    return {subject: one for subject, one in found.items() if one is not None}


def _of_planned(draft: Draft, user_id: int | None, planned: PlannedVisit | None) -> Difference | None:
    if planned is None or draft.planned_id is None:
        return None
    is_same = (planned.user_id, planned.employer_id, planned.state) == (user_id, draft.employer_id, PlanState.PLANNED)
    known = draft.planned_version
    if is_same and known in {None, planned.version}:
        return None
    theirs = {
        "单位": planned.employer.name,
        "走访人": planned.user.name,
        "日期": f"{planned.on:%m-%d} {'上午' if planned.is_morning else '下午'}",
        "类型": kind_name(planned.kind),
        "状态": PlanState(planned.state).label,
        "说明": planned.note,
        "改动": f"{planned.changed_by_name} {_moment(planned.changed_at)}".strip(),
    }
    mine = {"日期": _moment(draft.arrived_at), "类型": kind_name(draft.kind), "状态": "已到现场走访"}
    return Difference("走访计划", str(planned.version), _said(theirs), mine)


def _of_employer(draft: Draft, standing: Standing) -> Difference | None:
    mark = employer_mark(standing.employer)
    if draft.employer_mark in {"", mark}:
        return None
    learnt = {one.label: answer for one, answer in _learnt(draft, standing.form)}
    return Difference("单位资料", mark, employer_in_words(standing.employer), learnt)


def _learnt(draft: Draft, form: Form) -> list[tuple[Any, str]]:
    return [
        (one, str(draft.answers[one.key]))
        for one in form.questions
        if one.field and draft.answers.get(one.key) is not None
    ]


def _of_form(draft: Draft, standing: Standing, around: Around) -> Difference | None:
    try:
        newest = around.form(draft.kind, standing.path, None)
    except Missing:
        return None  # the kind is no longer used: what was written with it holds
    if newest.number == draft.form_number:
        return None
    was = {one.label for one in standing.form.questions}
    now = {one.label for one in newest.questions}
    theirs = {
        "表单": f"{newest.name} 第 {newest.number} 版",
        "新增的问题": "、".join(one.label for one in newest.questions if one.label not in was),
        "不再问的": "、".join(one.label for one in standing.form.questions if one.label not in now),
    }
    mine = {"表单": f"{standing.form.name} 第 {draft.form_number} 版"}
    return Difference(
        "走访表单", str(newest.number), _said(theirs), mine | dict(answers_shown(standing.form, draft.answers))
    )


def _of_together(draft: Draft, user_id: int | None, beside: Beside | None) -> Difference | None:
    """A colleague wrote of the same hour; not asked of those who say themselves that they went together."""
    if (
        beside is None
        or user_id in beside.companions
        or beside.user_id in draft.companions
        or beside.user_id == user_id
    ):
        return None
    theirs = {"走访人": beside.user, "到达": _moment(beside.at), "计数": "与这次合计一家次，您列为同行"}
    mine = {"到达": _moment(draft.arrived_at), "计数": "各自留一份记录，合计仍是一家次"}
    return Difference(f"{beside.user} {_moment(beside.at)} 也到过这家单位", str(beside.id), theirs, mine)


def difference_of_visit(visit: Visit, draft: Draft) -> Difference:
    """The same draft was handed in before, and says something else now."""
    observations = {row.aspect: (row.look, row.word) for row in visit.observations.all()}
    form = form_with(visit)
    theirs = {
        "到达": _moment(visit.arrived_at),
        "小结": visit.summary,
        "五看": _looks(observations),
        "谈话人数": str(visit.spoken_with_count),
        "走访表单": _answers(form, visit.answers),
        "发现": "；".join(row.text for row in visit.findings.order_by("number")),
        "交来": _moment(visit.handed_in_at),
    }
    mine = {
        "到达": _moment(draft.arrived_at),
        "小结": draft.summary,
        "五看": _looks(dict(draft.observations)),
        "谈话人数": str(max(draft.spoken_with_count or 0, len(draft.spoken_with))),
        "走访表单": _answers(form, tidied(form, draft.answers)) if form and draft.kind == visit.kind else "",
        "发现": "；".join(f"{one.text}（{Outcome(one.outcome).label}）" for one in draft.findings),
    }
    return Difference("这次走访", str(visit.version), _said(theirs), _said(mine))


def form_with(visit: Visit) -> Form | None:
    """The form with which a visit was made; None where its kind is gone."""
    try:
        return form_of(visit.kind, str(visit.scope.path), visit.form.number if visit.form else 0)
    except Missing:
        return None


def _answers(form: Form | None, answers: Mapping[str, Any]) -> str:
    return "；".join(f"{label}：{text}" for label, text in answers_shown(form, answers)) if form else ""


def _looks(observations: dict[int, tuple[int, str]]) -> str:
    return "、".join(
        f"{Aspect(aspect).label}{Look(look).label}{f'（{word}）' if word else ''}"
        for aspect, (look, word) in sorted(observations.items())
    )


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%m-%d %H:%M}"


def _said(words: dict[str, str]) -> dict[str, str]:
    return {label: text for label, text in words.items() if text}
