"""What the hotline and the other doors share: the form in which words are taken down, and what is said beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Refused
from niangjia.kernel.money import fen_of
from niangjia.modules.demands.actions.recording import with_zone
from niangjia.modules.demands.emergency_rules import Fired
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import catalogue, similar_open
from niangjia.modules.demands.queries.calls import seat_of
from niangjia.modules.demands.queries.catalogue import CatalogueKind
from niangjia.modules.demands.queries.demands import Alike
from niangjia.modules.demands.queries.emergency import fired
from niangjia.modules.demands.queries.routing import Route, preview
from niangjia.modules.demands.queries.sensing import Past, firms_named, places_named, similar_past, zones_named
from niangjia.modules.demands.queries.triage import Sensed, sense_text
from niangjia.modules.demands.rules import (
    LONGEST_BODY,
    MOST_PEOPLE,
    Channel,
    Facts,
    Nature,
    Needed,
    Party,
    still_needed,
    tidy_line,
)
from niangjia.modules.demands.triage.rules import Field
from niangjia.modules.demands.web.marks import stage_mark
from niangjia.modules.demands.web.offers import choices_shown, kinds_shown
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.employers import grounds_to_filter
from niangjia.modules.organisations.queries.joining import employer_named
from niangjia.modules.organisations.queries.membership import employer_names, employer_names_in_sight
from niangjia.modules.organisations.queries.of_employer import employer_facts
from niangjia.modules.organisations.queries.zones import names_of_zones, zones_by_id
from niangjia.ui import pages
from niangjia.ui.forms import CodePicker, DayField, NamePicker, Picker
from niangjia.ui.pages import actor_of

FEWEST_TO_COMPARE = 6
MOST_OFFERED = 3


class MomentInput(forms.DateTimeInput):
    def __init__(self, **more: Any) -> None:
        super().__init__(attrs={"type": "datetime-local", **more}, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A day and an hour, as the browser's own field writes them."""

    widget = MomentInput
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


def kind_label(code: str) -> str:
    return catalogue().full_label_of(code)


def name_employers(form: forms.Form, actor: Actor) -> None:
    """A typed number gets no name of what is out of sight; the employer that the demand has already keeps its own."""
    for name in ("employer", "asker_employer"):
        if name not in form.fields:
            continue
        had = form.initial.get(name)

        def label(pk: int, had: int | None = had) -> str:
            return (employer_names([pk]) if pk == had else employer_names_in_sight([pk], actor)).get(pk, "")

        form.fields[name].widget.label_of = label


