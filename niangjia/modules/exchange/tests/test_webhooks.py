"""A partner hears of every step, in order, once it is there to listen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.exchange.actions.partners import edit_partner
from niangjia.modules.exchange.actions.webhooks import LEASE, deliver_due, send_again
from niangjia.modules.exchange.models import Delivery
from niangjia.modules.exchange.rules import KEY, SIGNATURE, TIME, WAITS, signature
from niangjia.modules.exchange.sending import DELIVERY, post
from niangjia.modules.exchange.testing import call, partner
from niangjia.modules.organisations.testing import acting_as, small_tree

WHY = "looked at by the test"
NOW = timezone.now()


class Listener(HTTPServer):
    """A partner's own server, which answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.answer, self.heard = 200, []  # type: ignore[var-annotated]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?from=union"


class _Hook(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), self.path, body))
        self.send_response(self.server.answer)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def tree(db: None) -> Any:
    return small_tree()


def deliveries() -> list[Delivery]:
    return list(Delivery.objects.unscoped(reason=WHY).order_by("pk"))


def answered(tree: Any, line: Any, number: str = "W-1") -> Case:
    status, said = call(
        line, "/api/v1/demands", {"number": number, "content": "没有发高温津贴", "asker": {"phone": "12480000002"}}
    )
    assert status == 201, said
    case, chair = Case.objects.unscoped(reason=WHY).get(number=said["number"]), acting_as("CHAIR", tree.county)
    casework.accept_case(case.pk, actor=chair, now=NOW)
    casework.remark(case.pk, text="先不告诉企业", actor=chair, now=NOW)
    casework.take_case(case.pk, actor=chair, now=NOW)
    casework.answer_case(case.pk, text="津贴已经补发。", actor=chair, now=NOW)
    return case


def test_the_partner_hears_signed_and_in_order(tree, listener) -> None:
    line = partner(tree.county, address=listener.address, now=NOW)
    case = answered(tree, line)
    assert deliver_due(post, now=NOW) == 2
    said = [json.loads(body) for _, _, body in listener.heard]
    assert [one["event"] for one in said] == ["accept", "answer"]
    assert [one["partner_number"] for one in said] == ["W-1", "W-1"]
    assert said[1]["text"] == "津贴已经补发。"
    assert "先不告诉" not in "".join(body.decode() for _, _, body in listener.heard)
    headers, path, body = listener.heard[0]
    expected = signature(str(line.secret), method="POST", path=path, time=headers[TIME], body=body)
    assert (headers[SIGNATURE], headers[KEY], path) == (expected, line.key, "/hook?from=union")
    assert [row.taken_at for row in deliveries()] == [NOW, NOW]
    assert {int(headers[DELIVERY]) for headers, _, _ in listener.heard} == {row.pk for row in deliveries()}
    assert case.number in listener.heard[0][2].decode()
    assert deliver_due(post, now=NOW + timedelta(days=1)) == 0


def test_a_partner_that_is_down_for_a_day_hears_everything_in_order(tree) -> None:
    line = partner(tree.county, address="http://127.0.0.1:9/hook", now=NOW)
    answered(tree, line, "W-1")
    answered(tree, line, "W-2")
    heard: list[tuple[str, str]] = []

    def down(*_: Any) -> str:
        return "没有连上：TimeoutError"

    def up(partner: Any, pk: int, body: str, now: Any) -> str:
        said = json.loads(body)
        heard.append((said["partner_number"], said["event"]))
        return ""

    moment = NOW
    while moment < NOW + timedelta(days=1):
        assert deliver_due(down, now=moment) == 0
        moment += timedelta(minutes=1)
    assert {row.answer for row in deliveries()} == {"没有连上：TimeoutError", ""}
    assert all(row.given_up_at is None for row in deliveries())
    while len(heard) < 4 and moment < NOW + timedelta(days=2):
        deliver_due(up, now=moment)
        moment += timedelta(minutes=1)
    for number in ("W-1", "W-2"):
        assert [event for of, event in heard if of == number] == ["accept", "answer"]
    assert all(row.taken_at for row in deliveries())


def test_after_three_days_somebody_must_look_and_may_send_again(tree) -> None:
    line = partner(tree.county, address="http://127.0.0.1:9/hook", now=NOW)
    answered(tree, line)
    moment = NOW
    for wait in (timedelta(), *WAITS):
        moment += wait
        deliver_due(lambda *_: "对方回答 500", now=moment)
    first, second = deliveries()
    assert first.given_up_at == moment
    assert second.given_up_at is None, "it was waiting for the first one"
    chair = acting_as("CHAIR", tree.county)
    send_again(first.pk, actor=chair, now=moment)
    assert deliver_due(lambda *_: "", now=moment) == 1
    assert deliver_due(lambda *_: "", now=moment + WAITS[0]) == 1, "the one behind it had its first try"
    with pytest.raises(Refused, match="已经收到"):
        send_again(first.pk, actor=chair, now=moment)
    with pytest.raises(Missing):
        send_again(first.pk, actor=acting_as("CHAIR", tree.north), now=moment)
    with pytest.raises((Missing, NotPermitted)):
        send_again(first.pk, actor=acting_as("CLERK", tree.county), now=moment)


@pytest.mark.parametrize(("status", "taken"), [(204, 1), (302, 0), (404, 0), (500, 0)])
def test_only_a_yes_is_a_yes(tree, listener, status, taken) -> None:
    listener.answer = status
    line = partner(tree.county, address=listener.address, now=NOW)
    answered(tree, line)
    assert deliver_due(post, now=NOW, most=1) == taken
    assert len(listener.heard) == 1, "a redirect is not followed"


def test_a_killed_senders_message_comes_free_again(tree) -> None:
    line = partner(tree.county, address="http://127.0.0.1:9/hook", now=NOW)
    answered(tree, line)

    def killed(*_: Any) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_due(killed, now=NOW)
    assert deliver_due(lambda *_: "", now=NOW) == 0, "somebody has it"
    assert deliver_due(lambda *_: "", now=NOW + LEASE) == 2


def test_who_has_no_address_is_told_nothing(tree) -> None:
    line = partner(tree.county, now=NOW)
    answered(tree, line)
    assert deliveries() == []
    edit_partner(line.pk, name="12345", address="https://a.example/", actor=acting_as("CHAIR", tree.county), now=NOW)
    line.refresh_from_db()
    answered(tree, line, "W-2")
    assert len(deliveries()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_send_the_same_message_at_once() -> None:
    tree = small_tree()
    line = partner(tree.county, address="http://127.0.0.1:9/hook", now=NOW)
    for number in range(6):
        answered(tree, line, f"W-{number}")
    sent: list[int] = []
    both = threading.Barrier(2)

    def send() -> None:
        both.wait()
        deliver_due(lambda _, pk, __, ___: sent.append(pk) or "", now=NOW)  # type: ignore[func-returns-value]
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver_due(lambda _, pk, __, ___: sent.append(pk) or "", now=NOW)  # type: ignore[func-returns-value]
    assert len(sent) == len(set(sent)) == 12
