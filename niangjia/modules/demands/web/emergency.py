"""紧急规则: read, changed, and tried with a sentence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.rules import Urgency
from niangjia.engines.casework.web.fields import WordsField
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.demands.actions.emergency import FEWEST, RuleFacts, add_rule, change_rule, write_defaults
from niangjia.modules.demands.emergency_rules import NEGATIONS, people_in
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.emergency import fired, rule_in_sight, rules_at
from niangjia.modules.demands.web.keeping import place_here
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.pages import actor_of, form_page, sent

LONGEST_TRIED = 500
GRADES = [(code.value, code.label) for code in (Urgency.EXTREME, Urgency.URGENT)]


class RuleForm(forms.Form):
    name = forms.CharField(label="规则名称", max_length=40)
    people = forms.IntegerField(
        label="人数达到", required=False, min_value=FEWEST,
        help_text="诉求写的涉及人数，或文字里说到的人数，如“二十多人、30余名、上百人”。",
    )  # fmt: skip
    words = WordsField(
        label="出现这些词",
        required=False,
        rows=6,
        help_text="一行一个，或用顿号隔开。“中暑…昏迷”表示前后紧接着说到。",
    )
    not_words = WordsField(
        label="但这样说的不算",
        required=False,
        rows=6,
        help_text="如“未停工、停工留薪”。和上面的词重叠的只划掉那一处；不重叠的（如“演练”）划掉整个小句。",
    )
    urgency = forms.TypedChoiceField(label="定为", choices=GRADES, coerce=int)
    is_major = forms.BooleanField(label="标为重大", required=False)
    is_used = forms.BooleanField(label="启用", required=False)

    def facts(self) -> RuleFacts:
        said = self.cleaned_data
        return RuleFacts(
            name=said["name"], words=words_in(said["words"]), not_words=words_in(said["not_words"]),
            people=said["people"], urgency=said["urgency"], is_major=said["is_major"], is_used=said["is_used"],
        )  # fmt: skip


def words_in(text: str) -> tuple[str, ...]:
    for mark in "、；;":
        text = text.replace(mark, " ")
    return tuple(text.split())


def address(organisation_id: int) -> str:
    return f"{reverse('demands:emergencies')}?organisation={organisation_id}"


@requires(Permission.DEMAND_VIEW)
@require_GET
def emergencies(request: HttpRequest) -> HttpResponse:
    actor, place = actor_of(request), place_here(request)
    rows = rules_at(place.scope.path)
    names = names_of(row.scope_id for row in rows)
    return render(
        request,
        "demands/emergency/page.html",
        {
            "place": place,
            "rules": [
                (row, names.get(row.scope_id, ""), Urgency(row.urgency).label,
                 row.pk is not None and actor.may(Permission.EMERGENCY_EDIT, row.scope.path))
                for row in rows
            ],
            "may_edit": actor.may(Permission.EMERGENCY_EDIT, place.scope.path),
            "may_write_defaults": place.scope.parent_id is None
            and actor.may(Permission.EMERGENCY_EDIT, place.scope.path)
            and any(row.pk is None for row in rows),
            "negations": "、".join(NEGATIONS[:6]),
        },
    )  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_GET
def emergency_try(request: HttpRequest) -> HttpResponse:
    """What the rules say of a sentence; a part of the page."""
    text = request.GET.get("text", "")[:LONGEST_TRIED]
    found = fired(text, 1, place_here(request).scope.path) if text.strip() else None
    grade = Urgency(found.urgency).label if found else ""
    return render(
        request, "demands/emergency/try.html", {"text": text, "found": found, "grade": grade, "people": people_in(text)}
    )


@requires(Permission.EMERGENCY_EDIT)
@require_POST
def emergency_defaults(request: HttpRequest) -> HttpResponse:
    place = place_here(request)
    write_defaults(place.pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "默认规则已放到本单位，现在可以逐条修改或停用。")
    return redirect(address(place.pk))


@requires(Permission.EMERGENCY_EDIT)
@require_http_methods(["GET", "POST"])
def emergency_add(request: HttpRequest) -> HttpResponse:
    place, actor = place_here(request), actor_of(request)
    if not actor.may(Permission.EMERGENCY_EDIT, place.scope.path):
        raise NotPermitted
    form = RuleForm(request.POST or None, initial={"urgency": Urgency.EXTREME, "is_major": True, "is_used": True})
    if sent(form, lambda _: add_rule(place.pk, facts=form.facts(), actor=actor, now=timezone.now())):
        messages.success(request, "已加入紧急规则，从下一件诉求起生效。")
        return redirect(address(place.pk))
    return form_page(
        request, form, title="新增紧急规则", act="加入规则", back=address(place.pk), crumb="紧急规则",
        note=f"对{place.name}和它的下级有效。",
    )  # fmt: skip


@requires(Permission.EMERGENCY_EDIT)
@require_http_methods(["GET", "POST"])
def emergency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = rule_in_sight(pk, actor)
    if not actor.may(Permission.EMERGENCY_EDIT, row.scope.path):
        raise NotPermitted
    start: dict[str, Any] = {name: getattr(row, name) for name in ("name", "people", "urgency", "is_major", "is_used")}
    start |= {"words": "\n".join(row.words), "not_words": "\n".join(row.not_words)}
    form = RuleForm(request.POST or None, initial=start)
    if sent(form, lambda _: change_rule(pk, facts=form.facts(), actor=actor, now=timezone.now())):
        messages.success(request, f"“{row.name}”已改好，从下一件诉求起生效。")
        return redirect(address(row.scope_id))
    return form_page(
        request, form, title=f"修改：{row.name}", act="保存", back=address(row.scope_id), crumb="紧急规则",
        note="改动会记入变更记录；已经登记的诉求不变。",
    )  # fmt: skip
