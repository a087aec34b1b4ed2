"""Every address × job × one's own, a neighbour's and a superior's object, against a table written by hand.

`rights.csv` says what should be, from what each job is for; the declarations in the code are never read here. A new
address needs its lines: `ok` (shown, done, or refused by a rule), `401` (asks for a signature, which nobody who
is logged in has), `403`, `404`, or `login`. `here` is the officer's
own place, `own` what lies under it.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import Grant
from niangjia.kernel.audit.models import AuditEntry
from tests.addresses import address, routes, things
from tests.cast import JOBS, NEIGHBOUR, Cast

TABLE = Path(__file__).with_name("rights.csv")
COLUMNS = (*JOBS, "ANONYMOUS")
METHODS = ("GET", "POST")
REFUSED = {"403", "404", "405"}
# They take any method alike: they point elsewhere, belong to allauth, or are no part of the product.
ANY_METHOD = re.compile(r"ui:gallery.*|account_(signup|set_password|reset_password|email)|mfa_download_.*")


# Seen only with the right to decide them: who looks on from elsewhere learns of none.
SEEN_BY_THE_RIGHT = {"alert", "application", "batch", "call", "joining_code", "nuisance", "request"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Hundreds of refusals are what is asked for here."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@dataclass(frozen=True)
class Line:
    number: int
    route: str
    method: str
    kind: str
    whose: str
    expected: dict[str, str]

    def __str__(self) -> str:
        return f"rights.csv:{self.number} {self.method} {self.route} ({self.kind} {self.whose})"


def table() -> list[Line]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            Line(number, row["route"], row["method"], row["kind"], row["whose"], {job: row[job] for job in COLUMNS})
            for number, row in enumerate(csv.DictReader(file), start=2)
        ]


def test_the_table_is_well_formed() -> None:
    lines = table()
    keys = [(line.route, line.method, line.kind, line.whose) for line in lines]
    assert len(keys) == len(set(keys)), "a line stands twice"
    wrong = [
        str(line)
        for line in lines
        if line.method not in METHODS
        or (line.whose == "-") != (line.kind == "-")
        or line.whose not in {"-", "here", "own", "neighbour", "superior"}
        or not set(line.expected.values()) <= {"ok", "401", "403", "404", "login"}
    ]
    assert not wrong


def test_every_address_has_its_lines_and_every_line_its_address(cast: Cast) -> None:
    known, lines = routes(), table()
    named = {line.route for line in lines}
    wrong = [f"{name} has no line in rights.csv" for name in known.keys() - named]
    wrong += [f"{name} stands in rights.csv, but no address has that name" for name in named - known.keys()]
    stated = {(line.route, line.method) for line in lines}
    client = cast.client("CHAIR")
    for name in sorted(name for name in named & known.keys() if not ANY_METHOD.fullmatch(name)):
        kind = next(line.kind for line in lines if line.route == name)
        url = address(name, known[name], things(kind, cast, "CHAIR", "own"))
        for method in METHODS:
            if (name, method) in stated:
                continue
            if tried(client, method, url, as_a_part_if_refused("405"))[0].status_code != 405:
                wrong.append(f"{name} answers to {method}, which has no line in rights.csv")
    for name in named & known.keys():
        of_one = {line.whose for line in lines if line.route == name}
        if of_one & {"own", "superior"} and not of_one & {"neighbour"} and name != "invitation:accept":
            wrong.append(f"{name} is not tried with a neighbour's object")
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize("job", COLUMNS)
def test_each_job_gets_what_the_table_says(cast: Cast, job: str) -> None:
    known, client = routes(), cast.client(job)
    client.raise_request_exception = False
    client.get("/desk/")  # the session is written down, once instead of a thousand times
    wrong = []
    for line in table():
        if line.route not in known:
            continue
        url = address(line.route, known[line.route], things(line.kind, cast, job, line.whose))
        response, recorded = tried(client, line.method, url, as_a_part_if_refused(line.expected[job]))
        got = outcome(response)
        if got != line.expected[job]:
            wrong.append(f"{line}: {line.expected[job]} expected, {got} came ({url})")
        elif recorded and got != "ok" and line.route != "account_logout":  # which says login because it is done
            wrong.append(f"{line}: {got}, and yet something was recorded ({url})")
    assert not wrong, f"{len(wrong)} for {job}:\n" + "\n".join(wrong)


def test_in_sight_without_the_right_is_403(cast: Cast) -> None:
    """A clerk of one township who audits the county sees its neighbour's things, and changes none of them."""
    known, user = routes(), cast.officers["CLERK"]
    Grant.objects.create(
        user=user, job="AUDITOR", scope=cast.places["county"].scope, from_on=timezone.localdate(),
        granted_at=timezone.now(),
    )  # fmt: skip
    client = cast.client("CLERK")
    client.raise_request_exception = False
    wrong, asked = [], 0
    for line in table():
        if (
            line.kind in SEEN_BY_THE_RIGHT
            or line.whose != NEIGHBOUR
            or (line.expected["CLERK"], line.expected["AUDITOR"]) != ("404", "403")
        ):
            continue
        url = address(line.route, known[line.route], things(line.kind, cast, "CLERK", line.whose))
        response, recorded = tried(client, line.method, url)
        asked += 1
        if outcome(response) != "403" or recorded:
            wrong.append(f"{line}: {response.status_code} came ({url})")
    assert asked > 20
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong)


def outcome(response: HttpResponse) -> str:
    if response.status_code in (301, 302, 303) and re.match(
        r"/accounts/login/|/phone/log-in/", response.headers["Location"]
    ):
        return "login"
    if response.status_code < 400 or response.status_code in (409, 422):
        return "ok"
    return str(response.status_code)


def as_a_part_if_refused(expected: str) -> dict[str, str]:
    """Headers. A refusal is the same without a page drawn around it; two in three are refused here."""
    return {"HX-Request": "true"} if expected in REFUSED else {}


def entries() -> int:
    """Of the trail; in SQL, since it is asked forty thousand times."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{AuditEntry._meta.db_table}"')
        return cursor.fetchone()[0]


def tried(client: Client, method: str, url: str, headers: Mapping[str, str] | None = None) -> tuple[HttpResponse, int]:
    """The answer and how many entries it left in the trail; then everything is as before."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        before = entries()
        response = client.generic(method, url, content_type="application/x-www-form-urlencoded", headers=headers)
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response.render()
        recorded = entries() - before
        transaction.set_rollback(True)
    client.cookies = cookies
    return response, recorded
