from __future__ import annotations

from datetime import date, datetime

import pytest

from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.rules import (
    ChosenBy,
    EmployerRole,
    Load,
    OrganisationState,
    Placed,
    Post,
    PostHeld,
    ReElection,
    Shift,
    SizeBand,
    StandIn,
    Term,
)
from niangjia.modules.organisations.rules import OrganisationKind as K


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


# --- the tree ---


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        (K.CITY_FEDERATION, K.PROVINCE_FEDERATION),
        (K.COUNTY_FEDERATION, K.CITY_FEDERATION),
        (K.COUNTY_FEDERATION, None),
        (K.TOWNSHIP_UNION, K.COUNTY_FEDERATION),
        (K.SYSTEM_COMMITTEE, K.COUNTY_FEDERATION),
        (K.VILLAGE_JOINT_UNION, K.TOWNSHIP_UNION),
        (K.TRADE_JOINT_UNION, K.INDUSTRY_UNION),
        (K.JOINT_UNION, K.VILLAGE_JOINT_UNION),
        (K.PRIMARY_UNION, K.VILLAGE_JOINT_UNION),
        (K.PRIMARY_UNION, K.SYSTEM_COMMITTEE),
        (K.PRIMARY_UNION, K.COUNTY_FEDERATION),
        (K.PRIMARY_UNION, K.PRIMARY_UNION),
        (K.GROUP, K.PRIMARY_UNION),
        (K.GROUP, K.JOINT_UNION),
    ],
)
def test_may_sit_under(child, parent):
    rules.ensure_may_sit_under(child, parent)


@pytest.mark.parametrize(
    ("child", "parent", "code"),
    [
        (K.PRIMARY_UNION, None, "organisation.needs_parent"),
        (K.TOWNSHIP_UNION, None, "organisation.needs_parent"),
        (K.COUNTY_FEDERATION, K.TOWNSHIP_UNION, "organisation.wrong_parent"),
        (K.PROVINCE_FEDERATION, K.CITY_FEDERATION, "organisation.wrong_parent"),
        (K.SYSTEM_COMMITTEE, K.TOWNSHIP_UNION, "organisation.wrong_parent"),
        (K.VILLAGE_JOINT_UNION, K.VILLAGE_JOINT_UNION, "organisation.wrong_parent"),
        (K.TOWNSHIP_UNION, K.INDUSTRY_UNION, "organisation.wrong_parent"),
        (K.PRIMARY_UNION, K.JOINT_UNION, "organisation.wrong_parent"),
        (K.PRIMARY_UNION, K.GROUP, "organisation.wrong_parent"),
        (K.GROUP, K.GROUP, "organisation.wrong_parent"),
        (K.GROUP, K.TOWNSHIP_UNION, "organisation.wrong_parent"),
    ],
)
def test_may_not_sit_under(child, parent, code):
    with refused(code):
        rules.ensure_may_sit_under(child, parent)


def test_every_kind_has_its_seat_its_level_and_a_reason_for_staff():
    assert set(rules.MAY_SIT_UNDER) == set(rules.LEVEL) == set(K)
    for kind, seating in rules.MAY_SIT_UNDER.items():
        assert seating.why.endswith("。")
        for parent in seating.parents:
            assert rules.LEVEL[parent] < rules.LEVEL[kind] or kind is parent is K.PRIMARY_UNION


def test_kinds_under_follows_the_table():
    assert rules.kinds_under(K.GROUP) == ()
    assert rules.kinds_under(K.JOINT_UNION) == (K.GROUP,)
    assert K.SYSTEM_COMMITTEE in rules.kinds_under(K.COUNTY_FEDERATION)


@pytest.mark.parametrize(
    ("kind", "members", "name"),
    [
        (K.SYSTEM_COMMITTEE, 900, None),
        (K.GROUP, 9, None),
        (K.PRIMARY_UNION, 99, "会员大会"),
        (K.PRIMARY_UNION, 100, "会员代表大会"),
        (K.COUNTY_FEDERATION, 0, "工会代表大会"),
    ],
)
def test_congress(kind, members, name):
    assert rules.congress_name(kind, members) == name
    assert rules.has_congress(kind) == (name is not None)


# --- credit codes ---

STANDARDS_OWN = "91350100M000100Y43"  # the example printed in GB 32100


