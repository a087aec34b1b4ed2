"""What becomes of a membership: edited, retained, resumed, ended, put right, transferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from niangjia.kernel.access.actions import hold_place
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing, path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.members.actions.facts import MembershipFacts, ensure
from niangjia.modules.members.actions.people import begun, ensure_one_at_a_time, hold_person, save_alone, told
from niangjia.modules.members.actions.tally import TallySheet, moves_of, one_sheet, standing
from niangjia.modules.members.actions.work import put_work, work_problems
from niangjia.modules.members.models import ACTIVE_STATES, Membership, MembershipChange
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import membership_in_sight
from niangjia.modules.members.rules import Change, MembershipState, ensure_may_change
from niangjia.modules.organisations.queries.membership import takes_members
from niangjia.modules.organisations.queries.organisations import organisation_in_sight

CHOSEN = (
    Change.KEPT, Change.RESUMED, Change.LEFT, Change.LAPSED, Change.EXPELLED, Change.DIED, Change.CORRECTED,
)  # fmt: skip
"""The changes that somebody chooses on a membership; joining, transfers and mergers have their own ways."""

MEMBERSHIP_FIELDS = tuple(field.name for field in fields(MembershipFacts))


def edit_membership(
    pk: int, *, changes: Mapping[str, Any], actor: Actor, now: datetime, reason: str = ""
) -> Membership:
    """Puts right what a membership says (fields of `MembershipFacts`); only those given are touched.

    Raises Missing, NotPermitted, Refused for wrong facts or a joining day after what happened since.
    """
    with changing(
        Membership, pk, actor=actor, permission=Permission.MEMBER_EDIT, verb="members.membership.edited",
        now=now, reason=reason,
    ) as row:  # fmt: skip
        given = {name: changes[name] for name in MEMBERSHIP_FIELDS if name in changes}
        facts = replace(facts_of(row), **given).tidied()
        born_on = row.person.born_on
        ensure(facts.problems(today=timezone.localdate(now), born_on=born_on) | work_problems(facts, actor, before=row))
        _ensure_joined_before_all_else(row, facts.joined_on)
        moves = moves_of([pk]).get(pk, ())
        before = standing(row, moves)
        if facts.joined_on != row.joined_on:
            _first_change(row).update(on=facts.joined_on)
        row.joined_on, row.categories = facts.joined_on, list(facts.categories)
        row.employment_status, row.post = facts.employment_status, facts.post
        put_work(row, facts)
        ensure_one_at_a_time(row, "joined_on")
        row.save()
        with one_sheet() as sheet:
            sheet.note(before=before, after=standing(row, moves))
    return row


def facts_of(row: Membership) -> MembershipFacts:
    return MembershipFacts(
        joined_on=row.joined_on, categories=tuple(row.categories), employer=row.employer_id,
        employment_status=row.employment_status, post=row.post, platform=row.platform_id,
        delivery_site=row.delivery_site_id,
    )  # fmt: skip


def _first_change(row: Membership) -> Any:
    return MembershipChange.objects.unscoped(reason="the beginning of a locked membership").filter(
        membership=row, kind__in=(Change.JOINED, Change.MOVED_IN)
    )


def _later_days(row: Membership) -> Any:
    return (
        MembershipChange.objects.unscoped(reason="what happened to a locked membership")
        .filter(membership=row)
        .exclude(kind__in=(Change.JOINED, Change.MOVED_IN))
    )


def _ensure_joined_before_all_else(row: Membership, joined_on: date) -> None:
    if joined_on <= row.joined_on:
        return
    later = [
        *_later_days(row).order_by("on").values_list("on", flat=True)[:1],
        *([row.ended_on] if row.ended_on else []),
    ]
    if later and joined_on > min(later):
        raise Refused("membership.joined_late", f"入会日期不能晚于之后的会籍变化（{min(later)}）。", "joined_on")


def change_membership(
    pk: int, *, change: Change, on: date, actor: Actor, now: datetime, reason: str = ""
) -> Membership:
    """Retains, resumes, ends or puts right a membership from a day on.

    Raises Missing, NotPermitted, Refused where the rule says so, for a day to come or before joining,
    and for putting right while another membership of the person goes on.
    """
    with one_sheet() as sheet:
        return changed(pk, change=change, on=on, actor=actor, now=now, reason=reason, sheet=sheet)


def changed(
    pk: int, *, change: Change, on: date, actor: Actor, now: datetime, reason: str, sheet: TallySheet
) -> Membership:
    """As `change_membership`, noted on a sheet that the caller writes."""
    if change not in CHOSEN:
        raise Refused("membership.change", f"“{change.label}”不在这里办理。", "change")
    with changing(
        Membership, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE,
        verb=f"members.membership.{change.value.lower()}", now=now, reason=reason.strip(),
    ) as row:  # fmt: skip
        follows = ensure_may_change(MembershipState(row.status), change, reason=reason)
        _ensure_day(row, on, now)
        moves = moves_of([pk]).get(pk, ())
        before = standing(row, moves)
        if change is Change.CORRECTED:
            _ensure_goes_on(row, actor)
        row.status = follows
        row.ended_on = None if follows in ACTIVE_STATES else on
        if change is Change.CORRECTED:
            ensure_one_at_a_time(row, "change")
        save_alone(row)
        told(row, change, on=on, actor=actor, now=now, reason=reason)
        sheet.note(before=before, after=standing(row, moves))
    return row


def _ensure_day(row: Membership, on: date, now: datetime) -> None:
    if on > timezone.localdate(now):
        raise Refused("membership.ahead", "日期不能晚于今天，请到那天再办理。", "on")
    latest = max([row.joined_on, *([latest] if (latest := _later_days(row).aggregate(on=Max("on"))["on"]) else [])])
    if on < latest:
        what = "入会日期" if latest == row.joined_on else "上一次会籍变化"
        raise Refused("membership.too_early", f"日期不能早于{what}（{latest}）。", "on")


def _ensure_goes_on(row: Membership, actor: Actor) -> None:
    """A membership that ended by mistake goes on only in a union that still stands."""
    try:
        stands = takes_members(organisation_in_sight(row.scope_id, actor))
    except Missing:
        stands = False
    if not stands:
        raise Refused("membership.place", "原来的工会已不再运行，请到现在的工会重新登记入会。", "change")


def transfer_member(
    pk: int, *, to: int, on: date, actor: Actor, now: datetime, reason: str = "", employer: int | None = None
) -> Membership:
    """Ends a membership as moved out and begins one in another union; returns the new one.

    Needs the right at both ends, which whoever stands above both has. Raises Missing, NotPermitted at
    the old end, Refused at the new one, for a state or a day that won't do.
    """
    with one_sheet() as sheet:
        return transferred(pk, to=to, on=on, actor=actor, now=now, reason=reason, employer=employer, sheet=sheet)


def transferred(
    pk: int, *, to: int, on: date, actor: Actor, now: datetime, reason: str, employer: int | None, sheet: TallySheet
) -> Membership:
    """As `transfer_member`, noted on a sheet that the caller writes.

    Locks as everybody does: the place, the person, the membership.
    """
    seen = membership_in_sight(pk, actor)
    path_of(seen, actor, Permission.MEMBERSHIP_CHANGE)
    path = ensure_target(to, actor)
    hold_person(seen.person_id)
    with changing(
        Membership, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE, verb="members.membership.moved_out",
        now=now, reason=reason.strip(),
    ) as old:  # fmt: skip
        if to == old.scope_id:
            raise Refused("membership.same_place", "该会员的会籍已经在这个工会。", "to")
        follows = ensure_may_change(MembershipState(old.status), Change.MOVED_OUT, reason=reason)
        ensure_may_change(None, Change.MOVED_IN)
        _ensure_day(old, on, now)
        moves = moves_of([pk]).get(pk, ())
        before = standing(old, moves)
        old.status, old.ended_on = follows, on
        old.save()
        facts = replace(facts_of(old), joined_on=on, employer=employer)
        ensure(work_problems(facts, actor))
        made = begun(old.person, to, facts)
        ends = {"from_scope": old.scope_id, "to_scope": to}
        told(old, Change.MOVED_OUT, on=on, actor=actor, now=now, reason=reason, **ends)
        told(made, Change.MOVED_IN, on=on, actor=actor, now=now, reason=reason, **ends)
        audit.record(
            actor=actor, verb="members.membership.moved_in", subject=made, path=path, after=audit.snapshot(made),
            reason=reason.strip(), now=now,
        )  # fmt: skip
        sheet.note(before=before, after=standing(old, moves))
        sheet.note(before=None, after=standing(made))
    return made


def retagged(
    pk: int, *, add: tuple[int, ...], remove: tuple[int, ...], actor: Actor, now: datetime, sheet: TallySheet
) -> Membership:
    """Categories put on and taken off one membership, noted on a sheet that the caller writes."""
    with changing(
        Membership, pk, actor=actor, permission=Permission.MEMBER_EDIT, verb="members.membership.edited", now=now
    ) as row:
        moves = moves_of([pk]).get(pk, ())
        before = standing(row, moves)
        row.categories = sorted((set(row.categories) | set(add)) - set(remove))
        row.save(update_fields=["categories"])
        sheet.note(before=before, after=standing(row, moves))
    return row


BEYOND = "转入的工会不在您的办理范围内，请由双方共同的上级工会办理会籍转接。"


def ensure_target(to: int, actor: Actor) -> str:
    """The path of the union that takes over. Whether an id beyond one's sight exists is not told."""
    try:
        target = organisation_in_sight(to, actor)
    except Missing:
        raise Refused("membership.beyond", BEYOND, "to") from None
    hold_place(to)
    target.refresh_from_db(fields=["closed_on"])
    path: str = target.scope.path
    if not actor.may(Permission.MEMBERSHIP_CHANGE, path):
        raise Refused("membership.beyond", BEYOND, "to")
    if not takes_members(target):
        raise Refused(
            "membership.place", f"“{target.name}”不直接管理会员，请选择仍在运行的基层工会、联合工会或工会小组。", "to"
        )
    return path
