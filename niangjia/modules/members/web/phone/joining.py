"""Joining on the phone: the scanned code, the consents, the few fields, the right union, and how it goes on."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import for_workers
from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.applying import (
    application_problems,
    submit_application,
    withdraw_application,
)
from niangjia.modules.members.actions.consents import give_consents
from niangjia.modules.members.models import JoiningApplication
from niangjia.modules.members.privacy import NOTICE, Purpose, text_of
from niangjia.modules.members.queries.joining import Offer, Scanned, offers, scanned
from niangjia.modules.members.queries.own import is_member, missing_consents, own_application, own_person
from niangjia.modules.members.rules import ApplicationState
from niangjia.modules.members.web.phone.forms import ApplicationForm
from niangjia.modules.members.web.phone.log_in import AGREED
from niangjia.modules.organisations.queries.joining import employers_like, union_shown
from niangjia.ui.pages import number_in, put_refusal

FIRST_OFFERS = 4


def own_id(request: HttpRequest) -> int:
    return cast("int", request.user.pk)


def with_code(name: str, code: str) -> str:
    """The address of a step, with the scanned code carried along."""
    return f"{reverse(name)}?{urlencode({'code': code})}" if code else reverse(name)


def code_in(request: HttpRequest) -> str:
    return (request.POST.get("code") or request.GET.get("code") or "")[:24]


@require_GET
def join_start(request: HttpRequest) -> HttpResponse:
    """For whoever has no code at hand: how to scan one, or to go on without."""
    return render(request, "members/phone/join_start.html")


@require_GET
def join_typed(request: HttpRequest) -> HttpResponse:
    """The code under the square, typed by hand."""
    token = "".join(one for one in code_in(request).lower() if one.isascii() and one.isalnum())
    return redirect("worker:join", token) if token else redirect("worker:join_start")


@require_GET
def join(request: HttpRequest, token: str) -> HttpResponse:
    """What a poster leads to: which union this is, or kindly what to do when it is no more."""
    found = scanned(token)
    if found.union is None:
        return render(
            request, "members/phone/join_closed.html", {"scanned": found}, status=404 if not found.own else 200
        )
    return render(request, "members/phone/join.html", {"scanned": found, "onward": with_code("worker:consent", token)})


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The privacy notice and a consent for each purpose; kept with the account once the phone is known."""
    onward = with_code("worker:apply", code_in(request))
    if is_worker(request.user) and not missing_consents(own_id(request)):
        return redirect(onward)
    problem = ""
    chosen = [purpose for purpose in Purpose if request.POST.get(purpose.value)]
    if request.method == "POST":
        if len(chosen) == len(Purpose):
            if is_worker(request.user):
                give_consents(own_id(request), chosen, now=timezone.now())
            else:
                request.session[AGREED] = [purpose.value for purpose in chosen]
            return redirect(onward)
        problem = "三项都同意才能在手机上申请。不同意也没关系，可以带身份证件到单位工会或镇街总工会当面办理。"
    texts = [(purpose, text_of(purpose), purpose in chosen) for purpose in Purpose]
    return render(
        request,
        "members/phone/consent.html",
        {"notice": NOTICE, "texts": texts, "problem": problem, "code": code_in(request)},
    )


@require_http_methods(["GET", "POST"])
@for_workers
def apply(request: HttpRequest) -> HttpResponse:
    """The fields, then the unions to choose from, then done. Nothing is kept before the worker says so."""
    if missing_consents(own_id(request)):
        return redirect(with_code("worker:consent", code_in(request)))
    if is_member(own_id(request)):
        messages.info(request, "您已经是会员，换了单位请办理会籍转接。")
        return redirect("worker:union")
    latest = own_application(own_id(request))
    if latest is not None and latest.state == ApplicationState.RECEIVED:
        return redirect("worker:application")
    found = scanned(code_in(request))
    if request.method == "GET" or "edit" in request.POST:
        form = ApplicationForm(initial=_initial(request, latest) if request.method == "GET" else request.POST.dict())
        return _fields(request, form, found)
    form = ApplicationForm(request.POST)
    if not form.is_valid():
        return _fields(request, form, found)
    return _checked(request, form, found)


