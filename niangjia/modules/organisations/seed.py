"""The demonstration's unions, employers and officers, copied into an empty register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from niangjia.kernel.access.models import Grant, Scope, ScopePath, User
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.bulk import advance_ids, copy_rows, vacuum
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.crypto.ring import ring
from niangjia.kernel.pinyin import name_key, title_key
from niangjia.modules.organisations.divisions import CITY_CODE, CITY_NAME, COUNTIES, PROVINCE_CODE, PROVINCE_NAME
from niangjia.modules.organisations.models import (
    Division,
    DutyShift,
    Employer,
    EmployerUnion,
    Organisation,
    OrganisingAttempt,
    Post,
    StaffMember,
    StaffTraining,
    StructureChange,
    Term,
    Zone,
    ZoneEmployer,
    ZoneStaff,
)
from niangjia.modules.organisations.rules import OrganisationKind, Structural
from niangjia.modules.organisations.synthetic import Plan, PlannedOrganisation, duty_roster, place_of

PASSWORD = "niangjia-2026"  # noqa: S105 - the demonstration's, printed by `make demo`
MOST_FIRMS = 20
CITY, COUNTY, TOWNSHIP, PRIMARY = "city", "county", "township", "primary"
OFFICERS: tuple[tuple[str, str, str, str], ...] = (
    ("zhuxi", "周建国", "CHAIR", COUNTY),
    ("jingban", "陈晓燕", "CLERK", TOWNSHIP),
    ("zhuangan", "林志强", "ENTERPRISE_CLERK", PRIMARY),
    ("jingshen", "沈雅琴", "AUDITOR", COUNTY),
    ("rexian", "黄美玲", "HOTLINE_OPERATOR", COUNTY),
    ("guanli", "吴海涛", "SYSTEM_ADMINISTRATOR", COUNTY),
    ("fuzhuxi", "郑秀英", "FULL_TIME_VICE_CHAIR", COUNTY),
    ("zujian", "孙立新", "ORGANISER", COUNTY),
    ("zhenzhuxi", "钱伟民", "CHAIR", TOWNSHIP),
    ("shizhuxi", "何国平", "CHAIR", CITY),
)
"""User name, name, job and level of those who can log in. The first six are those of the journeys."""
BESIDE = "beside"
STORY_OFFICERS: tuple[tuple[str, str, str, str], ...] = (
    ("weiquan", "方志明", "RIGHTS_OFFICER", COUNTY),
    ("bangfu", "蒋雪梅", "AID_OFFICER", COUNTY),
    ("nvgong", "许丽华", "WOMEN_COMMITTEE", COUNTY),
    ("fenguan", "董国强", "LEADER_IN_CHARGE", COUNTY),
    ("zhulian", "马晓峰", "LIAISON_OFFICER", COUNTY),
    ("jiangbei", "唐文静", "CLERK", BESIDE),
    ("beizhuxi", "梁永年", "CHAIR", BESIDE),
)
"""Who comes with the story of the demands; the last two sit in the smaller county beside."""


def number_to_id(number: int) -> int:
    """The plan counts from 0, the tables from 1."""
    return number + 1


@transaction.atomic
def fill_organisations(plan: Plan, *, now: datetime) -> None:
    """Everything of this room but those who log in. The register must be empty."""
    fill_divisions()
    tree(plan.organisations, now)
    offices(plan.organisations)
    employers(plan, now)
    staff(plan)


def fill_divisions() -> None:
    rows: list[tuple[str, str, str | None]] = [
        (PROVINCE_CODE, PROVINCE_NAME, None),
        (CITY_CODE, CITY_NAME, PROVINCE_CODE),
    ]
    for county in COUNTIES:
        rows.append((county.code, county.name, CITY_CODE))
        rows += [(township.code, township.name, county.code) for township in county.townships]
    copy_rows(Division, ("code", "name", "parent_id"), rows)


def tree(organisations: Sequence[PlannedOrganisation], now: datetime) -> None:
    paths: list[str] = []
    for each in organisations:
        above = f"{paths[each.parent]}." if each.parent is not None else ""
        paths.append(f"{above}{number_to_id(each.number)}")
    ids = [number_to_id(each.number) for each in organisations]
    parents = [None if each.parent is None else number_to_id(each.parent) for each in organisations]
    copy_rows(Scope, ("id", "parent_id", "path"), zip(ids, parents, paths, strict=True))
    copy_rows(
        ScopePath,
        ("scope_id", "path", "from_on"),
        ((pk, path, each.founded_on) for pk, path, each in zip(ids, paths, organisations, strict=True)),
    )
    copy_rows(
        Organisation,
        ("scope_id", "name", "name_key", "short_name", "kind", "credit_code", "division_id", "address", "telephone",
         "staff_quota", "founded_on"),
        (
            (number_to_id(each.number), each.name, title_key(each.name), each.short_name[:40], each.kind.value,
             each.credit_code, each.division_code, each.address, each.telephone, _quota(each.kind), each.founded_on)
            for each in organisations
        ),
    )  # fmt: skip
    copy_rows(
        StructureChange,
        ("organisation_id", "kind", "on", "path_after", "note", "actor_name", "at"),
        (
            (pk, Structural.FOUNDED.value, each.founded_on, path, "", "系统", now)
            for pk, path, each in zip(ids, paths, organisations, strict=True)
        ),
    )
    advance_ids(Scope)


def _quota(kind: OrganisationKind) -> int:
    return {OrganisationKind.COUNTY_FEDERATION: 8, OrganisationKind.TOWNSHIP_UNION: 10}.get(kind, 0)


def offices(organisations: Iterable[PlannedOrganisation]) -> None:
    """Terms and the committees elected for them."""
    terms: list[tuple[Any, ...]] = []
    posts: list[tuple[Any, ...]] = []
    for each in organisations:
        if each.term is None:
            continue
        term = each.term
        pk = len(terms) + 1
        organisation = number_to_id(each.number)
        terms.append((pk, organisation, term.number, term.from_on, term.until_on, term.chosen_by.value))
        posts += [
            (organisation, pk, seat.post.value, seat.name, seat.is_full_time, term.chosen_by.value, term.from_on, "")
            for seat in each.posts
        ]
    copy_rows(Term, ("id", "organisation_id", "number", "from_on", "until_on", "elected_by"), terms)
    copy_rows(
        Post,
        ("organisation_id", "term_id", "kind", "name", "is_full_time", "chosen_by", "from_on", "ended_by"),
        posts,
    )
    advance_ids(Term)


def employers(plan: Plan, now: datetime) -> None:
    copy_rows(
        Employer,
        ("id", "name", "name_key", "credit_code", "division_id", "address", "industry", "nature", "headcount",
         "women", "new_form_workers", "union_state", "counted_on", "latitude", "longitude"),
        (
            (number_to_id(each.number), each.name, title_key(each.name), each.credit_code, each.division_code,
             each.address, each.industry.value, each.nature.value, each.workers, each.women, each.new_form,
             each.coverage.value, each.counted_on, *place_of(each))
            for each in plan.employers
        ),
    )  # fmt: skip
    copy_rows(
        EmployerUnion,
        ("employer_id", "organisation_id", "from_on"),
        (
            (number_to_id(each.number), number_to_id(union), plan.organisations[union].founded_on)
            for each in plan.employers
            for union in each.unions
        ),
    )
    copy_rows(
        OrganisingAttempt,
        ("employer_id", "on", "outcome", "note", "next_on", "user_name", "at"),
        (
            (number_to_id(each.number), attempt.on, attempt.outcome.value, attempt.note, attempt.next_on, "孙立新", now)
            for each in plan.employers
            for attempt in each.attempts
        ),
    )
    advance_ids(Employer)


def staff(plan: Plan) -> None:
    sealed_as = _sealed_as(StaffMember, "phone")
    copy_rows(
        StaffMember,
        ("id", "organisation_id", "name", "name_key", "sex", "born_on", "education", "phone", "contract",
         "contract_from_on", "contract_until_on", "funding", "pay_grade"),
        (
            (number, number_to_id(each.organisation), each.name, name_key(each.name), each.sex, each.born_on,
             each.education, ring().seal(each.phone, sealed_as), each.contract.value, each.contract_from_on,
             each.contract_until_on, each.funding.value, each.pay_grade.value)
            for number, each in enumerate(plan.staff, start=1)
        ),
    )  # fmt: skip
    copy_rows(
        StaffTraining,
        ("staff_member_id", "title", "on", "hours"),
        (
            (number, training.title, training.on, training.hours)
            for number, each in enumerate(plan.staff, start=1)
            for training in each.trainings
        ),
    )
    copy_rows(
        Zone,
        ("id", "organisation_id", "name", "bounds"),
        (
            (number, number_to_id(zone.organisation), zone.name, zone.bounds)
            for number, zone in enumerate(plan.zones, start=1)
        ),
    )
    # A firm lies in one zone; the plan may name it in two that meet.
    placed: dict[int, int] = {}
    for number, zone in enumerate(plan.zones, start=1):
        for employer in zone.employers:
            placed.setdefault(number_to_id(employer), number)
    copy_rows(
        ZoneEmployer,
        ("zone_id", "employer_id", "from_on"),
        ((zone, employer, date(2026, 1, 1)) for employer, zone in placed.items()),
    )
    advance_ids(StaffMember, Zone)


@transaction.atomic
def fill_officers(plan: Plan, *, today: date, now: datetime) -> None:
    """Those who log in, the zone workers and the duty roster. Comes last: with it the demonstration is whole."""
    places = representatives(plan)
    password = make_password(PASSWORD)
    users: dict[str, User] = {}
    for username, name, job, place in OFFICERS:
        if place in places:
            user = User.objects.create(username=username, name=name, password=password, created_at=now)
            _grant(user, job, places[place], today, now)
            users[username] = user
            if job == "CHAIR":
                # Whoever has the job is also the one whom the congress elected.
                Post.objects.unscoped(reason="the seed seats its chairs").filter(
                    organisation=places[place], kind="CHAIR", until_on=None
                ).update(user=user, name=name)
    zone_workers(plan, now)
    county = places.get(COUNTY)
    on_duty = [user.pk for name, user in users.items() if name in {"zhuxi", "fuzhuxi", "zujian"}]
    if county is not None:
        copy_rows(
            DutyShift,
            ("organisation_id", "user_id", "from_at", "until_at", "part", "note"),
            (
                (county, shift.person, shift.from_at, shift.until_at, shift.part.value, "")
                for shift in duty_roster(on_duty, from_on=today - timedelta(days=7), days=28)
            ),
        )


def representatives(plan: Plan) -> dict[str, int]:
    """One organisation of each level, on one branch of the tree: where the demonstration's officers sit."""
    kinds = OrganisationKind
    levels = {kinds.TOWNSHIP_UNION: TOWNSHIP, kinds.COUNTY_FEDERATION: COUNTY, kinds.CITY_FEDERATION: CITY}
    branches = [
        {levels[above.kind]: number_to_id(above.number) for above in _above(each, plan) if above.kind in levels}
        | {PRIMARY: number_to_id(each.number)}
        for each in sorted(plan.organisations, key=lambda each: abs(each.members - 180))
        if each.kind is kinds.PRIMARY_UNION and each.employers
    ]
    return next(branch for branch in branches if TOWNSHIP in branch)


