"""One visit, as a page, in the drawer and on paper; what it left to decide; an employer's part about visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.crypto.masks import mask_name, mask_phone
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.organisations.permissions import Permission as Org
from niangjia.modules.organisations.queries.employers import employer_in_sight
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits import actions
from niangjia.modules.visits.actions.amending import edit_visit
from niangjia.modules.visits.actions.proposals import stands_now
from niangjia.modules.visits.actions.revealing import may_reveal, reveal_asker, reveal_spoken_with
from niangjia.modules.visits.models import Finding, FollowUp, RecordProposal, SpokenWith, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries import page as reading
from niangjia.modules.visits.queries.differences import form_with
from niangjia.modules.visits.queries.employers import in_words
from niangjia.modules.visits.queries.kinds import kind_name, kind_names
from niangjia.modules.visits.queries.narrowing import looks_of
from niangjia.modules.visits.queries.people import names_of_users
from niangjia.modules.visits.queries.surveys import survey_of_visit
from niangjia.modules.visits.queries.visits import visit_in_sight
from niangjia.modules.visits.questions import answers_shown
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, ProposalState
from niangjia.modules.visits.web.forms import SummaryForm, after
from niangjia.modules.visits.web.lists import stages_told
from niangjia.modules.visits.web.marks import (
    due_mark,
    follow_up_mark,
    looks_mark,
    looks_shown,
    outcome_mark,
    place_mark,
    proposal_mark,
)
from niangjia.ui.downloads import PICTURES, send_stored
from niangjia.ui.pages import actor_of, form_page, sent

SUBJECTS = {
    "planned": "走访计划",
    "employer": "单位资料",
    "form": "走访表单",
    "together": "同一小时的另一次走访",
    "visit": "先前交回的内容",
}


@requires(Permission.VISIT_VIEW)
@require_GET
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    row = visit_in_sight(pk, actor_of(request))
    return shown(request, row, "visits/print.html" if "print" in request.GET else "visits/visit.html")


def shown(request: HttpRequest, row: Visit, template: str = "visits/visit.html") -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    parts = reading.parts_of(row, actor)
    form = form_with(row)
    path = str(row.scope.path)
    return render(
        request,
        template,
        {
            "visit": row,
            "kind": kind_name(row.kind, kind_names({row.kind})),
            "place": place_mark(row.place_state),
            "clock": _clock(row),
            "organisation": names_of([row.scope_id]).get(row.scope_id, ""),
            "companions": list(names_of_users(row.companions).values()),
            "looks": looks_shown(parts.observations),
            "answers": answers_shown(form, row.answers) if form else [],
            "survey": survey_of_visit(row.pk, actor),
            "people": [_person(one) for one in parts.spoken_with],
            "findings": _findings(parts.findings, actor),
            "proposals": [_proposal(one, actor) for one in parts.proposals],
            "follow_ups": [(one, follow_up_mark(one, today), _may_settle(one, row, actor)) for one in parts.follow_ups],
            "done": parts.done,
            "photos": parts.photos,
            "together": parts.together,
            "aside": _aside(row),
            "may_reveal": may_reveal(row, actor),
            "may_edit": actor.may(Permission.VISIT_DIRECT, path)
            or (row.user_id == actor.user_id and actor.may(Permission.VISIT_MAKE, path)),
        },
    )


def _clock(row: Visit) -> str:
    """What is said of a phone whose clock was off."""
    if not row.clock_off_seconds:
        return ""
    off = timedelta(seconds=abs(row.clock_off_seconds))
    hours, minutes = divmod(off.seconds // 60, 60)
    parts = [f"{off.days} 天" if off.days else "", f"{hours} 小时" if hours else "", f"{minutes} 分" if minutes else ""]
    return f"手机时间{'快' if row.clock_off_seconds > 0 else '慢'}了 {' '.join(filter(None, parts))}，到达时间已按服务器时间改正"


def _person(row: SpokenWith) -> dict[str, Any]:
    return {
        "post": row.post,
        "text": " ".join(filter(None, (mask_name(row.name), mask_phone(row.phone or "")))),
        "url": reverse("visits:spoken_with_reveal", args=[row.pk]),
    }


def _findings(rows: list[Finding], actor: Actor) -> list[dict[str, Any]]:
    """Each with the stage of its demand, for who may know of the demand."""
    stages = stages_told([row.case_id for row in rows], actor)
    cases = Case.objects.visible_to(actor).in_bulk(list(stages))
    return [
        {
            "row": row,
            "outcome": outcome_mark(row.outcome),
            "stage": stages.get(row.case_id or 0),
            "case": cases.get(row.case_id or 0),
            "asker": " ".join(filter(None, (mask_name(row.asker_name or ""), mask_phone(row.asker_phone or "")))),
            "reveal_url": reverse("visits:finding_reveal", args=[row.pk]),
        }
        for row in rows
    ]


def _proposal(row: RecordProposal, actor: Actor) -> dict[str, Any]:
    is_open = row.state == ProposalState.OPEN
    now = stands_now(row) if is_open else row.old
    return {
        "row": row,
        "label": EMPLOYER_FIELDS.get(row.field, row.field),
        "old": in_words(row.field, row.old),
        "new": in_words(row.field, row.new),
        "now": in_words(row.field, now) if now != row.old else "",
        "mark": proposal_mark(row.state),
        "may_decide": is_open and row.visit.employer.may_change(actor, Org.EMPLOYER_EDIT) is not None,
    }


def _may_settle(row: FollowUp, visit: Visit, actor: Actor) -> bool:
    path = str(visit.scope.path)
    own = visit.user_id == actor.user_id and actor.may(Permission.VISIT_MAKE, path)
    return row.done_by_id is None and row.dropped_at is None and (own or actor.may(Permission.VISIT_DIRECT, path))


def _aside(row: Visit) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the officer chose between on return from offline: (of what, which was kept, what was set aside)."""
    found = []
    for subject, chosen in row.chosen_over.items():
        kept = "保留了手机上写的" if chosen.get("kept") == "mine" else "保留了已有的"
        aside = chosen.get("aside") or {}
        words = [(str(label), str(text)) for label, text in aside.items()] if isinstance(aside, dict) else []
        found.append((SUBJECTS.get(subject, subject), kept, words))
    return found


