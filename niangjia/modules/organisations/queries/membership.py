"""What the register of members asks: who has members of its own, and how the employers beside them are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Employer, Organisation

MEMBER_KINDS: tuple[str, ...] = tuple(sorted(str(kind) for kind in rules.MEMBER_KINDS))


def takes_members(organisation: Organisation) -> bool:
    return organisation.is_open and organisation.kind in MEMBER_KINDS


def names_in_sight(ids: Iterable[int], actor: Actor) -> dict[int, str]:
    """Of unions that this actor sees."""
    return dict(Organisation.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", "name"))


def employer_names_in_sight(ids: Iterable[int], actor: Actor) -> dict[int, str]:
    return dict(Employer.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", "name"))


def employer_names(ids: Iterable[int]) -> dict[int, str]:
    rows = Employer.objects.unscoped(reason="labels of memberships in sight").filter(pk__in=set(ids))
    return dict(rows.values_list("pk", "name"))


class MemberUnion(NamedTuple):
    id: int
    name: str
    short_name: str
    parent_id: int | None


def unions_with_members(path: str) -> Iterator[MemberUnion]:
    """The open unions at and under a place that take members: some 25,000 in a city."""
    rows = Organisation.objects.unscoped(reason="unions under a place of the asker's").filter(
        scope__path__under=path, kind__in=MEMBER_KINDS, closed_on=None
    )
    fields = rows.values_list("pk", "name", "short_name", "scope__parent_id")
    return (MemberUnion(*row) for row in fields.iterator(chunk_size=5_000))


def open_employers(actor: Actor) -> Iterator[tuple[int, str, str]]:
    """Id, name and credit code of every employer in sight that has not ended."""
    rows = Employer.objects.visible_to(actor).filter(closed_on=None).values_list("pk", "name", "credit_code")
    return ((pk, name, code or "") for pk, name, code in rows.iterator(chunk_size=5_000))


def tidy_title(text: str) -> str:
    """The name of a union or a firm as the register keeps it."""
    return rules.tidy_name(text)


def tidy_code(text: str) -> str:
    return rules.tidy_credit_code(text)


def credit_code_problem(code: str) -> str | None:
    """What is wrong with an employer's credit code, in a sentence."""
    return rules.check_employer_credit_code(code)
