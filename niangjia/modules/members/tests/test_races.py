"""Acts on the same members at once, which must not wait for each other in a ring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from niangjia.modules.members.actions import check_register, memberships, merging, transfer_members
from niangjia.modules.members.models import Membership
from niangjia.modules.members.testing import NOW, TODAY, member
from niangjia.modules.organisations.actions.structure import merge_organisations
from niangjia.modules.organisations.testing import acting_as, small_tree

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits_for_a_lock() -> None:
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(
                "select 1 from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()"
            )
            if cursor.fetchone():
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def merged_while_many_are_transferred(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The merger begins when the first of the members is held; in the table the first one lies behind the other."""
    tree = small_tree()
    actor = acting_as("CHAIR", tree.county)
    first, second = member(tree.mill), member(tree.mill)
    with connection.cursor() as cursor:
        cursor.execute("update members_membership set post = '班长' where id = %s", [first.pk])
    one_is_held, begun = threading.Event(), memberships.begun
    outcomes: list[str] = []

    def slowly(*args):
        made = begun(*args)
        if not one_is_held.is_set():
            one_is_held.set()
            somebody_waits_for_a_lock()
        return made

    monkeypatch.setattr(memberships, "begun", slowly)

    def transfer() -> None:
        transfer_members([second.pk, first.pk], to=tree.harbour.pk, on=TODAY, actor=actor, now=NOW)

    def merge() -> None:
        one_is_held.wait(timeout=20)
        with connection.cursor() as cursor:  # so few rows are read as they lie, as many of a large union are
            cursor.execute("set enable_indexscan = off; set enable_bitmapscan = off")
        merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=actor, now=NOW)

    def run(act: Callable[[], None]) -> None:
        try:
            act()
            outcomes.append("done")
        except OperationalError as error:
            outcomes.append(type(error.__cause__).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in (transfer, merge)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(outcomes)


def test_a_merger_waits_for_a_transfer_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert merged_while_many_are_transferred(monkeypatch) == ["done", "done"]
    assert not check_register(now=NOW)
    rows = Membership.objects.unscoped(reason="a test looks at everything")
    assert rows.count() == 4
    assert rows.values("scope_id").distinct().count() == 1


def test_without_an_order_one_of_the_two_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_HOLD", "select 1")
    assert merged_while_many_are_transferred(monkeypatch) == ["DeadlockDetected", "done"]
