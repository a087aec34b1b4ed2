"""What an officer does with applications to join: accept, return for facts, refuse, hand over; one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing, path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.members.actions.accounts import link_account
from niangjia.modules.members.actions.applying import hold_account
from niangjia.modules.members.actions.bulk import RowResult, each_alone
from niangjia.modules.members.actions.facts import MembershipFacts, PersonFacts
from niangjia.modules.members.actions.people import admit_member, tidy_reason
from niangjia.modules.members.models import JoiningApplication, Membership
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.applications import application_in_sight, doubt_about, employer_known_here
from niangjia.modules.members.rules import ApplicationState, Ground
from niangjia.modules.organisations.queries.organisations import closed_among, names_of, organisation_in_sight

REVEALABLE = {"document_number": "证件号码", "phone": "移动电话"}
_S = ApplicationState
OPEN = frozenset({_S.RECEIVED, _S.RETURNED})
HOME = "/"


def accept_application(pk: int, *, actor: Actor, now: datetime) -> Membership:
    """Takes the applicant in where the application lies; the phone account is the member's from now on.

    Raises Missing, NotPermitted, Refused for one that is decided or handed over, and for all that
    stands against admitting.
    """
    with _deciding(pk, _S.ACCEPTED, out_of={_S.RECEIVED}, actor=actor, now=now) as row:
        made = admit_member(
            organisation_id=row.scope_id, person=_person(row), membership=_membership(row, actor, now), actor=actor,
            now=now,
        )  # fmt: skip
        link_account(made.person, row.user, actor=actor, now=now, path=row.seat.path)
        row.membership = made
        _tell(row, "您的入会申请已通过", f"欢迎加入{_union(row)}！在“我的”里可以看会籍、开会员证明。", now)
    return made


def return_application(pk: int, *, reason: str, actor: Actor, now: datetime) -> JoiningApplication:
    """Back to the applicant, to put something right and send it again. Raises as above; asks for a reason."""
    with _deciding(pk, _S.RETURNED, out_of={_S.RECEIVED}, actor=actor, now=now, reason=reason) as row:
        _tell(row, "您的入会申请要补充材料", f"{row.reason}。补好以后再提交一次就行。", now)
    return row


def refuse_application(pk: int, *, reason: str, actor: Actor, now: datetime) -> JoiningApplication:
    """Raises as above; asks for a reason."""
    with _deciding(pk, _S.REFUSED, out_of=OPEN, actor=actor, now=now, reason=reason) as row:
        _tell(row, "您的入会申请没有通过", f"原因：{row.reason}。有疑问请联系{_union(row)}。", now)
    return row


def hand_over_application(pk: int, *, to: int, reason: str, actor: Actor, now: datetime) -> JoiningApplication:
    """To the union where it belongs: one in sight, or the superior of where it lies now, who sees further.

    Raises Missing, NotPermitted, Refused for one that is decided, a union that has closed, or the same one.
    """
    with changing(
        JoiningApplication, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE,
        verb="members.application.handed_over", now=now, reason=tidy_reason(reason),
    ) as row:  # fmt: skip
        _ensure_in(row, {_S.RECEIVED})
        if to == row.scope_id:
            raise Refused("application.same_place", "申请已经在这个工会。", "to")
        if to != row.scope.parent_id:
            _ensure_takes(to, actor)
        elif closed_among([to]):
            raise Refused("application.place", "上级工会已不再运行，请选择别的工会。", "to")
        row.scope_id, row.ground = to, Ground.HANDED_OVER
        row.save(update_fields=["scope", "ground"])
        _tell(row, "您的入会申请已转给更合适的工会", f"现在由{_union(row)}办理，不用重新提交。", now)
    return row


def _ensure_takes(to: int, actor: Actor) -> None:
    try:
        target = organisation_in_sight(to, actor)
    except Missing:
        raise Refused("application.beyond", "请从列表中选择工会；不在您管辖范围内的，请交给上级工会。", "to") from None
    if not target.is_open:
        raise Refused("application.place", f"“{target.name}”已不再运行，请选择别的工会。", "to")


# --- many at once: each for itself, so that what is done stays done ---


def accept_applications(pks: Iterable[int], *, actor: Actor, now: datetime) -> list[RowResult]:
    """Former members who come with another phone are left out: in a heap nobody asks whether it is they."""

    def act(pk: int) -> None:
        if doubt := doubt_about(application_in_sight(pk, actor), actor):
            raise Refused("application.alone", f"以前是会员。{doubt}请打开这份申请单独办理。")
        accept_application(pk, actor=actor, now=now)

    return _each(pks, act, actor)


def return_applications(pks: Iterable[int], *, reason: str, actor: Actor, now: datetime) -> list[RowResult]:
    return _each(pks, lambda pk: return_application(pk, reason=reason, actor=actor, now=now), actor)


def refuse_applications(pks: Iterable[int], *, reason: str, actor: Actor, now: datetime) -> list[RowResult]:
    return _each(pks, lambda pk: refuse_application(pk, reason=reason, actor=actor, now=now), actor)


def _each(pks: Iterable[int], act: Callable[[int], object], actor: Actor) -> list[RowResult]:
    """By place: where all is one transaction, two officers then never wait for each other in a ring."""
    return each_alone(pks, act, JoiningApplication.objects.visible_to(actor).order_by("scope_id", "pk"))


def reveal_application(pk: int, *, field: str, reason: str, actor: Actor, now: datetime) -> str:
    """A masked value in full; who looked and why is kept first. Raises Missing, NotPermitted, Refused."""
    if field not in REVEALABLE:
        raise Missing
    with transaction.atomic():
        row = application_in_sight(pk, actor)
        audit.record(
            actor=actor, verb="members.application.revealed", subject=row, after={"field": field},
            path=path_of(row, actor, Permission.MEMBER_REVEAL), reason=tidy_reason(reason), now=now,
        )  # fmt: skip
    return str(getattr(row, field))


# --- what they share ---


@contextmanager
def _deciding(
    pk: int,
    state: ApplicationState,
    *,
    out_of: Iterable[ApplicationState],
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Iterator[JoiningApplication]:
    """The row under lock; it is decided when the block has done its part."""
    kept = "" if state is _S.ACCEPTED else tidy_reason(reason)
    with transaction.atomic():
        _hold_applicant(pk, actor)
        with changing(
            JoiningApplication, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE,
            verb=f"members.application.{state.value.lower()}", now=now, reason=kept,
        ) as row:  # fmt: skip
            _ensure_in(row, out_of)
            row.state, row.reason, row.decided_at, row.decided_by_id = state, kept[:200], now, actor.user_id
            yield row
            row.save(update_fields=["state", "reason", "decided_at", "decided_by", "membership"])


def _hold_applicant(pk: int, actor: Actor) -> None:
    """The account comes first, as when the worker withdraws: else the two could wait for each other."""
    seen = JoiningApplication.objects.visible_to(actor).filter(pk=pk).values_list("user_id", flat=True).first()
    if seen is not None:
        hold_account(seen)


def _ensure_in(row: JoiningApplication, sources: Iterable[ApplicationState]) -> None:
    state = ApplicationState(row.state)
    if state not in sources:
        raise Refused("application.decided", f"这份申请现在是“{state.label}”，不能再这样办理，请刷新页面看看。")


def _person(row: JoiningApplication) -> PersonFacts:
    return PersonFacts(
        name=row.name, document_kind=row.document_kind, document_number=row.document_number, sex=row.sex,
        born_on=row.born_on, phone=row.phone,
    )  # fmt: skip


def _membership(row: JoiningApplication, actor: Actor, now: datetime) -> MembershipFacts:
    return MembershipFacts(
        joined_on=timezone.localdate(now), categories=tuple(row.categories), platform=row.platform_id,
        employer=employer_known_here(row, actor),
    )  # fmt: skip


def _union(row: JoiningApplication) -> str:
    return names_of([row.scope_id]).get(row.scope_id, "")


def _tell(row: JoiningApplication, title: str, body: str, now: datetime) -> None:
    notify([row.user_id], title=title, body=body, url=HOME, now=now)
