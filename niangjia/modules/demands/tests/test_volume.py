"""Demands that came by COPY pass what those made by actions pass; and PostgreSQL finds them by the index that fits."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from niangjia.engines.casework.models import Case, Entry, Participant
from niangjia.engines.casework.rules import ENDED, OPEN, Stage
from niangjia.kernel.access.models import Scope
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.lists.paging import list_page
from niangjia.kernel.lists.spec import list_named
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.lanes import LANES
from niangjia.modules.demands.rules import Channel, HowClosed, Nature, check_contact, pairs_of
from niangjia.modules.demands.seed.volume import fill_demands
from niangjia.modules.organisations.testing import acting_as, small_tree
from tests.plans import plans_of

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "the test looks at every row"

NAMING = '"casework_case"'


def test_rows_hold_what_the_actions_hold() -> None:
    small_tree()
    fill_demands(600, seed=3, now=timezone.now())
    cases = Case.objects.unscoped(reason=WHY).in_bulk()
    assert len(cases) == 600
    for row in Demand.objects.unscoped(reason=WHY):
        clean(row)
        assert row.asker_name_digest == (digest(row.asker_name) if row.asker_name else None)
        assert row.asker_phone_digest == (digest(row.asker_phone) if row.asker_phone else None)
        assert row.asker_phone_tail == row.asker_phone[-4:]
        if row.asker_phone:
            assert check_contact(row.asker_phone, synthetic=True) is None
            assert check_contact(row.asker_phone) is not None
        case = cases[row.pk]
        assert row.words == pairs_of(case.title, row.body)
        assert row.nature in set(Nature)
        assert row.channel in set(Channel)
        assert not row.how_closed or row.how_closed in set(HowClosed)
        assert not row.recovered_fen or row.recovered_fen <= row.claimed_fen
    for case in cases.values():
        clean(case)
        moments = [case.received_at, case.accepted_at, case.first_answered_at, case.ended_at]
        assert [one for one in moments if one] == sorted(one for one in moments if one), case.number
        assert (case.ended_at is not None) == (case.stage in ENDED)
        assert (case.due_at is None) or case.stage in OPEN
        assert (case.merged_into_id is not None) == (case.stage == Stage.MERGED)
        assert case.lead_id is None or case.stage not in (Stage.RECEIVED, Stage.FACTS_ASKED)
        assert case.touched_at <= timezone.now()
    leads = dict(
        Participant.objects.unscoped(reason=WHY).filter(role="LEAD", until_at=None).values_list("case_id", "user_id")
    )
    assert leads == {pk: case.lead_id for pk, case in cases.items() if case.lead_id and case.stage in OPEN}
    begun = Entry.objects.unscoped(reason=WHY).filter(verb="record").values_list("case_id", flat=True)
    assert sorted(begun) == sorted(cases)


def clean(row: Any) -> None:
    """What is empty may be: the database has said so already."""
    empty = [field.name for field in row._meta.concrete_fields if not getattr(row, field.attname)]
    row.clean_fields(exclude=empty)
    row.validate_constraints()


# --- plans ---


def read_through(ask) -> list[str]:
    """Tables of cases and demands that a plan reads from end to end."""
    return [
        node["Relation Name"]
        for plan in plans_of(ask, NAMING)
        for node in plan
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in {"casework_case", "demands_demand"}
    ]


def test_no_view_reads_everything() -> None:
    """One test, because filling takes seconds: a township's officer and the county's chair."""
    tree = small_tree()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into access_scope (id, parent_id, path) select 1000000 + n, %(parent)s,"
            " (%(path)s || '.' || (1000000 + n))::ltree from generate_series(1, 400) n",
            {"parent": tree.north.pk, "path": tree.north.scope.path},
        )
        cursor.execute("analyze access_scope")
    fill_demands(60_000, seed=3, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("update casework_case set scope_id = 1000000 + 1 + id % 400 where id % 4 > 0")
        cursor.execute("vacuum (analyze) casework_case")
        cursor.execute("vacuum (analyze) demands_demand")
    assert Scope.objects.count() > 400
    spec = list_named("demands.demand")
    for actor in (acting_as("CHAIR", tree.county), acting_as("CHAIR", tree.south)):
        for params in (
            {}, {"channel": "7"}, {"nature": "6"}, {"how_closed": "NOT_OURS"}, {"urgency": "4"}, {"major": "1"},
            {"satisfied": "no"}, {"reopened": "1"}, {"stage": "60"}, {"sort": "due"}, {"sort": "number"}, {"overdue": "1"},
            {"q": "0021"}, {"q": "SQ20261101"}, {"kind": "0703"}, {"ended_since": timezone.localdate().isoformat()},
        ):  # fmt: skip
            assert read_through(partial(list_page, spec, actor=actor, params=params)) == [], params
    for lane in LANES:
        actor = acting_as("CHAIR", tree.county)
        page = list_named(f"demands.inbox_{lane.key}")
        assert read_through(partial(list_page, page, actor=actor, params={})) == [], lane.key
