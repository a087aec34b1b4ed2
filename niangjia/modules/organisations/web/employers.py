"""The pages of employers and of blank spots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.audit.queries import history
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.organisations.actions import employers as acts
from niangjia.modules.organisations.models import Employer, OrganisingAttempt
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries import employers as found
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.employer_parts import parts_of_employer
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, organisation_options
from niangjia.modules.organisations.queries.zones import zone_of
from niangjia.modules.organisations.rules import Attempt, Nature, OrganisationKind, SizeBand
from niangjia.modules.organisations.web.employer_forms import AttemptForm, CloseForm, EmployerForm, LinkForm
from niangjia.modules.organisations.web.employer_lists import (
    BLANK_SPOTS,
    EMPLOYERS,
    attempt_mark,
    coverage_mark,
    due_by,
    industry_label,
)
from niangjia.modules.organisations.web.employer_wording import told
from niangjia.modules.organisations.web.organisations import frame
from niangjia.ui import desk, pages
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, form_page, sent
from niangjia.ui.templatetags.ui import chinese_day

OF_ONE = replace(EMPLOYERS, template="organisations/employer_tab.html")
ATTEMPTED = "organisations.employer.attempt_recorded"  # has a timeline of its own on the page


# --- lists ---


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def employer_list(request: HttpRequest) -> HttpResponse:
    may_add = found.answers_for_ground(actor_of(request))
    return show_list(request, EMPLOYERS, within=current_path(request), context={"may_add": may_add})


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def employer_tab(request: HttpRequest, pk: int) -> HttpResponse:
    """The employers of one organisation: on its ground, or of the unions at and under it."""
    row = organisation_in_sight(pk, actor_of(request))
    return show_list(request, OF_ONE, within=row.scope.path, context=frame(request, row))


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def blank_spot_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, BLANK_SPOTS, within=current_path(request))


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def blank_spot_table(request: HttpRequest) -> HttpResponse:
    """How many where and of which size. A part of its own: a city's takes as long to count as its list to show."""
    table = found.blank_spot_table(actor_of(request), within=current_path(request))
    return render(request, "organisations/blank_spot_table.html", {"table": table, "bands": list(SizeBand)})


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def employer_options(request: HttpRequest) -> HttpResponse:
    rows = _options(request, lambda text: found.employer_options(actor_of(request), text))
    return pages.options(request, [(row.pk, row.name, row.division.name) for row in rows])


@requires(Permission.EMPLOYER_EDIT)
@require_GET
def employer_union_options(request: HttpRequest) -> HttpResponse:
    """Unions that an employer's workers may belong to."""
    kinds = [str(kind) for kind in acts.LINKED_KINDS]
    rows = _options(request, lambda text: organisation_options(actor_of(request), text, kinds=kinds))
    return pages.options(
        request, [(row.pk, row.name, above or OrganisationKind(row.kind).label) for row, above in rows]
    )


def _options(request: HttpRequest, find: Callable[[str], list[Any]]) -> list[Any]:
    try:
        return find(" ".join(request.GET.get("q", "").split())[:50])
    except Refused:
        return []  # too short to mean anything yet


# --- one employer ---


@requires(Permission.EMPLOYER_VIEW)
@require_GET
def employer(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, found.employer_in_sight(pk, actor_of(request)))


def _next_said(attempt: OrganisingAttempt) -> list[str]:
    return [f"下次跟进 {chinese_day(attempt.next_on)}"] if attempt.next_on else []