def code_of(first_17: str) -> str:
    return first_17 + rules.credit_code_check_character(first_17)


@pytest.mark.parametrize("code", ["", STANDARDS_OWN, code_of("81330299MC0000001"), code_of("91100000MA0000001")])
def test_good_credit_codes(code):
    assert rules.check_credit_code(code) is None


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (STANDARDS_OWN[:-1], "现在是 17 位"),
        (STANDARDS_OWN + "0", "现在是 19 位"),
        ("9135O100M000100Y43", "没有字母 O"),
        ("9135I10SM000100Y43", "没有字母 I、S"),
        ("91350100M00010zY43".upper(), "没有字母 Z"),
        ("91350100M000100*43", "请去掉“*”"),
        ("9135A100M000100Y43", "行政区划"),
        (code_of("91990100M000100Y4"), "行政区划"),
        ("91350100M000100Y44", "校验位"),
        ("91350100M000010Y43", "校验位"),
        ("９１350100M000100Y43", "请去掉"),
    ],
)
def test_bad_credit_codes(code, says):
    assert says in (rules.check_credit_code(code) or "")


@pytest.mark.parametrize("place", range(18))
def test_any_single_slip_is_seen(place):
    for character in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        slipped = STANDARDS_OWN[:place] + character + STANDARDS_OWN[place + 1 :]
        assert (rules.check_credit_code(slipped) is None) == (slipped == STANDARDS_OWN)


def test_tidy_credit_code():
    assert rules.tidy_credit_code(" ９１35 0100-m000100y43\n") == STANDARDS_OWN


@pytest.mark.parametrize(
    ("kind", "first_17", "good"),
    [
        (K.PRIMARY_UNION, "81330299MC0000001", True),
        (K.PRIMARY_UNION, "89330299MC0000001", True),
        (K.PRIMARY_UNION, "91330299MC0000001", False),
        (K.PRIMARY_UNION, "13330299MC0000001", False),
        (K.COUNTY_FEDERATION, "13330299MC0000001", True),
        (K.COUNTY_FEDERATION, "91330299MC0000001", False),
    ],
)
def test_unions_code(kind, first_17, good):
    assert (rules.check_union_credit_code(code_of(first_17), kind) is None) == good


def test_code_may_be_absent_and_an_employer_has_no_unions_code():
    assert rules.check_union_credit_code("", K.JOINT_UNION) is None
    assert rules.check_employer_credit_code("") is None
    assert rules.check_employer_credit_code(code_of("92330299MC0000001")) is None
    assert "工会的代码" in (rules.check_employer_credit_code(code_of("81330299MC0000001")) or "")


# --- terms ---


@pytest.mark.parametrize(
    ("from_on", "until_on", "good"),
    [
        (date(2023, 3, 1), date(2026, 3, 1), True),
        (date(2023, 3, 1), date(2026, 2, 28), True),
        (date(2023, 3, 1), date(2028, 3, 1), True),
        (date(2024, 2, 29), date(2029, 2, 28), True),
        (date(2023, 3, 1), date(2027, 3, 1), False),
        (date(2023, 3, 1), date(2026, 3, 3), False),
        (date(2023, 3, 1), date(2023, 3, 1), False),
        (date(2023, 3, 1), date(2022, 3, 1), False),
    ],
)
def test_length_of_term(from_on, until_on, good):
    assert (rules.term_problem(from_on, until_on) is None) == good


FIRST = Term(1, date(2018, 5, 1), date(2021, 5, 1))


@pytest.mark.parametrize(
    ("term", "code"),
    [
        (Term(2, date(2021, 5, 1), date(2024, 5, 1)), None),
        (Term(2, date(2021, 4, 30), date(2024, 4, 30)), "term.overlap"),
        (Term(1, date(2021, 5, 1), date(2024, 5, 1)), "term.twice"),
        (Term(2, date(2013, 5, 1), date(2018, 5, 1)), "term.order"),
        (Term(0, date(2021, 5, 1), date(2024, 5, 1)), "term.number"),
        (Term(2, date(2021, 5, 1), date(2025, 5, 1)), "term.length"),
    ],
)
def test_terms_beside_each_other(term, code):
    if code is None:
        rules.ensure_term(term, [FIRST])
    else:
        with refused(code):
            rules.ensure_term(term, [FIRST])


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2025, 8, 27), ReElection.NOT_DUE),
        (date(2025, 8, 28), ReElection.SOON),
        (date(2026, 2, 27), ReElection.SOON),
        (date(2026, 2, 28), ReElection.OVERDUE),
    ],
)
def test_re_election(today, state):
    assert rules.re_election_state(date(2026, 2, 28), today) is state


