"""What the rights are called on the screen; each room names its own.

register_rights("会员", {Permission.MEMBER_VIEW: "查看会员"})
"""

from __future__ import annotations

from collections.abc import Mapping

from niangjia.kernel.access.rights import jobs

_rooms: dict[str, dict[str, str]] = {}


def register_rights(room: str, labels: Mapping[str, str]) -> None:
    _rooms.setdefault(room, {}).update({str(code): label for code, label in labels.items()})


def rights() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every right that some job gives, by room; one that nobody has named stands with its code."""
    named = {code for labels in _rooms.values() for code in labels}
    given = {str(code) for job in jobs().values() for code in job.may_give}
    unnamed = sorted(given - named)
    shown = [(room, list(labels.items())) for room, labels in _rooms.items()]
    return [*shown, ("其他", [(code, code) for code in unnamed])] if unnamed else shown
