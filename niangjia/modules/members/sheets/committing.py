"""Judged rows into the register: in one go, in the order in which their indexes lie."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from niangjia.engines.imports import staging as engine
from niangjia.engines.imports.sheet import Made, Place
from niangjia.kernel.bulk import take_ids
from niangjia.modules.members.models import ACTIVE_STATES, Membership, MembershipChange, Person
from niangjia.modules.members.rules import Change, MembershipState
from niangjia.modules.members.sheets.columns import MEMBERSHIP_FIELDS, PERSON_FIELDS
from niangjia.modules.members.sheets.counting import SetTally
from niangjia.modules.members.sheets.hands import SecondHand, can_help, drop, elsewhere, forget_left
from niangjia.modules.organisations.queries.membership import unions_with_members

PERSON, MEMBERSHIP, CHANGE = "members.person", "members.membership", "members.membershipchange"
TEMPORARY = "sheet_order"
BOTH_HANDS_FROM = 50_000
"""New rows; below, the second connection isn't worth it."""
SORTING = "256MB"
"""A million narrow keys are sorted in memory; the server gives it back at the end."""

PERSON_CHANGED = (
    f"s.outcome in (1, 2) and s.subject is not null and s.changed && string_to_array('{','.join(PERSON_FIELDS)}', ',')"
)
MEMBERSHIP_CHANGED = (
    f"s.outcome = 2 and s.changed && string_to_array('{','.join((*MEMBERSHIP_FIELDS, 'status'))}', ',')"
)


def commit(staging: str, place: Place, *, now: datetime) -> Made:
    with connection.cursor() as cursor:
        cursor.execute(f"set local work_mem = '{SORTING}'")
        return Commit(cursor, staging, place, now).done()


