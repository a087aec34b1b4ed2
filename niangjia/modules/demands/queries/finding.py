"""What a search text means: a number of ours or of a partner, a phone or its tail, a name, or words of what was said."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, QuerySet

from niangjia.engines.casework.models import Case
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.demands.rules import pairs_of

PHONE_LENGTH, TAIL_LENGTH = 11, 4
LONGEST_NAME = 4
HINT = "请输入内容里的至少 2 个字、完整的编号、诉求人姓名、手机号或手机尾号 4 位。"
_NUMBER = re.compile(r"[A-Z]{2}\d{4,8}(-\d{0,6})?", re.ASCII)
_MAY_BE_FOREIGN = re.compile(r"\d", re.ASCII)
Rows = QuerySet[Any]


def found(rows: Rows, text: str) -> Rows:
    """The rows that a text means. Who asked without a name is not found by name or phone. Raises Refused."""
    text = " ".join(text.split())
    number = text.upper()
    if _NUMBER.fullmatch(number):
        return rows.filter(case__number__startswith=number)
    if _MAY_BE_FOREIGN.search(text) and (handed_over := by_partner_number(text)):
        return rows.filter(pk__in=handed_over)
    digits = tidy_phone(text)
    if digits.isascii() and digits.isdigit():
        if len(digits) == PHONE_LENGTH:
            return rows.filter(is_anonymous=False, asker_phone_digest=digest(digits))
        if len(digits) == TAIL_LENGTH:
            return rows.filter(is_anonymous=False, asker_phone_tail=digits)
    pairs = pairs_of(text)
    if not pairs:
        raise Refused("search.short", HINT, "q")
    said = Q(words__contains=pairs)
    if len(text) <= LONGEST_NAME:
        said |= Q(is_anonymous=False, asker_name_digest=digest(text))
    return rows.filter(said)


def by_partner_number(text: str) -> list[int]:
    """The cases that have this number in another system; looked up first, since nothing else could use its index."""
    rows = Case.objects.unscoped(reason="only their ids, which narrow rows in sight")
    return list(rows.filter(partner_number=text).values_list("pk", flat=True))
