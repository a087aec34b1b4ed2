"""The form with which a file comes in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from niangjia.engines.imports.sheet import Sheet
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.asking import asking
from niangjia.ui.forms import FileDrop, Picker
from niangjia.ui.places import directory

ENDINGS = ".xlsx,.xls,.csv,.txt"


def name_in_sight(pk: int) -> str:
    """The name of a place that the one who asks may import for."""
    found = directory().seen(asking(), pk)
    return found.name if found else ""


class UploadForm(forms.Form):
    sheet = forms.ChoiceField(label="导入什么", widget=forms.RadioSelect)
    place = forms.IntegerField(
        label="导入到哪个单位",
        widget=Picker("imports:place_options", label_of=name_in_sight, placeholder="输入单位名称查找"),
        help_text="这一批归这个单位；只能写入它和它的下级。",
        error_messages={"required": "请从列表中选择单位。"},
    )
    file = forms.FileField(label="文件", error_messages={"required": "请先选择文件。"})

    def __init__(self, *args: Any, actor: Actor, sheets: Iterable[Sheet], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["sheet"].choices = [(sheet.name, sheet.title) for sheet in sheets]  # type: ignore[attr-defined]
        most = settings.IMPORT_MAX_BYTES
        self.fields["file"].widget = FileDrop(
            accept=ENDINGS, most=most, hint=f"Excel（.xlsx、.xls）或 CSV，最大 {most // 1024 // 1024} MB"
        )
