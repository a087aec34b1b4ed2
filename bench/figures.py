"""How a bench times and tells."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Timing:
    name: str
    p50: float
    p95: float
    worst: float

    @property
    def line(self) -> str:
        return f"{self.name:<58} p50 {self.p50:7.1f}   p95 {self.p95:7.1f}   max {self.worst:7.1f} ms"


def timed(name: str, questions: Iterable[Callable[[], Any]]) -> Timing:
    """Milliseconds of each question asked once, in turn."""
    spent = []
    for ask in questions:
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    # The nearest-rank 95th percentile: of twenty, the nineteenth.
    rank = max(0, -(-len(spent) * 95 // 100) - 1)
    timing = Timing(name, spent[len(spent) // 2], spent[rank], spent[-1])
    print(timing.line, flush=True)
    return timing


def processor_seconds(pid: int) -> float:
    """What a process and all below it have used so far, those that ended among them; machines shared with others tell
    more by this than by the clock.
    """
    used: dict[int, tuple[int, int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used[int(stat.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    family, ticks = {pid}, 0
    for one in sorted(used):  # children mostly come after their parents; a wrapped counter loses some
        if one == pid or used[one][0] in family:
            family.add(one)
            ticks += used[one][1]
    return ticks / os.sysconf("SC_CLK_TCK")


def tell(bench: str, value: float, unit: str, bound: float, **more: Any) -> None:
    """The one JSON line at the end; `value` is the worst."""
    print(
        json.dumps({"bench": bench, "value": round(value, 1), "unit": unit, "bound": bound, **more}, ensure_ascii=False)
    )
