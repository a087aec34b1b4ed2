"""The demonstration's members: an invented county or city, copied in by two processes when it is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.metrics.actions import recount_all
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.bulk import advance_ids, built_afterwards, copy_rows, vacuum
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.crypto.ring import digest, ring
from niangjia.kernel.errors import Refused
from niangjia.kernel.processes import side_by_side
from niangjia.modules.members.models import DeliverySite, MemberFlow, Membership, MemberTally, Person, Platform
from niangjia.modules.members.rules import Document
from niangjia.modules.members.seed.story import held_back, setting_of, tell_story
from niangjia.modules.members.synthetic import (
    PLATFORMS,
    SITE_NUMBERS,
    WITH_SITES,
    Block,
    Invented,
    people_of,
    site_name,
)
from niangjia.modules.organisations.seed import (
    fill_officers,
    fill_organisations,
    number_to_id,
    vacuum_organisations,
)
from niangjia.modules.organisations.synthetic import Plan, Scale, plan

BATCH = 40_000
SIDE_BY_SIDE_FROM = 200_000
"""Members; below, everything goes into one transaction of one process."""

Say = Callable[[str], None]


class Placed(NamedTuple):
    """A block of the plan with what its rows point to."""

    block: Block
    scope_id: int
    employer_id: int | None
    division: str


class Dictionary(NamedTuple):
    platforms: dict[str, int]
    sites: dict[tuple[str, str], int]


def fill(scale: Scale, *, seed: int, say: Say = lambda _: None) -> None:
    """Fills an empty register. Raises Refused where there is something already."""
    if User.objects.exists() or Person.objects.unscoped(reason="is the register empty?").exists():
        raise Refused("not_empty", "登记册里已有数据。`make demo-reset` 后重新开始。")
    today, now = timezone.localdate(), timezone.now()
    made = plan(scale, seed=seed, today=today)
    members = sum(each.members for each in made.organisations)
    say(f"{len(made.organisations):,} unions, {len(made.employers):,} employers, {members:,} members")
    if members < SIDE_BY_SIDE_FROM:
        with transaction.atomic():
            fill_organisations(made, now=now)
            dictionary = fill_dictionary(made)
            later = held_back(setting_of(made))
            copy_members(placed(made, later), dictionary=dictionary, seed=seed, today=today, now=now)
            finish(made, seed=seed, today=today, now=now)
            say("what happened lately")
            tell_story(made, seed=seed, today=today, now=now)
    else:
        fill_organisations(made, now=now)
        dictionary = fill_dictionary(made)
        fill_side_by_side(made, dictionary, seed=seed, today=today, now=now, say=say)
        with transaction.atomic():
            finish(made, seed=seed, today=today, now=now)
    say("statistics")
    vacuum_organisations()
    vacuum(Person, Membership, MemberTally, MemberFlow)
    say("figures")
    recount_all(now=now)


def finish(made: Plan, *, seed: int, today: date, now: datetime) -> None:
    advance_ids(Person, Membership)
    count_members()
    fill_officers(made, today=today, now=now)
    audit.record(
        actor=SYSTEM, verb="members.seed.filled", now=now, after={"seed": seed, "unions": len(made.organisations)}
    )


def placed(made: Plan, later: Mapping[int, int] | None = None) -> Iterator[Placed]:
    """Each union's members but the last so many of `later`, and those who left it, as blocks made anywhere."""
    later = later or {}
    for each in made.organisations:
        employer = number_to_id(each.employers[0]) if len(each.employers) == 1 else None
        for size, first, former in (
            (each.members - later.get(each.number, 0), each.first_member, False),
            (each.former_members, each.first_former, True),
        ):
            if size:
                block = Block(each.number, first, size, each.trade, each.founded_on, each.home, each.place, former)
                yield Placed(block, number_to_id(each.number), employer, each.division_code)


def fill_dictionary(made: Plan) -> Dictionary:
    """Platforms, and the delivery sites that the unions' couriers and riders may name."""
    names = sorted({name for group in PLATFORMS.values() for name in group})
    with_sites = sorted({name for category in WITH_SITES for name in PLATFORMS[category]})
    copy_rows(Platform, ("id", "name"), enumerate(names, start=1))
    grounds = sorted({(each.place, each.division_code) for each in made.organisations if each.place})
    sites = [
        (site_name(platform, place, number), division)
        for place, division in grounds
        for platform in with_sites
        for number in range(SITE_NUMBERS)
    ]
    copy_rows(
        DeliverySite, ("id", "name", "division_id"), ((n, name, code) for n, (name, code) in enumerate(sites, start=1))
    )
    advance_ids(Platform, DeliverySite)
    return Dictionary(
        {name: pk for pk, name in enumerate(names, start=1)}, {site: pk for pk, site in enumerate(sites, start=1)}
    )


