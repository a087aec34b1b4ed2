"""The forms of people and memberships. Wrong facts are all told at once, by the checks that the actions make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields as fields_of
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.asking import asking
from niangjia.kernel.crypto.masks import mask_card, mask_phone
from niangjia.kernel.words import Word
from niangjia.modules.members import rules
from niangjia.modules.members.actions.facts import MembershipFacts, PersonFacts, Problems
from niangjia.modules.members.actions.people import EDITABLE, problems_of
from niangjia.modules.members.actions.people import facts_of as facts_of_person
from niangjia.modules.members.actions.work import work_problems
from niangjia.modules.members.models import DeliverySite, Membership, Person
from niangjia.modules.members.queries.people import platforms, registered
from niangjia.modules.members.rules import Category, Change, Document
from niangjia.modules.organisations.queries.membership import employer_names, employer_names_in_sight, names_in_sight
from niangjia.ui.forms import Picker

PLEASE = [("", "请选择")]
PERSON_FIELDS = tuple(field.name for field in fields_of(PersonFacts))
MEMBERSHIP_FIELDS = tuple(field.name for field in fields_of(MembershipFacts))


def one_of(label: str, words: type[Word] | list[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    choices = words if isinstance(words, list) else words.choices()
    facts: dict[str, Any] = {"label": label, "choices": PLEASE + choices, "required": False}
    return forms.ChoiceField(**facts | more)


def name_in(find: Callable[[Iterable[int]], dict[int, str]]) -> Callable[[int], str]:
    """What a Picker shows of a value that the form already has."""
    return lambda pk: find([pk]).get(pk, "")


def union_names(ids: Iterable[int]) -> dict[int, str]:
    return names_in_sight(ids, asking())


def firm_names(ids: Iterable[int]) -> dict[int, str]:
    """Of employers in sight, and of those for whom members in sight work."""
    wanted = list(ids)
    worked_for = (
        Membership.objects.visible_to(asking()).filter(employer__in=wanted).values_list("employer_id", flat=True)
    )
    return employer_names_in_sight(wanted, asking()) | employer_names(worked_for)


def site_names(ids: Iterable[int]) -> dict[int, str]:
    return dict(DeliverySite.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def union_field(label: str, *, help_text: str = "") -> forms.IntegerField:
    picker = Picker("members:union_options", label_of=name_in(union_names), placeholder="输入工会名称查找")
    return forms.IntegerField(
        label=label, widget=picker, help_text=help_text, error_messages={"required": "请从列表中选择工会。"}
    )


class DayField(forms.DateField):
    """A day, today unless told otherwise."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**({"initial": timezone.localdate} | more))


class DocumentFields(forms.Form):
    document_kind = forms.ChoiceField(label="证件类型", choices=Document.choices(), initial=Document.RESIDENT)
    document_number = forms.CharField(
        label="证件号码",
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "hx-post": reverse_lazy("members:document_check"),
                "hx-trigger": "change, input changed delay:600ms",
                "hx-target": "#document-check",
                "hx-include": "[name=document_kind]",
            }
        ),
    )