def _checked(request: HttpRequest, form: ApplicationForm, found: Scanned) -> HttpResponse:
    """Either a union was chosen and the application goes out, or the choice is offered."""
    facts = form.facts()
    problems = application_problems(facts, phone=request.user.phone, now=timezone.now())  # type: ignore[union-attr]
    for field, problem in problems.items():
        put_refusal(form, Refused("application.field", problem, field))
    if problems:
        return _fields(request, form, found)
    choice = offers(
        poster=found.union, employer_text=facts.employer_text, categories=facts.categories, division=facts.division
    )
    if not choice:
        form.add_error("division", "请选择工作或居住的镇街，好为您找到合适的工会。")
        return _fields(request, form, found)
    chosen = next((one for one in choice if one.union.id == number_in(request.POST.get("union", ""))), None)
    if chosen is not None:
        try:
            submit_application(
                own_id(request), facts, union_id=chosen.union.id, ground=chosen.ground, code=found.code,
                now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            put_refusal(form, refusal)
            return _fields(request, form, found)
        return redirect("worker:application")
    return _choice(request, form, found, choice)


def _fields(request: HttpRequest, form: ApplicationForm, found: Scanned) -> HttpResponse:
    other_kind = bool({"document_kind", "born_on", "sex"} & form.errors.keys()) or (
        form["document_kind"].value() not in (None, "", "RESIDENT")
    )
    return render(
        request, "members/phone/apply.html", {"form": form, "scanned": found, "other_kind": other_kind, "step": 2}
    )


def _choice(request: HttpRequest, form: ApplicationForm, found: Scanned, choice: list[Offer]) -> HttpResponse:
    return render(
        request,
        "members/phone/choose.html",
        {
            "form": form,
            "first": choice[:FIRST_OFFERS],
            "more": choice[FIRST_OFFERS:],
            "code": found.code.token if found.code else "",
            "heading": "推荐您加入的工会",
            "send": "提交入会申请",
            "step": 3,
        },
    )


def _initial(request: HttpRequest, latest: JoiningApplication | None) -> dict[str, Any]:
    """What was said before on a returned application; nobody types it twice."""
    if latest is not None and latest.state == ApplicationState.RETURNED:
        return {
            "name": latest.name, "document_kind": latest.document_kind, "document_number": latest.document_number,
            "born_on": latest.born_on, "sex": latest.sex, "employer": latest.employer_text,
            "category": next(iter(latest.categories), ""), "platform": latest.platform_id or "",
            "division": latest.division_id or "",
        }  # fmt: skip
    person = own_person(own_id(request))
    return {"name": person.name if person else request.user.name}  # type: ignore[union-attr]


@require_GET
@for_workers
def employers(request: HttpRequest) -> HttpResponse:
    """Names that begin to be typed, completed; names of employers are public."""
    found = employers_like(request.GET.get("q", "")[:100])
    return JsonResponse([{"name": name, "note": place} for name, place in found], safe=False)


@require_GET
@for_workers
def application(request: HttpRequest) -> HttpResponse:
    """How the latest application stands."""
    row = own_application(own_id(request))
    return render(
        request,
        "members/phone/application.html",
        {
            "row": row,
            "state": ApplicationState(row.state) if row else None,
            "union": union_shown(row.scope_id) if row else None,
            "steps": _steps(row) if row else [],
        },
    )


def _steps(row: JoiningApplication) -> list[dict[str, Any]]:
    sent = {"at": row.received_at, "text": "申请已提交", "icon": "circle-check", "tone": "success"}
    if row.decided_at is None:
        return [sent, {"text": "等待工会审核", "icon": "clock", "note": "一般几个工作日内办结，有结果会发消息告诉您。"}]
    said = {
        ApplicationState.ACCEPTED: ("工会已同意，您已是会员", "circle-check", "success"),
        ApplicationState.RETURNED: ("退回，请补充或改正后再提交", "arrow-back-up", "warning"),
        ApplicationState.REFUSED: ("工会没有受理", "circle-x", "error"),
        ApplicationState.WITHDRAWN: ("您已撤回", "circle-x", ""),
    }[ApplicationState(row.state)]
    return [sent, {"at": row.decided_at, "text": said[0], "icon": said[1], "tone": said[2], "note": row.reason}]


@require_POST
@for_workers
def application_withdraw(request: HttpRequest) -> HttpResponse:
    try:
        withdraw_application(own_id(request), now=timezone.now())
        messages.success(request, "已撤回申请。想好了可以随时再提交。")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("worker:application")
