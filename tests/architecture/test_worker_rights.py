"""A worker's session against every address: all of the phone face, of the own matters only, and nothing of the desk.

Written by hand like `rights.csv`, which says what officers and visitors get.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.access.workers import worker_account
from niangjia.modules.demands.actions.asking import Said, submit_demand
from niangjia.modules.members.models import MembershipRequest
from niangjia.modules.members.rules import RequestKind
from niangjia.modules.members.testing import member, phone_number, request_of
from tests.addresses import WORDS, address, routes, things
from tests.architecture.test_rights import as_a_part_if_refused, outcome, table, tried
from tests.cast import Cast, at_work

OFFICERS = ("/desk/", "/accounts/")
# Other systems sign what they send; a session is nothing there.
SIGNED = "/api/v1/"
# Open to whoever is there, in whatever session.
PUBLIC = {
    "phone:home", "phone:mine", "phone:display", "phone:log_out", "phone:offline", "phone:manifest",
    "phone:service_worker", "proof:check", "worker:join_start", "worker:join_typed", "worker:consent", "worker:log_in",
    "ask:demand_new", "ask:employers", "ask:sent", "ask:by_code", "ask:by_link", "ask:by_link_act", "ask:by_link_file",
}  # fmt: skip
AFTER_A_CODE = {"worker:returning"}  # shown to whoever has just proved the phone of a silent account
UNKNOWN_CODE = {"worker:join", "proof:answer", "survey:survey", "survey:thanks"}
OWN_MATTERS = {
    "phone:inbox", "worker:apply", "worker:employers", "worker:application", "worker:application_withdraw",
    "worker:consents", "worker:consent_withdraw", "worker:data", "worker:export", "worker:requests",
    "worker:request_add", "worker:union", "proof:own", "ask:my_demands",
}  # fmt: skip
BY_ID = {"worker:request_withdraw", "ask:my_demand", "ask:my_demand_act", "ask:my_demand_file"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def own(cast: Cast) -> MembershipRequest:
    return _request(cast, "北纺职工")


def _request(cast: Cast, name: str) -> MembershipRequest:
    """Of a member with an account on the phone."""
    union = cast.places["north_union"]
    user = worker_account(phone_number(), now=timezone.now())
    membership = member(union, name, phone=user.phone, actor=at_work("ENTERPRISE_CLERK", union), now=timezone.now())
    membership.person.user = user
    membership.person.save()
    return request_of(membership, RequestKind.LEAVE, now=timezone.now())


def browser_of(cast: Cast, user: User):  # type: ignore[no-untyped-def]
    cast.officers["WORKER"] = user
    client = cast.client("WORKER")
    client.raise_request_exception = False
    return client


def test_every_address_outside_the_desk_is_named_here() -> None:
    outside = {line.route for line in table() if not line.route.startswith("invitation:")}
    known = routes()
    here = {
        name for name in outside & known.keys() if name.startswith(("phone:", "worker:", "proof:", "ask:", "survey:"))
    }
    assert here == PUBLIC | AFTER_A_CODE | UNKNOWN_CODE | OWN_MATTERS | BY_ID


def test_a_worker_gets_the_phone_and_nothing_of_the_desk(cast: Cast, own: MembershipRequest) -> None:
    known, client = routes(), browser_of(cast, own.user)
    wrong, asked = [], 0
    for line in table():
        if line.route not in known:
            continue
        values = things(line.kind, cast, "CHAIR", line.whose)
        if line.route in BY_ID and values.get("pk") == own.pk:
            continue  # another table's row that happens to have the number of the worker's own
        url = address(line.route, known[line.route], values)
        asked += 1
        if url.startswith(OFFICERS):
            expected = line.expected["CHAIR"] if line.route == "account_logout" else "403"
        elif line.route in PUBLIC | OWN_MATTERS:
            expected = "ok"
        elif line.route in AFTER_A_CODE:
            expected = "login"
        elif url.startswith(SIGNED):
            expected = line.expected["ANONYMOUS"]
        else:
            expected = "404"
        response, recorded = tried(client, line.method, url, as_a_part_if_refused(expected))
        if outcome(response) != expected or (recorded and expected != "ok"):
            wrong.append(f"{line}: {expected} expected, {response.status_code} came ({url})")
    assert asked > 300
    assert not wrong, "\n".join(wrong)


def test_another_workers_request_is_not_there(cast: Cast, own: MembershipRequest) -> None:
    other = _request(cast, "北纺邻居")
    client = browser_of(cast, own.user)
    for row, expected in ((own, "ok"), (other, "404")):
        url = address("worker:request_withdraw", {"pk"}, WORDS | {"pk": row.pk})
        response, recorded = tried(client, "POST", url)
        assert (outcome(response), recorded) == (expected, 1 if expected == "ok" else 0)


def test_another_workers_demand_is_not_there(cast: Cast) -> None:
    now = timezone.now()
    own, other = (worker_account(phone_number(), now=now) for _ in range(2))
    rows = {
        user.pk: submit_demand(
            Said(body="工资拖了三个月没发", name="北纺职工"), user=user, address="", photos=(), now=now
        )
        for user in (own, other)
    }
    client = browser_of(cast, own)
    for user, expected in ((own, "ok"), (other, "404")):
        values = WORDS | {"pk": rows[user.pk].pk, "act": "urge"}
        for name, method in (("ask:my_demand", "GET"), ("ask:my_demand_act", "POST")):
            response, recorded = tried(client, method, address(name, routes()[name], values))
            assert (outcome(response), bool(recorded)) == (expected, expected == "ok" and method == "POST")
        response, _ = tried(client, "GET", address("ask:my_demand_file", routes()["ask:my_demand_file"], values))
        assert outcome(response) == "404"
