from __future__ import annotations

import time
from collections import Counter
from datetime import date

import pytest

from niangjia.kernel.numbers import check_bank_card, check_phone
from niangjia.kernel.pinyin import initials, name_key
from niangjia.kernel.synthetic import Trade, bank_card, surnames
from niangjia.modules.members import rules
from niangjia.modules.members.rules import Category, Document, MembershipState, Sex
from niangjia.modules.members.synthetic import Block, people_of

TODAY = date(2026, 3, 1)


def block(trade: Trade, first: int = 0, size: int = 2000, union: int = 7, *, former: bool = False) -> Block:
    return Block(union, first, size, trade, date(2012, 5, 1), "浙江省宁波市海曙区", "高桥", former)


@pytest.fixture(scope="module")
def everybody():
    return [
        person
        for place, trade in enumerate(Trade)
        for person in people_of(block(trade, place * 2000, union=place), seed=1, today=TODAY)
    ]


def test_every_fact_passes_the_rules(everybody):
    for person in everybody:
        number = person.identity_number
        assert rules.check_document(Document.RESIDENT, number, today=TODAY, synthetic=True) is None
        assert rules.check_document(Document.RESIDENT, number, today=TODAY) is not None
        read = rules.read_document(Document.RESIDENT, number)
        assert rules.check_agrees(read, birth_on=person.born_on, sex=Sex(person.sex)) is None
        assert rules.check_age(person.born_on, today=TODAY) is None
        assert rules.check_name(person.name) is None
        assert rules.tidy_name(person.name) == person.name
        assert check_phone(person.phone, synthetic=True) is None
        assert (person.name_key, person.initials) == (name_key(person.name), initials(person.name))
        assert date(2012, 5, 1) <= person.joined_on <= TODAY
        assert MembershipState(person.status) in rules.ACTIVE
        assert person.ended_on is None
        assert person.ethnicity in rules.ETHNICITIES
        assert rules.Politics(person.politics).label
        assert rules.Education(person.education).label
        assert rules.SkillGrade(person.skill_grade).label
        assert rules.Household(person.household).label
        assert rules.Marriage(person.marriage).label
        assert rules.Employment(person.employment).label
        assert all(Category(code) for code in person.categories)
        assert len(person.site) <= 60


def test_no_two_numbers_alike(everybody):
    assert len({person.identity_number for person in everybody}) == len(everybody)
    assert len({person.phone for person in everybody}) == len(everybody)
    assert all(check_bank_card(bank_card(person.number), synthetic=True) is None for person in everybody[:500])


def test_names_are_spread_as_in_life(everybody):
    by_surname = Counter(person.name[0] for person in everybody)
    ten = sum(count for _, count in by_surname.most_common(10))
    assert 0.38 < ten / len(everybody) < 0.47
    by_given = Counter(person.name[1:] for person in everybody)
    assert by_given.most_common(1)[0][1] / len(everybody) < 0.008
    assert len(by_given) > len(everybody) / 4
    assert {part.key for part in surnames() if part.text in {"单", "查", "尉迟"}} == {"shan", "zha", "yu chi"}


def test_trades_have_their_people():
    riders = Counter(code for p in people_of(block(Trade.RIDERS), seed=1, today=TODAY) for code in p.categories)
    assert riders[Category.FOOD_RIDER] > 1800
    teachers = Counter(p.post for p in people_of(block(Trade.SCHOOL), seed=1, today=TODAY))
    assert teachers.most_common(1)[0][0] == "教师"


def test_who_has_left_has_a_day_and_a_state(everybody):
    for person in people_of(block(Trade.MIXED, 60_000, former=True), seed=1, today=TODAY):
        assert MembershipState(person.status) not in rules.ACTIVE
        assert person.joined_on <= person.ended_on <= TODAY


def test_the_plan_may_be_cut_anywhere():
    whole = list(people_of(block(Trade.FACTORY), seed=1, today=TODAY))
    assert list(people_of(block(Trade.FACTORY), seed=1, today=TODAY)) == whole
    assert [p.name for p in people_of(block(Trade.FACTORY, union=8), seed=1, today=TODAY)] != [p.name for p in whole]
    assert [p.name for p in people_of(block(Trade.FACTORY), seed=2, today=TODAY)] != [p.name for p in whole]


def test_fast_enough_for_a_city(everybody):
    start = time.process_time()
    made = sum(1 for _ in people_of(block(Trade.FACTORY, size=30_000), seed=1, today=TODAY))
    assert made / (time.process_time() - start) > 25_000  # 110,000 on a quiet core
