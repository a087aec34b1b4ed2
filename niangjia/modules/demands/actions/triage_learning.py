"""Learning anew from what officers chose, and whether the new model takes over. Runs in the worker."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Max
from procrastinate.contrib.django import app

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.jobs.actions import begin_task
from niangjia.modules.demands.actions.catalogue import top
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue, suggest_kind
from niangjia.modules.demands.queries.triage_choices import choices_of, decided_since
from niangjia.modules.demands.triage import starting
from niangjia.modules.demands.triage.models import TriageModel
from niangjia.modules.demands.triage.rules import (
    CURRENT,
    PARTS,
    Field,
    Offer,
    State,
    Verdict,
    judge,
    parts_held,
)
from niangjia.modules.demands.triage.trying import Choice, Tried, asking_model, asking_offers, confusions, tried

if TYPE_CHECKING:
    from niangjia.modules.demands.triage.model import Model

log = logging.getLogger(__name__)
LEARN_TASK = "demands.learn_triage"
RUNS_KEPT = 60
MISSING = "没有安装学习组件（scikit-learn、rjieba），分类建议继续按诉求目录的标志词给出。请系统管理员按 requirements/run.txt 装全。"
_REASON = "the house's own models, whoever asked for a new one"


def can_learn() -> bool:
    """Whether the parts are installed; nothing is loaded to see it."""
    return all(importlib.util.find_spec(name) for name in ("sklearn", "rjieba"))


def begin_learning(*, actor: Actor, now: datetime) -> int:
    """The task's page shows how far it is. Raises NotPermitted, Refused."""
    if not actor.may(Permission.CATALOGUE_EDIT, str(top().path)):
        raise NotPermitted("分类模型由最上一级工会统一维护。")
    if not can_learn():
        raise Refused("triage.missing", MISSING)
    with transaction.atomic():
        task = begin_task(actor.user_id or 0, "重新学习分类", now=now)
        app.configure_task(LEARN_TASK).defer(task_id=task.pk)
    return int(task.pk)


def learn_anew(*, now: datetime, step: Callable[[int], None] = lambda _: None) -> list[TriageModel]:
    """One run: a model for each field of which there are choices. Raises Refused where it can't be."""
    if not can_learn():
        raise Refused("triage.missing", MISSING)
    rows = TriageModel.objects.unscoped(reason=_REASON)
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    known, made = catalogue(), []
    for at, name in enumerate(Field):
        made += _learnt(name, number, known, now=now)
        step(at + 1)
    rows.filter(number__lte=number - RUNS_KEPT).exclude(state=CURRENT).delete()
    return made


def learn_if_new(*, now: datetime) -> list[TriageModel]:
    """Every night; nothing happens while nobody has chosen anything since the last run. Raises Refused."""
    if not can_learn():
        raise Refused("triage.missing", MISSING)
    last = TriageModel.objects.unscoped(reason=_REASON).aggregate(last=Max("made_at"))["last"]
    return learn_anew(now=now) if decided_since(last) else []


@dataclass(frozen=True)
class Learnt:
    """`full` serves, `trial` is judged: it never saw what was held back."""

    full: Model
    trial: Model
    seconds: float


def _learnt(name: Field, number: int, known: Catalogue, *, now: datetime) -> list[TriageModel]:
    choices = [one for one in choices_of(name) if _stands(name, one.label, known)]
    if not choices:
        return []
    by_part = [sum(one.part == part for one in choices) for part in range(PARTS)]
    parts = parts_held(by_part)
    learnt = _fitted(choices, parts, _beginnings(name, known))
    current = TriageModel.objects.unscoped(reason=_REASON).filter(field=name, state=CURRENT).first()
    # Neither of the two may have read what they are judged by.
    held = [one for one in choices if one.part < min(parts, current.parts_held if current else parts)]
    result = tried(asking_model(learnt.trial), held)
    before = _tried_before(name, current, held, known)
    return [_kept(name, number, learnt, _Judged(len(choices), parts, held, result, before), current, now=now)]


def _stands(name: Field, label: str, known: Catalogue) -> bool:
    kind = known.get(label)
    return name is not Field.KIND or (kind is not None and kind.is_used and not kind.is_group)


