"""What an officer's phone takes along: the plan of these days, the employers to go to, the forms, what is to be looked at again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations.queries.ground import employers_by_id, nearest_places
from niangjia.modules.visits.drafts import MOST_PHOTOS, Draft
from niangjia.modules.visits.models import PlannedVisit, Stay, VisitKind
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.employers import (
    employer_in_words,
    employer_mark,
    key_on,
    last_visits,
    open_follow_ups,
)
from niangjia.modules.visits.queries.kinds import form_of, forms_at
from niangjia.modules.visits.queries.postings import employers_of_posting, posting_of, users_posted
from niangjia.modules.visits.questions import Form, written
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, Aspect, Look, PlanState

MOST_EMPLOYERS = 3_000
"""A phone's worth: what a township of a big city has."""
A_WEEK = timedelta(days=7)
OWN = "what belongs to an officer's own week"
STATES = {PlanState.PLANNED: "planned", PlanState.DONE: "done", PlanState.DROPPED: "dropped"}


def taken_along(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Everything that a visit needs without a network. No phone number, nobody's name but colleagues'."""
    today = timezone.localdate(now)
    posting = posting_of(actor.user_id, today)
    plan = plan_around(actor.user_id, today)
    employers = {row.employer_id: row.employer for row in plan}
    if posting is not None:
        rows = employers_of_posting(posting).select_related("division").order_by("name_key", "pk")[:MOST_EMPLOYERS]
        employers |= {row.pk: row for row in rows}
    home = str(posting.scope.path) if posting else next(iter(actor.paths(Permission.VISIT_MAKE)), "")
    forms, set_of = _forms(home, {row.division_id for row in employers.values()})
    return {
        "now": now.isoformat(),
        "aspects": [{"code": int(one), "label": one.label} for one in Aspect],
        "looks": [{"code": int(one), "label": one.label} for one in Look],
        "most_photos": MOST_PHOTOS,
        "fields": EMPLOYER_FIELDS,
        "plan": [planned_shown(row) for row in plan],
        "employer_labels": list(employer_in_words(next(iter(employers.values())))) if employers else [],
        "employers": {row["id"]: row for row in employers_shown(employers.values(), set_of, today)},
        "forms": forms,
        "follow_ups": [
            {"id": row.pk, "employer": row.visit.employer_id, "what": row.what, "due_on": str(row.due_on)}
            for row in open_follow_ups(employers)
        ],
        "colleagues": [
            {"id": pk, "name": name}
            for pk, name in (users_posted([home], today) if home else ())
            if pk != actor.user_id
        ],
        "stays": _stays(actor.user_id, today),
    }


def plan_around(user_id: int | None, day: date) -> list[PlannedVisit]:
    """This week's, and as far as a week ahead: on a Sunday one gets ready for Monday."""
    monday = day - timedelta(days=day.weekday())
    rows = PlannedVisit.objects.unscoped(reason=OWN).filter(user=user_id, on__gte=monday, on__lt=day + A_WEEK)
    return list(rows.select_related("employer__division").order_by("on", "-is_morning", "order", "pk"))


def planned_shown(row: PlannedVisit) -> dict[str, Any]:
    return {
        "id": row.pk, "version": row.version, "employer": row.employer_id, "name": row.employer.name, "kind": row.kind,
        "on": str(row.on), "is_morning": row.is_morning, "because": row.because, "note": row.note,
        "state": STATES[PlanState(row.state)],
    }  # fmt: skip


def employers_shown(employers: Iterable[Any], set_of: dict[str, int], on: date) -> list[dict[str, Any]]:
    rows = list(employers)
    ids = [row.pk for row in rows]
    last, keys = last_visits(ids), key_on(ids, on)
    return [
        {
            "id": row.pk, "name": row.name, "address": row.address or row.division.name, "mark": employer_mark(row),
            "key": row.pk in keys, "last": str(timezone.localdate(last[row.pk])) if row.pk in last else None,
            "forms": set_of.get(row.division_id, 0), "facts": list(employer_in_words(row).values()),
        }
        for row in rows
    ]  # fmt: skip


def form_shown(form: Form) -> dict[str, Any]:
    """What follows from an answer is the server's business."""
    questions = [
        {name: value for name, value in row.items() if name not in {"follow_up", "risk"}}
        for row in written(form.questions)
    ]
    return {"number": form.number, "name": form.name, "hint": form.hint, "questions": questions}


def _forms(home: str, divisions: Collection[str]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The forms at home, and those of grounds whose township declared others; which ground has which."""
    if not home:
        return [{}], {}
    sets, set_of = [{code: form_shown(form) for code, form in forms_at(home).items()}], {}
    below = VisitKind.objects.unscoped(reason="who below declares kinds of their own").under(home)
    declaring = {str(path) for path in below.values_list("scope__path", flat=True)} - {home}
    if declaring:
        made: dict[tuple[str, ...], int] = {}
        for code, path in nearest_places(divisions).items():
            around = tuple(sorted(one for one in declaring if f"{path}.".startswith(f"{one}.")))
            if around and around not in made:
                made[around] = len(sets)
                sets.append({kind: form_shown(form) for kind, form in forms_at(path).items()})
            set_of[code] = made.get(around, 0)
    return sets, set_of


def _stays(user_id: int | None, on: date) -> list[dict[str, Any]]:
    rows = Stay.objects.unscoped(reason=OWN).filter(ended_at=None, from_on__lte=on)
    return [
        {"id": row.pk, "title": row.title}
        for row in rows.order_by("-from_on")[:200]
        if user_id in {row.leader_id, *row.team}
    ]


def shown_now(draft: Draft, actor: Actor, on: date) -> dict[str, Any]:
    """How the employer, the planned visit and the form stand now, for a phone that learns that they changed."""
    employer = employers_by_id([draft.employer_id]).get(draft.employer_id)
    rows = PlannedVisit.objects.visible_to(actor).select_related("employer")
    planned = rows.filter(pk=draft.planned_id).first() if draft.planned_id else None
    path = nearest_places([employer.division_id]).get(employer.division_id, "") if employer else ""
    return {
        "employer": employers_shown([employer], {}, on)[0] if employer else None,
        "planned": planned_shown(planned) if planned else None,
        "form": _form_now(draft.kind, path) if path else None,
    }


def _form_now(kind: str, path: str) -> dict[str, Any] | None:
    """None for a kind that this ground does not have: a township's own, of an employer that lies elsewhere now."""
    try:
        return form_shown(form_of(kind, path))
    except Missing:
        return None
