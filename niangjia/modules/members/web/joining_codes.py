"""The codes on a union's posters: made for a place, printed, retired."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.joining_codes import LONGEST_SPOT, add_joining_code, retire_joining_code
from niangjia.modules.members.models import JoiningCode
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.joining_codes import applications_by, joining_code_in_sight
from niangjia.modules.members.web.application_lists import CODES, code_mark
from niangjia.modules.members.web.applications import tabs
from niangjia.modules.members.web.forms import name_in, union_names
from niangjia.modules.members.web.members import likely_union
from niangjia.modules.members.web.papers import as_download, joining_address, joining_poster, qr_picture, short
from niangjia.modules.members.web.sending import form_page
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import closed_among, names_of, organisation_options
from niangjia.ui import pages
from niangjia.ui.forms import Picker
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, sent


class JoiningCodeForm(forms.Form):
    organisation = forms.IntegerField(
        label="哪个工会",
        widget=Picker("members:joining_code_unions", label_of=name_in(union_names), placeholder="输入工会名称查找"),
        help_text="扫码的人申请加入这个工会；选镇街、县总工会的，由本人在它下面的工会里选。",
        error_messages={"required": "请从列表中选择工会。"},
    )
    spot = forms.CharField(label="张贴处", max_length=LONGEST_SPOT, help_text="如：东门驿站、二车间公告栏。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def joining_codes(request: HttpRequest) -> HttpResponse:
    return show_list(
        request, CODES, within=current_path(request),
        context={
            "tabs": tabs(actor_of(request)), "at": current_organisation(request),
            "add_url": reverse("members:joining_code_add"),
        },
    )  # fmt: skip


@requires(Permission.MEMBERSHIP_CHANGE)
@require_http_methods(["GET", "POST"])
def joining_code_add(request: HttpRequest) -> HttpResponse:
    form = JoiningCodeForm(request.POST or None, initial={"organisation": likely_union(request)})
    made: list[JoiningCode] = []

    def add(facts: dict[str, Any]) -> None:
        made.append(
            add_joining_code(facts["organisation"], spot=facts["spot"], actor=actor_of(request), now=timezone.now())
        )

    if sent(form, add):
        messages.success(request, "入会码已做好，请下载海报打印张贴。")
        return redirect("members:joining_code", made[0].pk)
    return form_page(request, form, title="做一个入会码", act="做好", back=reverse("members:joining_codes"))


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def joining_code_unions(request: HttpRequest) -> HttpResponse:
    """Where the actor may admit: unions with members of their own, and those above them."""
    actor = actor_of(request)
    rows = organisation_options(actor, " ".join(request.GET.get("q", "").split())[:50])
    return pages.options(
        request,
        [(row.pk, row.name, above) for row, above in rows if actor.may(Permission.MEMBERSHIP_CHANGE, row.scope.path)],
    )


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def joining_code(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, pk)


def shown(request: HttpRequest, pk: int) -> HttpResponse:
    row: Any = joining_code_in_sight(pk, actor_of(request))
    row.is_closed = row.scope_id in closed_among([row.scope_id])
    address = joining_address(row, site_of(request))
    return render(
        request,
        "members/joining_code.html",
        {
            "row": row,
            "union": names_of([row.scope_id]).get(row.scope_id, ""),
            "mark": code_mark(row),
            "address": address,
            "short": short(address),
            "qr": qr_picture(address),
            "joined": applications_by([pk]).get(pk, 0),
            "is_open": row.retired_at is None and not row.is_closed,
        },
    )


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def joining_code_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing is printed that would lead nowhere."""
    row = joining_code_in_sight(pk, actor_of(request))
    if row.retired_at is not None:
        raise Refused("joining_code.retired", "这个入会码已停用，不能再打印。请做一个新的。")
    if closed_among([row.scope_id]):
        raise Refused("joining_code.closed", "这个工会已撤销或合并，不能再打印。请到现在的工会做一个新的入会码。")
    poster = joining_poster(row, site=site_of(request), now=timezone.now())
    return as_download(poster, f"入会海报-{row.spot or row.token}.pdf")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def joining_code_retire(request: HttpRequest, pk: int) -> HttpResponse:
    row = retire_joining_code(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, f"“{row.spot or row.token}”的入会码已停用。")
    if request.headers.get("HX-Target") == "drawer-body":
        response = shown(request, pk)
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect("members:joining_codes")


def site_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
