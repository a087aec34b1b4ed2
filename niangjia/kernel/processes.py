"""Work split over processes that each begin Django for themselves.

This module imports nothing of Django, because a new process unpickles what it is to do before it
can set Django up.
"""

from __future__ import annotations

import pickle
import signal
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from importlib import import_module
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Queue
from threading import Thread
from typing import Any


def side_by_side(module: str, function: str, parts: Sequence[Any], **same: Any) -> None:
    """Calls `function(part, **same)` for every part, each in a process of its own; raises what one of them raised."""
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        done = [pool.submit(_run, module, function, pickle.dumps((part, same))) for part in parts]
        for each in done:
            each.result()


def _run(module: str, function: str, packed: bytes) -> None:
    import django

    django.setup()
    part, same = pickle.loads(packed)  # noqa: S301 - packed by us, a moment ago
    try:
        getattr(import_module(module), function)(part, **same)
    finally:
        from django.db import connections

        connections.close_all()


_AHEAD = 2  # pieces that a process has waiting: enough never to stand idle, and little memory


def deal_out(module: str, function: str, pieces: Iterable[bytes], *, hands: int, **same: Any) -> list[Any]:
    """Calls `function(its_pieces, **same)` in each of `hands` processes and returns what they returned.

    Each piece goes to one of them; this process waits while they have enough. Raises what one of them
    raised. When this process is killed they end by themselves, with `OrphanedError` inside `its_pieces`.
    """
    context = get_context("spawn")
    packed = pickle.dumps(same)
    players: list[tuple[BaseProcess, Connection]] = []
    try:
        for _ in range(hands):
            ours, theirs = context.Pipe()
            process: BaseProcess = context.Process(target=_play, args=(theirs, module, function, packed), daemon=True)
            process.start()
            theirs.close()  # so that either side notices when the other is gone
            players.append((process, ours))
        for (_, ours), piece in zip(cycle(players), pieces, strict=False):
            if ours.poll():
                _answer(ours)  # before the end it can only be an error
            ours.send_bytes(piece)
        for _, ours in players:
            ours.send_bytes(b"")
        return [_answer(ours) for _, ours in players]
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise OrphanedError("a process of the work was killed") from error
    finally:
        for process, ours in players:
            ours.close()
            process.join(timeout=5)
            process.kill()
            process.join()


class OrphanedError(RuntimeError):
    """The other side of the work is gone."""


def _answer(ours: Connection) -> Any:
    raised, answer = ours.recv()
    if raised:
        raise answer
    return answer


def _play(theirs: Connection, module: str, function: str, packed: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    pieces = _received(theirs)
    try:
        import django

        django.setup()
        answer = (False, getattr(import_module(module), function)(pieces, **pickle.loads(packed)))  # noqa: S301 - packed by us
    except OrphanedError:
        return
    except Exception as error:  # noqa: BLE001 - it is raised on the other side
        answer = (True, _portable(error))
    finally:
        from django.db import connections

        connections.close_all()
    with suppress(OSError, OrphanedError):
        theirs.send(answer)
        for _ in pieces:  # what the parent is just sending would block it
            pass


def _portable(error: Exception) -> Exception:
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made on this line
    except Exception:  # noqa: BLE001 - some exceptions can't be rebuilt
        return RuntimeError(str(error.__notes__[-1]))
    return error


def _received(theirs: Connection) -> Iterator[bytes]:
    waiting: Queue[bytes | None] = Queue(maxsize=_AHEAD)

    def receive() -> None:
        try:
            while piece := theirs.recv_bytes():
                waiting.put(piece)
        except (EOFError, OSError):
            waiting.put(None)
        else:
            waiting.put(b"")

    Thread(target=receive, daemon=True).start()
    while piece := waiting.get():
        yield piece
    if piece is None:
        raise OrphanedError("the process that deals out the work was killed")
