"""Who asked, as a key that tells two people apart and says nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def key_of(demand_id: int, *, who: Mapping[str, Any]) -> str:
    """The phone first, then the account, the person, the name. Who left none of them is somebody else each time,
    but never more than one a day and door: ninety letters without a name in a day may be one writer."""
    for field in ("phone", "account", "person", "name"):
        value = who.get(field)
        if value:
            return f"{field}:{bytes(value).hex() if isinstance(value, bytes | memoryview) else value}"
    if who.get("channel") is not None:
        return f"nobody:{who['channel']}:{who.get('day', '')}"
    return f"demand:{demand_id}"
