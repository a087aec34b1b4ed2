"""Tally and flow equal the rows after whatever people do, and last year's figures stay what they were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions import (
    change_members,
    change_membership,
    check_register,
    edit_membership,
    move_members,
    tag_members,
    transfer_member,
)
from niangjia.modules.members.actions.merging import move_members as merge_of_the_register
from niangjia.modules.members.actions.tally import moves_of, standing
from niangjia.modules.members.models import MemberFlow, Membership, MembershipChange, MemberTally
from niangjia.modules.members.queries import active_members_at, headcount
from niangjia.modules.members.rules import Change
from niangjia.modules.members.testing import NOW, TODAY, member
from niangjia.modules.organisations.actions.structure import merge_organisations, move_organisation
from niangjia.modules.organisations.testing import acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
LAST_YEAR = date(2025, 12, 31)
DAYS = [date(2024, 1, 10), date(2024, 9, 1), date(2025, 3, 3), date(2025, 12, 31), date(2026, 6, 1), TODAY]


def all_of(model):
    return model.objects.unscoped(reason="a test looks at everything")


def truth_of_the_flow() -> dict[tuple[int, date], int]:
    """Recomputed membership by membership."""
    rows = list(all_of(Membership))
    moves, flow = moves_of(row.pk for row in rows), {}
    for row in rows:
        for key, n in standing(row, moves.get(row.pk, ())).flow().items():
            flow[key] = flow.get(key, 0) + n
    return {key: n for key, n in flow.items() if n}


def kept_flow() -> dict[tuple[int, date], int]:
    return {(row.scope_id, row.on): row.n for row in MemberFlow.objects.all() if row.n}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "keep", "resume", "leave", "die", "correct", "transfer", "edit", "tag", "many", "merge", "merge"]),
        st.integers(0, 7), st.integers(0, 2), st.sampled_from(DAYS), st.sets(st.sampled_from([2, 3, 6]), max_size=2),
    ),
    min_size=6,
    max_size=16,
)  # fmt: skip
CHANGES = {
    "keep": Change.KEPT, "resume": Change.RESUMED, "leave": Change.LEFT, "die": Change.DIED, "correct": Change.CORRECTED,
}  # fmt: skip


# No shrinking: a failing sequence is short enough to read, and each step writes to the database.
@settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(steps=STEPS)
def test_tally_and_flow_equal_the_rows_whatever_is_done(steps) -> None:
    from django.db import transaction

    with transaction.atomic():
        tree = small_tree()
        unions = [tree.mill, tree.harbour, found_union(tree.north)]
        county = acting_as("CLERK", tree.county)
        done = {"actor": county, "now": NOW}
        for union, on in zip(unions, DAYS, strict=False):
            member(union, joined_on=on, categories=[2], actor=county)
        for act, which, where, on, tags in steps:
            rows = list(all_of(Membership).order_by("pk"))
            row = rows[which % len(rows)] if rows else None
            try:
                with transaction.atomic():
                    step(act, row, rows=rows, union=unions[where], unions=unions, on=on, tags=tags, done=done)
            except Refused:
                pass
            assert not check_register(now=NOW), (act, on)
            assert kept_flow() == truth_of_the_flow(), (act, on)
        for union in unions:
            assert active_members_at(union.pk) == headcount(union.scope.path, TODAY)
        transaction.set_rollback(True)


def step(act, row, *, rows, union, unions, on, tags, done) -> None:
    if act == "join":
        member(union, joined_on=on, categories=tags, actor=done["actor"])
    elif row is None:
        return
    elif act in CHANGES:
        change_membership(row.pk, change=CHANGES[act], on=on, reason="试一试", **done)
    elif act == "transfer":
        transfer_member(row.pk, to=union.pk, on=on, **done)
    elif act == "edit":
        edit_membership(row.pk, changes={"joined_on": on, "categories": tuple(tags)}, **done)
    elif act == "tag":
        tag_members([r.pk for r in rows], add=tags, remove={2, 3, 6} - tags, **done)
    elif act == "many":
        change_members([r.pk for r in rows], change=Change.KEPT, on=on, **done)
    elif act == "merge":
        other = next(u for u in unions if u.pk != union.pk)
        latest = max([r.joined_on for r in rows] + [c.on for c in all_of(MembershipChange).filter(kind=Change.MERGED)])
        merge_of_the_register(gone_id=union.pk, into_id=other.pk, on=max(on, latest), actor=SYSTEM, now=NOW)


def test_a_merger_keeps_last_years_headcount() -> None:
    tree = small_tree()
    county, twin = acting_as("CHAIR", tree.county), found_union(tree.north, "北山织造厂工会")
    old = [member(tree.mill, joined_on=date(2024, 3, 1), categories=[2]) for _ in range(3)]
    member(tree.mill, joined_on=date(2026, 2, 1))
    member(twin, joined_on=date(2025, 1, 1))
    change_membership(old[0].pk, change=Change.LEFT, on=date(2026, 3, 1), actor=county, now=NOW)
    paths = {"mill": tree.mill.scope.path, "twin": twin.scope.path}
    assert [headcount(paths[name], LAST_YEAR) for name in ("mill", "twin")] == [3, 1]

    merge_organisations(tree.mill.pk, twin.pk, on=date(2026, 6, 1), reason="两厂合并", actor=county, now=NOW)

    assert [headcount(paths[name], LAST_YEAR) for name in ("mill", "twin")] == [3, 1]
    assert [headcount(paths[name], date(2026, 5, 31)) for name in ("mill", "twin")] == [3, 1]
    assert active_members_at(tree.mill.pk) == 0
    assert active_members_at(twin.pk) == headcount(paths["twin"]) == headcount(paths["twin"], date(2026, 6, 1)) == 4
    assert headcount(tree.county.scope.path, LAST_YEAR) == headcount(tree.county.scope.path) == 4
    assert set(all_of(Membership).values_list("scope", flat=True)) == {twin.pk}
    assert all_of(MembershipChange).filter(kind=Change.MERGED).count() == 4
    assert not check_register(now=NOW)
    assert kept_flow() == truth_of_the_flow()


def test_a_moved_union_counts_where_it_stood() -> None:
    tree = small_tree()
    member(tree.mill, joined_on=date(2024, 3, 1))
    move_organisation(
        tree.mill.pk, parent_id=tree.south.pk, on=date(2026, 6, 1), actor=acting_as("CHAIR", tree.county), now=NOW
    )
    assert [headcount(place.scope.path, LAST_YEAR) for place in (tree.north, tree.south)] == [1, 0]
    assert [headcount(place.scope.path) for place in (tree.north, tree.south)] == [0, 1]


def test_the_nightly_look_finds_what_is_wrong(caplog) -> None:
    from niangjia.kernel.audit.models import AuditEntry
    from niangjia.modules.members.jobs import check_register_nightly

    tree = small_tree()
    made = member(tree.mill)
    check_register_nightly(0)
    assert not AuditEntry.objects.filter(verb="members.register.differs").exists()
    MemberTally.objects.update(n=7)
    all_of(Membership).filter(pk=made.pk).update(name="别人")
    check_register_nightly(0)
    entry = AuditEntry.objects.get(verb="members.register.differs")
    assert entry.after["names"] == {"rows": 1, "first": [[made.pk, made.person_id]]}
    assert entry.after["tally"]["rows"] == 1
    assert "differs" in caplog.text


def test_a_merger_of_unions_without_members_writes_nothing() -> None:
    tree = small_tree()
    assert move_members(gone_id=tree.mill.pk, into_id=tree.harbour.pk, on=TODAY, actor=SYSTEM, now=NOW) == 0
    assert not MemberFlow.objects.exists()


def test_days_of_the_flow() -> None:
    tree = small_tree()
    made = member(tree.mill, joined_on=TODAY - timedelta(days=10))
    assert [headcount(tree.mill.scope.path, TODAY - timedelta(days=d)) for d in (11, 10, 0)] == [0, 1, 1]
    change_membership(made.pk, change=Change.LEFT, on=TODAY, actor=acting_as("CLERK", tree.county), now=NOW)
    assert [headcount(tree.mill.scope.path, TODAY - timedelta(days=d)) for d in (1, 0)] == [1, 0]
