"""Founding many organisations at once, after every one of them was asked about under the lock of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, ScopePath
from niangjia.kernel.pinyin import title_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.organisations import Facts
from niangjia.modules.organisations.models import Organisation, Post, StructureChange, Term
from niangjia.modules.organisations.rules import ChosenBy, OrganisationKind, Structural

AT_ONCE = 2_000


@dataclass(eq=False)
class Founding:
    """`superior` stands already, or comes earlier in the same list."""

    superior: Organisation | Founding
    name: str
    kind: OrganisationKind
    facts: Facts
    term: rules.Term | None = None
    elected_by: ChosenBy = ChosenBy.CONGRESS
    post: rules.PostHeld | None = None
    chosen_by: ChosenBy = ChosenBy.CONGRESS
    made: Organisation | None = None

    @property
    def union(self) -> Organisation:
        assert self.made is not None
        return self.made


def found_many(foundings: Sequence[Founding], *, actor: Actor, now: datetime) -> list[Any]:
    """Writes what `add_organisation`, `start_term` and `appoint_post` would, by the table; returns all rows but scopes.

    The caller holds the tree, has asked for every right and rule, and records the act.
    """
    today = timezone.localdate(now)
    begun = _standing_since(foundings)
    reason = "rows of organisations being founded"
    scopes, places, changes = [], [], []
    for founding, pk in zip(foundings, _scope_ids(len(foundings)), strict=True):
        above = founding.superior.union if isinstance(founding.superior, Founding) else founding.superior
        scope = Scope(id=pk, parent_id=above.pk, path=f"{above.scope.path}.{pk}")
        founding.made = _organisation(founding, scope)
        on = founding.made.founded_on or today
        begun[pk] = max(on, begun.get(above.pk, on))
        scopes.append(scope)
        places.append(ScopePath(scope=scope, path=scope.path, from_on=begun[pk]))
        changes.append(
            StructureChange(
                organisation=founding.made, kind=Structural.FOUNDED, on=on, path_after=scope.path,
                actor_name=actor.name, at=now,
            )
        )  # fmt: skip
    Scope.objects.bulk_create(scopes, batch_size=AT_ONCE)
    ScopePath.objects.bulk_create(places, batch_size=AT_ONCE)
    unions = [founding.union for founding in foundings]
    Organisation.objects.unscoped(reason=reason).bulk_create(unions, batch_size=AT_ONCE)
    StructureChange.objects.unscoped(reason=reason).bulk_create(changes, batch_size=AT_ONCE)
    terms = {founding: _term(founding, founding.term) for founding in foundings if founding.term}
    Term.objects.unscoped(reason=reason).bulk_create(terms.values(), batch_size=AT_ONCE)
    posts = [_post(founding, founding.post, terms.get(founding)) for founding in foundings if founding.post]
    Post.objects.unscoped(reason=reason).bulk_create(posts, batch_size=AT_ONCE)
    return [*unions, *terms.values(), *posts]


def _scope_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('access_scope', 'id')) from generate_series(1, %s)", [count]
        )
        return [int(pk) for (pk,) in cursor.fetchall()]


def _standing_since(foundings: Sequence[Founding]) -> dict[int, date]:
    """Nothing can have stood at its superior's place before the superior did."""
    above = {founding.superior.pk for founding in foundings if isinstance(founding.superior, Organisation)}
    return dict(ScopePath.objects.filter(scope__in=above, until_on=None).values_list("scope_id", "from_on"))


def _organisation(founding: Founding, scope: Scope) -> Organisation:
    facts = founding.facts
    return Organisation(
        scope=scope, name=founding.name, name_key=title_key(founding.name), kind=str(founding.kind),
        credit_code=facts.get("credit_code") or None, division_id=facts.get("division") or None,
        address=facts.get("address", ""), telephone=facts.get("telephone", ""), founded_on=facts.get("founded_on"),
    )  # fmt: skip


def _term(founding: Founding, term: rules.Term) -> Term:
    return Term(
        organisation=founding.union, number=term.number, from_on=term.from_on, until_on=term.until_on,
        elected_by=str(founding.elected_by),
    )  # fmt: skip


def _post(founding: Founding, post: rules.PostHeld, term: Term | None) -> Post:
    return Post(
        organisation=founding.union, term=term, kind=str(post.post), name=post.person, from_on=post.from_on,
        chosen_by=str(founding.chosen_by),
    )  # fmt: skip
