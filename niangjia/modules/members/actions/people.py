"""People: admitting, putting right what is known of them, and looking at a masked value in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from niangjia.kernel.access.actions import hold_place
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing, path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.pinyin import initials_of_key, name_key
from niangjia.modules.members.actions.facts import MembershipFacts, PersonFacts, Problems, ensure
from niangjia.modules.members.actions.tally import one_sheet, standing
from niangjia.modules.members.actions.work import put_work, work_problems
from niangjia.modules.members.models import Membership, MembershipChange, Person
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import ELSEWHERE, person_in_sight, registered
from niangjia.modules.members.rules import Change, MembershipState, ensure_may_change
from niangjia.modules.organisations.queries.membership import takes_members
from niangjia.modules.organisations.queries.organisations import organisation_in_sight

PERSON_FIELDS = tuple(field.name for field in fields(PersonFacts))
EDITABLE = frozenset(PERSON_FIELDS) - {"name", "document_kind", "document_number"}
"""What `edit_person` changes; name and document have actions of their own, with a reason."""

REVEALABLE = {"document_number": "证件号码", "phone": "移动电话", "bank_card": "银行卡号"}
SHORTEST_REASON = 4
TAIL = 4


def problems_of(person: PersonFacts, membership: MembershipFacts, *, actor: Actor, now: datetime) -> Problems:
    """All that stands against admitting these facts, by field; forms show it at once, imports row by row."""
    today = timezone.localdate(now)
    tidy = person.tidied()
    return (
        tidy.problems(today=today, synthetic=settings.SYNTHETIC_NUMBERS)
        | membership.tidied().problems(today=today, born_on=tidy.born_on)
        | work_problems(membership, actor)
    )


def admit_member(
    *, organisation_id: int, person: PersonFacts, membership: MembershipFacts, actor: Actor, now: datetime
) -> Membership:
    """Takes somebody in as a member of a union; the person is found by the document, or new.

    Raises Missing for a union out of sight, NotPermitted without the right there, Refused for wrong
    facts, a union without members of its own, or somebody whose membership goes on elsewhere: of
    people out of the actor's sight it says no more than that they are registered.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    with adding(
        actor=actor, permission=Permission.MEMBERSHIP_CHANGE, scope=organisation.scope,
        verb="members.membership.joined", now=now,
    ) as recorded:  # fmt: skip
        hold_place(organisation.pk)
        organisation.refresh_from_db(fields=["closed_on"])
        if not takes_members(organisation):
            raise Refused(
                "membership.place",
                f"“{organisation.name}”不直接发展会员，请选择仍在运行的基层工会、联合工会或工会小组。",
                "organisation",
            )
        ensure(problems_of(person, membership, actor=actor, now=now))
        who = _person(person.tidied(), organisation.scope, actor, now)
        ensure_may_change(None, Change.JOINED)
        made = begun(who, organisation.pk, membership.tidied())
        told(made, Change.JOINED, on=made.joined_on, actor=actor, now=now, to_scope=organisation.pk)
        with one_sheet() as sheet:
            sheet.note(before=None, after=standing(made))
        recorded(made)
    return made


def begun(person: Person, scope_id: int, facts: MembershipFacts) -> Membership:
    """The row of a new membership. The database has the last word: one active membership a person."""
    membership = Membership(
        person=person, scope_id=scope_id, status=MembershipState.NORMAL, joined_on=facts.joined_on,
        categories=list(facts.categories), employment_status=facts.employment_status, post=facts.post,
        **carried(person),
    )  # fmt: skip
    put_work(membership, facts)
    ensure_one_at_a_time(membership, "joined_on")
    save_alone(membership)
    return membership


def ensure_one_at_a_time(membership: Membership, field: str) -> None:
    """Nobody is counted twice on a day of the past. Raises Refused, without a word of where the other one was."""
    others = (
        Membership.objects.unscoped(reason="the spans of one person's memberships")
        .filter(person=membership.person_id, ended_on__gt=Greatest("joined_on", membership.joined_on))
        .exclude(pk=membership.pk)
    )
    if membership.ended_on is not None:
        others = others.filter(joined_on__lt=membership.ended_on)
    if others.exists():
        raise Refused("membership.overlaps", "此人在这段时间另有会籍，不能重叠，请核对日期。", field)


def hold_person(person_id: int) -> None:
    """Whoever renames a person holds the person first and then the memberships: so does everybody who needs both."""
    Person.objects.unscoped(reason="the lock on a member's person").select_for_update().get(pk=person_id)


def save_alone(membership: Membership) -> None:
    """Raises Refused when another membership of the person became active meanwhile."""
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        if "membership_one_active" in str(error):
            raise Refused("member.registered", ELSEWHERE, "document_number") from error
        raise


def told(
    membership: Membership, change: Change, *, on: date, actor: Actor, now: datetime,
    reason: str = "", from_scope: int | None = None, to_scope: int | None = None,
) -> None:  # fmt: skip
    """A line in the history of a membership."""
    MembershipChange.objects.create(
        membership=membership, kind=change, on=on, reason=reason.strip()[:200], from_scope_id=from_scope,
        to_scope_id=to_scope, actor_name=actor.name, at=now,
    )  # fmt: skip