class IntakeForm(forms.Form):
    """Field names are those of `Facts` (the employer's id is `employer`); a refusal finds its field by them."""

    body = forms.CharField(
        label="诉求内容", max_length=LONGEST_BODY, widget=forms.Textarea(attrs={"rows": 4, "autofocus": True, "aria-keyshortcuts": "Alt+W"}),
        error_messages={"required": "请写下诉求人说了什么。"},
    )  # fmt: skip
    nature = forms.TypedChoiceField(
        label="性质", choices=Nature.choices(), coerce=int, initial=Nature.HELP, widget=forms.RadioSelect
    )
    kind = forms.CharField(
        label="类别", required=False, max_length=4,
        widget=CodePicker(
            "demands:kind_options", label_of=kind_label, placeholder="输入类别名称或编号，如 欠薪",
            attrs={"aria-keyshortcuts": "Alt+K"},
        ),
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label="紧急程度", required=False, coerce=int, empty_value=None,
        choices=[("", "按类别"), *Urgency.choices()],
    )  # fmt: skip
    asker_name = forms.CharField(label="诉求人姓名", required=False, max_length=50)
    asker_phone = forms.CharField(label="联系电话", required=False, max_length=30)
    is_anonymous = forms.BooleanField(label="不愿留名（匿名）", required=False)
    is_confidential = forms.BooleanField(label="要求保密（只有经办人能看）", required=False)
    tells_own_union = forms.BooleanField(label="同意告知本单位工会", required=False)
    employer = forms.IntegerField(
        label="涉及的用人单位", required=False, min_value=1,
        widget=NamePicker(
            "organisations:employer_options", text_name="employer_name",
            placeholder="输入名称查找，查不到照说的写",
        ),
    )  # fmt: skip
    employer_name = forms.CharField(required=False, max_length=100)
    division = forms.ChoiceField(label="发生在哪个镇街", required=False)
    zone = forms.IntegerField(
        label="片区", required=False, min_value=1,
        widget=Picker("organisations:zone_options", placeholder="输入片区或镇街名称"),
    )  # fmt: skip
    place = forms.CharField(label="具体地点", required=False, max_length=200)
    happened_on = DayField(label="发生时间", required=False, widget=forms.DateInput)
    people = forms.IntegerField(label="涉及人数", required=False, min_value=1, max_value=MOST_PEOPLE, initial=1)
    claimed_fen = forms.CharField(label="涉及金额（元）", required=False, max_length=30)
    person = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, actor: Actor, **more: Any) -> None:
        super().__init__(data, files, **more)
        name_employers(self, actor)
        self.actor, self.grounds = actor, grounds_to_filter(actor)
        self.fields["division"].choices = [("", "不清楚"), *self.grounds]  # type: ignore[attr-defined]
        self.fields["zone"].widget.label_of = self._zone_label
        name = self["employer_name"].value() or ""
        self.fields["employer"].widget.text = name
        self.fields["people"].widget.attrs["inputmode"] = "numeric"
        self.fields["claimed_fen"].widget.attrs |= {"inputmode": "decimal", "placeholder": "如 12600 或 1.26万"}

    def _zone_label(self, pk: int) -> str:
        if pk == self.initial.get("zone"):
            return names_of_zones([pk]).get(pk, "")
        found = zones_by_id([pk], self.actor).get(pk)
        return found.label if found else ""

    def clean_zone(self) -> int | None:
        """One in sight, or the one that the demand has already."""
        pk: int | None = self.cleaned_data["zone"]
        if pk and pk != self.initial.get("zone") and pk not in zones_by_id([pk], self.actor):
            raise forms.ValidationError("没有找到这个片区，请重新选择。")
        return pk

    def clean_claimed_fen(self) -> int | None:
        text = self.cleaned_data["claimed_fen"].strip()
        if not text:
            return None
        try:
            return fen_of(text)
        except Refused as no:
            raise forms.ValidationError(no.message) from no

    def facts(self, channel: Channel) -> Facts:
        said = self.cleaned_data
        return Facts(
            nature=said["nature"], channel=channel, body=said["body"], kind=said["kind"], urgency=said["urgency"],
            asker_name=said["asker_name"], asker_phone=said["asker_phone"], person_id=said["person"],
            is_anonymous=said["is_anonymous"], is_confidential=said["is_confidential"],
            tells_own_union=said["tells_own_union"], employer_id=said["employer"],
            employer_name=said["employer_name"], division=said["division"], zone_id=said["zone"], place=said["place"],
            happened_on=said["happened_on"], people=said["people"] or 1, claimed_fen=said["claimed_fen"],
        )  # fmt: skip


# --- what is said beside it, while somebody types ---


@dataclass(frozen=True)
class Assist:
    """`kind` is the one chosen, else the one that is sure enough; `needs` are asked for until they are given."""

    kind: CatalogueKind | None
    kind_label: str
    is_chosen: bool
    sensed: Sensed
    alike: list[Alike]
    past: list[Past]
    needs: list[Needed]
    missing: list[Needed]
    fired: Fired | None
    route: Route | None
    said: bool


def assist(facts: Facts, scope: Scope, actor: Actor, *, now: datetime) -> Assist:
    facts = with_zone(with_employer(facts.tidied()))
    known = catalogue()
    sensed = sense_text(facts.title, facts.body, known=known) if facts.body else Sensed()
    sure = sensed.kind.preselected
    kind = known.get(facts.kind or (sure.value if sure else ""))
    kind = None if kind is None or kind.is_group else kind
    long_enough = len(facts.body) >= FEWEST_TO_COMPARE
    alike = (
        similar_open(
            facts.body, scope.path, actor, MOST_OFFERED,
            employer_id=facts.employer_id, employer_name=facts.employer_name, place=facts.place,
        )
        if long_enough
        else []
    )  # fmt: skip
    likely = [kind.code] if kind else [one.value for one in sensed.kind.shown]
    past = similar_past(facts.body, likely, actor) if long_enough else []
    alarm = fired(f"{facts.title}\n{facts.body}", facts.people, scope.path) if facts.body else None
    if alarm is not None:
        urgency = max(facts.urgency or 1, alarm.urgency)
        facts = replace(facts, urgency=urgency, is_major=facts.is_major or alarm.is_major)
    elif kind is not None:
        facts = replace(facts, urgency=facts.urgency or kind.urgency)
    is_chosen = bool(facts.kind and kind)
    facts = replace(facts, kind=kind.code if kind else "")
    needs = [Needed(need) for need in kind.needs if need in set(Needed)] if kind else []
    return Assist(
        kind, known.full_label_of(kind.code) if kind else "", is_chosen, sensed, alike, past, needs,
        still_needed(needs, facts), alarm, preview(facts, scope, now=now) if facts.body else None, bool(facts.body),
    )  # fmt: skip


