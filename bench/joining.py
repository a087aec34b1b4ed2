"""Workers join on their phones, and officers take them in: how many a second, and whether one is lost.

Every application goes through the phone face's own page, by HTTP inside the process, from two processes with two
threads each; every tenth is sent twice. Then two officers accept all of them from the list, a few bulks both
of them. Works in a database of its own, dropped at the end. Ends with one JSON line; `value` is the slower rate.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import date
from multiprocessing import get_context
from typing import Any

import django

django.setup()

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from bench.figures import tell
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.numbers import INVENTED_PHONE, INVENTED_PROVINCE, identity_check_character
from niangjia.modules.members.actions import check_register
from niangjia.modules.members.models import Consent, JoiningApplication, JoiningCode, Membership
from niangjia.modules.members.privacy import Purpose, current_version
from niangjia.modules.members.rules import ApplicationState, Category
from niangjia.modules.organisations.models import Organisation

BOUND = 50.0
SPOT = "测量"
PROCESSES, THREADS, POSTERS, BULK = 2, 2, 20, 250
REASON = "the bench counts what is there"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "明芳伟娜静强磊军洋勇艳杰涛超霞平刚桂英华"
"""One worker: the session, the number, the name, the poster's code and its union."""
Worker = tuple[str, str, str, str, int]


def identity_number(number: int) -> str:
    """Of region 9999, which the seed doesn't use."""
    first = f"{INVENTED_PROVINCE}9999{date(1990, 1, 1 + number // 1000 % 28):%Y%m%d}{number % 1000:03}"
    return first + identity_check_character(first)


