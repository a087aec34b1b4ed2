"""How forms are drawn: one renderer for every form of the product, and the widgets Django lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import django.forms
from django import forms
from django.forms.renderers import EngineMixin
from django.template.backends.django import DjangoTemplates
from django.urls import reverse_lazy
from django.utils.functional import cached_property

from niangjia.kernel.days import EARLIEST, LATEST
from niangjia.ui.pages import number_in

HERE = Path(__file__).parent


class Renderer(EngineMixin, forms.renderers.BaseRenderer):
    """Django's form templates with ours in front: `{{ form }}` is a finished grid of fields."""

    backend = DjangoTemplates
    form_template_name = "ui/forms/form.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        return DjangoTemplates(
            {
                "APP_DIRS": False,
                "DIRS": [
                    HERE / "templates" / "ui" / "forms",
                    HERE / "templates",
                    Path(django.forms.__file__).parent / "templates",
                ],
                "NAME": "forms",
                "OPTIONS": {"builtins": ["niangjia.ui.templatetags.ui"]},
            }
        )


class DayField(forms.DateField):
    """A day that may be reckoned with: months and years are added to it, and it becomes an hour somewhere."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not EARLIEST <= value <= LATEST:
            raise forms.ValidationError("请核对年份。")


class Picker(forms.Widget):
    """Choose one of many (a union, a person, an employer) by typing; posts the id.

    `source` names a view that answers `?q=…` with `ui.pages.options(…)`; `label_of(id)` gives the text
    of a value that the form already has. Whatever somebody made up by hand, it is asked for an id, or for nothing.
    """

    template_name = "django/forms/widgets/picker.html"
    read: Callable[[str], int | str] = staticmethod(number_in)

    def __init__(
        self,
        source: str,
        *,
        label_of: Callable[[Any], str] | None = None,
        placeholder: str = "输入名称查找",
        attrs: Any = None,
    ) -> None:
        super().__init__(attrs)
        self.source = reverse_lazy(source)
        self.label_of = label_of
        self.placeholder = placeholder

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        known = self.read(str(value or ""))
        text = self.label_of(known) if known and self.label_of else ""
        context["widget"] |= {"source": self.source, "text": text, "placeholder": self.placeholder}
        return context


class CodePicker(Picker):
    """Posts a code instead of an id."""

    read = staticmethod(str)


class NamePicker(Picker):
    """Choose one of many, or leave what was said as it stands: posts the id, and the text as `text_name`."""

    def __init__(self, source: str, *, text_name: str, **more: Any) -> None:
        super().__init__(source, **more)
        self.text_name = text_name
        self.text = ""  # the form puts there what its field of that name says

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"text_name": self.text_name, "text": self.text or context["widget"]["text"]}
        return context


class FileDrop(forms.FileInput):
    """A file that is dropped onto the page or chosen; `accept` names the endings, `most` the bytes."""

    template_name = "django/forms/widgets/file_drop.html"

    def __init__(self, *, accept: str, most: int, hint: str = "", attrs: Any = None) -> None:
        super().__init__({"accept": accept, **(attrs or {})})
        self.most = most
        self.hint = hint

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"most": self.most, "hint": self.hint}
        context["widget"]["attrs"].pop("class", None)  # the zone is what one sees
        return context