# --- its parts ---


@requires(Permission.VISIT_VIEW)
@require_GET
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever sees the visit; `pk` is the photo's."""
    stored = reading.photo_in_sight(pk, actor_of(request))
    if stored.kind not in PICTURES:
        raise NotPermitted("这不是照片。")
    return send_stored(stored)


@requires(Permission.VISIT_MAKE)
@require_POST
def spoken_with_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the person's; as plain text, for its place in the page."""
    return _revealed(
        reveal_spoken_with(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    )


@requires(Permission.VISIT_MAKE)
@require_POST
def finding_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Who asked; `pk` is the finding's."""
    return _revealed(
        reveal_asker(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    )


def _revealed(said: tuple[str, str]) -> HttpResponse:
    response = HttpResponse(" ".join(filter(None, said)), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


@requires(Permission.VISIT_MAKE)
@require_http_methods(["GET", "POST"])
def visit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = visit_in_sight(pk, actor_of(request))
    if not may_reveal(row, actor_of(request)):
        raise NotPermitted("走访记录由走访人自己更正。")
    form = SummaryForm(request.POST or None, initial={"summary": row.summary, "version": row.version})
    if sent(form, lambda facts: edit_visit(pk, **facts, actor=actor_of(request), now=timezone.now())):
        return back(request, pk, "已更正。")
    said = "发现、谈话和照片交回以后不再改动；说得不全的，请在小结里补充。"
    return form_page(
        request,
        form,
        title="更正走访小结",
        act="保存",
        back=reverse("visits:visit", args=[pk]),
        crumb=row.employer.name,
        said=said,
    )


def back(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    """To the visit; in the drawer it is shown anew."""
    messages.success(request, said)
    return after(
        request, reverse("visits:visit", args=[pk]), lambda: shown(request, visit_in_sight(pk, actor_of(request)))
    )


@requires(Permission.VISIT_VIEW)
@require_POST
def proposal_accept(request: HttpRequest, pk: int) -> HttpResponse:
    row = actions.accept_proposal(pk, actor=actor_of(request), now=timezone.now())
    return back(request, row.visit_id, "单位资料已更新。")


@requires(Permission.VISIT_VIEW)
@require_POST
def proposal_decline(request: HttpRequest, pk: int) -> HttpResponse:
    answer = request.POST.get("reason", "")
    row = actions.decline_proposal(pk, answer=answer, actor=actor_of(request), now=timezone.now())
    return back(request, row.visit_id, "已答复走访人，单位资料没有改动。")


@requires(Permission.VISIT_MAKE)
@require_POST
def follow_up_drop(request: HttpRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    row = actions.drop_follow_up(pk, reason=reason, actor=actor_of(request), now=timezone.now())
    return back(request, row.visit_id, "已记下，不再提醒回看。")


# --- beside an employer ---


@requires(Permission.VISIT_VIEW)
@require_GET
def employer_visits(request: HttpRequest, pk: int) -> HttpResponse:
    """A part of the employer's page; `pk` is the employer's."""
    employer = employer_in_sight(pk, actor_of(request))
    today = timezone.localdate()
    found = reading.of_employer(pk, actor_of(request), today=today)
    names = kind_names({row.kind for row in found.visits})
    looks = looks_of([row.pk for row in found.visits])
    last = timezone.localdate(found.visits[0].arrived_at) if found.visits else None
    return render(
        request,
        "visits/of_employer.html",
        {
            "employer": employer,
            "found": found,
            "visits": [(row, kind_name(row.kind, names), looks_mark(looks[row.pk])) for row in found.visits],
            "turn": due_mark(last, found.key.every_days, found.key.from_on, today) if found.key else None,
            "follow_ups": [(row, follow_up_mark(row, today)) for row in found.follow_ups],
        },
    )