@pytest.mark.parametrize(("number", "label"), [(1, "第一届"), (10, "第十届"), (16, "第十六届"), (20, "第二十届")])
def test_term_label(number, label):
    assert Term(number, date(2020, 1, 1), date(2025, 1, 1)).label == label


@pytest.mark.parametrize(
    ("kind", "chosen_by", "code"),
    [
        (K.PRIMARY_UNION, ChosenBy.CONGRESS, None),
        (K.PRIMARY_UNION, ChosenBy.APPOINTED, "term.elected_by"),
        (K.SYSTEM_COMMITTEE, ChosenBy.APPOINTED, None),
        (K.SYSTEM_COMMITTEE, ChosenBy.CONGRESS, "term.elected_by"),
        (K.GROUP, ChosenBy.APPOINTED, "term.group"),
    ],
)
def test_who_elects_the_committee(kind, chosen_by, code):
    if code is None:
        rules.ensure_elected(kind, chosen_by)
    else:
        with refused(code):
            rules.ensure_elected(kind, chosen_by)


@pytest.mark.parametrize(
    ("until_on", "code"),
    [
        (date(2026, 6, 1), None),
        (date(2026, 7, 1), None),
        (date(2026, 7, 2), "term.too_late"),
        (date(2026, 1, 1), "term.not_later"),
    ],
)
def test_a_term_is_extended_by_half_a_year_at_most(until_on, code):
    term = Term(3, date(2021, 1, 1), date(2026, 1, 1))
    if code is None:
        rules.ensure_extension(term, until_on)
    else:
        with refused(code):
            rules.ensure_extension(term, until_on)


@pytest.mark.parametrize(
    ("kind", "way", "vacated", "substituted", "code"),
    [
        (K.PRIMARY_UNION, ChosenBy.CONGRESS, 0, 0, None),
        (K.PRIMARY_UNION, ChosenBy.CO_OPTED, 0, 0, None),
        (K.PRIMARY_UNION, ChosenBy.SUBSTITUTED, 1, 0, None),
        (K.PRIMARY_UNION, ChosenBy.SUBSTITUTED, 0, 0, "post.no_vacancy"),
        (K.PRIMARY_UNION, ChosenBy.SUBSTITUTED, 1, 1, "post.no_vacancy"),
        (K.PRIMARY_UNION, ChosenBy.APPOINTED, 0, 0, "post.way_in"),
        (K.SYSTEM_COMMITTEE, ChosenBy.APPOINTED, 0, 0, None),
        (K.SYSTEM_COMMITTEE, ChosenBy.CO_OPTED, 0, 0, "post.way_in"),
    ],
)
def test_ways_into_a_post(kind, way, vacated, substituted, code):
    if code is None:
        rules.ensure_way_in(kind, Post.MEMBER, way, vacated=vacated, substituted=substituted)
    else:
        with refused(code):
            rules.ensure_way_in(kind, Post.MEMBER, way, vacated=vacated, substituted=substituted)


# --- posts ---

CHAIR_WANG = PostHeld(Post.CHAIR, "王芳", date(2023, 1, 1))


