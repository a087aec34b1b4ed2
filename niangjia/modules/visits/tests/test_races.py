"""A draft that is sent twice at once, and two officers at one gate: each with the control that shows the race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections

from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations.testing import firm, officer, small_tree
from niangjia.modules.visits.actions import handing_in
from niangjia.modules.visits.drafts import Conflict
from niangjia.modules.visits.models import Visit
from niangjia.modules.visits.testing import NOW, draft

WHY = {"reason": "the test's own world"}


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each came to: its value, or what it raised."""
    came: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            came[number] = work()
        except (Refused, IntegrityError) as error:
            came[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return came


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked before either writes."""
    both, real = threading.Barrier(2), handing_in._write

    def together(*args: Any) -> None:
        both.wait(timeout=10)
        real(*args)

    monkeypatch.setattr(handing_in, "_hold", lambda _: None)
    monkeypatch.setattr(handing_in, "_write", together)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_draft_sent_twice_at_once_is_handed_in_once(monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    tree = small_tree()
    actor = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    written = draft(firm("北山纺织厂", "530999101"))
    if not guarded:
        unguarded(monkeypatch)
    came = at_once(*[lambda: handing_in.hand_in_visit(written, actor=actor, now=NOW)] * 2)
    assert Visit.objects.unscoped(**WHY).count() == 1
    assert (came[0] == came[1]) is guarded
    assert any(isinstance(one, IntegrityError) for one in came) is not guarded


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_officers_at_one_gate_the_second_is_told(monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    tree = small_tree()
    actors = [actor_of(officer("LIAISON_OFFICER", tree.county, name).pk, now=NOW) for name in ("何走访", "马同行")]
    employer = firm("北山纺织厂", "530999101")
    drafts = [draft(employer, at=NOW - timedelta(minutes=minutes)) for minutes in (20, 40)]
    if not guarded:
        unguarded(monkeypatch)
    pairs = zip(drafts, actors, strict=True)
    came = at_once(
        *[lambda one=one, actor=actor: handing_in.hand_in_visit(one, actor=actor, now=NOW) for one, actor in pairs]
    )
    told = [one for one in came if isinstance(one, Conflict)]
    assert len(told) == (1 if guarded else 0)
