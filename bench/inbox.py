"""Every view of the desk of demands, asked over HTTP inside this process: what the server itself takes.

Asked by an officer of a city, a county, a township and a primary union who has cases of his own in hand. Ends with
one JSON line whose value is the worst p95.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import django

django.setup()

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.figures import Timing, tell, timed
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.bulk import vacuum
from niangjia.kernel.lists.paging import list_page
from niangjia.kernel.lists.spec import list_named
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.lanes import LANES
from niangjia.modules.demands.seed.volume import fill_demands
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.seed import fill_officers, fill_organisations, vacuum_organisations
from niangjia.modules.organisations.synthetic import Scale, plan

BOUND = 150.0
REASON = "the bench picks its questions"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LEVELS = {
    "city": "CITY_FEDERATION", "county": "COUNTY_FEDERATION", "township": "TOWNSHIP_UNION", "primary": "PRIMARY_UNION",
}  # fmt: skip
LIST, BOARD, SUPERVISING = "/desk/demands/", "/desk/demands/board/", "/desk/demands/supervising/"
WORDS = ("工资", "加班费", "怀孕", "工伤", "社会保险", "驿站", "夜班失眠", "金秋助学")


def fill(demands: int, scale: str) -> None:
    """The ground: the tree of the scale with its officers, no members, and the demands."""
    now, today, began = timezone.now(), timezone.localdate(), time.monotonic()
    made = plan(Scale(scale), seed=1, today=today)
    with transaction.atomic():
        fill_organisations(made, now=now)
        fill_officers(made, today=today, now=now)
    vacuum_organisations()
    fill_demands(demands, seed=1, now=now, say=lambda text: print(f"  {time.monotonic() - began:6.1f} s  {text}"))
    vacuum(User, Grant)


@dataclass(frozen=True)
class Level:
    name: str
    scope: Scope
    client: Client
    actor: Actor


def levels() -> list[Level]:
    """Of each level the place in the middle by what is open at it; there the clerk who leads the most."""
    found = []
    for name, kind in LEVELS.items():
        places = Organisation.objects.unscoped(reason=REASON).filter(kind=kind, closed_on=None).values("pk")
        with connection.cursor() as cursor:
            cursor.execute(
                "select scope_id, lead_id, count(*) from casework_case where lead_id is not null and stage = any(%s)"
                " and scope_id = any(%s) group by 1, 2 order by 3 desc, 2",
                [[int(stage) for stage in OPEN], [row["pk"] for row in places]],
            )
            rows = cursor.fetchall()
        if not rows:
            continue
        scope_id, user_id, _ = rows[len(rows) // 2]
        user, scope = User.objects.get(pk=user_id), Scope.objects.get(pk=scope_id)
        Grant.objects.unscoped(reason=REASON).get_or_create(
            user=user, job="CHAIR", scope=scope,
            defaults={"from_on": timezone.localdate(), "granted_at": timezone.now()},
        )  # fmt: skip
        client = Client(raise_request_exception=True)
        client.force_login(user, backend=BACKEND)
        found.append(Level(name, scope, client, actor_of(user.pk, now=timezone.now())))
    return found


def views(chance: random.Random) -> dict[str, list[str]]:
    """Each view with the addresses under which it is asked in turn."""
    today = timezone.localdate()
    months = [f"since={today.year - 1}-{month:02}-01&until={today.year - 1}-{month:02}-28" for month in range(1, 13)]
    kinds = [f"kind={group:02}{chance.choice(('', '01', '03', '06'))}" for group in range(1, 16)]
    return {
        **{f"inbox, {one.label}": [f"/desk/demands/inbox/{one.key}/"] for one in LANES},
        "board, mine": [f"{BOARD}?whose=mine"],
        "board, team": [f"{BOARD}?whose=team"],
        "board, all in sight": [f"{BOARD}?whose=all"],
        "supervising by organisation": [SUPERVISING],
        "supervising by officer": [f"{SUPERVISING}?by=officer"],
        "list": [f"{LIST}?all=1"],
        "list by due date": [f"{LIST}?sort=due"],
        "list by number": [f"{LIST}?sort=number"],
        "list, a stage": [f"{LIST}?stage={stage}" for stage in ("open", 10, 30, 40, 50, 60, 70, 90)],
        "list, a kind": [f"{LIST}?{kind}" for kind in kinds],
        "list, a nature": [f"{LIST}?nature={code}" for code in range(1, 7)],
        "list, a door": [f"{LIST}?channel={code}" for code in range(1, 11)],
        "list, an urgency": [f"{LIST}?urgency={code}" for code in range(1, 5)],
        "list, a month": [f"{LIST}?{month}" for month in months],
        "list, a month and a kind": [f"{LIST}?{month}&{kind}" for month, kind in zip(months, kinds, strict=False)],
        "list, late": [f"{LIST}?overdue=1", f"{LIST}?late=1", f"{LIST}?soon=1"],
        "list, marked": [f"{LIST}?{name}=1" for name in ("major", "reopened", "paused", "on_time", "no_lead")],
        "list, how closed": [f"{LIST}?how_closed={how}" for how in ("MEDIATED", "NOT_OURS", "WITHDRAWN")],
        "search, words": [f"{LIST}?q={word}" for word in WORDS],
        "search, phone tail": [f"{LIST}?q={chance.randrange(10_000):04}" for _ in range(20)],
        "search, number": [f"{LIST}?q={number}" for number in numbers(chance)],
    }


def numbers(chance: random.Random) -> list[str]:
    low, high = (
        Case.objects.unscoped(reason=REASON).order_by(by).values_list("pk", flat=True)[0] for by in ("pk", "-pk")
    )
    picked = [chance.randint(low, high) for _ in range(20)]
    return list(Case.objects.unscoped(reason=REASON).filter(pk__in=picked).values_list("number", flat=True))


def ask(one: Level, address: str) -> Callable[[], None]:
    def fetch() -> None:
        response = one.client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}")

    return fetch


def deep(one: Level, pages: int) -> list[str]:
    """Addresses of one page after the other, as somebody gets who turns them."""
    found, following = [], ""
    for _ in range(pages):
        following = list_page(list_named("demands.demand"), actor=one.actor, params={"after": following}).next
        if not following:
            break
        found.append(f"{LIST}?all=1&after={following}")
    return found


def run(places: list[Level], rounds: int) -> list[Timing]:
    chance = random.Random(7)
    asked, timings = views(chance), []
    for one in places:
        for address in (f"{LIST}?all=1", BOARD, SUPERVISING):
            ask(one, address)()  # what a process reads once
        for name, addresses in {**asked, "list, deep": deep(one, rounds)}.items():
            if addresses:
                turn = [addresses[n % len(addresses)] for n in range(max(rounds, len(addresses)))]
                timings.append(timed(f"{one.name} · {name}", [ask(one, address) for address in turn]))
    return timings


def queries_of(one: Level, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        ask(one, address)()
    return len(caught)


def main(rounds: int, pg: int, scale: str) -> None:
    places = levels()
    total = Demand.objects.unscoped(reason=REASON).count()
    opened = Case.objects.unscoped(reason=REASON).filter(stage__in=sorted(OPEN)).count()
    print(f"PostgreSQL {pg}, {Scope.objects.count():,} scopes, {total:,} demands, {opened:,} open")
    timings = run(places, rounds)
    top = places[0]
    number = Case.objects.unscoped(reason=REASON).filter(scope=top.scope, lead__isnull=False).latest("pk").number
    few, many = queries_of(top, f"{LIST}?q={number}"), queries_of(top, f"{LIST}?stage=30")
    worst = max(timings, key=lambda timing: timing.p95)
    tell(
        "inbox", worst.p95, "ms p95", BOUND, pg=pg, scale=scale, demands=total, open=opened, worst=worst.name,
        over=sum(timing.p95 > BOUND for timing in timings), queries_1_row=few, queries_50_rows=many,
    )  # fmt: skip
    sys.exit(0 if worst.p95 <= BOUND and few == many else 1)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
