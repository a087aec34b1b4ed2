"""Who asked, as a key that tells two people apart and says nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def key_of(demand_id: int, who: Mapping[str, Any]) -> str:
    """The phone first, then the account, the person, the name. Who left none of them is somebody else each time,
    but one a day and door at most: ninety letters without a name in a day may be one writer."""
    for sign in ("phone", "account", "person", "name"):
        value = who.get(sign)
        if value:
            return f"{sign}:{bytes(value).hex() if isinstance(value, bytes | memoryview) else value}"
    return f"nobody:{who['door']}:{who['day']}" if who.get("door") else f"demand:{demand_id}"
