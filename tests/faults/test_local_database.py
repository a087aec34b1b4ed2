"""The local PostgreSQL: killed, started twice, stopped while in use, under a closed home, on a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from niangjia.kernel.localdb import LocalDatabaseError, LocalServer, places_for
from tests.ground import VERSION

START = (
    "import sys; from pathlib import Path; from niangjia.kernel.localdb import LocalServer;"
    f"LocalServer({VERSION}, Path(sys.argv[1])).start()"
)
HOLD = START + "; print('started', flush=True); sys.stdin.read()"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that stands for a checkout."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


@pytest.fixture
def server(checkout: Path) -> Iterator[LocalServer]:
    """Its server, not started; what is made for it outside the checkout goes as well."""
    server = LocalServer(VERSION, checkout)
    yield server
    server.reset()
    if server.places.owner.switch:
        for outside in (server.places.data.parent, server.places.socket.parent):
            for left in outside.iterdir():
                left.unlink()
            outside.rmdir()


def starting(checkout: Path, code: str = START, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(checkout)], text=True, **more)


def postmaster(server: LocalServer) -> int:
    return int((server.places.data / "postmaster.pid").read_text().split()[0])


def test_kill_9_loses_nothing_that_was_committed(server: LocalServer) -> None:
    server.start()
    server.create_database("ledger")
    acknowledged: list[int] = []

    def write() -> None:
        with psycopg.connect(server.url("ledger"), autocommit=True) as connection:
            connection.execute("CREATE TABLE fact (id int PRIMARY KEY)")
            for number in range(1_000_000):
                connection.execute("INSERT INTO fact VALUES (%s)", [number])
                acknowledged.append(number)

    def write_until_killed() -> None:
        with pytest.raises(psycopg.OperationalError):
            write()

    writer = threading.Thread(target=write_until_killed)
    writer.start()
    while len(acknowledged) < 200:
        time.sleep(0.01)
    os.kill(postmaster(server), signal.SIGKILL)
    writer.join()

    began = time.monotonic()
    assert server.start() is True
    assert time.monotonic() - began < 10
    with psycopg.connect(server.url("ledger")) as connection:
        kept = {row[0] for row in connection.execute("SELECT id FROM fact")}
    assert kept >= set(acknowledged)


def test_starts_at_once_make_one_server(checkout: Path, server: LocalServer) -> None:
    starts = [starting(checkout) for _ in range(4)]
    assert [start.wait(60) for start in starts] == [0, 0, 0, 0]
    assert server.running()
    assert server.start() is False


def test_who_still_needs_the_server_keeps_it(checkout: Path, server: LocalServer) -> None:
    holder = starting(checkout, HOLD, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout
    assert holder.stdin
    assert holder.stdout.readline() == "started\n"
    server.start()
    server.stop()
    assert server.running()
    with pytest.raises(LocalDatabaseError, match="in use"):
        server.reset()
    holder.kill()  # not even a goodbye is needed
    holder.wait()
    server.stop()
    assert not server.running()


def test_a_cluster_half_made_is_made_anew(server: LocalServer) -> None:
    server.start()
    server.stop()
    server.places.data.rename(server._unfinished)
    (server._unfinished / "PG_VERSION").unlink()
    assert server.start() is True
    assert server.running()


def test_folders_that_were_there_keep_their_mode(checkout: Path, server: LocalServer) -> None:
    (checkout / ".local").mkdir(mode=0o700)
    modes = {folder: folder.stat().st_mode for folder in (checkout / ".local", checkout, *checkout.parents)}
    server.start()
    assert {folder: folder.stat().st_mode for folder in modes} == modes


def test_the_data_is_closed_to_others(server: LocalServer) -> None:
    server.start()
    assert server.places.data.stat().st_mode & 0o777 == 0o700
    assert server.places.socket.stat().st_mode & 0o777 == 0o700


def test_a_deep_checkout_has_its_socket_elsewhere(tmp_path: Path) -> None:
    places = places_for(VERSION, tmp_path / ("deep" * 20))
    assert len(str(places.socket / ".s.PGSQL.5432")) < 108


def test_a_full_disk_is_one_sentence(checkout: Path, server: LocalServer) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20));" + START
    tried = starting(checkout, limited, stderr=subprocess.PIPE)
    _, said = tried.communicate(timeout=60)
    assert tried.returncode
    assert (
        said.strip().splitlines()[-1].startswith("niangjia.kernel.localdb.places.LocalDatabaseError: The disk is full")
    )
