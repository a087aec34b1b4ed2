"""The pages of zones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.audit.queries import history
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions import zones as acts
from niangjia.modules.organisations.models import Zone
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries import zones as found
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.web.employer_forms import (
    ZoneCloseForm,
    ZoneEmployersForm,
    ZoneForm,
    ZoneStaffForm,
)
from niangjia.modules.organisations.web.employer_lists import ZONES, coverage_mark, load_mark
from niangjia.modules.organisations.web.employer_wording import told
from niangjia.ui import pages
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, form_page, sent

SHOWN = 50


@requires(Permission.ZONE_VIEW)
@require_GET
def zone_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.ZONE_EDIT)
    return show_list(request, ZONES, within=current_path(request), context={"may_add": may_add})


@requires(Permission.ZONE_VIEW)
@require_GET
def zone_options(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:50]
    rows = found.zone_options(actor_of(request), text) if text else []
    return pages.options(request, [(row.id, row.name, row.township) for row in rows])


@requires(Permission.ZONE_VIEW)
@require_GET
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, found.zone_in_sight(pk, actor_of(request)))


def _shown(request: HttpRequest, row: Zone) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    staff, gone = found.staff_of(row, on=today)
    carried = found.carried_by([row.pk], on=today)[row.pk]
    employers = list(found.employers_in(row, actor).select_related("division").order_by("name_key", "pk")[: SHOWN + 1])
    return render(
        request,
        "organisations/zone.html",
        {
            "zone": row,
            "staff": staff,
            "gone": gone,
            "today": today,
            "carried": carried,
            "load": load_mark(carried.load.load),
            "fair": rules.FAIR_EMPLOYERS_EACH,
            "employers": [(employer, coverage_mark(employer)) for employer in employers[:SHOWN]],
            "more": len(employers) > SHOWN,
            "history": told(history("organisations.zone", row.pk, limit=20)),
            "may_edit": row.closed_on is None and actor.may(Permission.ZONE_EDIT, row.organisation.scope.path),
        },
    )


@requires(Permission.ZONE_EDIT)
@require_http_methods(["GET", "POST"])
def zone_add(request: HttpRequest) -> HttpResponse:
    form = ZoneForm(request.POST or None, actor=actor_of(request))
    made: list[Zone] = []
    if sent(
        form,
        lambda facts: made.append(
            acts.add_zone(
                organisation_id=facts["organisation"], name=facts["name"], bounds=facts["bounds"],
                actor=actor_of(request), now=timezone.now(),
            )
        ),
    ):  # fmt: skip
        messages.success(request, f"已设立“{made[0].name}”，接着安排工作者，再把单位分进来。")
        return redirect("organisations:zone", made[0].pk)
    return form_page(request, form, title="设立片区", act="设立", back=reverse("organisations:zone_list"))


@requires(Permission.ZONE_EDIT)
@require_http_methods(["GET", "POST"])
def zone_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = ZoneForm(request.POST or None, actor=actor_of(request), zone=row)
    if sent(form, lambda facts: acts.edit_zone(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return _done(request, pk, "已保存。")
    return form_page(request, form, title=f"修改“{row.name}”", act="保存", back=_address(pk))


@requires(Permission.ZONE_EDIT)
@require_http_methods(["GET", "POST"])
def zone_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = ZoneCloseForm(request.POST or None)
    if sent(form, lambda facts: acts.close_zone(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return _done(request, pk, f"“{row.name}”已撤销。")
    said = "撤销后，工作者的安排同时结束，片区里的单位回到未分片区。"
    return form_page(request, form, title=f"撤销“{row.name}”", act="撤销", back=_address(pk), said=said, kind="error")


@requires(Permission.ZONE_EDIT)
@require_http_methods(["GET", "POST"])
def zone_staff_add(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    form = ZoneStaffForm(request.POST or None, zone=row)
    if sent(
        form,
        lambda facts: acts.assign_zone_staff(
            pk, user_id=facts["user"], from_on=facts["from_on"], until_on=facts["until_on"],
            actor=actor_of(request), now=timezone.now(),
        ),
    ):  # fmt: skip
        return _done(request, pk, "已安排。")
    return form_page(request, form, title=f"为“{row.name}”安排工作者", act="安排", back=_address(pk))


@requires(Permission.ZONE_EDIT)
@require_POST
def zone_staff_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the assignment's; from today on."""
    row = found.zone_staff_in_sight(pk, actor_of(request))
    day = max(timezone.localdate(), row.from_on)
    acts.end_zone_staff(pk, on=day, actor=actor_of(request), now=timezone.now())
    return _done(request, row.zone_id, f"{row.user.name}的安排已结束。")


@requires(Permission.ZONE_EDIT)
@require_GET
def zone_officer_options(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk)
    text = "".join(request.GET.get("q", "").split())[:20]
    users = found.officer_options(row, text, on=timezone.localdate())
    return pages.options(request, [(user.pk, user.name, "片区工作者" if user.is_zone_worker else "") for user in users])


@requires(Permission.ZONE_EDIT)
@require_POST
def zone_employers_add(request: HttpRequest) -> HttpResponse:
    """First the chosen rows of a list, then the zone they go to."""
    chosen = list(filter(None, map(pages.number_in, request.POST.getlist("row"))))[: acts.MOST_AT_ONCE]
    actor, back = actor_of(request), reverse("organisations:employer_list")
    if not chosen:
        messages.error(request, "请先在列表里勾选单位。")
        return redirect(back)
    form = ZoneEmployersForm(request.POST if "zone" in request.POST else None, actor=actor)
    came: list[acts.Assigned] = []
    if sent(
        form,
        lambda facts: came.append(
            acts.assign_employers(
                facts["zone"], employer_ids=chosen, from_on=facts["from_on"], actor=actor, now=timezone.now()
            )
        ),
    ):
        result = came[0]
        parts = [f"已分入 {result.came} 家"]
        if result.already:
            parts.append(f"{result.already} 家原来就在")
        if result.left_out:
            parts.append(f"{result.left_out} 家不在这个镇街或已注销，没有分入")
        messages.success(request, "，".join(parts) + "。")
        return redirect("organisations:zone", form.cleaned_data["zone"])
    said = f"选中的 {len(chosen)} 家单位。一个单位同时只在一个片区，原来在别的片区的会移过来。"
    return form_page(request, form, title="分入片区", act="分入", back=back, said=said, chosen=chosen)


@requires(Permission.ZONE_EDIT)
@require_POST
def zone_employer_release(request: HttpRequest, pk: int, employer_id: int) -> HttpResponse:
    acts.release_employer(
        pk, employer_id=employer_id, on=timezone.localdate(), actor=actor_of(request), now=timezone.now()
    )
    return _done(request, pk, "已移出片区。")


def _address(pk: int) -> str:
    return reverse("organisations:zone", args=[pk])


def _to_change(request: HttpRequest, pk: int) -> Zone:
    """Raises Missing, NotPermitted: a form that can't be sent isn't shown."""
    row = found.zone_in_sight(pk, actor_of(request))
    if not actor_of(request).may(Permission.ZONE_EDIT, row.organisation.scope.path):
        raise NotPermitted
    return row


def _done(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    if request.headers.get("HX-Target") == "drawer-body":
        response = _shown(request, found.zone_in_sight(pk, actor_of(request)))
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect(_address(pk))
