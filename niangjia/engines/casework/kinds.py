"""Kinds of case: a room that has its matters handled here declares one, from its `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from niangjia.kernel.access.actor import Actor

ASKER = Actor(user_id=None, name="诉求人")
"""Whoever asked. The room above has proved who it is; such an act skips the right, never the rule."""


@dataclass(frozen=True)
class CaseKind:
    """Permissions are codes that `config/jobs.py` gives to jobs.

    `address(case_id)`: the desk page of it. `prefix` begins its numbers (SQ20261122-0001).
    `noun` stands in messages: “诉求 SQ20261122-0001 即将到期”.
    """

    name: str  # 'demands.demand'
    noun: str
    prefix: str
    view: str
    accept: str  # accept, refuse, ask for facts, merge, split, assign
    handle: str  # be a lead or a co-handler and do what they do
    call_back: str
    supervise: str  # urge, hand over another's, regrade; sees who is slow
    lead: str  # 分管领导: extension, instruction
    address: Callable[[int], str]


_kinds: dict[str, CaseKind] = {}


def register_kind(kind: CaseKind) -> None:
    _kinds[kind.name] = kind


def kind_named(name: str) -> CaseKind:
    """Raises KeyError."""
    return _kinds[name]


def case_kinds() -> tuple[CaseKind, ...]:
    return tuple(_kinds.values())
