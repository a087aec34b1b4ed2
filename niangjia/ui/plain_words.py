"""What Django says of a field that was filled in wrongly, in words that people use: 字段 and 变量 are none of theirs."""

from __future__ import annotations

from django import forms
from django.core import validators


def speak() -> None:
    """Before the first form is defined: a field takes its sentences along when it is made."""
    no_such_option = "没有这个选项，请重新选择。"
    for field, words in (
        (forms.Field, {"required": "请填写这一项。"}),
        (forms.IntegerField, {"invalid": "请填整数，例如 12。"}),
        (forms.DateField, {"invalid": "请填日期，例如 2026-11-22。"}),
        (forms.DateTimeField, {"invalid": "请填日期和时间，例如 2026-11-22 09:30。"}),
        (forms.ChoiceField, {"required": "请选择。", "invalid_choice": no_such_option}),
        (forms.MultipleChoiceField, {"invalid_choice": no_such_option, "invalid_list": no_such_option}),
    ):
        field.default_error_messages = {**field.default_error_messages, **words}
    validators.MinValueValidator.message = "最小填 %(limit_value)s。"
    validators.MaxValueValidator.message = "最大填 %(limit_value)s。"
    validators.MaxLengthValidator.message = "最多 %(limit_value)d 个字，现在有 %(show_value)d 个。"
    validators.ProhibitNullCharactersValidator.message = "里面有看不见的字符，请删掉重新填。"