def prepare(wanted: int) -> list[Worker]:
    """Accounts that have proved their phones and agreed, logged in, each before one of twenty posters."""
    now = timezone.now()
    unions = list(
        Organisation.objects.unscoped(reason=REASON)
        .filter(kind="PRIMARY_UNION", closed_on=None)
        .order_by("pk")[:POSTERS]
    )
    chair = chairs(1)[0]
    codes = [
        JoiningCode.objects.create(
            scope_id=union.pk, token=f"bench{number:03}", spot=SPOT, created_by=chair, created_at=now
        )
        for number, union in enumerate(unions)
    ]
    password = make_password(None)
    users = User.objects.bulk_create(
        User(
            username=f"wbench{number}", phone=phone, phone_digest=digest(phone), password=password, created_at=now
        )
        for number in range(wanted)
        for phone in [f"{INVENTED_PHONE}{99_000_000 + number}"]
    )  # fmt: skip
    Consent.objects.unscoped(reason=REASON).bulk_create(
        Consent(user=user, purpose=purpose.value, version=current_version(purpose), given_at=now)
        for user in users
        for purpose in Purpose
    )
    made = []
    for number, user in enumerate(users):
        code = codes[number % len(codes)]
        name = SURNAMES[number % 16] + GIVEN[number // 16 % 20] + GIVEN[number // 320 % 20]
        client = Client()
        client.force_login(user, backend=BACKEND)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        # As the pages before this one have left it.
        UserSession.objects.create(user=user, session_key=session, ip="127.0.0.1", user_agent="")
        made.append((session, identity_number(number), name, code.token, code.scope_id))
    return made


def chairs(wanted: int) -> list[User]:
    """Officers over everything."""
    root = Organisation.objects.unscoped(reason=REASON).filter(scope__parent=None).order_by("pk")[0]
    made = []
    for number in range(wanted):
        user, _ = User.objects.get_or_create(
            username=f"bench-chair-{number}", defaults={"name": "测量", "created_at": timezone.now()}
        )
        if not Grant.objects.unscoped(reason=REASON).filter(user=user).exists():
            Grant.objects.create(
                user=user, job="CHAIR", scope=root.scope, from_on=date(2020, 1, 1), granted_at=timezone.now()
            )
        made.append(user)
    return made


def send(client: Client, worker: Worker) -> bool:
    """One worker's last step; true when the page says that the application is in."""
    session, number, name, token, union = worker
    client.cookies.clear()
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    said = client.post(
        "/join/apply/",
        {
            "name": name, "document_number": number, "document_kind": "RESIDENT", "employer": "",
            "category": str(Category.FOOD_RIDER.value), "platform": "", "division": "", "code": token, "union": str(union),
        },
    )  # fmt: skip
    return said.status_code == 302 and said["Location"] == "/phone/application/"


def hand_in(workers: list[Worker], gate: Any, answers: Any) -> None:
    """A process of its own with threads: what a web server does."""
    said: list[bool] = []
    twice: list[bool] = []

    def run(part: list[Worker]) -> None:
        client = Client()
        client.get("/")  # the first page loads the middleware and the templates
        gate.wait()
        for place, worker in enumerate(part):
            said.append(send(client, worker))
            if place % 10 == 0:
                twice.append(send(client, worker))
        connections.close_all()

    threads = [threading.Thread(target=run, args=(workers[first::THREADS],)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.time()
    for thread in threads:
        thread.join()
    answers.put((began, time.time(), sum(said), len(twice)))


def all_hand_in(workers: list[Worker]) -> tuple[float, int, int]:
    """Seconds, how many were told that they are in, how many were sent twice."""
    context = get_context("spawn")
    gate, answers = context.Barrier(PROCESSES * (THREADS + 1)), context.Queue()
    parts = [workers[first::PROCESSES] for first in range(PROCESSES)]
    running = [context.Process(target=hand_in, args=(part, gate, answers)) for part in parts]
    for process in running:
        process.start()
    said = [answers.get(timeout=1800) for _ in running]
    for process in running:
        process.join()
    spent = max(end for _, end, _, _ in said) - min(begin for begin, _, _, _ in said)
    return spent, sum(one[2] for one in said), sum(one[3] for one in said)


def take_in(officer: int, bulks: list[list[int]], gate: Any, answers: Any) -> None:
    """One officer, in a process of its own, accepts bulk after bulk from the list."""
    client = Client()
    client.force_login(User.objects.get(pk=officer), backend=BACKEND)
    client.get("/desk/applications/")
    gate.wait()
    began = time.time()
    for bulk in bulks:
        client.post("/desk/applications/accept/", {"row": bulk})
    answers.put((began, time.time()))


def ours(**wanted: Any) -> Any:
    """The applications of this bench; the demonstration has some of its own."""
    return JoiningApplication.objects.unscoped(reason=REASON).filter(code__spot=SPOT, **wanted)


def all_are_accepted() -> float:
    """Two officers, each with one half, and at the end with a bulk that the other one has done or is at."""
    waiting = list(ours(state=ApplicationState.RECEIVED).order_by("pk").values_list("pk", flat=True))
    bulks = [waiting[first : first + BULK] for first in range(0, len(waiting), BULK)]
    halves = [bulks[0::2] + bulks[1:2], bulks[1::2] + bulks[0:1]]
    context = get_context("spawn")
    gate, answers = context.Barrier(len(halves)), context.Queue()
    officers = [user.pk for user in chairs(len(halves))]
    running = [
        context.Process(target=take_in, args=(officer, half, gate, answers))
        for officer, half in zip(officers, halves, strict=True)
    ]
    connection.close()
    for process in running:
        process.start()
    said = [answers.get(timeout=1800) for _ in running]
    for process in running:
        process.join()
    return max(end for _, end in said) - min(begin for begin, _ in said)


def main(wanted: int) -> None:
    members = Membership.objects.unscoped(reason=REASON).count()
    workers = prepare(wanted)
    connection.close()
    spent, told, twice = all_hand_in(workers)
    there = ours().count()
    print(
        f"{wanted:,} applications in {spent:.1f} s, {told:,} told that they are in, {twice} sent twice, {there:,} kept"
    )
    accepting = all_are_accepted()
    accepted = ours(state=ApplicationState.ACCEPTED).count()
    grown = Membership.objects.unscoped(reason=REASON).count() - members
    print(f"accepted {accepted:,} in {accepting:.1f} s, {grown:,} members more")
    lost = abs(wanted - told) + abs(wanted - there) + abs(wanted - accepted) + abs(wanted - grown)
    differs = bool(check_register(now=timezone.now()))
    handed_in, admitted = wanted / spent, wanted / accepting
    tell(
        "joining", min(handed_in, admitted), "applications/s", BOUND, applications=wanted, processes=PROCESSES,
        handed_in_per_second=round(handed_in, 1), accepted_per_second=round(admitted, 1), lost=lost,
        sent_twice=twice, register_differs=differs,
    )  # fmt: skip
    sys.exit(0 if min(handed_in, admitted) >= BOUND and not lost and not differs else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
