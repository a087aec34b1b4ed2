"""What an officer does with what members ask for: grants it by the register's own actions, or refuses with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.members.actions.bulk import RowResult, each_alone
from niangjia.modules.members.actions.memberships import change_membership, transfer_member
from niangjia.modules.members.actions.people import tidy_reason
from niangjia.modules.members.models import MembershipRequest
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.rules import Change, RequestKind, RequestState
from niangjia.modules.organisations.queries.organisations import names_of

CHANGE_OF = {RequestKind.LEAVE: Change.LEFT, RequestKind.KEEP: Change.KEPT, RequestKind.RESUME: Change.RESUMED}
HOME = "/"


def grant_request(pk: int, *, actor: Actor, now: datetime, reason: str = "") -> MembershipRequest:
    """Does what the member asked for, from today on; a correction was made by hand before and is only closed here.

    Raises Missing, NotPermitted, Refused for one that is decided, and for all that stands against the change.
    """
    with changing(
        MembershipRequest, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE, verb="members.request.done",
        now=now, reason=reason.strip(),
    ) as row:  # fmt: skip
        _ensure_open(row)
        kind, today = RequestKind(row.kind), timezone.localdate(now)
        why = f"本人在手机上申请。{row.note}"[:200]
        if kind is RequestKind.TRANSFER:
            if row.to_scope_id is None:
                raise Refused("request.nowhere", "本人没有写明转到哪个工会，请在会员页面办理转接，再来办结。")
            transfer_member(row.membership_id, to=row.to_scope_id, on=today, actor=actor, now=now, reason=why)
        elif kind in CHANGE_OF:
            change_membership(
                row.membership_id, change=CHANGE_OF[kind], on=today, actor=actor, now=now, reason=why
            )  # fmt: skip
        _decided(row, RequestState.DONE, reason.strip()[:200], actor, now)
        where = f"会籍已转到{names_of([row.to_scope_id]).get(row.to_scope_id, '')}。" if row.to_scope_id else ""
        _tell(row, f"您申请的“{kind.label}”已办好", where or row.reason, now)
    return row


def refuse_request(pk: int, *, reason: str, actor: Actor, now: datetime) -> MembershipRequest:
    """Raises as above; asks for a reason, which the member is told."""
    kept = tidy_reason(reason)
    with changing(
        MembershipRequest, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE, verb="members.request.refused",
        now=now, reason=kept,
    ) as row:  # fmt: skip
        _ensure_open(row)
        _decided(row, RequestState.REFUSED, kept[:200], actor, now)
        _tell(row, f"您申请的“{RequestKind(row.kind).label}”没有办理", f"原因：{row.reason}", now)
    return row


def grant_requests(pks: Iterable[int], *, actor: Actor, now: datetime) -> list[RowResult]:
    return _each(pks, lambda pk: grant_request(pk, actor=actor, now=now), actor)


def refuse_requests(pks: Iterable[int], *, reason: str, actor: Actor, now: datetime) -> list[RowResult]:
    return _each(pks, lambda pk: refuse_request(pk, reason=reason, actor=actor, now=now), actor)


def _each(pks: Iterable[int], act: Callable[[int], object], actor: Actor) -> list[RowResult]:
    """By place: where all is one transaction, two officers then never wait for each other in a ring."""
    return each_alone(
        pks,
        act,
        MembershipRequest.objects.visible_to(actor).order_by("membership__scope_id", "pk"),
        name="membership__name",
    )


def _ensure_open(row: MembershipRequest) -> None:
    state = RequestState(row.state)
    if state is not RequestState.RECEIVED:
        raise Refused("request.decided", f"这份申请现在是“{state.label}”，不能再办理，请刷新页面看看。")


def _decided(row: MembershipRequest, state: RequestState, reason: str, actor: Actor, now: datetime) -> None:
    row.state, row.reason, row.decided_at, row.decided_by_id = state, reason, now, actor.user_id
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _tell(row: MembershipRequest, title: str, body: str, now: datetime) -> None:
    notify([row.user_id], title=title, body=body, url=HOME, now=now)
