"""A form's questions as fields of a page; what stands against the answers is the rules' to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from niangjia.modules.visits.questions import NO, YES, Form, Question, Type


class AnswerForm(forms.Form):
    """Field names are the questions' keys behind `q_`."""

    def __init__(self, *given: Any, asked: Form, **more: Any) -> None:
        super().__init__(*given, **more)
        self.asked = asked
        for one in asked.questions:
            self.fields[f"q_{one.key}"] = field_of(one)

    @property
    def rows(self) -> list[tuple[Question, Any]]:
        return [(one, self[f"q_{one.key}"]) for one in self.asked.questions]

    def answers(self) -> dict[str, Any]:
        """As they came, by key; nothing is judged here."""
        return {one.key: self._said(one) for one in self.asked.questions}

    def _said(self, one: Question) -> Any:
        name = f"q_{one.key}"
        data: Any = self.data
        if one.type == Type.MANY:
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return data.get(name, "")

    def put(self, problems: Mapping[str, str]) -> None:
        for key, text in problems.items():
            self.add_error(f"q_{key}", text)


def field_of(one: Question) -> forms.Field:
    said: dict[str, Any] = {"label": one.label, "required": one.required, "help_text": one.hint}
    if one.type == Type.YES_NO:
        choices = [("yes", YES), ("no", NO)]
        return _Unjudged(widget=forms.RadioSelect(choices=choices), **said)
    options = [(option, option) for option in one.options]
    if one.type == Type.CHOICE:
        return _Unjudged(widget=forms.RadioSelect(choices=options), **said)
    if one.type == Type.MANY:
        return _Unjudged(widget=forms.CheckboxSelectMultiple(choices=options), **said)
    if one.type == Type.DATE:
        return _Unjudged(widget=forms.DateInput(attrs={"type": "date"}), **said)
    if one.type == Type.TEXT:
        return _Unjudged(widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}), **said)
    mode = "numeric" if one.type == Type.NUMBER else "decimal"
    return _Unjudged(widget=forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"}), **said)


class _Unjudged(forms.Field):
    def validate(self, value: Any) -> None:
        """`questions.check_answers` says it in its own words."""
