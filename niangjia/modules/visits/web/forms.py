"""The forms of the journal's keeping, and the page that each stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.queries.ground import townships_under
from niangjia.modules.organisations.queries.membership import employer_names, employer_names_in_sight
from niangjia.modules.visits.actions import absences, groups, key_employers, postings
from niangjia.modules.visits.drafts import LONGEST_SUMMARY
from niangjia.modules.visits.models import Group, KeyEmployer, Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.queries.postings import groups_of, posted_at, townships_of
from niangjia.modules.visits.rules import AbsenceKind
from niangjia.ui.forms import DayField, Picker

NONE = ("", "暂不安排")
LONG = forms.Textarea(attrs={"rows": 8})


def after(request: HttpRequest, url: str, again: Callable[[], HttpResponse]) -> HttpResponse:
    """Back to a page after something was done; the drawer shows it anew and the list behind refreshes."""
    if request.headers.get("HX-Target") != "drawer-body":
        return redirect(url)
    response = again()
    response["HX-Trigger"] = "list-changed"
    return response


class SummaryForm(forms.Form):
    summary = forms.CharField(label="走访小结", max_length=LONGEST_SUMMARY, required=False, widget=LONG)
    version = forms.IntegerField(widget=forms.HiddenInput, max_value=2**31 - 1)


def _officers(path: str) -> list[tuple[str, str]]:
    rows = who_may(Permission.VISIT_MAKE, path, on=timezone.localdate())
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def _groups(scope_id: int) -> list[tuple[str, str]]:
    return [("", "不编组"), *((str(pk), name) for pk, name in groups_of(scope_id))]


def _postings(scope_id: int, *, without: int | None = None) -> list[tuple[str, str]]:
    return [NONE, *((str(pk), name) for pk, name in posted_at(scope_id, without=without))]


def number_or_none(text: str) -> int | None:
    return int(text) if text else None


class PostingForm(forms.Form):
    """A new posting at a place, or what may be changed of one."""

    user_id = forms.ChoiceField(label="驻联干部")
    from_on = DayField(label="从哪天起", initial=timezone.localdate)
    weekly_goal = forms.IntegerField(label="每周走访几次", min_value=1, max_value=postings.MOST_GOAL, initial=1)
    group_id = forms.ChoiceField(label="小组", required=False)
    township_ids = forms.MultipleChoiceField(
        label="联系的镇街", required=False, widget=forms.CheckboxSelectMultiple, help_text="镇街里的单位由他走访。"
    )

    def __init__(self, *given: Any, scope: Any, posting: Posting | None = None, **more: Any) -> None:
        if posting is not None:
            more["initial"] = {
                "weekly_goal": posting.weekly_goal, "group_id": posting.group_id or "",
                "township_ids": [str(row.pk) for row in townships_of(posting)],
            }  # fmt: skip
        super().__init__(*given, **more)
        places = [(str(row.pk), row.name) for row in townships_under(str(scope.path))]
        self.fields["township_ids"].choices = places  # type: ignore[attr-defined]
        self.fields["group_id"].choices = _groups(scope.pk)  # type: ignore[attr-defined]
        if posting is None:
            self.fields["user_id"].choices = [("", "请选择"), *_officers(str(scope.path))]  # type: ignore[attr-defined]
        else:
            del self.fields["user_id"], self.fields["from_on"]

    def clean_group_id(self) -> int | None:
        return number_or_none(self.cleaned_data["group_id"])

    def clean_user_id(self) -> int | None:
        return number_or_none(self.cleaned_data["user_id"])

    def clean_township_ids(self) -> list[int]:
        return [int(one) for one in self.cleaned_data["township_ids"]]


class EndForm(forms.Form):
    on = DayField(label="从哪天起不再驻联", initial=timezone.localdate)
    hand_to = forms.ChoiceField(
        label="交给谁", required=False, help_text="镇街、重点企业、以后的计划、待回看和未销号风险都转给他。"
    )

    def __init__(self, *given: Any, posting: Posting, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["hand_to"].choices = _postings(posting.scope_id, without=posting.pk)  # type: ignore[attr-defined]

    def clean_hand_to(self) -> int | None:
        return number_or_none(self.cleaned_data["hand_to"])


class AbsenceForm(forms.Form):
    kind = forms.ChoiceField(label="原因", choices=AbsenceKind.choices())
    from_on = DayField(label="从哪天起")
    until_on = DayField(label="哪天返岗", help_text="返岗这天开始又计走访。")
    note = forms.CharField(label="说明", max_length=absences.LONGEST_NOTE, required=False)


class GroupForm(forms.Form):
    name = forms.CharField(label="小组名称", max_length=groups.LONGEST_NAME)
    leader_id = forms.ChoiceField(label="组长")

    def __init__(self, *given: Any, scope: Any, group: Group | None = None, **more: Any) -> None:
        if group is not None:
            more["initial"] = {"name": group.name, "leader_id": str(group.leader_id)}
        super().__init__(*given, **more)
        self.fields["leader_id"].choices = [("", "请选择"), *_officers(str(scope.path))]  # type: ignore[attr-defined]

    def clean_leader_id(self) -> int:
        return int(self.cleaned_data["leader_id"])


def pick_employer(field: forms.Field, actor: Actor, had: int | None = None) -> None:
    """By typing a part of its name. A typed number gets no name of what is out of sight; the employer that the row has already keeps its own."""

    def label(pk: int) -> str:
        return (employer_names([pk]) if pk == had else employer_names_in_sight([pk], actor)).get(pk, "")

    field.widget = Picker("organisations:employer_options", label_of=label, placeholder="输入单位名称查找")
    field.widget.is_required = field.required


class KeyEmployerForm(forms.Form):
    employer_id = forms.IntegerField(label="单位")
    posting_id = forms.ChoiceField(label="谁去走访", required=False)
    every_days = forms.IntegerField(
        label="多少天走访一次", min_value=key_employers.LEAST_DAYS, max_value=key_employers.MOST_DAYS, initial=90
    )
    from_on = DayField(label="从哪天起", initial=timezone.localdate)

    def __init__(self, *given: Any, scope: Any, actor: Actor, row: KeyEmployer | None = None, **more: Any) -> None:
        if row is not None:
            more["initial"] = {"posting_id": str(row.posting_id or ""), "every_days": row.every_days}
        super().__init__(*given, **more)
        self.fields["posting_id"].choices = _postings(scope.pk)  # type: ignore[attr-defined]
        if row is not None:
            del self.fields["employer_id"], self.fields["from_on"]
        else:
            pick_employer(self.fields["employer_id"], actor)

    def clean_posting_id(self) -> int | None:
        return number_or_none(self.cleaned_data["posting_id"])


class KeyEndForm(forms.Form):
    on = DayField(label="从哪天起不再是重点企业", initial=timezone.localdate)
    reason = forms.CharField(label="原因", max_length=200, help_text="如：已停产、转为日常联系。")


def may_direct(actor: Actor, scope: Any) -> bool:
    return actor.may(Permission.VISIT_DIRECT, str(scope.path))
