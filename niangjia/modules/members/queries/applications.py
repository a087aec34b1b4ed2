"""Reading applications to join and what members ask for, and what the register knows of somebody who applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Min, QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.actions import kind_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.masks import mask_name
from niangjia.kernel.errors import Missing
from niangjia.modules.members.models import JoiningApplication, MembershipRequest, Person
from niangjia.modules.members.queries.people import registered
from niangjia.modules.members.rules import ApplicationState, RequestState
from niangjia.modules.organisations.queries.membership import employer_names_in_sight

MOST_LIKENESSES = 5


def application_in_sight(pk: int, actor: Actor) -> JoiningApplication:
    """Raises Missing."""
    rows = JoiningApplication.objects.visible_to(actor).select_related("scope", "platform", "division", "user")
    found: JoiningApplication | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这份申请，可能已转给别的工会，或不在您的管辖范围内。")
    return found


def request_in_sight(pk: int, actor: Actor) -> MembershipRequest:
    """Raises Missing."""
    rows = MembershipRequest.objects.visible_to(actor).select_related("membership__scope", "membership__person")
    found: MembershipRequest | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这份申请，可能不在您的管辖范围内。")
    return found


def employer_known_here(row: JoiningApplication, actor: Actor) -> int | None:
    """The employer that the applicant chose, if the officer may know of it."""
    return row.employer_id if row.employer_id and employer_names_in_sight([row.employer_id], actor) else None


@dataclass(frozen=True)
class Likeness:
    """Somebody registered who may be the applicant. `person_id` only of people in sight."""

    text: str
    person_id: int | None = None
    stops: bool = False
    """Accepting would be refused for it."""


def likenesses(row: JoiningApplication, actor: Actor) -> list[Likeness]:
    """By the document anywhere, told as little of those out of sight as when admitting; by phone, and by name and
    day of birth among the people in sight alone."""
    found = []
    known = registered(row.document_number, actor, name=row.name)
    if known is not None and known.obstacle:
        found.append(Likeness(known.obstacle, known.person.pk if known.in_sight else None, stops=True))
    elif known is not None:
        said = f"以前是会员，接受后按再次入会办理。{_other_phone(known.person, row)}"
        found.append(Likeness(said, known.person.pk if known.in_sight else None))
    same_document = known.person.pk if known else None
    others = Person.objects.visible_to(actor).exclude(pk=same_document)
    for text, people in (
        ("手机号相同，证件不同", others.filter(phone_digest=row.phone_digest) if row.phone_digest else others.none()),
        (
            "姓名和出生日期相同，证件不同",
            others.filter(name=row.name, born_on=row.born_on) if row.born_on else others.none(),
        ),
    ):
        rows = people.order_by("pk").values_list("pk", "name")[:MOST_LIKENESSES]
        found += [Likeness(f"{mask_name(name)}：{text}，请核对是不是同一个人。", pk) for pk, name in rows]
    return found


def doubt_about(row: JoiningApplication, actor: Actor) -> str:
    """Why accepting this one wants a look at the applicant; empty when nothing speaks against it.

    Whoever has learnt somebody's number could else come into all that the register knows of them.
    """
    known = registered(row.document_number, actor, name=row.name)
    return _other_phone(known.person, row) if known is not None and not known.obstacle else ""


def _other_phone(person: Person, row: JoiningApplication) -> str:
    if person.user_id == row.user_id or (person.user_id is None and person.phone == row.phone):
        return ""
    if person.user_id is not None:
        return "此人原来用另一个手机号登录，接受后改用这次的手机号，请先核对是本人。"
    if person.phone:
        return "登记的手机号与这次的不同，请先核对是本人。"
    return "登记时没有留手机号，请先核对是本人。"


class WaitingCounts(NamedTuple):
    applications: int
    requests: int


def waiting_counts(actor: Actor) -> WaitingCounts:
    return WaitingCounts(waiting_applications(actor).count(), waiting_requests(actor).count())


def waiting_applications(actor: Actor) -> QuerySet[JoiningApplication]:
    return JoiningApplication.objects.visible_to(actor).filter(state=ApplicationState.RECEIVED)


def waiting_requests(actor: Actor) -> QuerySet[MembershipRequest]:
    return MembershipRequest.objects.visible_to(actor).filter(state=RequestState.RECEIVED)


def open_applications_at(organisation_id: int) -> int:
    """Of this one union, without what stands below it: it can't be dissolved over them."""
    rows = JoiningApplication.objects.unscoped(reason="what must be settled before a union is dissolved")
    return rows.filter(scope=organisation_id, state=ApplicationState.RECEIVED).count()


def waiting_by_union(actor: Actor) -> list[tuple[int, int, object]]:
    """(union, how many wait, since when), the longest waiting first."""
    rows = waiting_applications(actor).values("scope").annotate(n=Count("pk"), since=Min("received_at"))
    return [(row["scope"], row["n"], row["since"]) for row in rows.order_by("since")]


def trail_of_paper(row: JoiningApplication | MembershipRequest) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(subject_kind=kind_of(row), subject_id=row.pk).order_by("-id")[:50])
