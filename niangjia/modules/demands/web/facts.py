"""Putting a demand right: facts, people concerned, links, how it closed, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from niangjia.engines.casework.queries.rights import roles_of
from niangjia.engines.casework.web.fields import ACCEPTED, FilesField, WordsField
from niangjia.engines.casework.web.steps import after
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.money import fen_of, yuan
from niangjia.modules.demands import actions
from niangjia.modules.demands.actions.facts import Concerned, facts_of
from niangjia.modules.demands.models import ConcernedPerson, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import page as reading
from niangjia.modules.demands.queries.calls import caller_of
from niangjia.modules.demands.queries.demands import asker_shown, demand_in_sight
from niangjia.modules.demands.rules import Facts, HowClosed, Party
from niangjia.modules.demands.web.intake import IntakeForm, name_employers
from niangjia.modules.members.queries.naming import names_of_persons, names_of_persons_in_sight
from niangjia.ui import pages
from niangjia.ui.forms import Picker
from niangjia.ui.pages import actor_of

WORKS_ON_IT = frozenset({"LEAD", "CO_HANDLER"})


def to_edit(request: HttpRequest, pk: int, permission: str = Permission.DEMAND_HANDLE) -> Demand:
    """Raises Missing, NotPermitted: a form that can't be sent isn't shown."""
    row, actor = demand_in_sight(pk, actor_of(request)), actor_of(request)
    if not actor.may(permission, str(row.case.scope.path)) and not roles_of(row.case, actor) & WORKS_ON_IT:
        raise NotPermitted
    return row


def answered(
    request: HttpRequest,
    row: Demand,
    form: forms.Form,
    do: Callable[[], object],
    *,
    title: str,
    act: str = "保存",
    said: str = "已保存。",
    template: str = "demands/fact_form.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form, or back to the demand once it was sent."""
    if form.is_bound and form.is_valid() and _done(form, do):
        messages.success(request, said)
        return after(request, row.case)
    return render(
        request,
        template,
        {
            "demand": row, "case": row.case, "form": form, "title": title, "act": act,
            "back": row.case.get_absolute_url(), **(context or {}),
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _done(form: forms.Form, do: Callable[[], object]) -> bool:
    try:
        do()
    except Refused as refusal:
        field = "attached" if refusal.field == "file" else refusal.field
        pages.put_refusal(form, Refused(refusal.code, refusal.message, field))
        return False
    return True


# --- facts ---


class EditForm(IntakeForm):
    """Name and phone are masked here too: what is left empty stays."""

    title = forms.CharField(label="标题", max_length=60)
    party = forms.TypedChoiceField(label="谁提的", choices=Party.choices(), coerce=int, widget=forms.RadioSelect)
    recording = forms.CharField(label="录音", required=False, max_length=300)
    paper_number = forms.CharField(label="来信文号", required=False, max_length=40)
    reason = WordsField(label="修改原因", required=False, max_length=200, rows=2)
    field_order = (
        "title", "body", "nature", "kind", "party", "asker_name", "asker_phone", "employer", "division", "zone", "place",
        "happened_on", "people", "claimed_fen",
    )  # fmt: skip

    def __init__(self, *given: Any, row: Demand, **more: Any) -> None:
        self.known = facts_of(row)
        known = self.known
        more["initial"] = {
            name: getattr(known, name)
            for name in (
                "title", "body", "nature", "kind", "party", "is_anonymous", "is_confidential", "tells_own_union",
                "employer_name", "division", "place", "happened_on", "people", "recording", "paper_number",
            )
        } | {"employer": known.employer_id, "zone": known.zone_id, "claimed_fen": yuan(known.claimed_fen)}  # fmt: skip
        super().__init__(*given, **more)
        shown = asker_shown(row)
        for gone in ("urgency", "person"):
            del self.fields[gone]
        self.fields["asker_name"].widget.attrs["placeholder"] = shown.name if shown.has_name else ""
        self.fields["asker_phone"].widget.attrs["placeholder"] = shown.phone
        for name in ("asker_name", "asker_phone"):
            self.fields[name].help_text = "不改就空着。"

    def edited(self) -> Facts:
        said = self.cleaned_data
        same = {name: said[name] for name in (
            "title", "body", "nature", "kind", "party", "is_anonymous", "is_confidential", "tells_own_union",
            "employer_name", "division", "place", "happened_on", "claimed_fen", "recording", "paper_number",
        )}  # fmt: skip
        return replace(
            self.known, **same, employer_id=said["employer"], zone_id=said["zone"], people=said["people"] or 1,
            asker_name=said["asker_name"] or self.known.asker_name,
            asker_phone=said["asker_phone"] or self.known.asker_phone,
        )  # fmt: skip


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = to_edit(request, pk), actor_of(request)
    form = EditForm(request.POST or None, actor=actor, row=row)
    form.fields["body"].widget.attrs.pop("autofocus", None)

    def edit() -> None:
        actions.edit_facts(pk, form.edited(), reason=form.cleaned_data["reason"], actor=actor, now=timezone.now())

    return answered(request, row, form, edit, title="修改诉求资料")


# --- people concerned ---


class ConcernedForm(forms.Form):
    """Those who are on the list with their sums, and more of them as they stand in a sheet."""

    def __init__(self, *given: Any, people: list[ConcernedPerson], **more: Any) -> None:
        super().__init__(*given, **more)
        self.people = people
        for one in people:
            for name, label, fen in (
                ("claimed", "诉求金额", one.claimed_fen), ("recovered", "追回金额", one.recovered_fen),
            ):  # fmt: skip
                self.fields[f"{name}{one.pk}"] = SumField(label=label, initial=yuan(fen))
            self.fields[f"gone{one.pk}"] = forms.BooleanField(label="移出名单", required=False)
        self.fields["more"] = WordsField(
            label="再加几人", required=False, max_length=100_000, rows=5,
            help_text="一行一人：姓名、电话、诉求金额、追回金额，可以从表格直接粘贴；没有的留空。",
            widget=forms.Textarea(attrs={"rows": 5, "placeholder": "王芳　138…　15500\n张强　　16200"}),
        )  # fmt: skip

    @property
    def rows(self) -> list[tuple[reading.Concerned, Any, Any, Any]]:
        shown = reading.masked(self.people)
        return [
            (who, self[f"claimed{one.pk}"], self[f"recovered{one.pk}"], self[f"gone{one.pk}"])
            for one, who in zip(self.people, shown, strict=True)
        ]

    def clean_more(self) -> list[Concerned]:
        try:
            return people_written(self.cleaned_data["more"])
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def everybody(self) -> list[Concerned]:
        said = self.cleaned_data
        kept = [
            Concerned(one.name, one.phone or "", said[f"claimed{one.pk}"], said[f"recovered{one.pk}"])
            for one in self.people
            if not said[f"gone{one.pk}"]
        ]
        return kept + list(said["more"])


class SumField(forms.CharField):
    """Yuan as people write them; whole fen when clean."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        usual: dict[str, Any] = {"required": False, "max_length": 30, "widget": widget}
        super().__init__(**(usual | more))

    def clean(self, value: Any) -> int | None:
        text = str(super().clean(value)).strip()
        try:
            return fen_of(text) if text else None
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from refusal


def people_written(text: str) -> list[Concerned]:
    """Lines as pasted from a sheet: by tabs, else by commas, else by spaces. Raises Refused."""
    people = []
    for line in text.splitlines():
        if not line.strip():
            continue
        mark = next((mark for mark in ("\t", "，", ",", "\u3000") if mark in line), " ")
        parts = (
            line.split(mark) if mark in "\t\u3000" else line.replace("，", ",").split("," if mark in "，," else None)
        )
        name, phone, claimed, recovered = (*(part.strip() for part in parts), "", "", "", "")[:4]
        people.append(
            Concerned(name, phone, fen_of(claimed) if claimed else None, fen_of(recovered) if recovered else None)
        )
    return people


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_concerned(request: HttpRequest, pk: int) -> HttpResponse:
    row = to_edit(request, pk)
    form = ConcernedForm(request.POST or None, people=reading.concerned_of(row))

    def keep() -> None:
        try:
            actions.set_concerned(pk, form.everybody(), actor=actor_of(request), now=timezone.now())
        except Refused as refusal:
            raise Refused(refusal.code, refusal.message, "more") from refusal

    return answered(
        request, row, form, keep, title="涉及人员", said="名单已保存。", template="demands/concerned_form.html"
    )


# --- links ---


class LinksForm(forms.Form):
    person = forms.IntegerField(
        label="诉求人是哪位会员", required=False, min_value=1,
        widget=Picker("members:person_options", placeholder="输入姓名、拼音首字母或手机尾号"),
        help_text="关联只为方便办理，不会使人成为会员。同名的人请先核对。",
    )  # fmt: skip
    employer = forms.IntegerField(
        label="反映的是哪个用人单位",
        required=False,
        min_value=1,
        widget=Picker("organisations:employer_options"),
    )
    asker_employer = forms.IntegerField(
        label="提诉求的单位",
        required=False,
        min_value=1,
        widget=Picker("organisations:employer_options"),
    )

    def __init__(self, *given: Any, row: Demand, actor: Actor, **more: Any) -> None:
        more["initial"] = {
            "person": row.person_id, "employer": row.employer_id, "asker_employer": row.asker_employer_id,
        }  # fmt: skip
        super().__init__(*given, **more)
        self.row, self.actor = row, actor
        name_employers(self, actor)
        self.fields["person"].widget.label_of = self._person_label
        if row.party != Party.EMPLOYER:
            del self.fields["asker_employer"]

    def _person_label(self, pk: int) -> str:
        known = names_of_persons([pk]) if pk == self.row.person_id else names_of_persons_in_sight([pk], self.actor)
        return known.get(pk, "")


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_links(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor, now = to_edit(request, pk), actor_of(request), timezone.now()
    form = LinksForm(request.POST or None, row=row, actor=actor)

    def link() -> None:
        said = form.cleaned_data
        if said["person"] != row.person_id:
            actions.link_person(pk, said["person"], actor=actor, now=now)
        if said["employer"] != row.employer_id:
            actions.edit_facts(pk, replace(facts_of(row), employer_id=said["employer"]), actor=actor, now=now)
        if "asker_employer" in said and said["asker_employer"] != row.asker_employer_id:
            actions.link_employer(pk, said["asker_employer"], actor=actor, now=now)

    return answered(
        request, row, form, link, title="关联职工或单位", template="demands/links_form.html",
        context={"likely": _likely(row, actor)},
    )  # fmt: skip


def _likely(row: Demand, actor: Actor) -> list[Any]:
    """Members with the asker's phone: a hint, never taken by itself."""
    if row.is_anonymous or not row.asker_phone or row.person_id:
        return []
    return list(caller_of(row.asker_phone, actor, now=timezone.now()).members)


# --- how it closed, files ---


class OutcomeForm(forms.Form):
    how_closed = forms.ChoiceField(label="办结方式", required=False, choices=[("", "还没有办结"), *HowClosed.choices()])
    recovered_fen = SumField(label="为职工追回多少（元）", help_text="没有涉及金额的不填。")


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_outcome(request: HttpRequest, pk: int) -> HttpResponse:
    row = to_edit(request, pk)
    first = {"how_closed": row.how_closed, "recovered_fen": yuan(row.recovered_fen)}
    form = OutcomeForm(request.POST or None, initial=first)

    def keep() -> None:
        actions.set_outcome(pk, **form.cleaned_data, actor=actor_of(request), now=timezone.now())

    return answered(request, row, form, keep, title="办结情况与追回金额")


class AttachForm(forms.Form):
    attached = FilesField(label="附件", required=True)


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_attach(request: HttpRequest, pk: int) -> HttpResponse:
    row = to_edit(request, pk, Permission.DEMAND_RECORD)
    form = AttachForm(request.POST or None, request.FILES or None)

    def keep() -> None:
        for file in form.cleaned_data["attached"]:
            actions.attach(pk, file, name=file.name or "", actor=actor_of(request), now=timezone.now())

    return answered(
        request, row, form, keep, title="添加附件", act="上传", said="附件已添加。", context={"accepted": ACCEPTED}
    )


class DiedForm(forms.Form):
    goes_on = forms.ChoiceField(
        label="家属要继续办吗",
        choices=[("yes", "继续，由家属出面"), ("no", "不再继续，撤回")],
        widget=forms.RadioSelect,
    )
    family_name = forms.CharField(label="家属姓名", required=False, max_length=50)
    family_phone = forms.CharField(label="家属电话", required=False, max_length=30)
    reason = WordsField(label="从哪里得知、家属怎么说", max_length=300, rows=3)


@requires(None)
@require_http_methods(["GET", "POST"])
def demand_asker_died(request: HttpRequest, pk: int) -> HttpResponse:
    row = to_edit(request, pk)
    form = DiedForm(request.POST or None)

    def mark() -> None:
        said = form.cleaned_data | {"goes_on": form.cleaned_data["goes_on"] == "yes"}
        actions.mark_asker_dead(pk, **said, actor=actor_of(request), now=timezone.now())

    return answered(request, row, form, mark, title="诉求人去世", act="记下", said="已记下。")
