"""Whose line of the map 责任分工 wins, and who of several takes it on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

HEADS = ("DEPARTMENT_HEAD", "LEADER_IN_CHARGE", "CHAIR")
"""Who answers where nobody else does."""

EXTREME, PRESSING = 4, 2


@dataclass(frozen=True)
class Line:
    """Empty means any. `depth` is how deep in the tree the map lies whose line it is: the nearest is the deepest."""

    id: int
    depth: int = 0
    kind: str = ""
    division: str = ""
    zone: int | None = None
    employer: int | None = None
    is_fallback: bool = False


@dataclass(frozen=True)
class Matter:
    """`divisions`: its division and those around it, the nearest first."""

    kind: str = ""
    divisions: Sequence[str] = ()
    zone: int | None = None
    employer: int | None = None


def fits(line: Line, matter: Matter) -> bool:
    return (
        (line.employer is None or line.employer == matter.employer)
        and (line.zone is None or line.zone == matter.zone)
        and (not line.division or line.division in matter.divisions)
        and matter.kind.startswith(line.kind)
    )


def says(line: Line, matter: Matter) -> tuple[bool, bool, int, int]:
    """How much a line says: employer before zone before division (the nearer the more) before kind before group."""
    near = len(matter.divisions) - list(matter.divisions).index(line.division) if line.division else 0
    return (line.employer is not None, line.zone is not None, near, len(line.kind))


def ranked(lines: Iterable[Line], matter: Matter) -> list[Line]:
    """The lines that fit: the nearest map first, in it what says most, then the newest; fallbacks after all others."""
    fitting = [line for line in lines if fits(line, matter)]
    return sorted(fitting, key=lambda line: (line.is_fallback, -line.depth, *_less(says(line, matter)), -line.id))


def _less(order: tuple[bool, bool, int, int]) -> tuple[int, ...]:
    return tuple(-int(part) for part in order)


def goes_to_duty(*, urgency: int, is_major: bool, is_open: bool) -> bool:
    """The most urgent go to whoever is on duty at any hour; what presses does so while the office is shut."""
    return urgency >= EXTREME or is_major or (not is_open and urgency >= PRESSING)


def lightest(people: Iterable[int], load: Mapping[int, int]) -> list[int]:
    """The one with the fewest open ones first; among equals the one who came first, so that it can be foretold."""
    return sorted(dict.fromkeys(people), key=lambda user: (load.get(user, 0), user))
