"""What a worker fills in: few fields, and the phone's own keyboards for them."""

from __future__ import annotations

from typing import Any

from django import forms

from niangjia.modules.members.actions.applying import ApplicationFacts
from niangjia.modules.members.queries.people import platforms
from niangjia.modules.members.rules import NEW_FORM, Category, Document, Sex
from niangjia.modules.organisations.queries.joining import townships
from niangjia.ui.forms import DayField

NOTHING = ("", "请选择")


class LogInForm(forms.Form):
    phone = forms.CharField(
        label="手机号码", max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national", "type": "tel"}),
    )  # fmt: skip
    code = forms.CharField(
        label="验证码", max_length=12, required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip


class WorkForm(forms.Form):
    """Where somebody works: enough to find the right union."""

    employer = forms.CharField(
        label="用人单位", max_length=100, required=False, help_text="营业执照上的名称。没有固定单位的可以不填。"
    )
    category = forms.TypedChoiceField(
        label="从事的工作",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "不是下面这些"), *Category.choices()],
    )
    platform = forms.TypedChoiceField(label="平台", coerce=int, empty_value=None, required=False)
    division = forms.ChoiceField(label="工作或居住的镇街", required=False, help_text="用来找离您近的工会。")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["employer"].widget.attrs |= {"autocomplete": "off"}
        self.fields["category"].widget.attrs |= {
            "data-new-form": " ".join(str(code.value) for code in sorted(NEW_FORM))
        }
        self.fields["platform"].choices = [NOTHING, *((row.pk, row.name) for row in platforms())]  # type: ignore[attr-defined]
        self.fields["division"].choices = [NOTHING, *townships()]  # type: ignore[attr-defined]

    @property
    def categories(self) -> tuple[int, ...]:
        chosen = self.cleaned_data.get("category")
        return (chosen,) if chosen else ()


class ApplicationForm(WorkForm):
    field_order = ("name", "document_number", "document_kind", "born_on", "sex", "employer")

    name = forms.CharField(label="姓名", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    document_number = forms.CharField(
        label="证件号码",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    document_kind = forms.ChoiceField(label="证件类型", choices=Document.choices(), initial=Document.RESIDENT.value)
    born_on = DayField(label="出生日期", required=False, help_text="号码里没有出生日期的证件才要填。")
    sex = forms.ChoiceField(
        label="性别",
        required=False,
        choices=[NOTHING, (Sex.MAN.value, Sex.MAN.label), (Sex.WOMAN.value, Sex.WOMAN.label)],
    )

    def facts(self) -> ApplicationFacts:
        said = self.cleaned_data
        chosen = self.categories
        return ApplicationFacts(
            name=said["name"], document_number=said["document_number"], document_kind=said["document_kind"],
            sex=said["sex"], born_on=said["born_on"], employer_text=said["employer"], categories=chosen,
            platform=said["platform"] if set(chosen) & NEW_FORM else None, division=said["division"],
        )  # fmt: skip


class TailForm(forms.Form):
    tail = forms.CharField(
        label="证件号码后 6 位", min_length=6, max_length=6,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip


class ProofForm(TailForm):
    field_order = ("name", "tail")

    name = forms.CharField(label="姓名", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class RequestForm(forms.Form):
    note = forms.CharField(label="说明", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))
