"""Keeping the emergency rules of a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.emergency_rules import DEFAULTS, EXTREME, URGENT, tidy
from niangjia.modules.demands.models import EmergencyRule
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.emergency import as_row
from niangjia.modules.organisations.queries.organisations import organisation_in_sight

FEWEST, MOST_WORDS, SHORTEST_WORD, LONGEST_WORD = 3, 100, 2, 20


@dataclass(frozen=True)
class RuleFacts:
    name: str
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    people: int | None = None
    urgency: int = EXTREME
    is_major: bool = True
    is_used: bool = True


def write_defaults(scope_id: int, *, actor: Actor, now: datetime) -> list[EmergencyRule]:
    """The rules that the product brings become rows of the topmost union, so that they can be changed there.

    Raises Missing, NotPermitted, Refused elsewhere than at the top. Rows that stand already stay.
    """
    scope = organisation_in_sight(scope_id, actor).scope
    if scope.parent_id is not None:
        raise Refused("emergency.top", "默认规则由最上一级工会管理。本单位要加的，请点“新增规则”。")
    with adding(
        actor=actor, permission=Permission.EMERGENCY_EDIT, scope=scope, verb="demands.emergency_rule.added", now=now
    ) as recorded:  # fmt: skip
        Scope.objects.select_for_update().get(pk=scope.pk)
        rows = EmergencyRule.objects.unscoped(reason="the rules of a row in sight").filter(scope=scope)
        if not rows.exists():
            for rule in DEFAULTS:
                row = as_row(rule, scope)
                row.save()
                recorded(row)
    return list(rows.order_by("pk"))


def add_rule(scope_id: int, *, facts: RuleFacts, actor: Actor, now: datetime) -> EmergencyRule:
    """At the top the defaults are written first, or the new one would stand for all of them.

    Raises Missing, NotPermitted, Refused.
    """
    scope = organisation_in_sight(scope_id, actor).scope
    facts = tidied(facts)
    with adding(
        actor=actor, permission=Permission.EMERGENCY_EDIT, scope=scope, verb="demands.emergency_rule.added", now=now
    ) as recorded:  # fmt: skip
        if scope.parent_id is None:
            write_defaults(scope_id, actor=actor, now=now)
        row = EmergencyRule(scope=scope)
        _put(row, facts)
        recorded(row)
    return row


def change_rule(pk: int, *, facts: RuleFacts, reason: str = "", actor: Actor, now: datetime) -> EmergencyRule:
    """Raises Missing, NotPermitted, Refused."""
    facts = tidied(facts)
    with changing(
        EmergencyRule, pk, actor=actor, permission=Permission.EMERGENCY_EDIT, verb="demands.emergency_rule.changed",
        now=now, reason=reason,
    ) as row:  # fmt: skip
        _put(row, facts)
    return row


def _put(row: EmergencyRule, facts: RuleFacts) -> None:
    row.name, row.words, row.not_words = facts.name, list(facts.words), list(facts.not_words)
    row.people, row.urgency = facts.people, facts.urgency
    row.is_major, row.is_used = facts.is_major, facts.is_used
    row.save()


def tidied(facts: RuleFacts) -> RuleFacts:
    """Raises Refused for a rule that would ring at everything, or at nothing."""
    name, words, not_words = facts.name.strip(), _words(facts.words), _words(facts.not_words)
    if not name:
        raise Refused("emergency.name", "请给规则起个名字。", "name")
    if not words and facts.people is None:
        raise Refused("emergency.empty", "请写关键词或人数，至少一样；否则这条规则不起作用。", "words")
    _ensure_words(words, "words")
    _ensure_words(not_words, "not_words")
    if facts.people is not None and facts.people < FEWEST:
        raise Refused("emergency.people", f"人数至少 {FEWEST} 人，否则几乎每件诉求都会报警。", "people")
    if facts.urgency not in (URGENT, EXTREME):
        raise Refused("emergency.urgency", "紧急规则定为“紧急”或“特急”。", "urgency")
    return RuleFacts(name, words, not_words, facts.people, facts.urgency, facts.is_major, facts.is_used)


def _ensure_words(words: tuple[str, ...], field: str) -> None:
    if len(words) > MOST_WORDS:
        raise Refused("emergency.many", f"最多 {MOST_WORDS} 个词。", field)
    for word in words:
        if len(word) > LONGEST_WORD:
            raise Refused("emergency.word", f"“{word[:12]}…”太长，请写不超过 {LONGEST_WORD} 个字的词。", field)
        if any(mark in word[:-1] for mark in ",，。;；"):
            raise Refused("emergency.word", f"“{word}”里有标点，请一行写一个词。", field)
        if len(word.replace("…", "")) < SHORTEST_WORD:
            raise Refused("emergency.word", f"“{word}”只有一个字，会误报，请写两个字以上。", field)


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tidy(word).replace("...", "…") for word in words if word.strip()))
