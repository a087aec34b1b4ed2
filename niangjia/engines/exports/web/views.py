"""Asking for a list as a file, and the layouts of other systems."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.exports.actions import add_layout, ask_for_export, edit_layout, new_password
from niangjia.engines.exports.layout import LayoutColumn
from niangjia.engines.exports.models import ExportLayout
from niangjia.engines.exports.permissions import Permission
from niangjia.engines.exports.queries import Asked, asked, layout_of
from niangjia.engines.exports.source import source_of
from niangjia.engines.exports.web.forms import ExportForm, LayoutForm, NewLayoutForm, columns_form, columns_of
from niangjia.engines.exports.web.lists import LAYOUTS, title_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.lists.spec import registered
from niangjia.ui import pages
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of


@requires(Permission.EXPORT_RUN)
@require_http_methods(["GET", "POST"])
def export_add(request: HttpRequest) -> HttpResponse:
    """Opens beside the list from which it was pressed; then the task's page."""
    said = request.POST if request.method == "POST" else request.GET
    query, keys = said.get("query", ""), said.getlist("column")[:80]
    wanted = asked(said.get("list", ""), query=query, within=said.get("within", ""), keys=keys, actor=actor_of(request))
    form = ExportForm(request.POST or None, wanted=wanted, initial={"password": new_password()})
    if form.is_bound and form.is_valid():
        try:
            task = ask_for_export(wanted, form.wish(), query=query, actor=actor_of(request), now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            address = reverse("ui:task", args=[task.pk])
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return redirect(address)
    return render(
        request, "exports/export_add.html",
        {
            "form": form, "wanted": wanted, "query": query, "count": _count(wanted), "keys": keys,
            "shown": layout_of("shown", wanted).headings,
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _count(wanted: Asked) -> str:
    spec = wanted.source.spec
    try:
        rows = spec.narrowed(wanted.chosen, wanted.actor, wanted.within)
        return spec.count(rows, wanted.chosen, wanted.actor, wanted.within).text
    except Refused:
        return ""


# --- layouts ---


@requires(Permission.LAYOUT_EDIT)
@require_GET
def layout_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, LAYOUTS)


@requires(Permission.LAYOUT_EDIT)
@require_http_methods(["GET", "POST"])
def layout_add(request: HttpRequest) -> HttpResponse:
    """A name, and where to begin: with a list's own columns or with another layout's."""
    actor = actor_of(request)
    known = {f"layout:{row.pk}": row for row in ExportLayout.objects.visible_to(actor).order_by("name")}
    starts = [(code, f"照抄：{row.name}") for code, row in known.items()]
    starts += [(f"list:{spec.name}", f"空白：{spec.title}") for spec in registered()]
    form = NewLayoutForm(request.POST or None, starts=starts)
    if form.is_bound and form.is_valid():
        start = form.cleaned_data["start"]
        pattern = known.get(start)
        source = source_of(pattern.list_name if pattern else start.removeprefix("list:"))
        facts = {"name": form.cleaned_data["name"]}
        if pattern:
            facts |= {name: getattr(pattern, name) for name in ("description", "kind", "encoding", "header_lines")}
        columns = (pattern.as_layout() if pattern else source.layout_shown([])).columns
        try:
            row = add_layout(
                source.spec.name, scope_id=_seat(actor), facts=facts, columns=columns, actor=actor, now=timezone.now()
            )
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            return redirect("exports:layout", row.pk)
    return render(request, "exports/layout_add.html", {"form": form}, status=422 if form.errors else 200)


def _seat(actor: Actor) -> int:
    """The highest place where the actor keeps layouts."""
    path = min(actor.paths(Permission.LAYOUT_EDIT), key=lambda one: one.count("."))
    return Scope.objects.values_list("pk", flat=True).get(path=path)


@requires(Permission.LAYOUT_EDIT)
@require_http_methods(["GET", "POST"])
def layout(request: HttpRequest, pk: int) -> HttpResponse:
    """Shown with five made-up rows; changed by whoever holds the right at its place."""
    actor = actor_of(request)
    row = ExportLayout.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if row is None:
        raise Missing("没有这个导出格式，可能已被移走，或不在您的管辖范围内。")
    may_edit = row.may_change(actor, Permission.LAYOUT_EDIT) is not None
    if request.method == "POST" and not may_edit:
        raise NotPermitted
    source, kept = source_of(row.list_name), row.as_layout()
    names = ("name", "description", "kind", "encoding", "header_lines", "is_active")
    form = LayoutForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    formset = columns_form(source, kept.columns, request.POST or None)
    columns: list[LayoutColumn] = list(kept.columns)
    if request.method == "POST" and form.is_valid() and formset.is_valid():
        columns = columns_of(formset)
        if "preview" not in request.POST:
            try:
                edit_layout(pk, facts=form.cleaned_data, columns=columns, actor=actor, now=timezone.now())
            except Refused as refusal:
                pages.put_refusal(form, refusal)
            else:
                messages.success(request, f"已保存“{form.cleaned_data['name']}”。")
                return redirect("exports:layout", pk)
    return render(
        request, "exports/layout.html",
        {
            "row": row, "form": form, "formset": formset, "may_edit": may_edit, "list_title": title_of(row.list_name),
            "headings": [one.heading for one in columns], "samples": source.samples(columns), "columns": [(one, source.known[one.source].heading if one.source in source.known else "") for one in columns],
        },
        status=422 if form.errors or any(formset.errors) else 200,
    )  # fmt: skip
