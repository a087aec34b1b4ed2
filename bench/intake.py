"""Another system hands demands over by the open API while things are killed: how many a second, none lost, none doubled.

A real web server and a real worker; the senders sign, and send again under the same number whatever was not
answered, as a partner does. After a third the worker is killed, after two thirds PostgreSQL; both come back. A listener of
our own hears the messages back: each demand is accepted at the end of the run, so each must have been told.
Ends with one JSON line; the value is demands a second, outages included.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

import django

django.setup()

from django.db import OperationalError, connection
from django.utils import timezone

from bench.figures import processor_seconds, tell
from bench.joining import chairs
from niangjia.cli import processes
from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.localdb import LocalServer
from niangjia.modules.demands.models import Demand
from niangjia.modules.exchange.actions.partners import add_partner
from niangjia.modules.exchange.models import Delivery, Partner
from niangjia.modules.exchange.rules import KEY, SIGNATURE, TIME, signature
from niangjia.modules.organisations.models import Organisation

BOUND, SENDERS, PATIENCE = 50.0, 8, 300.0
REASON = "the bench counts what is there"
WORDS = (
    "工地拖欠三个月工资，共五个人，班组长说要等验收。", "配送站扣了高温津贴，站长说没有这一项。",
    "想问退休以后会籍怎么保留，还要不要交会费。", "车间没有通风，夏天四十度，已经有人中暑。",
    "孩子暑假没人带，工会今年还办托管班吗？", "公司不给签劳动合同，说试用期半年以后再签。",
)  # fmt: skip


@dataclass
class Heard:
    """What a partner's own server was told: by its own number, and how often each message came."""

    by_number: Counter[str] = field(default_factory=Counter)
    by_delivery: Counter[str] = field(default_factory=Counter)


def listen(heard: Heard) -> ThreadingHTTPServer:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.by_delivery[self.headers["X-Niangjia-Delivery"]] += 1
            heard.by_number[said["partner_number"]] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass
class Sending:
    """The senders of a partner: each keeps its connection, and sends again what was not answered."""

    port: int
    key: str
    secret: str
    wanted: int
    numbers: Queue[int] = field(default_factory=Queue)
    answered: Counter[int] = field(default_factory=Counter)
    again: int = 0

    def run(self) -> None:
        for number in range(self.wanted):
            self.numbers.put(number)
        threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send_all(self) -> None:
        line: http.client.HTTPConnection | None = None
        while True:
            try:
                number = self.numbers.get_nowait()
            except Empty:
                return
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                try:
                    status = self._post(line, number)
                except (OSError, http.client.HTTPException):
                    line.close()
                    line, status = None, 0
                if status in (200, 201):
                    self.answered[status] += 1
                    break
                if 400 <= status < 500:
                    raise SystemExit(f"the server refused number {number}: {status}")
                self.again += 1
                time.sleep(0.2)

    def _post(self, line: http.client.HTTPConnection, number: int) -> int:
        path, now = "/api/v1/demands", datetime.now(UTC).isoformat(timespec="seconds")
        said = {
            "number": f"W{number:07}", "content": f"{WORDS[number % len(WORDS)]}（第 {number} 件）", "nature": 1 + number % 5,
            "asker": {"name": "林小燕", "phone": f"124{number:08}"}, "about": {"place": f"东门路 {number % 300} 号"},
        }  # fmt: skip
        body = json.dumps(said, ensure_ascii=False).encode()
        line.request(
            "POST", path, body,
            {
                "Content-Type": "application/json", KEY: self.key, TIME: now,
                SIGNATURE: signature(self.secret, method="POST", path=path, time=now, body=body),
            },
        )  # fmt: skip
        answer = line.getresponse()
        answer.read()
        return answer.status


class LookedAfter:
    """A worker, and whoever starts another one when it ends: it does when it is killed, or loses its database."""

    def __init__(self) -> None:
        self.process = processes.child("worker")
        self.started, self._over = 1, threading.Event()
        self._thread = threading.Thread(target=self._look_after, daemon=True)
        self._thread.start()

    def _look_after(self) -> None:
        while not self._over.wait(1):
            if self.process.poll() is not None:
                self.process = processes.child("worker")
                self.started += 1

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        processes.stop(self.process, within=60)


