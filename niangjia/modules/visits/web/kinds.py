"""走访表单: the kinds of visit at a place, and the questions of each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.ltree import end_of
from niangjia.modules.organisations.queries.at import current_organisation
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.kinds import (
    LONGEST_HINT,
    LONGEST_NAME,
    declare_kind,
    edit_kind,
    publish_form,
    stop_kind,
    use_kind_again,
)
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import KindShown, form_of, kinds_at, published_at
from niangjia.modules.visits.questions import FIELD_TYPES, Question, Type
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, RiskLevel
from niangjia.modules.visits.web import form_editor
from niangjia.ui import pages
from niangjia.ui.pages import actor_of


def place_of(request: HttpRequest, permission: str) -> tuple[int, str]:
    """Where one works now if one has the right there, else the first such place: (scope id, path). Raises Missing."""
    actor = actor_of(request)
    at = current_organisation(request)
    if at is not None and actor.may(permission, str(at.scope.path)):
        return at.pk, str(at.scope.path)
    paths = actor.paths(permission)
    if not paths:
        raise Missing
    return end_of(paths[0]), paths[0]


@requires(Permission.KIND_EDIT)
@require_GET
def kind_list(request: HttpRequest) -> HttpResponse:
    scope_id, path = place_of(request, Permission.KIND_EDIT)
    kinds = kinds_at(path, stopped=True)
    names = names_of({kind.scope_id for kind in kinds if kind.scope_id} | {scope_id})
    return render(
        request,
        "visits/kinds/list.html",
        {
            "kinds": [(kind, form_of(kind.code, path), names.get(kind.scope_id or 0, "")) for kind in kinds],
            "place": names.get(scope_id, ""),
        },
    )


class KindForm(forms.Form):
    name = forms.CharField(label="名称", max_length=LONGEST_NAME, help_text="如：安全生产走访、金秋助学。")
    hint = forms.CharField(
        label="说明", max_length=LONGEST_HINT, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="写给去走访的人：这一类去看什么、多长时间。",
    )  # fmt: skip


@requires(Permission.KIND_EDIT)
@require_http_methods(["GET", "POST"])
def kind_add(request: HttpRequest) -> HttpResponse:
    scope_id, _ = place_of(request, Permission.KIND_EDIT)
    form = KindForm(request.POST or None)
    made: dict[str, Any] = {}
    if pages.sent(
        form,
        lambda data: made.update(
            kind=declare_kind(scope_id=scope_id, **data, actor=actor_of(request), now=timezone.now())
        ),
    ):
        messages.success(request, "类型已加好，接着写要问什么。发布后就能选用。")
        return redirect("visits:kind_edit", made["kind"].code)
    return _facts_page(request, form, "新增走访类型")


@requires(Permission.KIND_EDIT)
@require_http_methods(["GET", "POST"])
def kind_rename(request: HttpRequest, code: str) -> HttpResponse:
    scope_id, path = place_of(request, Permission.KIND_EDIT)
    kind = _kind(code, path)
    form = KindForm(request.POST or None, initial={"name": kind.name, "hint": kind.hint})
    if pages.sent(form, lambda data: edit_kind(scope_id, code, **data, actor=actor_of(request), now=timezone.now())):
        messages.success(request, "已改好。")
        return redirect("visits:kind", code)
    return _facts_page(request, form, f"改“{kind.name}”的名称")


def _facts_page(request: HttpRequest, form: forms.Form, title: str) -> HttpResponse:
    return render(
        request, "visits/kinds/facts.html", {"form": form, "page_title": title}, status=422 if form.errors else 200
    )


@requires(Permission.KIND_EDIT)
@require_GET
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """What is asked, what the answers lead to, and the numbers published so far."""
    scope_id, path = place_of(request, Permission.KIND_EDIT)
    shown = _kind(code, path)
    form = form_of(code, path)
    return render(
        request,
        "visits/kinds/kind.html",
        {
            "kind": shown,
            "form": form,
            "questions": [said_of(one) for one in form.questions],
            "versions": published_at(code, path),
            "place": names_of([scope_id]).get(scope_id, ""),
        },
    )


@requires(Permission.KIND_EDIT)
@require_http_methods(["GET", "POST"])
def kind_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Rows of questions. Every button sends the whole form; only 发布 keeps it."""
    scope_id, path = place_of(request, Permission.KIND_EDIT)
    shown = _kind(code, path)
    form = form_of(code, path)
    if request.method == "GET":
        return _editor_page(request, shown, form_editor.opened(form.questions), form.number)
    editor = form_editor.posted(request.POST)
    seen = pages.number_in(request.POST.get("number", ""))
    act = request.POST.get("act", "preview")
    editor.act(act)
    if act != "publish":
        is_good = act != "preview" or editor.check()
        return _editor_page(request, shown, editor, seen, preview=act == "preview" and is_good)
    if editor.check():
        try:
            made = publish_form(
                scope_id, code, editor.questions(), seen_number=seen, actor=actor_of(request), now=timezone.now()
            )
        except Refused as refusal:
            editor.problem = refusal.message
        else:
            messages.success(request, f"第 {made.number} 版已发布。已经打开旧版的走访照样能交。")
            return redirect("visits:kind", code)
    return _editor_page(request, shown, editor, seen)