class Commit:
    def __init__(self, cursor: Any, staging: str, place: Place, now: datetime) -> None:
        self.cursor, self.staging, self.place, self.now = cursor, staging, place, now
        self.second: SecondHand | None = None
        self.order, self.lines = TEMPORARY, (1, 0)
        self.facts: dict[str, Any] = {
            "active": [*ACTIVE_STATES],
            "actor": place.actor.name,
            "now": now,
            "kept": int(MembershipState.KEPT),
            "joined": Change.JOINED,
            "moved_in": Change.MOVED_IN,
            "keep": Change.KEPT,
        }

    def run(self, statement: str, **more: Any) -> int:
        self.cursor.execute(statement.replace("{staging}", self.staging), self.facts | more)
        return int(self.cursor.rowcount)

    def asked(self, statement: str) -> tuple[Any, ...]:
        self.run(statement)
        row: tuple[Any, ...] = self.cursor.fetchone()
        return row

    def done(self) -> Made:
        forget_left(self.place.batch_id)
        self.hold()
        tally = SetTally()
        touched = f"id in (select membership_id from {self.staging} s where {MEMBERSHIP_CHANGED})"
        tally.note(touched, sign=-1)
        people = self.change_people()
        new = self.numbered()
        memberships = self.change_memberships()
        self.tell(new)
        try:
            self.insert(new)
            tally.note(touched, sign=1)
            tally.note_all(_COUNTED.replace("{staging}", self.staging), self.facts)
            tally.write()
            # Now rather than at the end, while the other hand is still writing.
            self.run("set constraints all immediate; set constraints all deferred")
            if self.second:
                self.second.join()
                # Not before: both have read it.
                transaction.on_commit(lambda: drop(self.order))
        except BaseException:
            if self.second:
                self.second.give_up()
            raise
        lines = self.lines[1] - self.lines[0] + 1
        ranges = {kind: found for kind, found in (*new.items(), (CHANGE, self.lines)) if found[1] >= found[0]}
        return Made(ranges, {"people_changed": people, "memberships_changed": memberships, "history_lines": lines})

    def hold(self) -> None:
        """Places, people, memberships: in the order in which everybody takes them, each by its id.

        Raises IntegrityError where one of them is no longer what `judge` saw.
        """
        self.run(
            """
            select 1 from access_scope where id = any(array(
                select distinct scope_id from {staging} where outcome in (1, 2)
            )) order by id for no key update
            """
        )
        open_unions = [union.id for union in unions_with_members(self.place.path)]
        self.run(
            """
            select 1 from members_person where id in (
                select subject from {staging} where outcome in (1, 2) and subject is not null
            ) order by id for no key update
            """
        )
        self.run(
            """
            select 1 from members_membership where id in (select membership_id from {staging} where outcome = 2)
            order by id for no key update
            """
        )
        (stale,) = self.asked(
            """
            select exists (
                select 1 from {staging} s join members_person p on p.id = s.subject
                left join members_membership a on a.person_id = p.id and a.status = any(%(active)s)
                 where s.outcome in (1, 2) and p.xmin::text || '/' || coalesce(a.xmin::text, '') <> s.seen
            )
            """
        )
        self.run(
            """
            select exists (
                select scope_id from {staging} where outcome in (1, 2)
                except select unnest(%(open)s::bigint[])
            )
            """,
            open=open_unions,
        )
        if stale or self.cursor.fetchone()[0]:
            raise IntegrityError("the register changed since the sheet was judged")

    def change_people(self) -> int:
        if not self.asked(f"select exists (select 1 from {self.staging} s where {PERSON_CHANGED})")[0]:
            return 0
        engine.keep_before(self.place.batch_id, PERSON, _PERSON_BEFORE.replace("{staging}", self.staging))
        changed = self.run(_CHANGE_PEOPLE)
        self.run(_CARRY)
        return changed

    def numbered(self) -> dict[str, tuple[int, int]]:
        """The ids of new people and memberships: they follow the union and the name, as pages read them."""
        people, memberships = self.asked(
            "select count(*) filter (where subject is null), count(*) from {staging} where outcome = 1"
        )
        first_person = take_ids(Person, people) if people else 1
        first = take_ids(Membership, memberships) if memberships else 1
        numbering = _NUMBERING.replace("{staging}", self.staging)
        facts = {"first_person": first_person, "first": first}
        if memberships >= BOTH_HANDS_FROM and can_help():
            self.order = f"{self.staging}_order"
            elsewhere(lambda: _written_down(self.order, numbering, facts))
        else:
            self.order = TEMPORARY
            self.run(
                f"drop table if exists {self.order}; create temp table {self.order} on commit drop as {numbering}",
                **facts,
            )
            self.run(f"analyze {self.order}")
        return {PERSON: (first_person, first_person + people - 1), MEMBERSHIP: (first, first + memberships - 1)}

    def insert(self, new: dict[str, tuple[int, int]]) -> None:
        """The new rows and their first lines; half of them by a second hand when they are many."""
        first, last = new[MEMBERSHIP]
        if last < first:
            return
        middle = last if self.order == TEMPORARY else (first + last) // 2
        at = self.lines[1] - self.of_beginnings(first, last) + 1
        begun = self.of_beginnings(first, middle)
        if middle < last:
            self.second = SecondHand(
                self.place.batch_id,
                [
                    (f"set local work_mem = '{SORTING}'; set local lock_timeout = '60s'", {}),
                    *self.statements(middle + 1, last, at + begun),
                ],
            )
        for statement, facts in self.statements(first, middle, at):
            self.cursor.execute(statement, facts)

    def of_beginnings(self, low: int, high: int) -> int:
        """How many lines the new memberships of these ids get: one, or two where they are kept from the beginning."""
        self.run(_BEGINNINGS.replace("{order}", self.order), low=low, high=high)
        return int(self.cursor.fetchone()[0])

    def statements(self, low: int, high: int, line: int) -> list[tuple[str, dict[str, Any]]]:
        facts = self.facts | {"low": low, "high": high, "line": line}
        return [
            (each.replace("{staging}", self.staging).replace("{order}", self.order), facts)
            for each in (_NEW_PEOPLE, _NEW_MEMBERSHIPS, _FIRST_LINES)
        ]

    def change_memberships(self) -> int:
        if not self.asked(f"select exists (select 1 from {self.staging} s where {MEMBERSHIP_CHANGED})")[0]:
            return 0
        before = _MEMBERSHIP_BEFORE.replace("{staging}", self.staging)
        engine.keep_before(self.place.batch_id, MEMBERSHIP, before)
        self.run(_BEGAN_OTHERWISE)
        return self.run(_CHANGE_MEMBERSHIPS)

    def tell(self, new: dict[str, tuple[int, int]]) -> None:
        """The lines of what became of memberships that were there, and ids for those that begin."""
        (count,) = self.asked("select count(*) from {staging} where outcome = 2 and applies is not null")
        lines = count + self.of_beginnings(*new[MEMBERSHIP])
        if lines:
            first = take_ids(MembershipChange, lines)
            self.run(_LINES, first=first)
            self.lines = (first, first + lines - 1)