def _beginnings(name: Field, known: Catalogue) -> list[tuple[str, str, str]]:
    """What is known before anybody chose: names and words of the catalogue, words that mark a nature."""
    if name is Field.NATURE:
        return starting.nature_examples()
    used = [kind for kind in known.kinds.values() if kind.is_used and not kind.is_group]
    if name is Field.KIND:
        return starting.kind_examples((kind.code, kind.name, kind.words) for kind in used)
    return starting.kind_examples((str(kind.urgency), kind.name, kind.words) for kind in used)


def _fitted(choices: Sequence[Choice], parts: int, beginnings: Sequence[tuple[str, str, str]]) -> Learnt:
    from niangjia.modules.demands.triage.learning import Example, learn

    began = time.monotonic()
    first = [Example(*one) for one in beginnings]
    told = [(one.part, Example(one.label, one.title, one.body)) for one in choices]
    trial = learn([example for part, example in told if part >= parts], first)
    full = learn([example for _, example in told], first, sureness=(trial.steepness, trial.shift))
    return Learnt(full, trial, time.monotonic() - began)


@dataclass(frozen=True)
class _Judged:
    choices: int
    parts: int
    held: Sequence[Choice]
    result: Tried
    before: Tried

    @property
    def verdict(self) -> Verdict:
        return judge(self.result.trial, self.before.trial, len(self.held))


def _tried_before(name: Field, current: TriageModel | None, held: Sequence[Choice], known: Catalogue) -> Tried:
    """What is in use, on the same choices: its own trial, or the words."""
    if current is not None and current.trial:
        from niangjia.modules.demands.triage.model import BrokenModel, Model

        try:
            return tried(asking_model(Model.from_bytes(bytes(current.trial))), held)
        except BrokenModel as error:
            log.warning("The trial of triage model %s can't be read: %s", current.number, error)
    return tried(asking_offers(_by_words(name, known)), held)


def _by_words(name: Field, known: Catalogue) -> Callable[[str, str], Sequence[Offer]]:
    def kinds(title: str, body: str) -> Sequence[Offer]:
        found = suggest_kind(f"{title} {body}", known=known)
        return starting.kind_offers([(one.code, one.score, one.words) for one in found])

    def urgencies(title: str, body: str) -> Sequence[Offer]:
        first = next(iter(kinds(title, body)), None)
        kind = known.get(first.value) if first else None
        return starting.urgency_offers(kind.code, kind.urgency, first.sureness, kind.name) if kind and first else ()

    return {
        Field.KIND: kinds, Field.NATURE: lambda title, body: starting.nature_offers(f"{title} {body}"),
        Field.URGENCY: urgencies,
    }[name]  # fmt: skip


@transaction.atomic
def _kept(
    name: Field, number: int, learnt: Learnt, judged: _Judged, current: TriageModel | None, *, now: datetime
) -> TriageModel:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('demands.triage'))")
    weights, verdict, scores = learnt.full.to_bytes(), judged.verdict, judged.result.scores
    figures: dict[str, Any] = {
        **_figures(scores), "before": _figures(judged.before.scores), "rows": scores.rows,
        "seconds": round(learnt.seconds, 1), "megabytes": round(len(weights) / 1_000_000, 2),
        "before_number": current.number if current else 0,
    }  # fmt: skip
    rows = TriageModel.objects.unscoped(reason=_REASON)
    if verdict.takes_over:
        rows.filter(field=name, state=CURRENT).update(state=State.RETIRED.value, weights=None, trial=None)
    made: TriageModel = TriageModel.objects.create(
        field=name.value, number=number, state=(State.CURRENT if verdict.takes_over else State.CANDIDATE).value,
        made_at=now, switched_at=now if verdict.takes_over else None, learnt_from=judged.choices,
        held_back=len(judged.held), parts_held=judged.parts, labels=len(learnt.full.labels), figures=figures,
        confusions=confusions(judged.held, judged.result.answers), reason=verdict.reason[:200],
        weights=weights if verdict.takes_over else None,
        trial=learnt.trial.to_bytes() if verdict.takes_over else None, digest=hashlib.sha256(weights).hexdigest(),
    )  # fmt: skip
    return made


def _figures(scores: Any) -> dict[str, float]:
    return {name: round(getattr(scores, name), 4) for name in ("macro_f1", "accuracy", "accuracy_at_80pct")}
