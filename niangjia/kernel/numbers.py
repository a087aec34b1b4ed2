"""Numbers a person carries: telephone, bank card, identity card; and those nobody can carry.

The invented ones (docs/decisions/0002) are accepted by demo and test installations only: no region,
telephone or card has or can get them.
"""

from __future__ import annotations

import re
import unicodedata

INVENTED_PROVINCE = "79"
INVENTED_PHONE = "124"
INVENTED_CARD = "000000"
INVENTED_DIVISION = "339999"
"""Stands in the credit codes of invented unions and firms: no office registers there."""

_MOBILE_LENGTH = 11
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY = re.compile(r"^(\+|00)?86(?=1\d{10}$)", re.ASCII)
_CARD = re.compile(r"\d{16,19}", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK = "10X98765432"


def tidy_phone(raw: str) -> str:
    return _COUNTRY.sub("", re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", raw)))


def check_phone(number: str, *, synthetic: bool = False) -> str | None:
    if not number.isascii() or not number.isdigit():
        return "手机号码只能是数字。"
    if len(number) != _MOBILE_LENGTH:
        return f"手机号码应为 11 位，现在是 {len(number)} 位。"
    if number.startswith(INVENTED_PHONE):
        return None if synthetic else "这是演示用的虚拟手机号码，正式系统不能录入。"
    return None if _MOBILE.fullmatch(number) else "手机号码应以 13 到 19 开头，请核对。"


_EXTENSION = re.compile(r"(?:转|分机|ext\.?|[#*x,;])\s*(\d{1,6})\s*$", re.ASCII | re.IGNORECASE)


def line_of(raw: str) -> tuple[str, str]:
    """The number from which somebody rings, and the extension behind it: '0575-8512 3456 转 801'."""
    text = unicodedata.normalize("NFKC", raw).strip()
    found = _EXTENSION.search(text)
    return (tidy_phone(text[: found.start()]), found[1]) if found else (tidy_phone(text), "")


def tidy_card(raw: str) -> str:
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", raw))


def luhn_digit(digits: str) -> str:
    """The check digit to stand behind `digits` (GB/T 17552, ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        tens, ones = divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)
        total += tens + ones
    return str(-total % 10)


def check_bank_card(number: str, *, synthetic: bool = False) -> str | None:
    if not _CARD.fullmatch(number):
        return "银行卡号应为 16 到 19 位数字。"
    if number.startswith("0") and not (synthetic and number.startswith(INVENTED_CARD)):
        return "银行卡号不会以 0 开头，请核对。"
    if luhn_digit(number[:-1]) != number[-1]:
        return "银行卡号的校验位不对，多半有一位抄错了，请照卡面重新录入。"
    return None


def identity_weight(digits: str, place: int = 0) -> int:
    """What `digits`, standing from `place` on, add to the sum that the last character checks."""
    return sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS[place:], strict=False))


def identity_check_character(first_17: str) -> str:
    """GB 11643, that is ISO 7064 MOD 11-2."""
    return ID_CHECK[identity_weight(first_17) % 11]
