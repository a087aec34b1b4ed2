"""The dictionaries of platforms and delivery sites."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.modules.members.actions import add_delivery_site, add_platform
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import delivery_sites, platforms
from niangjia.modules.members.web.forms import DeliverySiteForm, PlatformForm
from niangjia.ui import pages
from niangjia.ui.pages import actor_of, sent

SHOWN = 200


@requires(Permission.MEMBER_VIEW)
@require_GET
def work_places(request: HttpRequest) -> HttpResponse:
    return _page(request, PlatformForm(), DeliverySiteForm())


@requires(Permission.MEMBER_EDIT)
@require_POST
def platform_add(request: HttpRequest) -> HttpResponse:
    form = PlatformForm(request.POST)
    if sent(form, lambda facts: add_platform(actor=actor_of(request), now=timezone.now(), **facts)):
        messages.success(request, f"已新增平台“{form.cleaned_data['name']}”。")
        return redirect("members:work_places")
    return _page(request, form, DeliverySiteForm())


@requires(Permission.MEMBER_EDIT)
@require_POST
def delivery_site_add(request: HttpRequest) -> HttpResponse:
    form = DeliverySiteForm(request.POST)
    if sent(form, lambda facts: add_delivery_site(actor=actor_of(request), now=timezone.now(), **facts)):
        messages.success(request, f"已新增站点“{form.cleaned_data['name']}”。")
        return redirect("members:work_places")
    return _page(request, PlatformForm(), form)


def _page(request: HttpRequest, platform: forms.Form, site: forms.Form) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    sites = list(delivery_sites(text)[: SHOWN + 1])
    return render(
        request,
        "members/work_places.html",
        {
            "platforms": platforms(), "sites": sites[:SHOWN], "more": len(sites) > SHOWN, "text": text,
            "platform_form": platform, "site_form": site, "may_edit": actor_of(request).can(Permission.MEMBER_EDIT),
        },
        status=422 if platform.errors or site.errors else 200,
    )  # fmt: skip


@requires(Permission.MEMBER_VIEW)
@require_GET
def delivery_site_options(request: HttpRequest) -> HttpResponse:
    rows = delivery_sites(" ".join(request.GET.get("q", "").split())[:50])[:20]
    return pages.options(request, [(row.pk, row.name, row.division.name if row.division else "") for row in rows])