@pytest.mark.parametrize(
    ("post", "kind", "code"),
    [
        (PostHeld(Post.MEMBER, "李强", date(2024, 1, 1)), K.PRIMARY_UNION, None),
        (PostHeld(Post.WOMEN_CHAIR, "王芳", date(2024, 1, 1)), K.PRIMARY_UNION, None),
        (PostHeld(Post.CHAIR, "李强", date(2022, 1, 1), date(2023, 1, 1)), K.PRIMARY_UNION, None),
        (PostHeld(Post.CHAIR, "李强", date(2024, 1, 1)), K.PRIMARY_UNION, "post.taken"),
        (PostHeld(Post.CHAIR, "王芳", date(2024, 1, 1)), K.PRIMARY_UNION, "post.twice"),
        (PostHeld(Post.AUDIT_CHAIR, "王芳", date(2024, 1, 1)), K.PRIMARY_UNION, "post.audits_itself"),
        (PostHeld(Post.AUDIT_CHAIR, "李强", date(2024, 1, 1)), K.PRIMARY_UNION, None),
        (PostHeld(Post.MEMBER, "李强", date(2024, 1, 1), date(2023, 1, 1)), K.PRIMARY_UNION, "post.dates"),
        (PostHeld(Post.CHAIR, "李强", date(2024, 1, 1)), K.SYSTEM_COMMITTEE, "post.wrong_kind"),
        (PostHeld(Post.DIRECTOR, "李强", date(2024, 1, 1)), K.SYSTEM_COMMITTEE, None),
        (PostHeld(Post.GROUP_LEADER, "李强", date(2024, 1, 1)), K.PRIMARY_UNION, "post.wrong_kind"),
    ],
)
def test_posts(post, kind, code):
    if code is None:
        rules.ensure_may_hold(post, kind, [CHAIR_WANG])
    else:
        with refused(code):
            rules.ensure_may_hold(post, kind, [CHAIR_WANG])


def test_who_cannot_be_chair():
    rules.ensure_may_be_chair(())
    for role in EmployerRole:
        with refused("chair.disqualified"):
            rules.ensure_may_be_chair([role])


# --- employers ---


@pytest.mark.parametrize(
    ("workers", "band"),
    [
        (0, SizeBand.UNDER_25),
        (24, SizeBand.UNDER_25),
        (25, SizeBand.FROM_25),
        (49, SizeBand.FROM_25),
        (50, SizeBand.FROM_50),
        (99, SizeBand.FROM_50),
        (100, SizeBand.FROM_100),
        (299, SizeBand.FROM_100),
        (300, SizeBand.FROM_300),
    ],
)
def test_size_band(workers, band):
    assert rules.size_band(workers) is band
    least, greatest = rules.size_band_bounds(band)
    assert least <= workers
    assert greatest is None or workers <= greatest


@pytest.mark.parametrize(
    ("workers", "women", "new_form", "code"),
    [
        (10, 10, 10, None),
        (10, 11, 0, "employer.women"),
        (10, 0, 11, "employer.new_form"),
        (-1, 0, 0, "employer.negative"),
    ],
)
def test_head_count(workers, women, new_form, code):
    if code is None:
        rules.ensure_head_count(workers, women, new_form)
    else:
        with refused(code):
            rules.ensure_head_count(workers, women, new_form)


def test_industries_are_the_twenty_sections():
    assert "".join(rules.Industry) == "ABCDEFGHIJKLMNOPQRST"


# --- moving, merging, dissolving ---

COUNTY = Placed(1, K.COUNTY_FEDERATION, "县总", (1,))
TOWN = Placed(2, K.TOWNSHIP_UNION, "东镇", (1, 2))
OTHER_TOWN = Placed(3, K.TOWNSHIP_UNION, "西镇", (1, 3))
VILLAGE = Placed(4, K.VILLAGE_JOINT_UNION, "东村", (1, 2, 4))
FIRM = Placed(5, K.PRIMARY_UNION, "甲厂", (1, 2, 4, 5))
BRANCH = Placed(6, K.PRIMARY_UNION, "甲厂分厂", (1, 2, 4, 5, 6))
JOINT = Placed(7, K.JOINT_UNION, "联合", (1, 2, 4, 7))
GONE = Placed(8, K.TOWNSHIP_UNION, "旧镇", (1, 8), OrganisationState.DISSOLVED)
CLOSED_FIRM = Placed(9, K.PRIMARY_UNION, "旧厂", (1, 2, 9), OrganisationState.MERGED)


@pytest.mark.parametrize(
    ("organisation", "parent", "code"),
    [
        (FIRM, OTHER_TOWN, None),
        (VILLAGE, OTHER_TOWN, None),
        (FIRM, FIRM, "organisation.under_itself"),
        (FIRM, BRANCH, "organisation.under_own"),
        (FIRM, VILLAGE, "organisation.same_parent"),
        (FIRM, GONE, "organisation.closed"),
        (CLOSED_FIRM, OTHER_TOWN, "organisation.closed"),
        (VILLAGE, COUNTY, None),
        (TOWN, OTHER_TOWN, "organisation.wrong_parent"),
        (FIRM, JOINT, "organisation.wrong_parent"),
    ],
)
def test_moving(organisation, parent, code):
    if code is None:
        rules.ensure_may_move(organisation, parent)
    else:
        with refused(code):
            rules.ensure_may_move(organisation, parent)


