"""What is filled in to take a list away, and to say how another system wants it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from niangjia.engines.exports.actions import LONGEST_PASSWORD, LONGEST_REASON, SHORTEST_PASSWORD, SHORTEST_REASON, Wish
from niangjia.engines.exports.layout import (
    DATE_FORMATS,
    ENCODINGS,
    KINDS,
    LONGEST_HEADING,
    LONGEST_TEXT,
    MOST_COLUMNS,
    Layout,
    LayoutColumn,
    words_read,
    words_written,
)
from niangjia.engines.exports.queries import Asked, layouts_for
from niangjia.engines.exports.source import Source
from niangjia.kernel.errors import Refused

EMPTY_COLUMNS = 4


class ExportForm(forms.Form):
    layout = forms.ChoiceField(label="导出哪些列", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="文件格式", choices=tuple(KINDS.items()), widget=forms.RadioSelect, initial="xlsx")
    in_full = forms.BooleanField(
        label="证件号码、手机号等完整显示", required=False,
        help_text="不勾选就只给出屏蔽后的样子。完整导出会记入审计日志。",
    )  # fmt: skip
    password = forms.CharField(
        label="文件口令", min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "num"}),
        help_text="文件里有个人信息，会压缩成加密的 ZIP。请先抄下口令：提交后不再显示，忘了只能重新导出。",
    )  # fmt: skip
    reason = forms.CharField(
        label="用途", min_length=SHORTEST_REASON, max_length=LONGEST_REASON,
        help_text="例如：上报第四季度会员名册。会记入审计日志。",
        error_messages={"required": "请写明导出的用途。", "min_length": f"请写明导出的用途，至少 {SHORTEST_REASON} 个字。"},
    )  # fmt: skip

    def __init__(self, *args: Any, wanted: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        layouts = layouts_for(wanted)
        self.fields["layout"].choices = [(one.code, _named(one)) for one in layouts]  # type: ignore[attr-defined]
        self.fields["layout"].initial = layouts[0].code
        if any(one.kind for one in layouts):
            self.fields["kind"].help_text = "名称后面写着格式的，按它自己的格式。"
        if not wanted.may_reveal:
            del self.fields["in_full"]
        if not wanted.source.has_personal:
            del self.fields["password"]

    def wish(self) -> Wish:
        chosen = self.cleaned_data
        return Wish(
            chosen["layout"], chosen["kind"], chosen["reason"], bool(chosen.get("in_full")), chosen.get("password", "")
        )


def _named(layout: Layout) -> str:
    return f"{layout.name} · {layout.kind.upper()}" if layout.kind else layout.name


class NewLayoutForm(forms.Form):
    name = forms.CharField(label="名称", max_length=60, help_text="例如：省工会系统会员导入格式")
    start = forms.ChoiceField(label="从哪里开始")

    def __init__(self, *args: Any, starts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start"].choices = starts  # type: ignore[attr-defined]


class LayoutForm(forms.Form):
    name = forms.CharField(label="名称", max_length=60)
    description = forms.CharField(label="说明", max_length=300, required=False)
    kind = forms.ChoiceField(label="文件格式", choices=tuple(KINDS.items()))
    encoding = forms.ChoiceField(label="CSV 的编码", choices=tuple(ENCODINGS.items()))
    header_lines = forms.CharField(
        label="表头上方的文字", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="对方要求在列名上面写标题时填，一行一条。",
    )  # fmt: skip
    is_active = forms.BooleanField(label="启用：导出时可以选", required=False)


class ColumnForm(forms.Form):
    heading = forms.CharField(label="列名", max_length=LONGEST_HEADING)
    source = forms.ChoiceField(label="取哪个数据", required=False)
    constant = forms.CharField(label="固定内容", max_length=LONGEST_TEXT, required=False)
    words = forms.CharField(
        label="对应关系", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="我们的=对方的，如：男=1；女=2",
    )  # fmt: skip
    date_format = forms.ChoiceField(label="日期写法", choices=tuple(DATE_FORMATS.items()), required=False)
    empty = forms.CharField(label="没有数据时写", max_length=LONGEST_TEXT, required=False)

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(key, one.heading) for key, one in source.known.items()]
        self.fields["source"].choices = [("", "（固定内容）"), *known]  # type: ignore[attr-defined]

    def clean_words(self) -> dict[str, str]:
        try:
            return words_read(self.cleaned_data["words"])
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("source") and self.cleaned_data.get("constant"):
            self.add_error("constant", "选了数据就不用填固定内容，请去掉一个。")
        return self.cleaned_data

    @property
    def is_turned(self) -> bool:
        """Whether the second half of the fields says anything."""
        return any(self[name].value() for name in ("constant", "words", "date_format", "empty")) or any(
            name in self.errors for name in ("constant", "words", "date_format", "empty")
        )

    def column(self) -> LayoutColumn:
        facts = {
            name: self.cleaned_data.get(name) or ""
            for name in ("heading", "source", "constant", "date_format", "empty")
        }
        return LayoutColumn(**facts, words=self.cleaned_data.get("words") or {})


Columns = formset_factory(
    ColumnForm,
    extra=EMPTY_COLUMNS,
    can_order=True,
    can_delete=True,
    max_num=MOST_COLUMNS,
    absolute_max=MOST_COLUMNS + 20,
)


def columns_form(source: Source, columns: tuple[LayoutColumn, ...], data: Any = None) -> BaseFormSet[ColumnForm]:
    initial = [
        {
            "heading": one.heading, "source": one.source, "constant": one.constant, "words": words_written(one.words),
            "date_format": one.date_format, "empty": one.empty,
        }
        for one in columns
    ]  # fmt: skip
    return Columns(data, initial=initial, form_kwargs={"source": source}, prefix="columns")


def columns_of(formset: BaseFormSet[ColumnForm]) -> list[LayoutColumn]:
    """In the order that was typed; empty lines and those ticked for removal are left out."""
    return [form.column() for form in formset.ordered_forms if form.has_changed() or form.initial]