def _editor_page(
    request: HttpRequest, shown: KindShown, editor: form_editor.Editor, number: int, *, preview: bool = False
) -> HttpResponse:
    wrong = bool(editor.problem) or any(row.problem for row in editor.rows)
    return render(
        request,
        "visits/kinds/edit.html",
        {
            "kind": shown,
            "editor": editor,
            "number": number,
            "types": form_editor.TYPES,
            "fields": form_editor.FIELDS,
            "levels": form_editor.LEVELS,
            "preview": [said_of(one) for one in editor.questions()] if preview else None,
            "wrong": wrong,
        },
        status=422 if wrong else 200,
    )


@requires(Permission.KIND_EDIT)
@require_POST
def kind_stop(request: HttpRequest, code: str) -> HttpResponse:
    scope_id, _ = place_of(request, Permission.KIND_EDIT)
    row = stop_kind(scope_id, code, actor=actor_of(request), now=timezone.now())
    messages.success(request, f"“{row.name}”已停用，走访时不再出现。以前的走访不受影响。")
    return redirect("visits:kind", code)


@requires(Permission.KIND_EDIT)
@require_POST
def kind_use(request: HttpRequest, code: str) -> HttpResponse:
    scope_id, _ = place_of(request, Permission.KIND_EDIT)
    row = use_kind_again(scope_id, code, actor=actor_of(request), now=timezone.now())
    messages.success(request, f"“{row.name}”重新启用。")
    return redirect("visits:kind", code)


def _kind(code: str, path: str) -> KindShown:
    found = next((one for one in kinds_at(path, stopped=True) if one.code == code), None)
    if found is None:
        raise Missing("没有这个走访类型，可能不在您的管辖范围内。")
    return found


def said_of(one: Question) -> dict[str, Any]:
    """A question for whoever looks the form over."""
    leads = []
    if one.field in FIELD_TYPES:
        leads.append(("pencil", f"和单位资料里的“{EMPLOYER_FIELDS[one.field]}”不同时，建议更新"))
    if one.follow_up:
        what = f"：{one.follow_up.what}" if one.follow_up.what else ""
        leads.append(("refresh", f"{_when_said(one.follow_up.when)}，{one.follow_up.days} 天内回看{what}"))
    if one.risk:
        level = RiskLevel(one.risk.level).label
        leads.append(("alert-triangle", f"{_when_said(one.risk.when)}，登记为{level}风险"))
    return {"question": one, "type": Type(one.type).label, "leads": leads}


def _when_said(when: Any) -> str:
    if isinstance(when, dict):
        return f"达到 {when.get('least')}"
    if isinstance(when, bool):
        return f"答“{'是' if when else '否'}”"
    several = when if isinstance(when, (list, tuple)) else [when]
    return "答" + "或".join(f"“{value}”" for value in several)
