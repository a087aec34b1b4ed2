"""One human being registered twice: finding such pairs, merging them, and taking a merge back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions.people import carry, told
from niangjia.modules.members.actions.tally import TallySheet, moves_of, one_sheet, standing
from niangjia.modules.members.models import ACTIVE_STATES, DuplicatePair, Membership, Person, PersonMerge
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.duplicates import TAKEABLE, label_of, merge_of, sealed_columns
from niangjia.modules.members.rules import Change, Likeness, MembershipState, PairState

SHORTEST_REASON = 4
BOTH = (Permission.MEMBER_EDIT, Permission.MEMBERSHIP_CHANGE)
DOUBLE = "重复登记，随人员合并"

# Of people who were not merged: the same name and phone, or the same name, birth date and employer.
_ALIKE = f"""
select a.id as first_id, b.id as second_id, '{Likeness.PHONE.value}' as why
  from members_person a join members_person b on b.phone_digest = a.phone_digest and b.name = a.name and b.id > a.id
 where a.merged_into_id is null and b.merged_into_id is null
union
select a.id, b.id, '{Likeness.WORK.value}'
  from members_membership m join members_membership n on n.employer_id = m.employer_id and n.name = m.name
       and n.person_id > m.person_id and n.status in (1, 2)
  join members_person a on a.id = m.person_id
  join members_person b on b.id = n.person_id and b.born_on = a.born_on
 where m.status in (1, 2)
"""  # noqa: S608 - our own words
_FIND = f"""
with alike as ({_ALIKE}),
gone as (
    delete from members_duplicatepair d where state = %(open)s
    and not exists (select 1 from alike a where a.first_id = d.first_id and a.second_id = d.second_id)
)
insert into members_duplicatepair (first_id, second_id, why, state, found_on, decided_by)
select first_id, second_id, min(why), %(open)s, %(today)s, '' from alike group by 1, 2 order by 1, 2
on conflict (first_id, second_id) do nothing
"""  # noqa: S608 - our own statement


def find_duplicates(*, now: datetime) -> int:
    """Looks through the whole register; returns how many pairs are new. What was decided stays decided."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"open": PairState.OPEN.value, "today": timezone.localdate(now)})
        return int(cursor.rowcount)


def keep_apart(pk: int, *, reason: str, actor: Actor, now: datetime) -> DuplicatePair:
    """Two people after all; the pair is not shown again. Raises Missing, NotPermitted, Refused without a reason."""
    with transaction.atomic():
        pair = _pair(pk, actor)
        place = path_of(pair, actor, Permission.MEMBER_EDIT)
        _ensure_open(pair)
        _decide(pair, PairState.DIFFERENT, actor, now)
        audit.record(
            actor=actor, verb="members.duplicate.kept_apart", subject=pair, path=place, reason=_reason(reason), now=now
        )
    return pair


def merge_people(
    pk: int, *, keep: int, take: Iterable[str], reason: str, actor: Actor, now: datetime, continues: int | None = None
) -> PersonMerge:
    """One of a pair is kept, with the facts named in `take` from the other; all memberships become the kept one's.

    Where both are active, `continues` names the membership that goes on (by default the kept one's); the
    other one was a double and counts on no day. Raises Missing, NotPermitted without both rights over
    both people, Refused.
    """
    with one_sheet() as sheet:
        pair = _pair(pk, actor)
        place, _ = (path_of(pair, actor, permission) for permission in BOTH)
        _ensure_open(pair)
        kept, gone = (pair.first, pair.second) if keep == pair.first_id else (pair.second, pair.first)
        if keep != kept.pk:
            raise Refused("duplicate.keep", "请选择保留哪一个。", "keep")
        if kept.merged_into_id or gone.merged_into_id:
            raise Refused("duplicate.further", "其中一人已经并入另一人，请核对合并后的那一对。")
        memberships = _go_over(kept, gone, continues=continues, sheet=sheet, actor=actor, now=now)
        facts = _taken(kept, gone, set(take))
        account = kept.user_id is None and gone.user_id is not None
        if account:
            kept.user_id, gone.user_id = gone.user_id, None
        gone.merged_into = kept
        gone.save()
        kept.save()
        carry(kept)
        _decide(pair, PairState.MERGED, actor, now)
        merge: PersonMerge = PersonMerge.objects.create(
            pair=pair, kept=kept, gone=gone, facts=facts, memberships=memberships, account=account, at=now
        )
        audit.record(
            actor=actor, verb="members.person.merged", subject=kept, path=place, reason=_reason(reason), now=now,
            after={"gone": gone.pk, "took": sorted(facts), "memberships": [one["id"] for one in memberships]},
        )  # fmt: skip
    return merge


