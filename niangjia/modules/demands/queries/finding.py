"""What a search text means: a number of ours or of a partner, a phone or its tail, a name, or words of what was said."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, F, Func, Q, QuerySet

from niangjia.engines.casework.models import Case
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import pairs_of

PHONE_LENGTH, TAIL_LENGTH = 11, 4
LONGEST_NAME = 4
HINT = "请输入内容里的至少 2 个字、完整的编号、诉求人姓名、手机号或手机尾号 4 位。"
_NUMBER = re.compile(r"[A-Z]{2}\d{4,8}(-\d{0,6})?", re.ASCII)
_MAY_BE_FOREIGN = re.compile(r"\d", re.ASCII)
Rows = QuerySet[Any]
COMMON, KNOWN_FOR = 0.01, 600  # a share of all demands; seconds
_WORDS: ArrayField[Any, Any] = ArrayField(CharField(max_length=2))


def found(rows: Rows, text: str, *, one_by_one: bool = False) -> Rows:
    """The rows that a text means. Who asked without a name is not found by name or phone. Raises Refused.

    `one_by_one` looks into each of few rows: the index of all words would first find those of everybody.
    """
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
    if one_by_one:
        rows = rows.alias(said=Func(F("words"), template="(%(expressions)s || '{}')", output_field=_WORDS))
        said = Q(said__contains=pairs)
    if len(text) <= LONGEST_NAME:
        said |= Q(is_anonymous=False, asker_name_digest=digest(text))
    return rows.filter(said)


def is_common(text: str) -> bool:
    """Whether so many demands hold these words that their index is slow; as the database last counted."""
    pairs, frequent = pairs_of(text), _frequent(int(time.monotonic() // KNOWN_FOR))
    return bool(pairs) and all(pair in frequent for pair in pairs)


@lru_cache(maxsize=1)
def _frequent(_: int) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select word from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as one (word, share)"
            " where schemaname = any (current_schemas(false)) and tablename = %s and attname = 'words' and share >= %s",
            [Demand._meta.db_table, COMMON],
        )
        return frozenset(word for (word,) in cursor.fetchall() if word)


def by_partner_number(text: str) -> list[int]:
    """The cases that have this number in another system; looked up first, since nothing else could use its index."""
    rows = Case.objects.unscoped(reason="only their ids, which narrow rows in sight")
    return list(rows.filter(partner_number=text).values_list("pk", flat=True))
