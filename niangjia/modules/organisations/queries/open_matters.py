"""What must be moved or settled before a union may be dissolved; each room counts its own.

    register_open_matters("名会员", active_members_at)

The label stands behind the number: “还有 20 名会员”.
"""

from __future__ import annotations

from collections.abc import Callable

Count = Callable[[int], int]

_matters: dict[str, Count] = {}


def register_open_matters(label: str, count: Count) -> None:
    """`count(organisation_id)`, over this one organisation and not what stands below it."""
    _matters[label] = count


def open_matters(organisation_id: int) -> list[tuple[str, int]]:
    return [(label, count(organisation_id)) for label, count in _matters.items()]