def fill_side_by_side(made: Plan, dictionary: Dictionary, *, seed: int, today: date, now: datetime, say: Say) -> None:
    """Two processes make and copy the rows without indexes; two connections then build them."""
    blocks = list(placed(made))
    with built_afterwards(Person, Membership) as statements:
        say("members")
        side_by_side(__name__, "copy_members", _halves(blocks), dictionary=dictionary, seed=seed, today=today, now=now)
        say("indexes")
        later = [statement for statement in statements if "FOREIGN KEY" in statement]
        indexes = [statement for statement in statements if statement not in later]
        statements.clear()
        with ThreadPoolExecutor(2) as builders:
            list(builders.map(_build, indexes))
        for statement in later:
            _build(statement)


def _halves(blocks: list[Placed]) -> list[list[Placed]]:
    """Two runs of neighbours with about as many members each: rows of one union stay together on disk."""
    half = sum(each.block.size for each in blocks) / 2
    reached = 0
    for index, each in enumerate(blocks):
        reached += each.block.size
        if reached >= half:
            return [blocks[: index + 1], blocks[index + 1 :]]
    return [blocks]


def _build(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '1GB'")
        cursor.execute("set lock_timeout = 0")
        cursor.execute(statement)
    connection.close()


PERSON = (
    "id", "name", "document_kind", "document_number", "document_digest", "sex", "born_on", "ethnicity",
    "political_status", "education", "skill_grade", "native_place", "household_kind", "household_place",
    "is_migrant", "marital_status", "phone", "phone_digest", "bank_name", "created_at",
)  # fmt: skip
MEMBERSHIP = (
    "id", "person_id", "scope_id", "status", "categories", "joined_on", "ended_on", "employer_id",
    "employment_status", "post", "platform_id", "delivery_site_id", "name", "name_key", "initials", "phone_tail",
)  # fmt: skip


def copy_members(blocks: Iterable[Placed], *, dictionary: Dictionary, seed: int, today: date, now: datetime) -> None:
    """Makes and copies the people of these blocks, a batch of unions at a time."""
    row_of = row_maker(dictionary, now)
    people: list[tuple[Any, ...]] = []
    memberships: list[tuple[Any, ...]] = []
    for each in blocks:
        for invented in people_of(each.block, seed=seed, today=today):
            person, membership = row_of(invented, each)
            people.append(person)
            memberships.append(membership)
        if len(people) >= BATCH:
            _copy(people, memberships)
    _copy(people, memberships)


def _copy(people: list[tuple[Any, ...]], memberships: list[tuple[Any, ...]]) -> None:
    copy_rows(Person, PERSON, people)
    copy_rows(Membership, MEMBERSHIP, memberships)
    people.clear()
    memberships.clear()


def row_maker(
    dictionary: Dictionary, now: datetime
) -> Callable[[Invented, Placed], tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """From an invented person to the two rows, sealed and digested as the fields would do it."""
    seal = ring().seal
    document_as, phone_as = _sealed_as("document_number"), _sealed_as("phone")
    resident = Document.RESIDENT.value
    platforms, sites = dictionary

    def row_of(one: Invented, at: Placed) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        pk = number_to_id(one.number)
        phone, education = known_of(one)
        person = (
            pk, one.name, resident, seal(one.identity_number, document_as), digest(one.identity_number), one.sex,
            one.born_on, one.ethnicity, one.politics, education, one.skill_grade, one.native_place,
            one.household, one.native_place, one.is_migrant, one.marriage, seal(phone, phone_as) if phone else None,
            digest(phone) if phone else None, "", now,
        )  # fmt: skip
        membership = (
            pk, pk, at.scope_id, one.status, list(one.categories), one.joined_on, one.ended_on, at.employer_id,
            one.employment, one.post, platforms.get(one.platform), sites.get((one.site, at.division)), one.name,
            one.name_key, one.initials, phone[-4:],
        )  # fmt: skip
        return person, membership

    return row_of


def known_of(one: Invented) -> tuple[str, str]:
    """Phone and education; of a few nobody ever asked, as in every register."""
    return "" if one.number % 83 == 5 else one.phone, "" if one.number % 47 == 3 else one.education


def _sealed_as(name: str) -> str:
    field: Any = Person._meta.get_field(name)
    assert isinstance(field, EncryptedTextField)
    return field.sealed_as


def count_members() -> None:
    """Tally and flow from the rows, as the actions would have written them one by one."""
    with connection.cursor() as cursor:
        cursor.execute("""
            insert into members_membertally (scope_id, status, category, n)
            select scope_id, status, 0, count(*) from members_membership group by 1, 2
            union all
            select scope_id, status, category, count(*)
              from members_membership, unnest(categories) as category group by 1, 2, 3
        """)
        cursor.execute("""
            insert into members_memberflow (scope_id, "on", n)
            select scope_id, day, sum(n) from (
                select scope_id, joined_on as day, 1 as n from members_membership
                union all
                select scope_id, ended_on, -1 from members_membership where ended_on is not null
            ) as facts group by 1, 2
        """)
