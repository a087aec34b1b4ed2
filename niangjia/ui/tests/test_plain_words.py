"""What stands beside a field that was filled in wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

ONE = (("1", "一"),)


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        (forms.CharField(), "", "请填写这一项。"),
        (forms.CharField(max_length=3), "四个字了", "最多 3 个字，现在有 4 个。"),
        (forms.CharField(), "a\x00", "里面有看不见的字符，请删掉重新填。"),
        (forms.IntegerField(min_value=7), "-1", "最小填 7。"),
        (forms.IntegerField(max_value=7), "8", "最大填 7。"),
        (forms.IntegerField(), "²", "请填整数，例如 12。"),
        (forms.DateField(), "昨天", "请填日期，例如 2026-11-22。"),
        (forms.DateTimeField(), "昨天", "请填日期和时间，例如 2026-11-22 09:30。"),
        (forms.ChoiceField(choices=ONE), "", "请选择。"),
        (forms.ChoiceField(choices=ONE), "2", "没有这个选项，请重新选择。"),
        (forms.TypedMultipleChoiceField(choices=ONE, coerce=int), ["2"], "没有这个选项，请重新选择。"),
    ],
)
def test_a_worker_understands_it(field: forms.Field, given: Any, said: str) -> None:
    with pytest.raises(forms.ValidationError) as told:
        field.clean(given)
    assert told.value.messages == [said]
