"""Where the phone was: what is made of its word. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import NamedTuple

from niangjia.modules.visits.rules import PlaceState


class Point(NamedTuple):
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Seen:
    """Another visit, as the check needs it."""

    point: Point
    at: datetime
    employer_id: int
    employer_point: Point | None
    is_own: bool  # by the same officer


CHINA = (Point(3.0, 73.0), Point(54.0, 136.0))
THERE_METRES, FAR_METRES = 500, 1_000
KILOMETRE = 1_000
COARSEST_METRES = 5_000
FASTEST_KMH, SHORTEST_JUMP_METRES = 200, 5_000
_EARTH_METRES = 6_371_000
_SAME = 1e-5  # degrees: about a metre


def metres_between(one: Point, other: Point) -> float:
    """Along the great circle (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    h = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(h)))


def in_words(metres: float) -> str:
    return f"{metres:.0f} 米" if metres < KILOMETRE else f"{metres / KILOMETRE:.1f} 公里"


@dataclass(frozen=True)
class Arrival:
    """What is checked: the phone's word of where it was, and where the employer lies."""

    point: Point | None
    accuracy: float | None
    at: datetime
    employer_id: int
    employer_point: Point | None


def check_place(arrival: Arrival, others: Iterable[Seen] = ()) -> tuple[PlaceState, str]:
    """What the phone said of where it was, and in words why. A visit is marked by it, never refused."""
    point = arrival.point
    if point is None or not all(map(isfinite, point)):
        return PlaceState.UNKNOWN, "手机没有给出定位"
    doubt = _doubt(point, arrival, others)
    if doubt:
        return PlaceState.IMPLAUSIBLE, doubt
    error = arrival.accuracy or 0.0
    if error > COARSEST_METRES:
        return PlaceState.UNKNOWN, f"定位误差约 {in_words(error)}，无法核对"
    if arrival.employer_point is None:
        return PlaceState.UNCHECKED, "单位还没有登记位置，无法核对"
    off = metres_between(point, arrival.employer_point)
    state = PlaceState.THERE if off <= THERE_METRES + error else PlaceState.FAR
    return state, f"离登记位置 {in_words(off)}"


def _doubt(point: Point, arrival: Arrival, others: Iterable[Seen]) -> str:
    low, high = CHINA
    if not (low.latitude <= point.latitude <= high.latitude and low.longitude <= point.longitude <= high.longitude):
        return "定位在中国境外"
    accuracy = arrival.accuracy
    if accuracy is not None and (not isfinite(accuracy) or accuracy <= 0):
        return "定位精度为 0，真实的定位不会这样"
    for other in others:
        if _is_same_point(point, other.point) and _lies_far(arrival, other):
            return "与在另一单位走访时的定位完全相同"
        if other.is_own:
            jump = metres_between(point, other.point)
            hours = max(abs((arrival.at - other.at).total_seconds()), 60.0) / 3_600
            if jump > SHORTEST_JUMP_METRES and jump / KILOMETRE / hours > FASTEST_KMH:
                return f"与相邻一次走访相距 {in_words(jump)}，来不及赶到"
    return ""


def _is_same_point(one: Point, other: Point) -> bool:
    return abs(one.latitude - other.latitude) < _SAME and abs(one.longitude - other.longitude) < _SAME


def _lies_far(arrival: Arrival, other: Seen) -> bool:
    if arrival.employer_id == other.employer_id or arrival.employer_point is None or other.employer_point is None:
        return False
    return metres_between(arrival.employer_point, other.employer_point) > FAR_METRES
