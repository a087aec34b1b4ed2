"""What an asker fills in: one big field, and little beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from niangjia.modules.demands.actions.asker_side import LONGEST_SAID
from niangjia.modules.demands.rules import LONGEST_BODY
from niangjia.modules.organisations.queries.joining import townships

ANYWHERE = ("", "不清楚，由工会判断")
TEL = {"inputmode": "tel", "autocomplete": "tel-national", "type": "tel"}
CODE = {"inputmode": "numeric", "autocomplete": "one-time-code"}
RATINGS = ((5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))


class Photos(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[Any]]:
        found: Iterable[UploadedFile[Any]] = files.getlist(name) if hasattr(files, "getlist") else ()
        return list(found)


class PhotosField(forms.FileField):
    """Several; each is looked at by the view, which keeps the good ones whatever becomes of the form."""

    # The plain kinds first: an iPhone then sends a JPEG instead of its own format.
    widget = Photos(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf", "multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        return data or []


def area(rows: int, **more: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **more})


class DemandForm(forms.Form):
    body = forms.CharField(
        label="发生了什么", max_length=LONGEST_BODY, widget=area(6),
        help_text="什么时候、什么事、涉及几个人、想怎么解决。点键盘上的话筒可以直接说。",
        error_messages={"required": "请写一写发生了什么，一两句话也行。"},
    )  # fmt: skip
    employer = forms.CharField(label="哪个单位", max_length=100, required=False)
    division = forms.ChoiceField(label="在哪个镇街", required=False)
    photos = PhotosField(label="照片", required=False)
    keeps = forms.BooleanField(
        label="不让我单位自己的工会看到", required=False, initial=True,
        help_text="说的是单位的事（欠薪、加班、工伤、合同等）时，单位工会的人看不到这件诉求，由镇街或县总工会直接办。",
    )  # fmt: skip
    is_anonymous = forms.BooleanField(label="匿名提出，不留姓名", required=False)
    name = forms.CharField(
        label="姓名", max_length=50, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = forms.CharField(label="手机号码", max_length=20, required=False, widget=forms.TextInput(attrs=TEL))
    code = forms.CharField(label="验证码", max_length=12, required=False, widget=forms.TextInput(attrs=CODE))
    agreed = forms.BooleanField(label="同意", required=False)

    def __init__(self, *args: Any, of_firm: bool = False, logged_in: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.of_firm, self.logged_in = of_firm, logged_in
        self.fields["division"].choices = [ANYWHERE, *townships()]  # type: ignore[attr-defined]
        self.fields["body"].widget.attrs |= {"autocapitalize": "off"}
        if of_firm:
            self.fields["employer"].label, self.fields["name"].label = "单位名称", "联系人"

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        nameless = said.get("is_anonymous")
        if self.of_firm and not said.get("employer", "").strip():
            self.add_error("employer", "请填写单位名称。")
        if nameless:
            return said
        if not said.get("name", "").strip():
            self.add_error("name", "请填写姓名；不想留姓名的，可以选“匿名提出”。")
        if not self.logged_in and not said.get("phone", "").strip():
            self.add_error("phone", "请填写手机号码，工会才能把结果告诉您。")
        return said


class FollowForm(forms.Form):
    code = forms.CharField(label="验证码", max_length=12, widget=forms.TextInput(attrs=CODE))


class GiveForm(forms.Form):
    text = forms.CharField(label="补充的情况", max_length=LONGEST_SAID, required=False, widget=area(3))
    photos = PhotosField(label="照片", required=False)


class UrgeForm(forms.Form):
    text = forms.CharField(label="想说的话（可不填）", max_length=300, required=False, widget=area(2))


class RateForm(forms.Form):
    is_satisfied = forms.TypedChoiceField(
        label="事情解决了吗", choices=(("yes", "解决了，满意"), ("no", "没解决，请接着办")), coerce="yes".__eq__,
        widget=forms.RadioSelect(attrs={"class": "radio"}), error_messages={"required": "请选择事情有没有解决。"},
    )  # fmt: skip
    rating = forms.TypedChoiceField(
        label="给这次办理打几分", choices=[(score, f"{score} 分，{said}") for score, said in RATINGS], coerce=int,
        widget=forms.RadioSelect(attrs={"class": "radio"}), error_messages={"required": "请打一个分。"},
    )  # fmt: skip
    text = forms.CharField(label="想说的话", max_length=500, required=False, widget=area(3))


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label="为什么还要办", max_length=500, widget=area(3), error_messages={"required": "请写一句为什么还要办。"}
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="原因（可不填）", max_length=300, required=False, widget=area(2))