def _person(facts: PersonFacts, place: Scope, actor: Actor, now: datetime) -> Person:
    """The registered person who may join again, with what is known now, or a new one."""
    known = registered(facts.document_number, actor, name=facts.name, lock=True)
    if known is None:
        person = Person(created_at=now, **{name: getattr(facts, name) for name in PERSON_FIELDS})
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as error:
            # Somebody else registered the same document a moment ago.
            raise Refused("member.registered", ELSEWHERE, "document_number") from error
        audit.record(
            actor=actor, verb="members.person.registered", subject=person, path=place.path,
            after=audit.snapshot(person), now=now,
        )  # fmt: skip
        return person
    if known.obstacle:
        raise Refused("member.registered", known.obstacle, "document_number")
    person = known.person
    before = audit.snapshot(person)
    # Who joins again brings the newer facts; what the form leaves empty stays as it was known.
    for name in EDITABLE:
        if getattr(facts, name) not in ("", None):
            setattr(person, name, getattr(facts, name))
    person.save()
    carry(person)
    after = audit.snapshot(person)
    if before != after:
        audit.record(
            actor=actor, verb="members.person.edited", subject=person, path=place.path,
            before=before, after=after, now=now,
        )  # fmt: skip
    return person


def edit_person(pk: int, *, changes: Mapping[str, Any], actor: Actor, now: datetime, reason: str = "") -> Person:
    """Puts right what is known of a person; only the fields given (of `EDITABLE`) are touched.

    Raises Missing, NotPermitted outside the union that the person belongs to, Refused for wrong facts.
    """
    with changing(
        Person, pk, actor=actor, permission=Permission.MEMBER_EDIT, verb="members.person.edited", now=now,
        reason=reason,
    ) as person:  # fmt: skip
        _put(person, replace(facts_of(person), **{name: changes[name] for name in EDITABLE & changes.keys()}), now)
    return person


def rename_person(pk: int, *, name: str, reason: str, actor: Actor, now: datetime) -> Person:
    """Another name, or the same one spelt rightly; the membership rows follow.

    Raises Missing, NotPermitted, Refused for a wrong name or without a reason.
    """
    with changing(
        Person, pk, actor=actor, permission=Permission.MEMBER_EDIT, verb="members.person.renamed", now=now,
        reason=tidy_reason(reason),
    ) as person:  # fmt: skip
        _put(person, replace(facts_of(person), name=name), now)
    return person


def correct_document(
    pk: int, *, document_kind: str, document_number: str, reason: str, actor: Actor, now: datetime
) -> Person:
    """Another document, or its number spelt rightly; birth date and sex follow where the number has them.

    Raises Missing, NotPermitted, Refused for a wrong number, one of somebody else, or without a reason.
    """
    with changing(
        Person, pk, actor=actor, permission=Permission.MEMBER_EDIT, verb="members.person.document_corrected",
        now=now, reason=tidy_reason(reason),
    ) as person:  # fmt: skip
        facts = replace(facts_of(person), document_kind=document_kind, document_number=document_number)
        if facts.tidied().read is not None:
            facts = replace(facts, sex="", born_on=None)
        other = registered(facts.tidied().document_number, actor)
        if other is not None and other.person.pk != person.pk:
            raise Refused("member.registered", "该证件号码已登记在另一人名下，请核对证件。", "document_number")
        _put(person, facts, now)
    return person


def facts_of(person: Person) -> PersonFacts:
    return PersonFacts(**{name: getattr(person, name) for name in PERSON_FIELDS})


def _put(person: Person, facts: PersonFacts, now: datetime) -> None:
    tidy = facts.tidied()
    ensure(tidy.problems(today=timezone.localdate(now), synthetic=settings.SYNTHETIC_NUMBERS))
    for name in PERSON_FIELDS:
        setattr(person, name, getattr(tidy, name))
    person.save()
    carry(person)


def carried(person: Person) -> dict[str, str]:
    """What membership rows keep of their person, so that lists need no join."""
    key = name_key(person.name)
    return {
        "name": person.name,
        "name_key": key,
        "initials": initials_of_key(key),
        "phone_tail": person.phone[-TAIL:] if person.phone else "",
    }


def carry(person: Person) -> None:
    """Makes all membership rows of a person say what the person says."""
    Membership.objects.unscoped(reason="every membership row of one person").filter(person=person).update(
        **carried(person)
    )


def reveal(pk: int, *, field: str, reason: str, actor: Actor, now: datetime) -> str:
    """A masked value in full; who looked, when and why is kept before anything is shown.

    Raises Missing, NotPermitted, Refused for a reason of less than four characters.
    """
    if field not in REVEALABLE:
        raise Missing
    with transaction.atomic():
        person = person_in_sight(pk, actor)
        path = path_of(person, actor, Permission.MEMBER_REVEAL)
        audit.record(
            actor=actor, verb="members.person.revealed", subject=person, path=path, after={"field": field},
            reason=tidy_reason(reason), now=now,
        )  # fmt: skip
    return str(getattr(person, field))


def tidy_reason(text: str) -> str:
    """Raises Refused for one of less than four characters."""
    reason = " ".join(text.split())
    if len(reason) < SHORTEST_REASON:
        raise Refused("member.reason", f"请写明原因，至少 {SHORTEST_REASON} 个字。", "reason")
    return reason
