"""The list, the tree, one organisation's page, and its founding, editing and renaming."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.asking import asking
from niangjia.kernel.access.guard import requires
from niangjia.kernel.audit.labels import label_of
from niangjia.kernel.audit.wording import changes
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.organisations import (
    Facts,
    add_organisation,
    edit_organisation,
    ensure_may_restructure,
    may_restructure,
    rename_organisation,
)
from niangjia.modules.organisations.models import Division, Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.figures import then_and_now
from niangjia.modules.organisations.queries.organisations import (
    CHILDREN_AT_ONCE,
    children_of,
    kind_of_organisation,
    line_of,
    names_of,
    nodes,
    organisation_in_sight,
    state_of,
    structure_changes,
    tops_of,
    trail_of,
)
from niangjia.modules.organisations.queries.organisations import division_options as divisions_meant
from niangjia.modules.organisations.queries.organisations import organisation_options as organisations_meant
from niangjia.modules.organisations.queries.tabs import tabs_of
from niangjia.modules.organisations.queries.terms import committee_of, current_terms
from niangjia.modules.organisations.rules import OrganisationKind, Structural
from niangjia.modules.organisations.web.lists import ORGANISATIONS, due_mark
from niangjia.ui import pages
from niangjia.ui.forms import CodePicker, Picker
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of

SOME_CHILDREN = 12


# ---- the list and the tree


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_list(request: HttpRequest) -> HttpResponse:
    """Where one works now, or at and under `?under=`, a place in sight."""
    actor = actor_of(request)
    under = pages.number_in(request.GET.get("under", ""))
    at = organisation_in_sight(under, actor) if under else current_organisation(request)
    may_add = actor.can(Permission.ORGANISATION_RESTRUCTURE)
    within = at.scope.path if at else None
    return show_list(request, ORGANISATIONS, within=within, context={"at": at, "may_add": may_add})


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_tree(request: HttpRequest) -> HttpResponse:
    """The tops of one's sight, each with its first level open."""
    actor = actor_of(request)
    tops = nodes(tops_of(actor, current_path(request)))
    branches = [(node, _branch(node.organisation.pk, actor, 0)) for node in tops[:5]]
    return render(
        request,
        "organisations/organisation_tree.html",
        {"branches": branches, "closed_tops": tops[5:], "at": current_organisation(request)},
    )


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def tree_branch(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands directly below, a hundred at a time."""
    organisation_in_sight(pk, actor_of(request))
    branch = _branch(pk, actor_of(request), pages.number_in(request.GET.get("after", "")))
    return render(request, "organisations/organisation_branch.html", {"branch": branch})


def _branch(pk: int, actor: Actor, after: int) -> dict[str, Any]:
    rows = list(children_of(pk, actor)[after : after + CHILDREN_AT_ONCE + 1])
    return {
        "nodes": nodes(rows[:CHILDREN_AT_ONCE]),
        "more": f"{reverse('organisations:tree_branch', args=[pk])}?after={after + CHILDREN_AT_ONCE}"
        if len(rows) > CHILDREN_AT_ONCE
        else "",
    }


# ---- one organisation


def ensure_may(actor: Actor, permission: str, organisation: Organisation) -> None:
    """A form that can't be sent isn't shown. Raises NotPermitted."""
    if not actor.may(permission, organisation.scope.path):
        raise NotPermitted


def frame(request: HttpRequest, organisation: Organisation) -> dict[str, Any]:
    """What every page of one organisation shows around its content."""
    actor, path = actor_of(request), organisation.scope.path
    above = line_of(organisation)
    return {
        "organisation": organisation,
        "kind": kind_of_organisation(organisation),
        "state": state_of(organisation),
        "line": [row for row in above if actor.may(Permission.ORGANISATION_VIEW, row.scope.path)],
        "parent": above[-1] if above else None,
        "tabs": tabs_of(organisation, actor),
        "may_edit": organisation.is_open and actor.may(Permission.ORGANISATION_EDIT, path),
        "may_add": organisation.is_open
        and actor.may(Permission.ORGANISATION_RESTRUCTURE, path)
        and bool(rules.kinds_under(kind_of_organisation(organisation))),
        "may_restructure": organisation.is_open and may_restructure(actor, organisation),
        "may_keep_terms": organisation.is_open and actor.may(Permission.TERM_EDIT, path),
        "is_federation": kind_of_organisation(organisation) in rules.FEDERATIONS,
    }


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, the committee in office, what stands below, and figures then and now."""
    actor, today = actor_of(request), timezone.localdate()
    row = organisation_in_sight(pk, actor)
    term = current_terms([pk]).get(pk)
    children = list(children_of(pk, actor)[: SOME_CHILDREN + 1])
    return render(
        request,
        "organisations/organisation.html",
        {
            **frame(request, row),
            "term": term,
            "term_label": rules.Term(term.number, term.from_on, term.until_on).label if term else "",
            "due": due_mark(term.until_on, today) if term else None,
            "committee": [(rules.Post(post.kind).label, post) for post in committee_of(row, on=today)],
            "nodes": nodes(children[:SOME_CHILDREN]),
            "more_children": len(children) > SOME_CHILDREN,
            "then": last_years_end(),
            "figures": then_and_now(row, then=last_years_end()),
        },
    )


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """本级概况: the figures of the place where one works; left out for somebody who looks after several."""
    here = current_organisation(request)
    if here is None:
        tops = tops_of(actor_of(request))
        here = tops[0] if len(tops) == 1 else None
    if here is None:
        return None
    return {"organisation": here, "figures": then_and_now(here, then=last_years_end())}


def last_years_end() -> date:
    return date(timezone.localdate().year - 1, 12, 31)


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_structure(request: HttpRequest, pk: int) -> HttpResponse:
    """隶属沿革: founded, renamed, moved, merged, with the place before and after."""
    row = organisation_in_sight(pk, actor_of(request))
    found = list(structure_changes(row))
    ids = {
        int(label)
        for change in found
        for path in (change.path_before, change.path_after)
        if path
        for label in path.split(".")
    }
    names = names_of(ids)
    entries = [
        {
            "on": change.on,
            "label": Structural(change.kind).label if change.organisation_id == row.pk else "并入本会",
            "icon": STRUCTURE_ICONS[Structural(change.kind)],
            "text": _told(change, row),
            "before": _place(change.path_before, names) if change.kind == Structural.MOVED else "",
            "after": _place(change.path_after, names) if change.kind == Structural.MOVED else "",
            "note": change.note,
            "by": change.actor_name,
            "at": change.at,
        }
        for change in found
    ]
    return render(request, "organisations/organisation_structure.html", {**frame(request, row), "entries": entries})


STRUCTURE_ICONS = {
    Structural.FOUNDED: "flag",
    Structural.RENAMED: "pencil",
    Structural.RETYPED: "category",
    Structural.MOVED: "arrows-exchange",
    Structural.MERGED: "git-merge",
    Structural.DISSOLVED: "circle-x",
}


def _told(change: Any, organisation: Organisation) -> str:
    if change.kind == Structural.MERGED:
        if change.organisation_id == organisation.pk:
            return f"并入“{change.other.name}”"
        return f"“{change.organisation.name}”并入"
    if change.kind == Structural.MOVED and change.other:
        return f"调整到“{change.other.name}”之下"
    if change.kind == Structural.RETYPED and change.kind_before:
        return f"原来是{OrganisationKind(change.kind_before).label}"
    return ""


def _place(path: str | None, names: dict[int, str]) -> str:
    """The superiors on a path, itself left out."""
    return " › ".join(names.get(int(label), "—") for label in (path or "").split(".")[:-1])


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_history(request: HttpRequest, pk: int) -> HttpResponse:
    """变更记录: every recorded change to it, its terms and its posts."""
    row = organisation_in_sight(pk, actor_of(request))
    entries = [
        {
            "at": entry.at,
            "by": entry.actor_name,
            "text": label_of(entry.verb),
            "note": "；".join(
                [*(change.text for change in changes(entry)), *([f"原因：{entry.reason}"] if entry.reason else [])]
            ),
        }
        for entry in trail_of(row)
    ]
    return render(request, "organisations/organisation_history.html", {**frame(request, row), "entries": entries})


# ---- founding, editing, renaming


def organisation_label(pk: int) -> str:
    """The text of a picked organisation; an id that means nothing, or nothing in sight, is left blank."""
    return Organisation.objects.visible_to(asking()).filter(pk=pk).values_list("name", flat=True).first() or ""


def division_label(code: str) -> str:
    return Division.objects.filter(pk=code).values_list("name", flat=True).first() or ""


class FactsForm(forms.Form):
    """What an edit and a founding have in common; the checks are the action's."""

    short_name = forms.CharField(label="简称", max_length=40, required=False)
    credit_code = forms.CharField(
        label="统一社会信用代码", max_length=30, required=False, help_text="工会自己的代码，81 开头；没有就留空。"
    )
    division = forms.CharField(
        label="行政区划",
        required=False,
        widget=CodePicker("organisations:division_options", label_of=division_label, placeholder="输入镇街名称或代码"),
    )
    founded_on = forms.DateField(label="成立日期", required=False)
    address = forms.CharField(label="地址", max_length=200, required=False)
    telephone = forms.CharField(label="办公电话", max_length=30, required=False)
    staff_quota = forms.IntegerField(
        label="专职人员核定数", min_value=0, max_value=9999, required=False, help_text="社会化工会工作者的核定人数。"
    )

    def facts(self) -> Facts:
        given = {name: self.cleaned_data[name] for name in FactsForm.base_fields}
        given["staff_quota"] = given["staff_quota"] or 0
        return cast("Facts", given)


class OrganisationForm(FactsForm):
    parent_id = forms.IntegerField(
        label="上级组织", widget=Picker("organisations:organisation_options", label_of=organisation_label)
    )
    kind = forms.ChoiceField(label="类型")
    name = forms.CharField(label="全称", max_length=100, help_text="照批复写全称，如“滨江街道总工会”。")
    field_order = ("parent_id", "kind", "name")

    def __init__(self, *args: Any, kinds: tuple[OrganisationKind, ...], **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["kind"].choices = [("", "请选择"), *((str(kind), kind.label) for kind in kinds)]  # type: ignore[attr-defined]


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_add(request: HttpRequest) -> HttpResponse:
    """Found one, under the parent named in the address if there is one."""
    actor = actor_of(request)
    wanted = request.GET.get("parent", "")
    parent = organisation_in_sight(pages.number_in(wanted), actor) if wanted else None
    kinds = rules.kinds_under(kind_of_organisation(parent)) if parent else tuple(OrganisationKind)
    form = OrganisationForm(
        request.POST or None,
        kinds=kinds,
        initial={"parent_id": parent.pk if parent else None, "division": parent.division_id if parent else None},
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = add_organisation(
                parent_id=data["parent_id"], name=data["name"], kind=OrganisationKind(data["kind"]), actor=actor,
                now=timezone.now(), **form.facts(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, _meant(refusal, parent="parent_id"))
        else:
            messages.success(request, f"已登记“{made.name}”。接着可以登记届次和班子。")
            return redirect("organisations:organisation", made.pk)
    return _form(request, form, "登记组织", parent=parent, sure="登记")


@requires(Permission.ORGANISATION_EDIT)
def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may(actor_of(request), Permission.ORGANISATION_EDIT, row)
    form = FactsForm(
        request.POST or None,
        initial={name: getattr(row, name) for name in FactsForm.base_fields} | {"division": row.division_id},
    )
    if form.is_valid():
        try:
            edit_organisation(pk, actor=actor, now=timezone.now(), **form.facts())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已保存。")
            return redirect("organisations:organisation", pk)
    return _form(request, form, "修改资料", row=row)


class RenameForm(forms.Form):
    name = forms.CharField(label="新名称", max_length=100)
    on = forms.DateField(label="生效日期", help_text="批复上的日期。")
    note = forms.CharField(label="说明", max_length=200, required=False, help_text="批复文号、更名原因。")


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_rename(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may_restructure(actor, row)
    form = RenameForm(request.POST or None, initial={"name": row.name, "on": timezone.localdate()})
    if form.is_valid():
        data = form.cleaned_data
        try:
            rename_organisation(
                pk, name=data["name"], on=data["on"], note=data["note"], actor=actor, now=timezone.now()
            )
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已更名，原名称保留在沿革里。")
            return redirect("organisations:organisation", pk)
    return _form(request, form, "更名", row=row, sure="更名")


def _meant(refusal: Refused, **names: str) -> Refused:
    """A rule names its own field; the form may call it otherwise."""
    return Refused(refusal.code, refusal.message, names.get(refusal.field or "", refusal.field))


def _form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    *,
    row: Organisation | None = None,
    parent: Organisation | None = None,
    sure: str = "保存",
) -> HttpResponse:
    seen = row or parent
    address = (
        reverse("organisations:organisation", args=[seen.pk]) if seen else reverse("organisations:organisation_list")
    )
    return render(
        request,
        "organisations/organisation_form.html",
        {"form": form, "page_title": title, "organisation": seen, "back": address, "sure": sure},
        status=422 if form.errors else 200,
    )


# ---- what pickers ask


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_options(request: HttpRequest) -> HttpResponse:
    """Open organisations in sight; `?kind=A,B` narrows, and the place one works in too with `?here=1`."""
    known = {str(kind) for kind in OrganisationKind}
    kinds = [kind for kind in request.GET.get("kind", "").split(",") if kind in known]
    return offered(request, kinds, within=current_path(request) if request.GET.get("here") else None)


def offered(request: HttpRequest, kinds: list[str], *, within: str | None = None) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    found = organisations_meant(actor_of(request), text, kinds=kinds, within=within)
    return pages.options(request, [(row.pk, row.name, parent) for row, parent in found])


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def division_options(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    return pages.options(
        request,
        [(row.code, row.name, f"{row.parent.name if row.parent else ''} {row.code}") for row in divisions_meant(text)],
    )