def with_employer(facts: Facts) -> Facts:
    """The ground of an employer that is known, so that the desk it goes to is the right one before it is sent."""
    pk = facts.employer_id or (employer_named(facts.employer_name) if facts.employer_name else None)
    employer = employer_facts(pk) if pk else None
    if employer is None:
        return facts
    return replace(
        facts, employer_id=employer.id, division=facts.division or employer.division,
        zone_id=facts.zone_id or employer.zone_id,
    )  # fmt: skip


def facts_so_far(form: IntakeForm) -> Facts:
    """Of a form that is still being filled: what makes no sense yet counts as not said."""
    form.is_valid()
    said = form.cleaned_data
    return Facts(
        nature=said.get("nature") or Nature.HELP, channel=Channel.HOTLINE, party=Party.WORKER,
        body=str(said.get("body") or form.data.get("body", ""))[:LONGEST_BODY], kind=said.get("kind") or "",
        urgency=said.get("urgency"), asker_name=said.get("asker_name") or "", asker_phone=said.get("asker_phone") or "",
        is_anonymous=bool(said.get("is_anonymous")), employer_id=said.get("employer"),
        employer_name=tidy_line(said.get("employer_name") or ""), division=said.get("division") or "",
        zone_id=said.get("zone"), place=said.get("place") or "", happened_on=said.get("happened_on"), people=said.get("people") or 1,
        claimed_fen=said.get("claimed_fen"),
    )  # fmt: skip


@requires(Permission.DEMAND_RECORD)
@require_GET
def kind_options(request: HttpRequest) -> HttpResponse:
    """By code, by a part of the name, or by a word that marks the kind."""
    text = " ".join(request.GET.get("q", "").split())[:50].lower()
    known = catalogue()
    if not text:
        return pages.options(request, [])
    ranked = []
    for kind in known.kinds.values():
        if kind.is_group or not kind.is_used:
            continue
        marks = [word for word in kind.words if text in word.lower() or word.lower() in text]
        rank = 0 if kind.code.startswith(text) else 1 if text in kind.name.lower() else 2 if marks else None
        if rank is not None:
            ranked.append((rank, kind.code, kind, marks))
    ranked.sort(key=lambda one: one[:2])
    return pages.options(
        request,
        [
            (kind.code, known.full_label_of(kind.code), f"{kind.code} {'、'.join(marks)}")
            for _, _, kind, marks in ranked
        ],
    )


def as_recorded(facts: Facts) -> Facts:
    """Whoever left the kind open gets the one that the page had pre-selected, and by which it said where it would go."""
    tidied = facts.tidied()
    sensed = sense_text(tidied.title, tidied.body)
    sure = sensed.kind.preselected
    return replace(facts, kind=facts.kind or (sure.value if sure else ""), suggested=sensed.kept())


@requires(Permission.DEMAND_RECORD)
@require_POST
def record_assist(request: HttpRequest) -> HttpResponse:
    """The part of the page beside the form, asked for as one types; nothing is kept."""
    actor = actor_of(request)
    form = IntakeForm(request.POST, actor=actor)
    scope = seat_of(actor, Permission.DEMAND_RECORD, within=current_path(request))
    facts = facts_so_far(form)
    found = assist(facts, scope, actor, now=timezone.now())
    text = facts.body
    firm_open = not facts.employer_id and not facts.employer_name
    shown = {
        "assist": found, "may_answer": "answer" in request.POST, "may_follow": "answer" in request.POST,
        "suggestions": kinds_shown(found.sensed.kind, catalogue()),
        "choices": [choices_shown(name, found.sensed.of(name)) for name in (Field.NATURE, Field.URGENCY)],
        "zones": zones_named(text, actor, form.grounds, division=facts.division) if text and not facts.zone_id else [],
        "places": places_named(text, form.grounds) if not facts.division else [],
        "firms": firms_named(text, actor) if firm_open and text else [],
        "alike": [
            {"demand": one.demand, "because": one.because, "stage": stage_mark(one.demand.case)} for one in found.alike
        ],
    }  # fmt: skip
    return render(request, "demands/intake/assist.html", shown)
