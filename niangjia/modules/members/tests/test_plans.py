"""How PostgreSQL finds the rows: pages off an index alone, searches by the index that fits and fenced, counts by the tally."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.paging import list_page
from niangjia.kernel.lists.spec import list_named
from niangjia.modules.members.queries.search import first_hits
from niangjia.modules.organisations.testing import Tree, acting_as, small_tree
from tests.plans import plans_of

pytestmark = pytest.mark.django_db(transaction=True)
MEMBERS = 50_000
PAGES = {"membership_tagged", "membership_kept", "membership_name_key", "membership_scope_name"}

FILL = """
with unions as (
    insert into access_scope (id, parent_id, path)
    select 1000000 + n, %(parent)s, (%(path)s || '.' || (1000000 + n))::ltree from generate_series(1, 250) n
    returning id
), people as (
    insert into members_person (
        id, name, document_kind, document_digest, phone_digest, sex, ethnicity, political_status, education, skill_grade,
        native_place, household_kind, household_place, marital_status, bank_name, created_at)
    select 1000000 + n, 'x', 'PASSPORT', sha256(n::text::bytea), sha256(('p' || n)::bytea), '1', '', '', '', '', '', '',
        '', '', '', now()
    from generate_series(1, %(members)s) n
    returning id
)
insert into members_membership (
    person_id, scope_id, status, categories, joined_on, employment_status, post, name, name_key, initials, phone_tail)
select 1000000 + n, 1000000 + 1 + n %% 250, 1 + (n %% 19 = 0)::int, array[n %% 16 + 1]::smallint[],
    date '2010-01-01' + n %% 5000, '', '',
    (array['王','李','张','刘','陈','杨','黄','赵','周','吴'])[1 + n %% 10] || chr(19968 + n * 7 %% 900) || chr(20968 + n %% 700),
    (array['wang','li','zhang','liu','chen','yang','huang','zhao','zhou','wu'])[1 + n %% 10]
        || ' ' || chr(97 + n * 7 %% 24) || 'an ' || chr(97 + n %% 23) || 'ing',
    left((array['wang','li','zhang','liu','chen','yang','huang','zhao','zhou','wu'])[1 + n %% 10], 1)
        || chr(97 + n * 7 %% 24) || chr(97 + n %% 23),
    lpad((n * 31 %% 10000)::text, 4, '0')
from generate_series(1, %(members)s) n
"""
TALLY = """
insert into members_membertally (scope_id, status, category, n)
select scope_id, status, 0, count(*) from members_membership group by 1, 2
union all
select scope_id, status, c, count(*) from members_membership, unnest(categories) c group by 1, 2, 3
"""

NAMING = '"members_membership"."'


@pytest.fixture
def tree() -> Tree:
    """Filled in one go; filling takes seconds, so one test asks everything."""
    made = small_tree()
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"parent": made.north.pk, "path": made.north.scope.path, "members": MEMBERS})
        cursor.execute(TALLY)
        for table in ("access_scope", "members_person", "members_membership", "members_membertally"):
            cursor.execute(f"vacuum (analyze) {table}")
    return made


def on_members(plan: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [node for node in plan if node.get("Relation Name") == "members_membership"]


def index_names(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in plan if "Index Name" in node}


SPEC_NAME = "members.member"
NAMES = {"membership_name_1", "membership_name_2", "membership_name_3", "membership_name_dot"}


def page(actor: Actor, **params: str) -> list[list[dict[str, Any]]]:
    """The plans of the count, if it reads memberships, and of the page."""
    return plans_of(lambda: list_page(list_named(SPEC_NAME), actor=actor, params=params), NAMING)


def fence(plan: list[dict[str, Any]]) -> bool:
    return any("COALESCE" in key for node in plan if "Sort" in node["Node Type"] for key in node["Sort Key"])


def check_page(actor: Actor, **params: str) -> None:
    """Keys first off a covering index, then the fifty rows whole by their ids."""
    reads = on_members(page(actor, **params)[-1])
    assert not any(node["Node Type"] == "Seq Scan" for node in reads), params
    keys = [node for node in reads if node.get("Index Name") in PAGES | {"membership_joined_on"}]
    assert keys, params
    if "since" not in params:
        assert any(node["Node Type"] == "Index Only Scan" for node in keys), params
    assert [node for node in reads if node.get("Index Name") == "members_membership_pkey"], params


def check_few(actor: Actor, **params: str) -> None:
    """A handful among thousands: off an index that holds few others, never along all names."""
    plan = page(actor, **params)[-1]
    assert {"membership_kept", "membership_tagged", "membership_categories"} & index_names(plan), params
    assert "membership_name_key" not in index_names(plan), params
    assert not any(node["Node Type"] == "Seq Scan" for node in on_members(plan)), params


def check_search(actor: Actor, text: str, wanted: set[str]) -> None:
    """By the index that fits what was typed, never along the names in order; sorted only then."""
    plan = page(actor, q=text)[-1]
    assert wanted <= index_names(plan), text
    assert not PAGES & index_names(plan), text
    assert not any(node["Node Type"] == "Seq Scan" for node in on_members(plan)), text
    assert fence(plan), text


def check_counts(actor: Actor) -> None:
    """Filters that the tally knows never look at the memberships: only the page's own statement does."""
    spec = list_named(SPEC_NAME)
    for params in ({}, {"category": "6"}, {"status": "2"}, {"status": "2", "category": "6"}, {"status": "all"}):
        assert len(page(actor, **params)) == 1, params
        shown = list_page(spec, actor=actor, params=params)
        assert shown.count.exact
        assert shown.count.number == spec.narrowed(shown.chosen, actor).count(), params
    assert list_page(spec, actor=actor, params={"since": "2010-01-01"}).count.text == "1,000+"


def check_every_row_is_on_one_page(actor: Actor) -> None:
    seen: list[int] = []
    key = ""
    while True:
        shown = list_page(list_named(SPEC_NAME), actor=actor, params={"category": "6", "status": "2", "after": key})
        seen += [row.pk for row in shown.rows]
        key = shown.next
        if not key:
            break
    assert len(seen) == len(set(seen)) == shown.count.number > 100


def test_how_rows_are_found(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    county, township = acting_as("CHAIR", tree.county), acting_as("CLERK", tree.north)
    for actor in (county, township):
        check_page(actor)
        check_page(actor, category="6")
        check_few(actor, category="6", status="2")
        check_page(actor, status="all")
        check_page(actor, since="2023-05-01")
        check_search(actor, "王丁", NAMES)
        check_search(actor, "丁倨甲", NAMES)
        check_search(actor, "wab", {"membership_initials"})
        check_search(actor, "0031", {"membership_phone_tail"})
        check_search(actor, "E1234567", {"membership_person"})
        check_search(actor, "12400000001", {"membership_person"})
    assert all(fence(plan) for plan in plans_of(lambda: first_hits(county, "王丁", 6), NAMING))
    check_counts(county)
    check_every_row_is_on_one_page(county)
    # The control: without the fence the planner is free to walk the names and hope for hits.
    monkeypatch.setattr(type(list_named(SPEC_NAME)), "fenced", lambda *asked: False)
    assert not fence(page(county, q="wab")[-1])
