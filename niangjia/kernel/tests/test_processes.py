"""Work dealt out to processes: all of it, in bounded memory, and what goes wrong is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from niangjia.kernel.processes import OrphanedError, deal_out

HERE = __name__


def add_up(pieces: Iterable[bytes], *, more: int) -> tuple[int, int]:
    total = sum(int(piece) for piece in pieces)
    return total + more, os.getpid()


def stumble(pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        if piece == b"7":
            raise ValueError("seven")


def kill_oneself(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        os.kill(os.getpid(), signal.SIGKILL)


def wait_for_more(pieces: Iterable[bytes], *, diary: str) -> None:
    try:
        for _ in pieces:
            with Path(diary).open("a") as book:
                book.write(f"{os.getpid()}\n")
    except OrphanedError:
        with Path(diary).open("a") as book:
            book.write("orphaned\n")
        raise


def numbers(count: int) -> Iterator[bytes]:
    return (str(number).encode() for number in range(count))


def test_every_piece_goes_to_one_process() -> None:
    answers = deal_out(HERE, "add_up", numbers(101), hands=2, more=1)
    assert sum(total for total, _ in answers) == 5050 + 2
    assert len({process for _, process in answers} - {os.getpid()}) == 2


def test_the_reader_waits_for_slow_processes() -> None:
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(200):
            taken += 1
            yield b"0" * 1_000_000

    with pytest.raises(OrphanedError):
        deal_out(HERE, "kill_oneself", pieces(), hands=2)
    assert taken < 20


def test_what_a_process_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="seven") as caught:
        deal_out(HERE, "stumble", numbers(1000), hands=2)
    assert "stumble" in caught.value.__notes__[0]


def test_a_killed_parent_leaves_no_process_behind(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    code = (
        "import time; from niangjia.kernel.processes import deal_out\n"
        "def pieces():\n    yield b'1'; yield b'2'; time.sleep(60)\n"
        f"deal_out({HERE!r}, 'wait_for_more', pieces(), hands=2, diary={str(diary)!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 30
    while not diary.exists() or diary.read_text().count("\n") < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    while diary.read_text().count("orphaned") < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
