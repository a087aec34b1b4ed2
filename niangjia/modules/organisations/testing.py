"""Single facts for tests, made by the actions that make them in life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Grant, User
from niangjia.modules.organisations.actions.organisations import add_organisation, plant_root
from niangjia.modules.organisations.models import (
    Division,
    DutyShift,
    Employer,
    EmployerUnion,
    Organisation,
    StandIn,
    Zone,
)
from niangjia.modules.organisations.rules import OrganisationKind

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
FOUNDED = date(2015, 5, 1)
_numbers = count(1)


def found_county(name: str = "云岭县总工会") -> Organisation:
    return plant_root(name=name, kind=OrganisationKind.COUNTY_FEDERATION, now=NOW, founded_on=FOUNDED)


def found_union(
    parent: Organisation,
    name: str = "",
    kind: OrganisationKind = OrganisationKind.PRIMARY_UNION,
    *,
    founded_on: date = FOUNDED,
) -> Organisation:
    """An organisation under `parent`, founded by a chair there."""
    return add_organisation(
        parent_id=parent.pk, name=name or f"第{next(_numbers)}号工厂工会", kind=kind, founded_on=founded_on,
        actor=acting_as("CHAIR", parent), now=NOW,
    )  # fmt: skip


def found_township(county: Organisation, name: str, code: str = "") -> Organisation:
    """A township's union; with a code it answers for that division's ground."""
    made = found_union(county, name, OrganisationKind.TOWNSHIP_UNION)
    if code:
        made.division, _ = Division.objects.get_or_create(code=code, defaults={"name": name.removesuffix("总工会")})
        made.save(update_fields=["division"])
    return made


def acting_as(job: str, at: Organisation) -> Actor:
    """An actor with a job, without the rows of a user: for actions that need only the right."""
    return Actor(user_id=None, name="测试人员", held=(Held(job=job, path=at.scope.path),))


def officer(job: str, at: Organisation, name: str = "王芳") -> User:
    """A user who holds a job and can log in."""
    user = User.objects.create(username=f"officer{next(_numbers)}", name=name, created_at=NOW)
    Grant.objects.create(user=user, job=job, scope=at.scope, from_on=FOUNDED, granted_at=NOW)
    return user


@dataclass(frozen=True)
class Tree:
    """A county with two townships, a firm's union in each."""

    county: Organisation
    north: Organisation
    south: Organisation
    mill: Organisation
    harbour: Organisation


def small_tree() -> Tree:
    county = found_county()
    north = found_township(county, "北山镇总工会", "530999101")
    south = found_township(county, "南湖街道总工会", "530999002")
    return Tree(county, north, south, found_union(north, "北山纺织厂工会"), found_union(south, "南湖港务公司工会"))


def shift(at: Organisation, user: User, *, from_at: datetime, until_at: datetime, part: str = "ON_DUTY") -> DutyShift:
    """A line of the roster, also one in the past."""
    made: DutyShift = DutyShift.objects.create(
        organisation=at, user=user, from_at=from_at, until_at=until_at, part=part
    )
    return made


def stand_in(at: Organisation, absent: User, deputy: User, *, from_on: date, until_on: date) -> StandIn:
    made: StandIn = StandIn.objects.create(
        organisation=at, absent=absent, stand_in=deputy, from_on=from_on, until_on=until_on
    )
    return made


def firm(name: str, division: str, *, union: Organisation | None = None, since: date = FOUNDED) -> Employer:
    """An employer on the ground of a division, without a union or with one since a day."""
    made: Employer = Employer.objects.create(name=name, name_key=name, division_id=division, union_state="NONE")
    if union is not None:
        EmployerUnion.objects.create(employer=made, organisation=union, from_on=since)
    return made


def zone(at: Organisation, name: str = "东片") -> Zone:
    made: Zone = Zone.objects.create(organisation=at, name=name)
    return made


def empty_roster() -> None:
    DutyShift.objects.unscoped(reason="test: nobody is on duty").all().delete()
