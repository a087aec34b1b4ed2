"""What every page of figures shows alike: a figure with its rows, the period and the ways to divide it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

from niangjia.kernel.days import day_in
from niangjia.kernel.words import Word
from niangjia.modules.insight.rules import Days, days_of, named_periods

Cut = TypeVar("Cut", bound=Word)


@dataclass(frozen=True)
class Shown:
    """A figure (with `label` and `unit`) as it stands on the page: the text, where its rows are, what is said below it."""

    figure: Any
    text: str
    href: str = ""
    notes: tuple[str, ...] = ()


def days_asked(request: HttpRequest, today: date) -> Days:
    return days_of(day_in(request.GET.get("since", "")), day_in(request.GET.get("until", "")), today)


def cut_asked(request: HttpRequest, cuts: Sequence[Cut]) -> Cut:
    """The first one unless another is asked for."""
    return next((one for one in cuts if one.value == request.GET.get("by")), cuts[0])


def choices(days: Days, cut: Word, cuts: Iterable[Word], today: date) -> dict[str, Any]:
    """Named periods that keep the cut, and cuts that keep the period."""
    query = {"since": days.since.isoformat(), "until": days.until.isoformat()}
    return {
        "days": days, "cut": cut,
        "periods": [
            (label, f"?{urlencode({'since': one.since, 'until': one.until, 'by': cut.value})}", one == days)
            for label, one in named_periods(today)
        ],
        "tabs": [(one.label, f"?{urlencode({**query, 'by': one.value})}", None, one is cut) for one in cuts],
    }  # fmt: skip