def _above(each: PlannedOrganisation, plan: Plan) -> Iterator[PlannedOrganisation]:
    while each.parent is not None:
        each = plan.organisations[each.parent]
        yield each


def _grant(user: User, job: str, scope_id: int, today: date, now: datetime) -> None:
    Grant.objects.create(user=user, job=job, scope_id=scope_id, from_on=today - timedelta(days=800), granted_at=now)


def zone_workers(plan: Plan, now: datetime) -> None:
    """An account for each of the zones' staff; they set a password when they are invited."""
    in_zones = sorted({person for zone in plan.zones for person in zone.staff})
    first = (User.objects.aggregate(last=models.Max("id"))["last"] or 0) + 1
    ids = {person: first + n for n, person in enumerate(in_zones)}
    unusable = make_password(None)
    copy_rows(
        User,
        ("id", "username", "name", "password", "email", "is_active", "created_at"),
        (
            (pk, f"pianqu{person + 1:04}", plan.staff[person].name, unusable, "", True, now)
            for person, pk in ids.items()
        ),
    )
    copy_rows(
        Grant,
        ("user_id", "job", "scope_id", "from_on", "granted_at"),
        (
            (pk, "ZONE_WORKER", number_to_id(plan.staff[person].organisation), plan.staff[person].contract_from_on, now)
            for person, pk in ids.items()
        ),
    )
    copy_rows(
        ZoneStaff,
        ("zone_id", "user_id", "from_on"),
        (
            (number, ids[person], plan.staff[person].contract_from_on)
            for number, zone in enumerate(plan.zones, start=1)
            for person in zone.staff
        ),
    )
    staff_of = [StaffMember(id=number_to_id(person), user_id=pk) for person, pk in ids.items()]
    StaffMember.objects.unscoped(reason="the seed links accounts").bulk_update(staff_of, ["user"], batch_size=500)
    advance_ids(User)