def _written_down(table: str, select: str, facts: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(f"create unlogged table {table} as {select}", facts)
        cursor.execute(f"analyze {table}")


def _before(alias: str, fields: tuple[tuple[str, str], ...], more: str = "") -> tuple[str, str]:
    """The changed fields as two objects: as they were, as the sheet says."""
    pairs = ", ".join(f"('{column}', to_jsonb({alias}.{column}), to_jsonb({new}))" for column, new in fields) + more
    changed = f"from (values {pairs}) f (key, was, says) where f.was is distinct from f.says"
    return f"(select jsonb_object_agg(f.key, f.was) {changed})", f"(select jsonb_object_agg(f.key, f.says) {changed})"


def _given(alias: str, *columns: str) -> tuple[tuple[str, str], ...]:
    return tuple((column, f"coalesce(s.{column}, {alias}.{column})") for column in columns)


PERSON_COLUMNS = (
    *_given("p", *(field for field in PERSON_FIELDS if field != "phone")),
    *((column, (f"case when s.phone_digest <> p.phone_digest or p.phone_digest is null and s.phone_digest is not null "
               f"then s.{column} else p.{column} end")) for column in ("phone", "phone_digest")),
)  # fmt: skip

_ENDED = "s.applies not in ('KEPT', 'RESUMED')"
MEMBERSHIP_COLUMNS = (
    *_given("a", "employment_status", "post", "platform_id", "employer_id", "joined_on"),
    ("categories", "coalesce(s.categories::smallint[], a.categories)"),
    ("status", ("case when s.applies is null then a.status else (array[1, 2, 4, 5, 6, 7])[array_position("
               "array['RESUMED', 'KEPT', 'LEFT', 'LAPSED', 'EXPELLED', 'DIED'], s.applies)]::smallint end")),
    ("ended_on", f"case when {_ENDED} then s.change_on else a.ended_on end"),
)  # fmt: skip


def _sets(columns: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{column} = {new}" for column, new in columns)


# The tail is the membership's: kept with the phone, so that it goes back with it.
_TAIL = """, ('phone_tail', case when s.changed @> array['phone'] then to_jsonb(coalesce(
    (select phone_tail from members_membership where person_id = p.id order by id limit 1), '')) end,
    case when s.changed @> array['phone'] then to_jsonb(s.phone_tail) end)"""
_PERSON_WAS, _PERSON_SAYS = _before("p", PERSON_COLUMNS, _TAIL)
_PERSON_BEFORE = f"""
select p.id, {_PERSON_WAS}, {_PERSON_SAYS} from {{staging}} s join members_person p on p.id = s.subject
 where {PERSON_CHANGED}
"""
_CHANGE_PEOPLE = f"""
update members_person p set {_sets(PERSON_COLUMNS)} from {{staging}} s where p.id = s.subject and {PERSON_CHANGED}
"""
_CARRY = """
update members_membership m set phone_tail = s.phone_tail from {staging} s
 where m.person_id = s.subject and s.outcome in (1, 2) and s.changed @> array['phone']
   and m.phone_tail <> s.phone_tail
"""
_MEMBERSHIP_WAS, _MEMBERSHIP_SAYS = _before("a", MEMBERSHIP_COLUMNS)
_MEMBERSHIP_BEFORE = f"""
select a.id, {_MEMBERSHIP_WAS}, {_MEMBERSHIP_SAYS} from {{staging}} s join members_membership a on a.id = s.membership_id
 where {MEMBERSHIP_CHANGED}
"""
_CHANGE_MEMBERSHIPS = f"""
update members_membership a set {_sets(MEMBERSHIP_COLUMNS)} from {{staging}} s
 where a.id = s.membership_id and {MEMBERSHIP_CHANGED}
"""
_BEGAN_OTHERWISE = """
update members_membershipchange c set "on" = s.joined_on from {staging} s
 where c.membership_id = s.membership_id and s.outcome = 2 and s.changed @> array['joined_on']
   and c.kind in (%(joined)s, %(moved_in)s)
"""

_NUMBERING = """
select number, %(first)s + row_number() over by_name - 1 as id,
       coalesce(subject, %(first_person)s + count(*) filter (where subject is null) over by_name - 1) as person_id
  from {staging} where outcome = 1
window by_name as (order by scope_id, name_key, number)
"""
_BEGINNINGS = """
select count(*) + count(*) filter (where s.change = %(keep)s or s.status = %(kept)s)
  from {order} n join {staging} s on s.number = n.number where n.id between %(low)s and %(high)s
"""
_NEW_PEOPLE = """
insert into members_person (
    id, name, document_kind, document_number, document_digest, sex, born_on, ethnicity, political_status, education,
    skill_grade, native_place, household_kind, household_place, is_migrant, marital_status, phone, phone_digest,
    bank_name, created_at
)
select n.person_id, s.name, s.document_kind, s.document_number, s.document_digest, coalesce(s.sex, '0'), s.born_on,
       coalesce(s.ethnicity, ''), coalesce(s.political_status, ''), coalesce(s.education, ''),
       coalesce(s.skill_grade, ''), '', coalesce(s.household_kind, ''), coalesce(s.household_place, ''), s.is_migrant,
       coalesce(s.marital_status, ''), s.phone, s.phone_digest, '', %(now)s
  from {order} n join {staging} s on s.number = n.number
 where s.subject is null and n.id between %(low)s and %(high)s order by n.id
"""
_NEW_MEMBERSHIPS = """
insert into members_membership (
    id, person_id, scope_id, status, categories, joined_on, employer_id, employment_status, post, platform_id,
    name, name_key, initials, phone_tail
)
select n.id, n.person_id, s.scope_id, case when s.status = %(kept)s or s.change = %(keep)s then 2 else 1 end,
       coalesce(s.categories, '{}')::smallint[], s.joined_on, s.employer_id, coalesce(s.employment_status, ''),
       coalesce(s.post, ''), s.platform_id, s.name, s.name_key, s.initials, coalesce(s.phone_tail, '')
  from {order} n join {staging} s on s.number = n.number
 where n.id between %(low)s and %(high)s order by n.id
"""
_FIRST_LINES = """
insert into members_membershipchange (id, membership_id, kind, "on", reason, to_scope_id, actor_name, at)
select %(line)s + row_number() over (order by membership_id, place) - 1,
       membership_id, kind, "on", reason, to_scope_id, %(actor)s, %(now)s
  from (
    select n.id as membership_id, first.*
      from {order} n join {staging} s on s.number = n.number
      cross join lateral (
        values (1, case when s.change = %(moved_in)s then s.change else %(joined)s end, s.joined_on,
                case when s.change in (%(joined)s, %(moved_in)s) then coalesce(s.change_reason, '') else '' end,
                s.scope_id),
               (case when s.change = %(keep)s or s.status = %(kept)s then 2 end, %(keep)s, s.change_on,
                coalesce(s.change_reason, ''), null)
      ) first (place, kind, "on", reason, to_scope_id)
     where n.id between %(low)s and %(high)s and first.place is not null
  ) lines
"""
_LINES = """
insert into members_membershipchange (id, membership_id, kind, "on", reason, actor_name, at)
select %(first)s + row_number() over (order by membership_id) - 1, membership_id, applies, change_on,
       coalesce(change_reason, ''), %(actor)s, %(now)s
  from {staging} where outcome = 2 and applies is not null
"""
# From the staged rows, since half of the new memberships are not to be seen yet. None of them was ever merged.
_COUNTED = """
select 0, 1, scope_id, case when status = %(kept)s or change = %(keep)s then 2 else 1 end,
       coalesce(categories, '{}')::smallint[], joined_on, null
  from {staging} where outcome = 1
"""