def undo_merge(pk: int, *, reason: str, actor: Actor, now: datetime) -> list[str]:
    """Makes two people of one again; returns a line for everything that was changed since and stays as it is now.

    Raises Missing, NotPermitted without both rights where the memberships lie that went over, Refused when the
    pair is not merged, one of them was merged further, or the memberships would no longer stand beside each other.
    """
    kept_lines: list[str] = []
    with one_sheet() as sheet:
        pair = _pair(pk, actor)
        path_of(pair, actor, Permission.MEMBER_EDIT)
        merge = merge_of(pair)
        if merge is None:
            raise Refused("duplicate.not_merged", "这两条没有合并，或已经撤销。")
        kept, gone = _held(merge.kept_id), _held(merge.gone_id)
        if kept.merged_into_id:
            raise Refused("duplicate.further", "合并后的人又并入了另一人，请先撤销后一次合并。")
        place, _ = (path_of(kept, actor, permission) for permission in BOTH)
        _ensure_rights(merge.memberships, actor)
        gone.merged_into = None
        if merge.account and gone.user_id is None:
            gone.user_id, kept.user_id = kept.user_id, None
        kept_lines += _facts_back(kept, merge.facts)
        kept.save()
        gone.save()
        kept_lines += _memberships_back(merge.memberships, sheet, actor, now)
        carry(kept)
        carry(gone)
        merge.undone_at = now
        merge.save(update_fields=["undone_at"])
        _decide(pair, PairState.OPEN, actor, now)
        audit.record(
            actor=actor, verb="members.person.merge_undone", subject=kept, path=place, reason=_reason(reason),
            after={"gone": gone.pk, "kept": kept_lines}, now=now,
        )  # fmt: skip
    return kept_lines


def _ensure_rights(memberships: list[dict[str, Any]], actor: Actor) -> None:
    """After a merge who sees one membership sees the pair: what lies elsewhere is not theirs to change."""
    rows = Membership.objects.unscoped(reason="where the memberships lie that a merge moved")
    paths = rows.filter(pk__in=[one["id"] for one in memberships]).values_list("scope__path", flat=True)
    if not all(actor.may(permission, path) for path in paths for permission in BOTH):
        raise NotPermitted("其中有会籍不在您的管辖范围内，请由共同的上级工会撤销合并。")


def _pair(pk: int, actor: Actor) -> DuplicatePair:
    """The pair and both people, locked in the order of their ids."""
    pair: DuplicatePair | None = (
        DuplicatePair.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=pk).first()
    )
    if pair is None:
        raise Missing("没有找到这一对，可能已经处理，或有一人不在您的管辖范围内。")
    pair.first, pair.second = _held(pair.first_id), _held(pair.second_id)
    return pair


def _held(pk: int) -> Person:
    person: Person = Person.objects.unscoped(reason="the lock on one of a pair in sight").select_for_update().get(pk=pk)
    return person


def _ensure_open(pair: DuplicatePair) -> None:
    if pair.state != PairState.OPEN:
        raise Refused("duplicate.decided", f"{pair.decided_by}已经处理过这一对（{PairState(pair.state).label}）。")


def _decide(pair: DuplicatePair, state: PairState, actor: Actor, now: datetime) -> None:
    pair.state, pair.decided_by, pair.decided_at = state, actor.name, now
    pair.save(update_fields=["state", "decided_by", "decided_at"])


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) < SHORTEST_REASON:
        raise Refused("duplicate.reason", f"请写明理由，至少 {SHORTEST_REASON} 个字。", "reason")
    return reason