def vacuum_organisations() -> None:
    vacuum(Scope, ScopePath, Organisation, StructureChange, Term, Post, Employer, EmployerUnion, OrganisingAttempt)


class Ground(NamedTuple):
    """An open organisation as the seeds of other rooms need it; `firms` are employers of it by id and name."""

    scope_id: int
    kind: str
    path: str
    division: str
    name: str
    firms: tuple[tuple[int, str], ...]


def grounds() -> list[Ground]:
    """All but the groups."""
    firms: dict[int, list[tuple[int, str]]] = {}
    links = EmployerUnion.objects.unscoped(reason="seeds spread over the whole tree")
    for union, employer, name in links.values_list("organisation_id", "employer_id", "employer__name").iterator():
        firms.setdefault(union, []).append((employer, name))
    rows = Organisation.objects.unscoped(reason="seeds spread over the whole tree").filter(closed_on=None)
    return [
        Ground(
            row.pk, row.kind, row.scope.path, row.division_id or "", row.short_name or row.name,
            tuple(firms.get(row.pk, ())[:MOST_FIRMS]),
        )
        for row in rows.exclude(kind=OrganisationKind.GROUP.value).select_related("scope").order_by("pk")
    ]  # fmt: skip


def log_ins() -> list[tuple[str, str, str, str]]:
    """(job, where, user name, password) of the demonstration's officers, for the terminal."""
    held = {
        grant.user.username: grant
        for grant in Grant.objects.unscoped(reason="the demonstration tells its log-ins")
        .filter(user__username__in=[username for username, *_ in (*OFFICERS, *STORY_OFFICERS)], ended_at=None)
        .select_related("user")
    }
    names = dict(
        Organisation.objects.unscoped(reason="the demonstration tells its log-ins")
        .filter(scope__in=[grant.scope_id for grant in held.values()])
        .values_list("scope_id", "name")
    )
    return [
        (jobs()[job].label, names.get(held[username].scope_id, ""), username, PASSWORD)
        for username, _, job, _ in (*OFFICERS, *STORY_OFFICERS)
        if username in held
    ]


def _sealed_as(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    assert isinstance(field, EncryptedTextField)
    return field.sealed_as
