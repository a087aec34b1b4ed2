"""Work split over processes that each begin Django for themselves.

This module imports nothing of Django, because a new process unpickles what it is to do before it
can set Django up.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
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
