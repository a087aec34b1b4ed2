"""The tally and the flow of members, written in the transaction of the fact, so that they equal the rows.

Whoever changes a membership notes how it counted before and how it counts after, on one sheet for
the whole act; the sheet is written once, in the order of its keys, so that two acts never wait for
each other in a ring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from niangjia.modules.members.models import Membership, MembershipChange
from niangjia.modules.members.rules import Change

ALL = 0
"""The category of the tally's rows that count everybody."""


@dataclass(frozen=True)
class Move:
    """The membership went over to another union without ending: its union was merged."""

    on: date
    from_scope: int
    to_scope: int


@dataclass(frozen=True)
class Standing:
    """How one membership counts, today and on every day before."""

    scope: int
    status: int
    categories: tuple[int, ...]
    joined_on: date
    ended_on: date | None
    moves: tuple[Move, ...] = ()

    def tallied(self) -> Counter[tuple[int, int, int]]:
        return Counter((self.scope, self.status, category) for category in (ALL, *self.categories))

    def flow(self) -> Counter[tuple[int, date]]:
        """+1 where it begins, -1 where it ends, each in the union that it was in on that day."""
        place = self.moves[0].from_scope if self.moves else self.scope
        flow: Counter[tuple[int, date]] = Counter()
        later = []
        for move in self.moves:
            if move.on <= self.joined_on:
                place = move.to_scope
            elif self.ended_on is None or move.on < self.ended_on:
                later.append(move)
        flow[place, self.joined_on] += 1
        for move in later:
            flow[place, move.on] -= 1
            place = move.to_scope
            flow[place, move.on] += 1
        if self.ended_on is not None:
            flow[place, self.ended_on] -= 1
        return flow


def standing(membership: Membership, moves: Iterable[Move] = ()) -> Standing:
    return Standing(
        scope=membership.scope_id,
        status=membership.status,
        categories=tuple(membership.categories),
        joined_on=membership.joined_on,
        ended_on=membership.ended_on,
        moves=tuple(moves),
    )


def moves_of(membership_ids: Iterable[int]) -> dict[int, tuple[Move, ...]]:
    """The moves of memberships that have any, in the order of days."""
    rows = (
        MembershipChange.objects.unscoped(reason="mergers that a locked membership went through")
        .filter(membership__in=list(membership_ids), kind=Change.MERGED)
        .order_by("on", "id")
        .values_list("membership_id", "on", "from_scope_id", "to_scope_id")
    )
    moves: dict[int, tuple[Move, ...]] = {}
    for pk, on, from_scope, to_scope in rows:
        moves[pk] = (*moves.get(pk, ()), Move(on, from_scope, to_scope))
    return moves


class TallySheet:
    """What one act changes in the tally and in the flow."""

    def __init__(self) -> None:
        self._tally: Counter[tuple[int, int, int]] = Counter()
        self._flow: Counter[tuple[int, date]] = Counter()

    def note(self, *, before: Standing | None, after: Standing) -> None:
        self._tally.update(after.tallied())
        self._flow.update(after.flow())
        if before is not None:
            self.forget(before)

    def forget(self, standing: Standing) -> None:
        """It counts no more, on no day."""
        self._tally.subtract(standing.tallied())
        self._flow.subtract(standing.flow())

    def write(self) -> None:
        with connection.cursor() as cursor:
            for key, n in sorted(self._tally.items()):
                if n > 0:
                    cursor.execute(_MORE, [*key, n])
                elif n < 0:
                    cursor.execute(_FEWER, [n, *key])
                    if cursor.rowcount != 1:
                        raise RuntimeError(f"the tally has no row {key} to take from: run the nightly check")
            for day, n in sorted(self._flow.items()):
                if n:
                    cursor.execute(_FLOW, [*day, n])
        self._tally.clear()
        self._flow.clear()


@contextmanager
def one_sheet() -> Iterator[TallySheet]:
    """A sheet for one act, written at its end and in its transaction."""
    with transaction.atomic():
        sheet = TallySheet()
        yield sheet
        sheet.write()


_MORE = """
insert into members_membertally as t (scope_id, status, category, n) values (%s, %s, %s, %s)
on conflict (scope_id, status, category) do update set n = t.n + excluded.n
"""
# Not an upsert: PostgreSQL would hold the negative row against the check before it sees the conflict.
_FEWER = "update members_membertally set n = n + %s where scope_id = %s and status = %s and category = %s"
_FLOW = """
insert into members_memberflow as f (scope_id, "on", n) values (%s, %s, %s)
on conflict (scope_id, "on") do update set n = f.n + excluded.n
"""