def postmaster(server: LocalServer) -> int:
    return int((server.places.data / "postmaster.pid").read_text().split()[0])


def kill_database(server: LocalServer) -> None:
    os.kill(postmaster(server), signal.SIGKILL)
    time.sleep(1)
    server.start()
    forget_connections()


def forget_connections() -> None:
    """Those to a server that was killed; the pool would hand them out again."""
    connection.close()
    connection.close_pool()


def counted() -> int:
    """Demands that came in; -1 while the database is away."""
    try:
        return Case.objects.unscoped(reason=REASON).exclude(partner="").count()
    except OperationalError:
        forget_connections()
        return -1


def main(wanted: int, pg: int) -> None:
    now = timezone.now()
    root = Organisation.objects.unscoped(reason=REASON).filter(scope__parent=None).order_by("pk")[0]
    chair = actor_of(chairs(1)[0].pk, now=now)
    heard = Heard()
    listener = listen(heard)
    address = f"http://127.0.0.1:{listener.server_port}/"
    partner, secret = add_partner(scope_id=root.pk, code="bench", name="测量", address=address, actor=chair, now=now)
    port = free_port()
    web = processes.child("web", "--port", str(port), "--workers", "2", "--threads", "4")
    worker = LookedAfter()
    database = LocalServer(version=pg, purpose="intake")
    try:
        wait_for(port)
        sending = Sending(port, partner.key, secret, wanted)
        thread = threading.Thread(target=sending.run)
        began = time.perf_counter()
        thread.start()
        parts = {"web": web.pid, "database": postmaster(database), "worker": worker.process.pid}
        spent = {name: -processor_seconds(pid) for name, pid in parts.items()}
        for share, kill in ((1 / 3, "worker"), (2 / 3, "database")):
            while counted() < wanted * share and thread.is_alive():
                time.sleep(0.1)
            if kill == "worker":
                each = {
                    name: round((spent[name] + processor_seconds(pid)) / counted() * 1000, 1)
                    for name, pid in parts.items()
                }
                print(f"processor time a demand until here, ms: {each}", flush=True)
            if kill == "worker":
                worker.kill()
            else:
                kill_database(database)
            print(f"{counted():,} in: the {kill} was killed", flush=True)
        thread.join()
        seconds = time.perf_counter() - began
        print(f"{wanted:,} in {seconds:.1f} s, sent again {sending.again} times", flush=True)
        told = accept_all(partner, chair, heard)
    finally:
        processes.stop(web, within=20)
        worker.stop()
        listener.shutdown()
    report(wanted, seconds, sending=sending, heard=heard, told=told, each=each)


def accept_all(partner: Partner, chair: Any, heard: Heard) -> int:
    """Every one is accepted, and the partner must hear so; returns how many it heard of."""
    connection.close()
    cases = Case.objects.unscoped(reason=REASON).filter(partner=partner.code)
    for pk in list(cases.values_list("pk", flat=True)):
        casework.accept_case(pk, actor=chair, now=timezone.now())
    until = time.monotonic() + PATIENCE
    waiting = Delivery.objects.unscoped(reason=REASON).filter(partner=partner, taken_at=None)
    while waiting.exists() and time.monotonic() < until:
        time.sleep(0.5)
    return len(heard.by_number)


def report(wanted: int, seconds: float, *, sending: Sending, heard: Heard, told: int, each: dict[str, float]) -> None:
    rows = list(Case.objects.unscoped(reason=REASON).filter(partner="bench").values_list("partner_number", flat=True))
    demands = Demand.objects.unscoped(reason=REASON).filter(case__partner="bench").count()
    lost, doubled = wanted - len(set(rows)), len(rows) - len(set(rows)) + abs(demands - len(rows))
    tell(
        "intake", wanted / seconds, "demands/s", BOUND, demands=wanted, lost=lost, doubled=doubled,
        answered=sum(sending.answered.values()), sent_again=sending.again, told=told,
        told_twice=sum(n - 1 for n in heard.by_delivery.values()), killed=["worker", "database"], processor_ms=each,
    )  # fmt: skip
    if lost or doubled or told != wanted:
        raise SystemExit(1)


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as some:
            if some.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the web server did not come up")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