def _rows(person: Person) -> list[Membership]:
    rows = Membership.objects.unscoped(reason="all memberships of one person").filter(person=person)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _go_over(
    kept: Person, gone: Person, *, continues: int | None, sheet: TallySheet, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """The memberships of both end up with `kept`; doubles keep their row and count on no day."""
    here, there = _rows(kept), _rows(gone)
    active = [row for row in (*here, *there) if row.status in ACTIVE_STATES]
    goes_on = next((row for row in active if row.pk == continues), active[0] if active else None)
    doubles = [row for row in active if row is not goes_on]
    if goes_on in there:
        doubles += [row for row in here if row not in active and _overlap(row, goes_on)]
    doubles += [
        row for row in there
        if row not in active and any(_overlap(row, other) for other in here if other not in doubles)
    ]  # fmt: skip
    moves = moves_of(row.pk for row in (*here, *there))
    done = []
    # Doubles first: the database lets nobody have two active memberships at once.
    for row in sorted({*doubles, *there}, key=lambda row: (row not in doubles, row.pk)):
        was = {"id": row.pk, "person": row.person_id, "status": row.status, "ended_on": _day(row.ended_on)}
        before = standing(row, moves.get(row.pk, ()))
        if row in doubles:
            row.status, row.ended_on = MembershipState.MOVED_OUT, row.joined_on
            told(row, Change.CORRECTED, on=row.joined_on, actor=actor, now=now, reason=DOUBLE)
        row.person = kept
        row.save()
        sheet.note(before=before, after=standing(row, moves.get(row.pk, ())))
        done.append(was | {"set_status": row.status, "set_ended_on": _day(row.ended_on)})
    return done


def _overlap(one: Membership, other: Membership) -> bool:
    """Whether both count on some day."""
    ends = [row.ended_on or date.max for row in (one, other)]
    return max(one.joined_on, other.joined_on) < min(ends)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _taken(kept: Person, gone: Person, take: set[str]) -> dict[str, list[Any]]:
    """What was taken over: field → [before, after], encrypted values as they are kept in their column."""
    facts = {}
    for name in TAKEABLE:
        mine, other = getattr(kept, name), getattr(gone, name)
        # What only the other one knows is taken without being asked for.
        if (name in take or mine in ("", None)) and other not in ("", None) and mine != other:
            facts[name] = [_kept(name, mine), _kept(name, other)]
            setattr(kept, name, other)
    return facts


def _kept(name: str, value: Any) -> Any:
    if name in sealed_columns():
        field: Any = Person._meta.get_field(name)
        sealed = field.get_prep_value(value)
        return sealed.hex() if sealed else ""
    return value


def _opened(name: str, value: Any) -> Any:
    if name in sealed_columns():
        field: Any = Person._meta.get_field(name)
        return field.from_db_value(bytes.fromhex(value), None, connection) if value else ""
    return value


def _facts_back(kept: Person, facts: dict[str, list[Any]]) -> list[str]:
    lines = []
    for name, (before, after) in facts.items():
        if getattr(kept, name) == _opened(name, after):
            setattr(kept, name, _opened(name, before))
        else:
            lines.append(f"{label_of(name)}在合并之后改过，保留现在的内容。")
    return lines


def _memberships_back(memberships: list[dict[str, Any]], sheet: TallySheet, actor: Actor, now: datetime) -> list[str]:
    lines = []
    rows = {row.pk: row for row in Membership.objects.unscoped(reason="what a merge moved").select_for_update(
        of=("self",)).filter(pk__in=[one["id"] for one in memberships]).order_by("pk")}  # fmt: skip
    moves = moves_of(rows)
    # First everything goes back to its person, then doubles count again.
    for was in sorted(memberships, key=lambda one: one["status"] != one["set_status"]):
        row = rows.get(was["id"])
        if row is None:  # an import that made it was taken back
            continue
        before = standing(row, moves.get(row.pk, ()))
        row.person_id = was["person"]
        if (row.status, _day(row.ended_on)) == (was["set_status"], was["set_ended_on"]):
            if row.status != was["status"]:
                told(row, Change.CORRECTED, on=row.joined_on, actor=actor, now=now, reason="撤销人员合并")
            row.status = was["status"]
            row.ended_on = date.fromisoformat(was["ended_on"]) if was["ended_on"] else None
        else:
            lines.append(f"{row.joined_on} 入会的会籍在合并之后变动过，保留现在的状态。")
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused(
                "duplicate.two_active",
                "合并之后此人又办过转接或重新入会，撤销合并会使一人有两份会籍。请先更正现在的会籍。",
            ) from error
        sheet.note(before=before, after=standing(row, moves.get(row.pk, ())))
    return lines
