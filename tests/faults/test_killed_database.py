"""A process that serves goes on as soon as its killed database is back: nobody is answered by a connection to the dead one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connections
from pytest_django import DjangoDbBlocker

from niangjia.kernel.environment import database_from_url
from niangjia.kernel.localdb import LocalServer
from niangjia.kernel.pooled import base
from niangjia.kernel.pooled.base import has_ended
from tests.faults.test_worker import until
from tests.ground import VERSION

THREADS = 4
ALIAS = "killed"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    folder = tmp_path / "checkout"
    folder.mkdir()
    server = LocalServer(VERSION, folder)
    server.start()
    server.create_database("serving")
    yield server
    server.reset()


@pytest.fixture(autouse=True)
def serving(server: LocalServer, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Beside the tests' own database one with the pool of a web process; each thread has its connection there."""
    settings = connections["default"].settings_dict | database_from_url(server.url("serving"), pool=True)
    settings["OPTIONS"]["pool"]["timeout"] = 30  # where a machine is busy, starting takes a while
    connections.settings[ALIAS] = settings
    with django_db_blocker.unblock():
        yield
        connections[ALIAS].close_pool()
    del connections[ALIAS]
    del connections.settings[ALIAS]


def kill(server: LocalServer) -> None:
    """Sessions outlive their postmaster by a moment."""
    os.kill(int((server.places.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    until(lambda: all(has_ended(each) for each in connections[ALIAS].pool._pool))


def asked(meanwhile: Callable[[], object] = lambda: None) -> int:
    """A request: it takes a connection from the pool and gives it back."""
    connection = connections[ALIAS]
    try:
        with connection.cursor() as cursor:
            meanwhile()
            cursor.execute("select 1")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def ask_at_once() -> None:
    """Every thread at the database at the same moment: the pool has a connection for each afterwards."""
    all_here = threading.Barrier(THREADS)
    threads = [threading.Thread(target=asked, args=(all_here.wait,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed_and_started_again(server: LocalServer) -> None:
    ask_at_once()
    assert connections[ALIAS].pool.get_stats()["pool_available"] == THREADS
    kill(server)
    server.start()


def test_the_first_who_asks_again_is_answered(server: LocalServer) -> None:
    killed_and_started_again(server)
    assert [asked() for _ in range(THREADS * 2)] == [1] * THREADS * 2


def test_without_a_look_at_the_socket_each_dead_connection_fails_somebody(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "has_ended", lambda connection: False)
    killed_and_started_again(server)
    for _ in range(THREADS):
        with pytest.raises(OperationalError):
            asked()


def test_who_asks_while_it_is_away_is_answered_when_it_is_back(server: LocalServer) -> None:
    answers: list[int] = []
    asked()
    kill(server)
    waiting = threading.Thread(target=lambda: answers.append(asked()))
    waiting.start()
    # Attempts that the pool, left to itself, would spread over half a minute, with the next one as far away again.
    until(lambda: connections[ALIAS].pool.get_stats().get("connections_errors", 0) >= 16)
    server.start()
    waiting.join()
    assert answers == [1]


def test_a_word_from_the_server_is_no_end(server: LocalServer) -> None:
    """Such as a setting that was changed: told to every session, at work or not."""
    heard: list[psycopg.Notify] = []
    with psycopg.connect(server.url("serving"), autocommit=True) as session:
        session.add_notify_handler(heard.append)
        session.execute("listen news")
        with psycopg.connect(server.url("serving"), autocommit=True) as other:
            other.execute("notify news")
        until(lambda: not has_ended(session) and bool(heard))
