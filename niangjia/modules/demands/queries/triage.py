"""What triage makes of a message, by the model in use or, before there is one, by the words of the catalogue."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from niangjia.kernel.kept import Kept
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue, suggest_kind
from niangjia.modules.demands.triage import starting
from niangjia.modules.demands.triage.models import TriageModel
from niangjia.modules.demands.triage.rules import (
    CURRENT,
    Field,
    Offer,
    Suggestion,
    of_kept,
)

if TYPE_CHECKING:
    from niangjia.modules.demands.triage.model import Choice, Model

log = logging.getLogger(__name__)
LOOKED_AT = 6
"""Choices of a model that are looked through for kinds that are still in use."""


@dataclass(frozen=True)
class InUse:
    number: int
    model: Model


_loaded: dict[str, Model] = {}
"""By digest: what another field's change doesn't touch is not read again."""


def _read_current() -> Mapping[str, InUse]:
    rows = TriageModel.objects.unscoped(reason="whoever takes something down is helped by the same model")
    found: dict[str, InUse] = {}
    for row in rows.filter(state=CURRENT).only("field", "number", "weights", "digest"):
        model = _loaded.get(row.digest) or _load(row)
        if model is not None:
            found[row.field] = InUse(row.number, model)
            _loaded[row.digest] = model
    kept = {id(one.model) for one in found.values()}
    for digest in [digest for digest, model in _loaded.items() if id(model) not in kept]:
        del _loaded[digest]
    return found


def _load(row: TriageModel) -> Model | None:
    """None when it can't be read: then the words go on, and the log says why."""
    try:
        from niangjia.modules.demands.triage.model import BrokenModel, Model
        from niangjia.modules.demands.triage.words import words_of

        words_of("词典")  # without its segmenter it can answer nothing
    except ImportError as error:
        log.warning("Triage model %s is not used: %s", row.number, error)
        return None
    try:
        return Model.from_bytes(bytes(row.weights or b""))
    except BrokenModel as error:
        log.error("Triage model %s of %s is not used: %s", row.number, row.field, error)  # noqa: TRY400
        return None


_in_use = Kept(TriageModel, _read_current)


def models_in_use() -> Mapping[str, InUse]:
    """By field; read once a process, and again when another one took over."""
    return _in_use.now()


@dataclass(frozen=True)
class Sensed:
    """By field: what is suggested."""

    by_field: Mapping[str, Suggestion] = field(default_factory=dict)

    def of(self, name: str) -> Suggestion:
        return self.by_field.get(name, Suggestion())

    @property
    def kind(self) -> Suggestion:
        return self.of(Field.KIND)

    def kept(self) -> dict[str, Any]:
        """As it stands beside the demand; `kind` and `words` are those of the likeliest."""
        first = self.kind.offers[:1]
        short = {"kind": first[0].value, "words": list(first[0].words)} if first else {}
        told = {str(name): one.kept() for name, one in self.by_field.items() if one.offers}
        return {**short, "triage": told} if told else {}


def sensed_of(kept: Mapping[str, Any]) -> Sensed:
    """As it was kept; of demands taken down before there was triage, the kind alone."""
    if "triage" in kept:
        return Sensed({name: of_kept(one) for name, one in kept["triage"].items()})
    if kept.get("kind"):
        offer = Offer(str(kept["kind"]), starting.SUREST_BY_WORDS / 2, tuple(kept.get("words", ())))
        return Sensed({Field.KIND: Suggestion((offer,))})
    return Sensed()


def sense_text(title: str, body: str, *, known: Catalogue | None = None) -> Sensed:
    """Kind, nature and urgency of a message."""
    known, models = known or catalogue(), models_in_use()
    kind = _kind(title, body, known, models.get(Field.KIND))
    nature = _learnt(title, body, models.get(Field.NATURE)) or Suggestion(starting.nature_offers(f"{title} {body}"))
    urgency = _learnt(title, body, models.get(Field.URGENCY)) or _usual_urgency(kind, known)
    return Sensed({Field.KIND: kind, Field.NATURE: nature, Field.URGENCY: urgency})


def _kind(title: str, body: str, known: Catalogue, used: InUse | None) -> Suggestion:
    if used is not None:
        choices = used.model.choices(title, body, most=LOOKED_AT)
        offers = tuple(_offer(one) for one in choices if _is_open(known, one.label))
        if offers:
            return Suggestion(offers, used.number)
    found = suggest_kind(f"{title} {body}", known=known)
    return Suggestion(starting.kind_offers([(one.code, one.score, one.words) for one in found]))


def _is_open(known: Catalogue, code: str) -> bool:
    kind = known.get(code)
    return kind is not None and kind.is_used and not kind.is_group


def _learnt(title: str, body: str, used: InUse | None) -> Suggestion | None:
    if used is None:
        return None
    offers = tuple(map(_offer, used.model.choices(title, body)))
    return Suggestion(offers, used.number) if offers else None


def _offer(choice: Choice) -> Offer:
    return Offer(choice.label, choice.sureness, choice.words)


def _usual_urgency(kind: Suggestion, known: Catalogue) -> Suggestion:
    first = kind.offers[0] if kind.offers else None
    usual = known.get(first.value) if first else None
    if first is None or usual is None:
        return Suggestion()
    return Suggestion(starting.urgency_offers(usual.code, usual.urgency, first.sureness, usual.name))