def _shown(request: HttpRequest, row: Employer) -> HttpResponse:
    actor = actor_of(request)
    may_edit = row.may_change(actor, Permission.EMPLOYER_EDIT) is not None
    attempts = [
        {
            "at": one.at,
            "by": one.user_name,
            "text": f"{chinese_day(one.on)}　{Attempt(one.outcome).label}",
            "note": "；".join([text for text in (one.note.rstrip("。"), *_next_said(one)) if text]),
            "tone": attempt_mark(one).tone,  # type: ignore[union-attr]
        }
        for one in found.attempts_with(row)
    ]
    return render(
        request,
        "organisations/employer.html",
        {
            "employer": row,
            "coverage": coverage_mark(row),
            "industry": industry_label(row),
            "nature": Nature(row.nature).label if row.nature else "",
            "is_blank": row.union_state in found.WITHOUT_UNION and row.closed_on is None,
            "links": found.links_of(row, actor),
            "attempts": attempts,
            "zone": zone_of(row, actor) if actor.can(Permission.ZONE_VIEW) else None,
            "history": told(entry for entry in history("organisations.employer", row.pk) if entry.verb != ATTEMPTED),
            "may_edit": may_edit,
            "parts": parts_of_employer(row.pk, actor),
        },
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(["GET", "POST"])
def employer_add(request: HttpRequest) -> HttpResponse:
    form = EmployerForm(request.POST or None, actor=actor_of(request))
    made: list[Employer] = []
    if sent(form, lambda facts: made.append(acts.add_employer(actor=actor_of(request), now=timezone.now(), **facts))):
        messages.success(request, f"已登记“{made[0].name}”。")
        return redirect("organisations:employer", made[0].pk)
    said = (
        ""
        if found.answers_for_ground(actor_of(request))
        else "您任职的工会不管镇街，不能登记单位，请联系所在镇街总工会。"
    )
    return form_page(
        request, form, title="登记单位", act="登记", back=reverse("organisations:employer_list"), said=said
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(["GET", "POST"])
def employer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = EmployerForm(request.POST or None, actor=actor_of(request), employer=row)
    if sent(form, lambda facts: acts.edit_employer(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return _done(request, pk, "已保存。")
    return form_page(request, form, title=f"修改“{row.name}”", act="保存", back=_address(pk))


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(["GET", "POST"])
def employer_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = CloseForm(request.POST or None)
    if sent(form, lambda facts: acts.close_employer(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return _done(request, pk, f"“{row.name}”已注销。")
    said = "注销后不再出现在列表里，所属工会和片区同时解除；记录都会保留，也可以恢复。"
    return form_page(request, form, title=f"注销“{row.name}”", act="注销", back=_address(pk), said=said, kind="error")


@requires(Permission.EMPLOYER_EDIT)
@require_POST
def employer_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    acts.reopen_employer(pk, actor=actor_of(request), now=timezone.now(), reason=request.POST.get("reason", ""))
    return _done(request, pk, "已恢复，请重新关联工会、分入片区。")


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(["GET", "POST"])
def employer_link(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = LinkForm(request.POST or None)
    if sent(
        form,
        lambda facts: acts.link_employer_to_union(
            pk, organisation_id=facts["organisation"], from_on=facts["from_on"],
            actor=actor_of(request), now=timezone.now(),
        ),
    ):  # fmt: skip
        return _done(request, pk, "已关联工会。")
    return form_page(request, form, title=f"为“{row.name}”关联工会", act="关联", back=_address(pk))


@requires(Permission.EMPLOYER_EDIT)
@require_POST
def employer_unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the link's."""
    link = acts.unlink_employer_from_union(
        pk, on=timezone.localdate(), actor=actor_of(request), now=timezone.now(), reason=request.POST.get("reason", "")
    )
    return _done(request, link.employer_id, "已解除关联。")


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(["GET", "POST"])
def employer_attempt(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = AttemptForm(request.POST or None)

    def record(facts: dict[str, Any]) -> None:
        facts["outcome"] = Attempt(facts["outcome"])
        acts.record_attempt(pk, actor=actor_of(request), now=timezone.now(), **facts)

    if sent(form, record):
        return _done(request, pk, "已记录。")
    return form_page(request, form, title="记录组建工作", act="记录", back=_address(pk), said=row.name)


def _address(pk: int) -> str:
    return reverse("organisations:employer", args=[pk])


def _to_change(request: HttpRequest, pk: int) -> Employer:
    """Raises Missing, NotPermitted: a form that can't be sent isn't shown."""
    row = found.employer_in_sight(pk, actor_of(request))
    if row.may_change(actor_of(request), Permission.EMPLOYER_EDIT) is None:
        raise NotPermitted
    return row


def _done(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    # An officer of one union may just have let go of the employer: then there is nothing left to show.
    row = Employer.objects.visible_to(actor_of(request)).select_related("division__parent").filter(pk=pk).first()
    if row is None:
        return redirect("organisations:employer_list")
    if request.headers.get("HX-Target") == "drawer-body":
        response = _shown(request, row)
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect(_address(pk))


# --- what the home page tells ---


def due_soon(actor: Actor) -> list[desk.Waiting]:
    if not actor.can(Permission.EMPLOYER_EDIT):
        return []
    number = found.follow_ups_due(actor, on=due_by())
    return [desk.Waiting("空白点该跟进了", number, reverse("organisations:blank_spot_list") + "?due=1", "phone-call")]


def search(actor: Actor, text: str) -> list[desk.Hit]:
    try:
        rows = found.employer_options(actor, text)
    except Refused:
        return []
    return [desk.Hit(row.name, _address(row.pk), row.division.name) for row in rows]
