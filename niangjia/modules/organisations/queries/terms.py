"""Reading terms of office and who holds the posts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Organisation, Post, Term
from niangjia.modules.organisations.permissions import Permission

LEADING = (rules.Post.CHAIR, rules.Post.DIRECTOR, rules.Post.GROUP_LEADER)


def as_rule(term: Term) -> rules.Term:
    """A term as the rules know it: one that ended early counts to its real end."""
    until_on = term.ended_on if term.ended_on and term.ended_on < term.until_on else term.until_on
    return rules.Term(term.number, term.from_on, until_on)


def held(post: Post) -> rules.PostHeld:
    return rules.PostHeld(rules.Post(post.kind), post.name, post.from_on, post.until_on)


def term_in_sight(pk: int, actor: Actor) -> Term:
    """Raises Missing."""
    found: Term | None = Term.objects.visible_to(actor).select_related("organisation__scope").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这一届，可能不在您的管辖范围内。")
    return found


def post_in_sight(pk: int, actor: Actor) -> Post:
    """Raises Missing."""
    found: Post | None = (
        Post.objects.visible_to(actor).select_related("organisation__scope", "term").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这项任职，可能不在您的管辖范围内。")
    return found


def terms_of(organisation: Organisation) -> list[Term]:
    """All terms with their posts, the latest first."""
    return list(organisation.terms.order_by("-number").prefetch_related("posts"))


def committee_of(organisation: Organisation, *, on: date) -> list[Post]:
    """Who holds a post on a day, in the order of rank."""
    posts = organisation.posts.filter(Q(until_on=None) | Q(until_on__gt=on), from_on__lte=on)
    return ranked(posts)


def ranked(posts: Iterable[Post]) -> list[Post]:
    rank = {str(kind): number for number, kind in enumerate(rules.Post)}
    return sorted(posts, key=lambda post: (rank.get(post.kind, 99), post.from_on, post.pk))


def current_terms(organisation_ids: Iterable[int]) -> dict[int, Term]:
    """The open term of each organisation that has one."""
    rows = Term.objects.unscoped(reason="terms beside rows in sight").filter(
        organisation__in=list(organisation_ids), ended_on=None
    )
    return {term.organisation_id: term for term in rows.order_by("number")}


def leaders(organisation_ids: Iterable[int]) -> dict[int, str]:
    """The names of the chairs (or directors) in office."""
    rows = Post.objects.unscoped(reason="chairs beside rows in sight").filter(
        organisation__in=list(organisation_ids), kind__in=LEADING, until_on=None
    )
    return dict(rows.values_list("organisation_id", "name"))


def without_leader(rows: QuerySet[Any], *, on: date) -> QuerySet[Any]:
    """Organisations in which nobody is chair or director on a day."""
    posts = Post.objects.unscoped(reason="chairs beside rows in sight").filter(
        Q(until_on=None) | Q(until_on__gt=on), organisation=OuterRef("pk"), kind__in=LEADING
    )
    return rows.filter(~Exists(posts))


def terms_due(actor: Actor, *, on: date) -> ScopedQuerySet[Term]:
    """Open terms of open unions that run out within six months of a day, or have."""
    return Term.objects.visible_to(actor).filter(
        ended_on=None, organisation__closed_on=None, until_on__lte=rules.months_after(on, 6)
    )


NO_TERM = "NONE"


def with_term(rows: QuerySet[Any], state: str, *, on: date) -> QuerySet[Any]:
    """Organisations whose open term is overdue or due soon; or that should have one and have none."""
    terms = Term.objects.unscoped(reason="terms beside rows in sight").filter(
        organisation=OuterRef("pk"), ended_on=None
    )
    if state == NO_TERM:
        return rows.filter(~Exists(terms)).exclude(kind=rules.OrganisationKind.GROUP)
    if state == rules.ReElection.OVERDUE:
        return rows.filter(Exists(terms.filter(until_on__lte=on)))
    return rows.filter(Exists(terms.filter(until_on__gt=on, until_on__lte=rules.months_after(on, 6))))


def due_counts(actor: Actor, *, on: date) -> tuple[int, int]:
    """(overdue, due soon) where the actor looks after terms."""
    paths = actor.paths(Permission.TERM_EDIT)
    if not paths:
        return 0, 0
    rows = Term.narrowed(terms_due(actor, on=on), paths)
    overdue = rows.filter(until_on__lte=on).count()
    return overdue, rows.count() - overdue
