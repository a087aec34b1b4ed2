"""How suggestions stand on a page: in words, with how sure they are and what spoke for them."""

from __future__ import annotations

from typing import Any

from niangjia.engines.casework.rules import Urgency
from niangjia.modules.demands.queries.catalogue import Catalogue
from niangjia.modules.demands.rules import Nature
from niangjia.modules.demands.triage.rules import BY_WORDS, Field, Offer, Suggestion


def value_label(name: str, value: str, known: Catalogue | None = None) -> str:
    """Of a field's value; codes that nobody knows any more stand as they are."""
    if name == Field.KIND:
        return known.label_of(value) if known else value
    codes: dict[str, str] = {str(one.value): one.label for one in (Nature if name == Field.NATURE else Urgency)}
    return codes.get(value, value)


def offer_shown(offer: Offer, label: str, path: str = "") -> dict[str, Any]:
    return {"code": offer.value, "name": label, "path": path or label, "percent": offer.percent, "words": offer.words}


def kinds_shown(suggestion: Suggestion, known: Catalogue) -> list[dict[str, Any]]:
    return [
        offer_shown(one, known.label_of(one.value), known.full_label_of(one.value))
        for one in suggestion.shown
        if known.get(one.value)
    ]


def choices_shown(name: Field, suggestion: Suggestion) -> dict[str, Any]:
    """Nature or urgency. What only follows from the kind is left to “按类别”: it would say the same again."""
    follows = name is Field.URGENCY and suggestion.by == BY_WORDS
    offers = () if follows else suggestion.shown
    return {
        "name": name.value, "label": name.label, "is_sure": suggestion.preselected is not None,
        "offers": [offer_shown(one, value_label(name, one.value)) for one in offers],
    }  # fmt: skip