class PersonFields(forms.Form):
    sex = one_of("性别", [("1", "男"), ("2", "女"), ("9", "未说明")], help_text="18 位证件号码自动读出，不用填。")
    born_on = forms.DateField(label="出生日期", required=False, help_text="18 位证件号码自动读出，不用填。")
    phone = forms.CharField(
        label="手机", max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    ethnicity = one_of("民族", list(rules.ETHNICITIES.items()))
    native_place = forms.CharField(label="籍贯", max_length=60, required=False)
    household_kind = one_of("户籍类型", rules.Household)
    household_place = forms.CharField(label="户籍所在地", max_length=60, required=False)
    is_migrant = forms.TypedChoiceField(
        label="农民工", required=False, coerce=lambda value: value == "1", empty_value=None,
        choices=[("", "未知"), ("1", "是"), ("0", "否")],
    )  # fmt: skip
    education = one_of("学历", rules.Education)
    skill_grade = one_of("技术等级", rules.SkillGrade)
    political_status = one_of("政治面貌", rules.Politics)
    marital_status = one_of("婚姻状况", rules.Marriage)
    bank_name = forms.CharField(label="开户银行", max_length=60, required=False)
    bank_card = forms.CharField(label="银行卡号", max_length=30, required=False)


class WorkFields(forms.Form):
    joined_on = DayField(label="入会日期")
    categories = forms.TypedMultipleChoiceField(
        label="所属群体", coerce=int, choices=Category.choices(), required=False, widget=forms.CheckboxSelectMultiple
    )
    employer = forms.IntegerField(
        label="用人单位",
        required=False,
        widget=Picker("organisations:employer_options", label_of=name_in(firm_names), placeholder="输入单位名称查找"),
    )
    post = forms.CharField(label="岗位", max_length=40, required=False)
    employment_status = one_of("就业状况", rules.Employment)
    platform = forms.TypedChoiceField(
        label="平台", coerce=int, empty_value=None, required=False, help_text="给活的平台，和用人单位不是一回事。"
    )
    delivery_site = forms.IntegerField(
        label="配送站点",
        required=False,
        widget=Picker("members:delivery_site_options", label_of=name_in(site_names), placeholder="输入站点名称查找"),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["platform"].choices = [  # type: ignore[attr-defined]
            ("", "无"),
            *((row.pk, row.name) for row in platforms()),
        ]


def tell_all(form: forms.Form, problems: Problems) -> None:
    """Beside each field that has no complaint yet; what has no field here stands on top."""
    for field, problem in problems.items():
        if field not in form.errors:
            form.add_error(field if field in form.fields else None, problem)


def given(form: forms.Form, names: Iterable[str]) -> dict[str, Any]:
    """The cleaned values of some fields."""
    return {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}


class AdmissionForm(WorkFields, PersonFields, DocumentFields):
    """Everything of a new member on one page; drawn in groups by the template."""

    name = forms.CharField(label="姓名", max_length=50)
    organisation = union_field("所在工会")

    def __init__(self, *args: Any, actor: Actor, **more: Any) -> None:
        self.actor = actor
        super().__init__(*args, **more)

    @property
    def person(self) -> PersonFacts:
        blank = {"name": "", "document_kind": "", "document_number": ""}
        return PersonFacts(**blank | given(self, PERSON_FIELDS))

    @property
    def membership(self) -> MembershipFacts:
        facts = {"joined_on": timezone.localdate()} | given(self, MEMBERSHIP_FIELDS)
        return MembershipFacts(**facts | {"categories": tuple(facts.get("categories", ()))})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        tell_all(self, problems_of(self.person, self.membership, actor=self.actor, now=timezone.now()))
        if not {"document_number", "name"} & self.errors.keys():
            tidy = self.person.tidied()
            known = registered(tidy.document_number, self.actor, name=tidy.name)
            if known and known.obstacle:
                self.add_error("document_number", known.obstacle)
        return cleaned

    def groups(self) -> list[tuple[str, list[Any]]]:
        names = {
            "个人资料": ["name", "phone", "sex", "born_on", "ethnicity", "native_place", "household_kind",
                     "household_place", "is_migrant", "education", "skill_grade", "political_status",
                     "marital_status", "bank_name", "bank_card"],
            "会籍与工作": ["organisation", "joined_on", "employer", "post", "employment_status", "platform",
                      "delivery_site", "categories"],
        }  # fmt: skip
        return [(title, [self[name] for name in members]) for title, members in names.items()]


class PersonForm(PersonFields):
    """Corrects a person. Telephone and card are never written out: an empty field leaves what is there."""

    phone_gone = forms.BooleanField(label="删去现在的手机号", required=False)
    bank_card_gone = forms.BooleanField(label="删去现在的银行卡号", required=False)
    reason = forms.CharField(label="修改原因", max_length=200, required=False)
    SECRET = ("phone", "bank_card")

    def __init__(self, *args: Any, person: Person, **more: Any) -> None:
        self.row = person
        shown = {name: getattr(person, name) for name in EDITABLE if name not in self.SECRET}
        shown["is_migrant"] = "" if person.is_migrant is None else str(int(person.is_migrant))
        more["initial"] = shown
        super().__init__(*args, **more)
        for name, mask in (("phone", mask_phone), ("bank_card", mask_card)):
            value = getattr(person, name)
            if value:
                self.fields[name].help_text = f"现为 {mask(value)}；不改就留空。"
            else:
                del self.fields[f"{name}_gone"]
        if facts_of_person(person).read is not None:
            for name in ("sex", "born_on"):
                del self.fields[name]  # the document says them

    @property
    def changes(self) -> dict[str, Any]:
        changed = given(self, [name for name in EDITABLE if name not in self.SECRET])
        for name in self.SECRET:
            if self.cleaned_data.get(f"{name}_gone"):
                changed[name] = ""
            elif self.cleaned_data.get(name):
                changed[name] = self.cleaned_data[name]
        return changed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kept = {name: getattr(self.row, name) for name in PERSON_FIELDS}
        tidy = PersonFacts(**kept | self.changes).tidied()
        tell_all(self, tidy.problems(today=timezone.localdate(), synthetic=settings.SYNTHETIC_NUMBERS))
        return cleaned


class RenameForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=50)
    reason = forms.CharField(label="原因", max_length=200, help_text="如：户口本已更名、录入时写错。")


class DocumentForm(DocumentFields):
    reason = forms.CharField(label="原因", max_length=200, help_text="如：录入时抄错一位、换发新证。")

    field_order = ("document_kind", "document_number", "reason")


class MembershipForm(WorkFields):
    reason = forms.CharField(label="修改原因", max_length=200, required=False)

    def __init__(self, *args: Any, membership: Membership, actor: Actor, **more: Any) -> None:
        self.row, self.actor = membership, actor
        shown = {
            "joined_on": membership.joined_on, "categories": membership.categories, "post": membership.post,
            "employer": membership.employer_id, "employment_status": membership.employment_status,
            "platform": membership.platform_id, "delivery_site": membership.delivery_site_id,
        }  # fmt: skip
        super().__init__(*args, initial=shown, **more)

    @property
    def changes(self) -> dict[str, Any]:
        changed = given(self, MEMBERSHIP_FIELDS)
        return changed | {"categories": tuple(changed.get("categories", ()))}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        facts = MembershipFacts(**{"joined_on": self.row.joined_on} | self.changes).tidied()
        born_on = self.row.person.born_on
        tell_all(
            self,
            facts.problems(today=timezone.localdate(), born_on=born_on)
            | work_problems(facts, self.actor, before=self.row),
        )
        return cleaned


class ChangeForm(forms.Form):
    change = forms.ChoiceField(label="办理", widget=forms.RadioSelect)
    on = DayField(label="日期")
    reason = forms.CharField(
        label="原因", max_length=200, required=False, widget=forms.Textarea, help_text="除名、自动退会、更正必须写明。"
    )

    def __init__(self, *args: Any, offered: list[Change], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["change"].choices = [(change.value, f"{change.label} — {SAID[change]}") for change in offered]  # type: ignore[attr-defined]


SAID = {
    Change.KEPT: "退休、失业等，不缴会费，会籍保留",
    Change.RESUMED: "由保留恢复为正常",
    Change.LEFT: "本人要求退会",
    Change.LAPSED: "长期不缴会费等，按章程视为自动退会",
    Change.EXPELLED: "按章程除名",
    Change.DIED: "会员去世",
    Change.CORRECTED: "登记有误，恢复为正常会籍",
}


class TransferForm(forms.Form):
    to = union_field("转入工会", help_text="只列出您能办理的工会；其他工会请由双方共同的上级工会办理。")
    on = DayField(label="转接日期")
    employer = forms.IntegerField(
        label="新的用人单位",
        required=False,
        widget=Picker("organisations:employer_options", label_of=name_in(firm_names), placeholder="输入单位名称查找"),
    )
    reason = forms.CharField(label="原因", max_length=200, required=False, widget=forms.Textarea)


class TransferManyForm(forms.Form):
    to = union_field("转入工会", help_text="只列出您能办理的工会；其他工会请由双方共同的上级工会办理。")
    on = DayField(label="转接日期")
    reason = forms.CharField(label="原因", max_length=200, required=False, widget=forms.Textarea)


class TagForm(forms.Form):
    add = forms.TypedMultipleChoiceField(
        label="加上", coerce=int, choices=Category.choices(), required=False, widget=forms.CheckboxSelectMultiple
    )
    remove = forms.TypedMultipleChoiceField(
        label="去掉", coerce=int, choices=Category.choices(), required=False, widget=forms.CheckboxSelectMultiple
    )


class PlatformForm(forms.Form):
    name = forms.CharField(label="平台名称", max_length=40)


class DeliverySiteForm(forms.Form):
    name = forms.CharField(label="站点名称", max_length=60)
    division = forms.CharField(
        label="所在镇街",
        required=False,
        widget=Picker("organisations:division_options", placeholder="输入镇街名称查找"),
    )
