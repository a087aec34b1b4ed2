"""Pages of partners: who hands over, with which keys, and what they were told."""

from __future__ import annotations

import json

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.modules.exchange.actions import partners
from niangjia.modules.exchange.actions.webhooks import send_again
from niangjia.modules.exchange.permissions import Permission
from niangjia.modules.exchange.queries import delivery_in_sight, partner_in_sight, traffic
from niangjia.modules.exchange.rules import DRIFT, KEY, SIGNATURE, TIME, WAITS
from niangjia.modules.exchange.web.described import operations
from niangjia.modules.exchange.web.lists import DELIVERIES, PARTNERS, delivery_mark, partner_mark
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import pages
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, form_page

SECRET = "exchange.secret"  # noqa: S105 - the name under which a session keeps it until it was shown


class PartnerForm(forms.Form):
    name = forms.CharField(label="单位", max_length=partners.LONGEST_NAME, help_text="如：市12345政务服务便民热线。")
    code = forms.CharField(label="代号", max_length=39, help_text="小写字母、数字和横线，如 city-12345；以后不能改。")
    address = forms.CharField(
        label="回传地址", max_length=300, required=False, help_text="办理进展推送到这里；还没有可以先空着。"
    )


class PartnerEditForm(forms.Form):
    name = forms.CharField(label="单位", max_length=partners.LONGEST_NAME)
    address = forms.CharField(label="回传地址", max_length=300, required=False, help_text="空着就不推送。")


def tabs() -> list[tuple[str, str]]:
    return [
        ("对接单位", reverse("exchange:partner_list")),
        ("回传记录", reverse("exchange:delivery_list")),
        ("接口说明", reverse("exchange:api_description")),
    ]


@requires(Permission.PARTNER_EDIT)
@require_GET
def partner_list(request: HttpRequest) -> HttpResponse:
    return show_list(
        request, PARTNERS, within=current_path(request),
        context={"tabs": tabs(), "add_url": reverse("exchange:partner_add")},
    )  # fmt: skip


@requires(Permission.PARTNER_EDIT)
@require_GET
def delivery_list(request: HttpRequest) -> HttpResponse:
    context = {"tabs": tabs()}
    return show_list(request, DELIVERIES, within=current_path(request), context=context)


@requires(Permission.PARTNER_EDIT)
@require_http_methods(["GET", "POST"])
def partner_add(request: HttpRequest) -> HttpResponse:
    scope_id, name = receiving(request)
    form = PartnerForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            partner, secret = partners.add_partner(
                scope_id=scope_id, **form.cleaned_data, actor=actor_of(request), now=timezone.now()
            )
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            return _with_secret(request, partner.pk, secret)
    said = f"转来的诉求由{name}受理；要由别的工会受理，请先在左上角切换单位。"
    return form_page(
        request,
        form,
        title="登记对接单位",
        act="登记",
        back=reverse("exchange:partner_list"),
        crumb="对接单位",
        said=said,
    )


@requires(Permission.PARTNER_EDIT)
@require_GET
def partner(request: HttpRequest, pk: int) -> HttpResponse:
    """The secret of a new key is in the session, and gone with this showing."""
    row = partner_in_sight(pk, actor_of(request))
    held = request.session.pop(SECRET, None)
    context = {
        "row": row,
        "mark": partner_mark(row),
        "union": names_of([row.scope_id]).get(row.scope_id, ""),
        "traffic": traffic(row, now=timezone.now()),
        "deliveries": f"{reverse('exchange:delivery_list')}?partner={row.pk}",
        "secret": held["secret"] if held and held["pk"] == pk else "",
    }
    return render(request, "exchange/partner.html", context)


@requires(Permission.PARTNER_EDIT)
@require_http_methods(["GET", "POST"])
def partner_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = partner_in_sight(pk, actor_of(request))
    form = PartnerEditForm(request.POST or None, initial={"name": row.name, "address": row.address})
    back = reverse("exchange:partner", args=[pk])
    if form.is_bound and form.is_valid():
        try:
            partners.edit_partner(pk, **form.cleaned_data, actor=actor_of(request), now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已保存。")
            return redirect(back)
    return form_page(
        request, form, title=f"修改 {row.name}", act="保存", back=back, crumb="对接单位",
        crumb_url=reverse("exchange:partner_list"),
    )  # fmt: skip


@requires(Permission.PARTNER_EDIT)
@require_POST
def partner_renew(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_secret(request, pk, partners.renew_secret(pk, actor=actor_of(request), now=timezone.now()))


@requires(Permission.PARTNER_EDIT)
@require_POST
def partner_retire(request: HttpRequest, pk: int) -> HttpResponse:
    partners.retire_partner(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    messages.success(request, "已停用：它的请求不再接受；已经转来的诉求照常办理。")
    return redirect("exchange:partner", pk)


@requires(Permission.PARTNER_EDIT)
@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    row = delivery_in_sight(pk, actor_of(request))
    said = json.loads(str(row.body))
    context = {"row": row, "mark": delivery_mark(row), "said": said}
    return render(request, "exchange/delivery.html", context)


@requires(Permission.PARTNER_EDIT)
@require_POST
def delivery_send(request: HttpRequest, pk: int) -> HttpResponse:
    send_again(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "正在重发，稍后刷新可以看到结果。")
    return redirect("exchange:delivery", pk)


@requires(Permission.PARTNER_EDIT)
@require_GET
def api_description(request: HttpRequest) -> HttpResponse:
    context = {
        "tabs": tabs(), "operations": operations(), "headers": (KEY, TIME, SIGNATURE),
        "drift": int(DRIFT.total_seconds() // 60), "tries": len(WAITS) + 1, "site": request.build_absolute_uri("/api/v1"),
    }  # fmt: skip
    return render(request, "exchange/api.html", context)


@requires(Permission.PARTNER_EDIT)
@require_GET
def api_schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    from niangjia.modules.exchange.web.api import api

    response = JsonResponse(api.get_openapi_schema(), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="niangjia-openapi.json"'
    return response


def receiving(request: HttpRequest) -> tuple[int, str]:
    """Where its demands will come in: where one works now, else the highest place with the right."""
    at = current_organisation(request)
    if at is not None:
        return at.pk, at.name
    highest = min(actor_of(request).paths(Permission.PARTNER_EDIT), key=lambda path: path.count("."))
    pk = int(highest.rpartition(".")[2])
    return pk, names_of([pk]).get(pk, "")


def _with_secret(request: HttpRequest, pk: int, secret: str) -> HttpResponse:
    request.session[SECRET] = {"pk": pk, "secret": secret}
    return redirect("exchange:partner", pk)
