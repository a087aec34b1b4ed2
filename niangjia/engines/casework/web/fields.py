"""Fields that the forms of acts share: a place, somebody who handles, files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from niangjia.engines.casework.web.pickers import label_of_case, label_of_officer
from niangjia.kernel.access.actor import Actor
from niangjia.ui.forms import Picker
from niangjia.ui.places import directory

MOST_FILES = 9
ACCEPTED = ".jpg,.jpeg,.png,.webp,.pdf,.xlsx,.xls,.csv,.txt,.zip"


def _with(given: dict[str, Any], **usual: Any) -> dict[str, Any]:
    """What the form says, else what is usual."""
    return usual | given


def label_of_place(pk: int) -> str:
    return directory().names([pk]).get(pk, "")


class PlaceField(forms.IntegerField):
    def __init__(self, **more: Any) -> None:
        picker = Picker("casework:place_options", label_of=label_of_place, placeholder="输入单位名称查找")
        super().__init__(**_with(more, label="交给单位", min_value=1, widget=picker))


class OfficerField(forms.IntegerField):
    """The small print of what is offered says where somebody works and how much lies there."""

    def __init__(self, **more: Any) -> None:
        picker = Picker("casework:officer_options", label_of=label_of_officer, placeholder="输入姓名查找")
        super().__init__(**_with(more, label="交给谁", min_value=1, widget=picker))


class CaseField(forms.IntegerField):
    def __init__(self, **more: Any) -> None:
        picker = Picker("casework:case_options", placeholder="输入编号或标题查找")
        super().__init__(**_with(more, min_value=1, widget=picker))

    def shown_to(self, actor: Actor) -> None:
        """What is out of sight has no label either."""
        self.widget.label_of = lambda pk: label_of_case(pk, actor)  # type: ignore[attr-defined]


class WordsField(forms.CharField):
    """Some sentences."""

    def __init__(self, *, rows: int = 4, **more: Any) -> None:
        super().__init__(**_with(more, max_length=2000, widget=forms.Textarea(attrs={"rows": rows})))

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).replace("\r\n", "\n").strip()


class MomentField(forms.DateTimeField):
    """A day and a time of it, from the browser's own calendar."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        super().__init__(**_with(more, widget=widget, input_formats=formats))


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to nine; cleaned to a list."""

    def __init__(self, **more: Any) -> None:
        widget = ManyFiles(attrs={"accept": ACCEPTED})
        hint = f"照片、PDF、表格等，最多 {MOST_FILES} 个。"
        super().__init__(**_with(more, label="附件", required=False, widget=widget, help_text=hint))

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:  # type: ignore[override]
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"一次最多 {MOST_FILES} 个文件，请分几次上传。")
        return [super(FilesField, self).clean(one, initial) for one in given]
