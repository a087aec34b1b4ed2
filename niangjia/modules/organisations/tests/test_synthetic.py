from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date

import pytest

from niangjia.modules.organisations import rules
from niangjia.modules.organisations.divisions import divisions
from niangjia.modules.organisations.rules import Coverage, OrganisationKind, PostHeld, Shift, Term
from niangjia.modules.organisations.synthetic import Scale, duty_roster, plan

TODAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def county():
    return plan(Scale.COUNTY, seed=1, today=TODAY)


@pytest.mark.parametrize(("scale", "unions", "members"), [(Scale.SMALL, 25, 600), (Scale.COUNTY, 628, 39_138)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exactly_as_many(scale, unions, members, seed):
    made = plan(scale, seed=seed, today=TODAY)
    assert (len(made.organisations), sum(each.members for each in made.organisations)) == (unions, members)
    assert min(each.members for each in made.organisations) == 0
    assert all(each.members > 0 for each in made.organisations if each.kind is OrganisationKind.PRIMARY_UNION)


@pytest.mark.parametrize("scale", Scale)
def test_what_is_planned_keeps_the_rules(scale):
    made = plan(scale, seed=1, today=TODAY)
    codes = {code for code, _, _ in divisions()}
    for each in made.organisations:
        parent = None if each.parent is None else made.organisations[each.parent]
        assert parent is None or parent.number < each.number
        rules.ensure_may_sit_under(each.kind, parent.kind if parent else None)
        assert rules.check_union_credit_code(each.credit_code or "", each.kind) is None
        assert each.division_code in codes
        rules.ensure_term(Term(each.term.number, each.term.from_on, each.term.until_on))
        held = [PostHeld(post.post, post.name, each.term.from_on) for post in each.posts]
        for place, post in enumerate(held[:30]):
            rules.ensure_may_hold(post, each.kind, held[:place])
    for employer in made.employers[::7]:
        rules.ensure_head_count(employer.workers, employer.women, employer.new_form)
        assert rules.check_employer_credit_code(employer.credit_code) is None
        assert bool(employer.unions) == (employer.coverage in (Coverage.OWN, Coverage.JOINT))
    for names in (made.organisations, made.employers):
        assert Counter(each.name for each in names).most_common(1)[0][1] == 1
    codes_given = [each.credit_code for each in (*made.organisations, *made.employers) if each.credit_code]
    assert len(set(codes_given)) == len(codes_given)


def test_the_city_has_its_figures():
    made = plan(Scale.CITY, seed=1, today=TODAY)
    assert (len(made.organisations), sum(each.members for each in made.organisations)) == (24_900, 3_620_000)
    last = made.organisations[-1]
    assert last.first_former + last.former_members < 5_000_000  # as far as identity numbers go


def test_county_has_its_figures(county):
    kinds = Counter(each.kind for each in county.organisations)
    assert kinds[OrganisationKind.TOWNSHIP_UNION] == 17
    blank = [each for each in county.employers if each.coverage is Coverage.NONE]
    assert (len(blank), sum(each.workers > 50 for each in blank)) == (600, 271)
    assert (len(county.staff), len(county.zones)) == (60, 20)
    assert len({zone.organisation for zone in county.zones}) == 6
    assert sum(len(zone.staff) for zone in county.zones) == 54


def test_each_employer_lies_in_one_zone(county):
    placed = [employer for zone in county.zones for employer in zone.employers]
    assert len(placed) == len(set(placed))


def test_members_follow_one_another_without_gaps(county):
    reached = 0
    for each in county.organisations:
        assert each.first_member == reached
        reached += each.members
    for each in county.organisations:
        assert each.first_former == reached
        reached += each.former_members


def test_same_seed_same_plan_in_another_process(county):
    code = (
        "import sys; from datetime import date; from niangjia.modules.organisations.synthetic import *;"
        "import hashlib; made = plan(Scale.COUNTY, seed=1, today=date(2026, 3, 1));"
        "print(hashlib.sha256(repr(made).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1
    assert plan(Scale.COUNTY, seed=2, today=TODAY).organisations != county.organisations


def test_nobody_is_on_duty_twice_at_once():
    shifts = [
        Shift(each.person, each.from_at, each.until_at) for each in duty_roster([1, 2, 3], from_on=TODAY, days=30)
    ]
    for place, shift in enumerate(shifts):
        rules.ensure_shift(shift, shifts[:place])