@pytest.mark.parametrize(
    ("gone", "into", "code"),
    [
        (TOWN, OTHER_TOWN, None),
        (FIRM, JOINT, None),
        (FIRM, FIRM, "organisation.into_itself"),
        (FIRM, VILLAGE, "organisation.other_level"),
        (BRANCH, FIRM, "organisation.line"),
        (FIRM, BRANCH, "organisation.line"),
        (TOWN, GONE, "organisation.closed"),
        (GONE, TOWN, "organisation.closed"),
        (COUNTY, Placed(20, K.COUNTY_FEDERATION, "邻县", (20,)), "organisation.federation"),
    ],
)
def test_merging(gone, into, code):
    if code is None:
        rules.ensure_may_merge(gone, into)
    else:
        with refused(code):
            rules.ensure_may_merge(gone, into)


def test_dissolving_names_what_is_left():
    rules.ensure_may_dissolve(FIRM, [("个下级组织", 0), ("名会员", 0)])
    with pytest.raises(Refused, match="1 个下级组织、30 名会员"):
        rules.ensure_may_dissolve(FIRM, [("个下级组织", 1), ("名会员", 30), ("处驿站", 0)])
    with refused("organisation.federation"):
        rules.ensure_may_dissolve(COUNTY, [])
    with refused("organisation.closed"):
        rules.ensure_may_dissolve(CLOSED_FIRM, [])


# --- zones, shifts, stand-ins ---


@pytest.mark.parametrize(
    ("staff", "employers", "load", "each"),
    [
        (0, 50, Load.UNSTAFFED, None),
        (2, 39, Load.LIGHT, 19.5),
        (2, 40, Load.FAIR, 20.0),
        (2, 120, Load.FAIR, 60.0),
        (2, 121, Load.HEAVY, 60.5),
    ],
)
def test_zone_load(staff, employers, load, each):
    found = rules.zone_load(staff=staff, employers=employers, workers=1000)
    assert (found.load, found.employers_each) == (load, each)


def at(day: int, hour: int) -> datetime:
    return datetime.fromisoformat(f"2026-01-{day:02}T{hour:02}:00+08:00")


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (Shift(1, at(2, 8), at(3, 8)), None),
        (Shift(2, at(1, 12), at(1, 20)), None),
        (Shift(1, at(1, 23), at(2, 6)), "shift.overlap"),
        (Shift(1, at(2, 8), at(3, 9)), "shift.long"),
        (Shift(1, at(2, 8), at(2, 8)), "shift.ends"),
    ],
)
def test_shifts(shift, code):
    others = [Shift(1, at(1, 8), at(2, 8))]
    if code is None:
        rules.ensure_shift(shift, others)
    else:
        with refused(code):
            rules.ensure_shift(shift, others)


def days(absent: int, deputy: int, start: int, end: int) -> StandIn:
    return StandIn(absent, deputy, date(2026, 1, start), date(2026, 1, end))


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (days(3, 4, 1, 9), None),
        (days(2, 1, 10, 12), None),  # the first one has ended
        (days(1, 1, 1, 2), "stand_in.self"),
        (days(5, 6, 9, 9), "stand_in.dates"),
        (StandIn(5, 6, date(2026, 1, 1), date(2027, 6, 1)), "stand_in.long"),
        (days(1, 3, 9, 20), "stand_in.twice"),
        (days(2, 1, 5, 7), "stand_in.circle"),
        (days(7, 6, 1, 9), "stand_in.circle"),
    ],
)
def test_stand_ins(new, code):
    others = [days(1, 2, 1, 10), days(6, 5, 1, 10), days(5, 7, 1, 10)]
    if code is None:
        rules.ensure_stand_in(new, others)
    else:
        with refused(code):
            rules.ensure_stand_in(new, others)


def test_who_acts_follows_the_deputies():
    chain = [days(1, 2, 1, 10), days(2, 3, 5, 8)]
    assert [rules.who_acts_for(1, date(2026, 1, day), chain) for day in (4, 5, 8, 10)] == [2, 3, 2, 1]
