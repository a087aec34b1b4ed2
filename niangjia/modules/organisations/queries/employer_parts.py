"""Further parts of an employer's page. Rooms above hang theirs beside ours:

register_employer_part(EmployerPart("走访", "map-pin", "visits:employer_visits", Permission.VISIT_VIEW))
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class EmployerPart:
    """`url_name` takes the employer's id and answers with a piece of page, which is fetched when the page is there."""

    label: str
    icon: str
    url_name: str
    permission: str
    order: int = 100


_parts: list[EmployerPart] = []


def register_employer_part(*parts: EmployerPart) -> None:
    _parts.extend(part for part in parts if part not in _parts)


def parts_of_employer(employer_id: int, actor: Actor) -> list[tuple[str, str, str]]:
    """(label, icon, address)."""
    shown = sorted((part for part in _parts if actor.can(part.permission)), key=lambda part: part.order)
    return [(part.label, part.icon, reverse(part.url_name, args=[employer_id])) for part in shown]
