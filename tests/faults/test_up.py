"""Everything in one terminal, and nothing left of it afterwards, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def children(parent: int) -> set[int]:
    """All below a process, told by what the kernel says of each process' parent."""
    found: set[int] = set()
    while True:
        more = set()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if above == parent or above in found:
                more.add(int(folder.name))
        if more <= found:
            return found
        found |= more


def alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_all_of_it_starts_and_all_of_it_stops(tmp_path: Path, ending: signal.Signals) -> None:
    port = free_port()
    said = tmp_path / "said"
    with said.open("w") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "niangjia", "up", "--port", str(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: "Ctrl-C stops everything" in said.read_text() or up.poll() is not None)
        assert up.poll() is None, said.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=PATIENCE) as answer:
            assert answer.status == 200
        begun = children(up.pid)
        assert len(begun) >= 2
        up.send_signal(ending)
        up.wait(PATIENCE)
        until(lambda: not any(map(alive, begun)))
        assert "Traceback" not in said.read_text()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGKILL)
