"""Which employers belong to which unions, for many rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.models import EmployerUnion


def unions_of(employer_ids: Iterable[int], actor: Actor) -> dict[int, tuple[str, ...]]:
    """The names of the unions in sight to which each employer's workers belong now."""
    return _names("employer_id", "organisation__name", "employer__in", employer_ids, actor)


def employers_of(organisation_ids: Iterable[int], actor: Actor) -> dict[int, tuple[str, ...]]:
    """The names of the employers whose workers belong to each union now."""
    return _names("organisation_id", "employer__name", "organisation__in", organisation_ids, actor)


def _names(key: str, name: str, among: str, ids: Iterable[int], actor: Actor) -> dict[int, tuple[str, ...]]:
    links = EmployerUnion.objects.visible_to(actor).filter(until_on=None, **{among: list(ids)}).order_by(name)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for pk, said in links.values_list(key, name):
        found[pk].append(said)
    return {pk: tuple(names) for pk, names in found.items()}
