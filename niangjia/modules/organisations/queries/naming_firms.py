"""Employers that somebody calls by name in what he says."""

from __future__ import annotations

from collections.abc import Iterable

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.pinyin import title_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Employer

MOST_NAMES = 80


def employers_called(names: Iterable[str], actor: Actor) -> list[tuple[int, str]]:
    """The open employers in sight that have exactly one of these names, the longest first."""
    tidied = list(dict.fromkeys(rules.tidy_name(name) for name in names))[:MOST_NAMES]
    if not tidied:
        return []
    rows = Employer.objects.visible_to(actor).filter(
        closed_on=None, name_key__in={title_key(name) for name in tidied}, name__in=tidied
    )
    return sorted(rows.values_list("pk", "name"), key=lambda one: (-len(one[1]), one[0]))
