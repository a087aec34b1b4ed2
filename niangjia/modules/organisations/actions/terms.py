"""Terms of office and the posts in them: elected, appointed, 替补, 增选, 免去."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.organisations import ensure_not_ahead
from niangjia.modules.organisations.models import Organisation, Post, Term
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.organisations import (
    kind_of_organisation,
    organisation_in_sight,
    placed,
)
from niangjia.modules.organisations.queries.terms import as_rule, held
from niangjia.modules.organisations.rules import ChosenBy, EmployerRole, PostEnd


def start_term(
    organisation_id: int,
    *,
    number: int,
    from_on: date,
    until_on: date,
    elected_by: ChosenBy,
    actor: Actor,
    now: datetime,
) -> Term:
    """Begins a term. The one before ends that day and its people leave; who was elected again gets a new post.

    A term older than the last is kept as history. Raises Missing, NotPermitted, Refused for dates,
    numbers and ways of election that don't fit.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    with adding(
        actor=actor, permission=Permission.TERM_EDIT, scope=organisation.scope,
        verb="organisations.term.started", now=now,
    ) as recorded:  # fmt: skip
        _hold(organisation)
        rules.ensure_active(placed(organisation))
        ensure_not_ahead(from_on, now, "from_on")
        rules.ensure_elected(kind_of_organisation(organisation), elected_by)
        others = list(organisation.terms.order_by("number"))
        later = next((term for term in others if term.from_on > from_on), None)
        rules.ensure_term(rules.Term(number, from_on, until_on), [made_way(term, from_on) for term in others])
        if later is None:
            for term in others:
                if term.ended_on is None:
                    term.ended_on = from_on
                    term.save(update_fields=["ended_on"])
            organisation.posts.filter(until_on=None, from_on__lte=from_on).update(
                until_on=from_on, ended_by=str(PostEnd.TERM_OVER)
            )
        made: Term = Term.objects.create(
            organisation=organisation, number=number, from_on=from_on, until_on=until_on, elected_by=str(elected_by),
            ended_on=min(until_on, later.from_on) if later else None,
        )  # fmt: skip
        recorded(made)
    return made


def end_term(pk: int, *, on: date, reason: str, actor: Actor, now: datetime) -> Term:
    """Ends a term before its time; its people stay in office until the next one. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused("term.no_reason", "请写明提前结束的原因。", "reason")
    with changing(
        Term, pk, actor=actor, permission=Permission.TERM_EDIT, verb="organisations.term.ended", now=now, reason=reason
    ) as term:
        _ensure_running(term)
        ensure_not_ahead(on, now)
        if on < term.from_on:
            raise Refused("term.ends_before", f"结束日期不能早于任期开始 {term.from_on}。", "on")
        term.ended_on = on
        term.save(update_fields=["ended_on"])
    return term


def extend_term(pk: int, *, until_on: date, reason: str, actor: Actor, now: datetime) -> Term:
    """Puts the re-election off, with the leave of the union above (say so in the reason), by half a year at most."""
    if not reason.strip():
        raise Refused("term.no_reason", "请写明延期原因和上级批复文号。", "reason")
    with changing(
        Term, pk, actor=actor, permission=Permission.TERM_EDIT, verb="organisations.term.extended", now=now,
        reason=reason,
    ) as term:  # fmt: skip
        _ensure_running(term)
        if rules.term_problem(term.from_on, term.until_on):
            raise Refused("term.extended_already", "这一届已经延期过一次，请尽快换届。", "until_on")
        rules.ensure_extension(as_rule(term), until_on)
        term.until_on = until_on
        term.save(update_fields=["until_on"])
    return term


def appoint_post(
    organisation_id: int,
    *,
    kind: rules.Post,
    name: str,
    from_on: date,
    chosen_by: ChosenBy,
    actor: Actor,
    now: datetime,
    user_id: int | None = None,
    is_full_time: bool = False,
    roles: Collection[EmployerRole] = (),
) -> Post:
    """Puts somebody into a post of the term that runs on that day; 替补 needs a seat that fell vacant in it.

    `roles`: what the person is for the employer, asked of a chair. Raises Missing, NotPermitted, Refused.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    with adding(
        actor=actor, permission=Permission.TERM_EDIT, scope=organisation.scope,
        verb=f"organisations.post.{str(chosen_by).lower()}", now=now,
    ) as recorded:  # fmt: skip
        _hold(organisation)
        rules.ensure_active(placed(organisation))
        ensure_not_ahead(from_on, now, "from_on")
        person = "".join(name.split())
        if not person:
            raise Refused("post.name", "请填写姓名。", "name")
        if kind is rules.Post.CHAIR:
            rules.ensure_may_be_chair(roles)
        union_kind = kind_of_organisation(organisation)
        term = _term_on(organisation, from_on)
        if term is None and union_kind is not rules.OrganisationKind.GROUP:
            raise no_term()
        posts = list(organisation.posts.all())
        rules.ensure_may_hold(rules.PostHeld(kind, person, from_on), union_kind, map(held, posts))
        this_term = [post for post in posts if post.kind == kind and term is not None and post.term_id == term.pk]
        rules.ensure_way_in(
            union_kind,
            kind,
            chosen_by,
            vacated=sum(post.until_on is not None and post.until_on <= from_on for post in this_term),
            substituted=sum(post.chosen_by == ChosenBy.SUBSTITUTED for post in this_term),
        )
        made: Post = Post.objects.create(
            organisation=organisation, term=term, kind=str(kind), name=person, user_id=user_id,
            is_full_time=is_full_time, chosen_by=str(chosen_by), from_on=from_on,
        )  # fmt: skip
        recorded(made)
    return made


def end_post(pk: int, *, on: date, ended_by: PostEnd, actor: Actor, now: datetime, reason: str = "") -> Post:
    """Somebody leaves a post (免去, 辞职, 调离…). Raises Refused for one that has left, or a day before the first."""
    with changing(
        Post, pk, actor=actor, permission=Permission.TERM_EDIT, verb="organisations.post.ended", now=now, reason=reason
    ) as post:
        if post.until_on is not None:
            raise Refused("post.ended", f"{post.name}已于 {post.until_on} 离任，不必再办。")
        ensure_not_ahead(on, now)
        if on < post.from_on:
            raise Refused("post.dates", f"离任日期不能早于任职日期 {post.from_on}。", "on")
        post.until_on, post.ended_by = on, str(ended_by)
        post.save(update_fields=["until_on", "ended_by"])
    return post


def no_term() -> Refused:
    return Refused("post.no_term", "任职日期不在任何一届任期内，请先登记届次。", "from_on")


def _hold(organisation: Organisation) -> None:
    """Two terms or two chairs at once: the second waits, and then sees the first."""
    Organisation.objects.unscoped(reason="a lock on a row in sight").select_for_update().get(pk=organisation.pk)


def made_way(term: Term, from_on: date) -> rules.Term:
    """A term still open when the next begins ends with it, so the two don't overlap."""
    known = as_rule(term)
    if term.ended_on is None and term.from_on < from_on < known.until_on:
        return rules.Term(known.number, known.from_on, from_on)
    return known


def _ensure_running(term: Term) -> None:
    if term.ended_on is not None:
        raise Refused("term.over", "这一届已经结束，请办理新一届。")


def _term_on(organisation: Organisation, day: date) -> Term | None:
    """An overdue committee goes on until the next: an open term lasts beyond its last day."""
    term: Term | None = (
        organisation.terms.filter(Q(ended_on=None) | Q(ended_on__gt=day), from_on__lte=day).order_by("-number").first()
    )
    return term
