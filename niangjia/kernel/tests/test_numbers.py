from __future__ import annotations

import pytest

from niangjia.kernel import numbers


@pytest.mark.parametrize(
    ("raw", "good"),
    [
        ("13800002013", True),
        ("+86 138-0000-2013", True),
        ("8613800002013", True),
        ("008613800002013", True),
        ("19900000000", True),
        ("12345678901", False),
        ("1380000201", False),
        ("1380000201a", False),
        ("²3800002013", False),
        ("", False),
    ],
)
def test_phone(raw, good):
    assert (numbers.check_phone(numbers.tidy_phone(raw)) is None) == good


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("4111111111111111", True),
        ("6222 0200 0000 0000 006".replace(" ", "")[:18] + numbers.luhn_digit("622202000000000000"), True),
        ("4111111111111112", False),
        ("411111111111111", False),
        ("41111111111111111111", False),
        ("0000000000000000", False),
    ],
)
def test_bank_card(number, good):
    assert (numbers.check_bank_card(numbers.tidy_card(number)) is None) == good


def test_invented_numbers_are_welcome_only_where_they_belong():
    assert numbers.check_phone("12412345678", synthetic=True) is None
    assert "演示用" in (numbers.check_phone("12412345678") or "")
    card = "000000123456789012" + numbers.luhn_digit("000000123456789012")
    assert numbers.check_bank_card(card, synthetic=True) is None
    assert "0 开头" in (numbers.check_bank_card(card) or "")


def test_identity_weight_adds_up_in_parts():
    number = "33020319870605413"
    parts = numbers.identity_weight(number[:6]) + numbers.identity_weight(number[6:14], 6)
    assert numbers.identity_weight(number) == parts + numbers.identity_weight(number[14:], 14)
