"""Where the story plays and who acts in it: the officers it needs, the map 责任分工, the smaller county beside."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.synthetic import Trade, name_of
from niangjia.modules.demands.actions.emergency import write_defaults
from niangjia.modules.demands.actions.responsibility import LineFacts, add_line
from niangjia.modules.demands.models import Responsibility
from niangjia.modules.demands.seed.plan import Firm, Ground, Township
from niangjia.modules.organisations.actions.organisations import add_organisation, plant_root
from niangjia.modules.organisations.seed import (
    COUNTY,
    PASSWORD,
    PRIMARY,
    STORY_OFFICERS,
    TOWNSHIP,
    number_to_id,
    representatives,
)
from niangjia.modules.organisations.synthetic import K as OrganisationKind
from niangjia.modules.organisations.synthetic import Plan

LONG_AGO = timedelta(days=800)
LEAST_WORKERS = 12
WHY = "the demonstration's own story"

BESIDE_CODE, BESIDE_NAME = "330205", "宁波市江北区总工会"
BESIDE_TOWNSHIPS = (("330205006", "庄桥街道"), ("330205007", "洪塘街道"), ("330205103", "慈城镇"))
BESIDE_FIRMS = ("江北禾屿机械有限公司", "江北汀岚服饰有限公司", "江北砚谷餐饮管理有限公司", "江北槿源物业服务有限公司")
BESIDE_RIDERS = "江北青浦同城配送有限公司"

OF_COUNTY = (
    ("01", "RIGHTS_OFFICER"), ("02", "RIGHTS_OFFICER"), ("03", "RIGHTS_OFFICER"), ("04", "RIGHTS_OFFICER"),
    ("05", "RIGHTS_OFFICER"), ("06", "RIGHTS_OFFICER"), ("07", "WOMEN_COMMITTEE"), ("08", "RIGHTS_OFFICER"),
    ("09", "AID_OFFICER"), ("10", "AID_OFFICER"), ("11", "ORGANISER"), ("16", "LIAISON_OFFICER"),
)  # fmt: skip
"""Who answers at the county where the ground isn't known; what lies in a township is the township's."""
OF_ZONES = ("0805", "1406")


def ground_of(plan: Plan) -> Ground:
    """Of the demonstration county: from the plan of its unions."""
    seats = representatives(plan)
    zones: dict[int, list[int]] = {}
    for number, zone in enumerate(plan.zones, start=1):
        zones.setdefault(zone.organisation, []).append(number)
    towns: list[Township] = []
    for each in plan.organisations:
        if each.kind is OrganisationKind.TOWNSHIP_UNION and each.parent is not None:
            firms = tuple(
                Firm(number_to_id(one.number), one.name, one.trade in (Trade.COURIERS, Trade.RIDERS))
                for one in plan.employers
                if one.division_code == each.division_code and one.workers >= LEAST_WORKERS
            )
            towns.append(
                Township(
                    number_to_id(each.number), each.division_code, each.place, firms,
                    tuple(zones.get(each.number, ())), 1.0 + len(firms) ** 0.5,
                )
            )  # fmt: skip
    own = plan.organisations[seats[PRIMARY] - number_to_id(0)]
    firm = plan.employers[own.employers[0]]
    demo = next(n for n, town in enumerate(towns) if town.scope_id == seats[TOWNSHIP])
    return Ground(
        seats[COUNTY], tuple(towns), demo, seats[PRIMARY], Firm(number_to_id(firm.number), firm.name, is_platform=False)
    )


def beside_ground() -> Ground:
    """Of the smaller county, which was planted when the story began."""
    seat = Grant.objects.unscoped(reason=WHY).get(user__username="beizhuxi", ended_at=None).scope_id
    scopes = Scope.objects.filter(parent=seat).order_by("pk")[: len(BESIDE_TOWNSHIPS)]
    firms = (*(Firm(0, name, is_platform=False) for name in BESIDE_FIRMS), Firm(0, BESIDE_RIDERS, is_platform=True))
    towns = tuple(
        Township(scope.pk, code, name.removesuffix("街道").removesuffix("镇"), firms, (), 1.0)
        for scope, (code, name) in zip(scopes, BESIDE_TOWNSHIPS, strict=True)
    )
    return Ground(seat, towns, 0, towns[0].scope_id, None)


def prepare(ground: Ground, *, now: datetime) -> None:
    """Officers, rules, map and the county beside. Whoever logs in later finds all of it as if it had always been."""
    long_ago, password = now - LONG_AGO, make_password(PASSWORD)  # hashed once: it is slow on purpose
    for username, name, job, place in STORY_OFFICERS:
        if place == COUNTY:
            appoint(username, name, job, ground.county, now=long_ago, password=password)
    clerks(ground, now=long_ago)
    chair = actor_of(User.objects.get(username="zhuxi").pk, now=now)
    write_defaults(ground.county, actor=chair, now=long_ago)
    draw_map(ground, chair, long_ago)
    plant_beside(long_ago, password)


def appoint(username: str, name: str, job: str, scope_id: int, *, now: datetime, password: str | None = None) -> User:
    user: User = User.objects.create(
        username=username, name=name, password=password or make_password(None), created_at=now
    )
    Grant.objects.create(user=user, job=job, scope_id=scope_id, from_on=timezone.localdate(now), granted_at=now)
    return user


def clerks(ground: Ground, *, now: datetime) -> None:
    """A clerk in every township; they set a password when they are invited."""
    chance = random.Random(f"clerks:{ground.county}")
    held = set(Grant.objects.unscoped(reason=WHY).filter(job="CLERK").values_list("scope_id", flat=True))
    for town in ground.townships:
        if town.scope_id not in held:
            appoint(f"jb{town.division}", name_of(chance, chance.randrange(2), 1988), "CLERK", town.scope_id, now=now)


def draw_map(ground: Ground, chair: Actor, now: datetime) -> None:
    """By township, then by group at the county, area workers for what lies in their areas, and one for the rest."""
    county = ground.county
    lines = [LineFacts(town.scope_id, division=town.division, job="CLERK") for town in ground.townships]
    lines += [LineFacts(county, kind=group, job=job) for group, job in OF_COUNTY]
    staffed = set(Grant.objects.unscoped(reason=WHY).filter(job="ZONE_WORKER").values_list("scope_id", flat=True))
    lines += [
        LineFacts(town.scope_id, kind=kind, zone_id=town.zones[0], job="ZONE_WORKER")
        for town in ground.townships
        for kind in OF_ZONES
        if town.zones and town.scope_id in staffed
    ]
    lines.append(LineFacts(county, job="LEADER_IN_CHARGE", is_fallback=True, note="没有对应分工的，由分管领导指定"))
    for facts in lines:
        add_line(county, facts=facts, actor=chair, now=now)
    Responsibility.objects.unscoped(reason=WHY).filter(scope=county).update(created_at=now)


def plant_beside(now: datetime, password: str) -> None:
    """A tree of its own with a chair, a clerk who logs in, three townships and their clerks."""
    root = plant_root(
        name=BESIDE_NAME,
        short_name="江北区总工会",
        kind=OrganisationKind.COUNTY_FEDERATION,
        now=now,
        division=BESIDE_CODE,
    )
    officers = {
        username: appoint(username, name, job, root.pk, now=now, password=password)
        for username, name, job, place in STORY_OFFICERS
        if place == "beside"
    }
    chair = actor_of(officers["beizhuxi"].pk, now=now)
    for code, name in BESIDE_TOWNSHIPS:
        add_organisation(
            parent_id=root.pk, name=f"江北区{name}总工会", short_name=f"{name}总工会", division=code,
            kind=OrganisationKind.TOWNSHIP_UNION, actor=chair, now=now,
        )  # fmt: skip
    ground = beside_ground()
    clerks(ground, now=now)
    for town in ground.townships:
        add_line(
            ground.county, facts=LineFacts(town.scope_id, division=town.division, job="CLERK"), actor=chair, now=now
        )
    add_line(ground.county, facts=LineFacts(ground.county, job="CLERK", is_fallback=True), actor=chair, now=now)


def scope_path(scope_id: int) -> str:
    return str(Scope.objects.values_list("path", flat=True).get(pk=scope_id))
