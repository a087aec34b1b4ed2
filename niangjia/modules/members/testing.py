"""Single facts for tests, made by the actions that make them in life."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.workers import worker_account
from niangjia.kernel.numbers import INVENTED_PROVINCE, identity_check_character
from niangjia.modules.members.actions import MembershipFacts, PersonFacts, admit_member
from niangjia.modules.members.models import JoiningApplication, Membership, MembershipRequest
from niangjia.modules.members.rules import ApplicationState, Document, Ground, RequestKind, RequestState, Sex
from niangjia.modules.organisations.testing import acting_as

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TODAY = date(2026, 11, 22)
JOINED = date(2024, 3, 1)
_numbers = count(1)


def identity_number(born_on: date = date(1990, 5, 17), *, woman: bool = False, serial: int | None = None) -> str:
    """A number that no living person has; another one each time."""
    n = next(_numbers) if serial is None else serial
    region = f"{INVENTED_PROVINCE}{n // 400 % 10_000:04}"
    first = f"{region}{born_on:%Y%m%d}{n % 400 * 2 + (0 if woman else 1):03}"
    return first + identity_check_character(first)


def phone_number() -> str:
    """Another one each time, and none of those that tests write by hand (1240000…)."""
    return f"1247{next(_numbers):07}"


def person_facts(name: str = "林小燕", **more: Any) -> PersonFacts:
    return PersonFacts(
        **{
            "name": name, "document_kind": Document.RESIDENT.value, "document_number": identity_number(),
            "phone": phone_number(), **more,
        }
    )  # fmt: skip


def member(
    union: Any,
    name: str = "林小燕",
    *,
    joined_on: date = JOINED,
    categories: Iterable[int] = (),
    actor: Actor | None = None,
    now: datetime = NOW,
    **more: Any,
) -> Membership:
    """A member of a union, admitted by its own clerk."""
    return admit_member(
        organisation_id=union.pk,
        person=person_facts(name, **more),
        membership=MembershipFacts(joined_on=joined_on, categories=tuple(categories)),
        actor=actor or acting_as("ENTERPRISE_CLERK", union),
        now=now,
    )


def worker(*, now: datetime = NOW) -> User:
    """Somebody who has proved a phone, as the phone face makes one."""
    return worker_account(phone_number(), now=now)


def application(union: Any, name: str = "曾小明", *, now: datetime = NOW, **more: Any) -> JoiningApplication:
    """One that waits; the facts are as the phone sends them."""
    number = more.pop("document_number", None) or identity_number()
    user = more.pop("user", None) or worker(now=now)
    made: JoiningApplication = JoiningApplication.objects.create(
        **{
            "scope_id": union.pk, "ground": Ground.POSTER, "user": user, "name": name,
            "document_kind": Document.RESIDENT, "document_number": number, "sex": Sex.MAN,
            "born_on": date(1990, 5, 17), "phone": user.phone, "state": ApplicationState.RECEIVED,
            "received_at": now, **more,
        }
    )  # fmt: skip
    return made


def request_of(membership: Membership, kind: RequestKind, *, now: datetime = NOW, **more: Any) -> MembershipRequest:
    """What a member asks for on the phone; the account is linked as proving oneself does it."""
    person = membership.person
    if person.user_id is None:
        person.user = worker(now=now)
        person.save(update_fields=["user"])
    made: MembershipRequest = MembershipRequest.objects.create(
        membership=membership, user_id=person.user_id, kind=kind, state=RequestState.RECEIVED, received_at=now, **more
    )
    return made
