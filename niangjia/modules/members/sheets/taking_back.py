"""A commit undone: what nobody touched since goes, what somebody did stays and is told line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db import connection, models

from niangjia.kernel.crypto.masks import mask_name
from niangjia.modules.members.models import ACTIVE_STATES, DuplicatePair, Membership, MembershipChange, Person
from niangjia.modules.members.rules import PairState
from niangjia.modules.members.sheets.columns import HEADING_OF
from niangjia.modules.members.sheets.committing import (
    CHANGE,
    MEMBERSHIP,
    MEMBERSHIP_COLUMNS,
    PERSON,
    PERSON_COLUMNS,
)
from niangjia.modules.members.sheets.counting import SetTally
from niangjia.modules.members.sheets.hands import finish_left
from niangjia.modules.organisations.queries.organisations import names_of

NOTHING = (1, 0)


def take_back(batch_id: int, ranges: Mapping[str, tuple[int, int]]) -> list[str]:
    finish_left(batch_id)
    with connection.cursor() as cursor:
        return TakingBack(cursor, batch_id, ranges).done()


class TakingBack:
    def __init__(self, cursor: Any, batch_id: int, ranges: Mapping[str, tuple[int, int]]) -> None:
        self.cursor = cursor
        self.facts: dict[str, Any] = {
            "batch": batch_id, "active": [*ACTIVE_STATES], "person": PERSON, "membership": MEMBERSHIP,
        }  # fmt: skip
        for letter, kind in (("p", PERSON), ("m", MEMBERSHIP), ("c", CHANGE)):
            self.facts[f"first_{letter}"], self.facts[f"last_{letter}"] = ranges.get(kind, NOTHING)

    def run(self, statement: str) -> None:
        self.cursor.execute(statement, self.facts)

    def done(self) -> list[str]:
        for statement in _HOLD:
            self.run(statement)
        tally = SetTally()
        self.run(_GATHER.replace("{referred}", _referred()))
        changed = "id in (select id from sheet_changed)"
        tally.note(f"(id in (select id from sheet_gone) or {changed})", sign=-1)
        lines = self.kept()
        for statement in _UNDO:
            self.run(statement)
        tally.note(changed, sign=1)
        tally.write()
        return lines

    def kept(self) -> list[str]:
        """One line for each row that stays as it is now, wholly or in some field."""
        self.run(_KEPT)
        rows = self.cursor.fetchall()
        unions = names_of(row[1] for row in rows)
        return [
            f"{mask_name(name)}（{unions.get(scope_id, '')}）：{_what_of(fields)}导入后又有变动，已保留。"
            for name, scope_id, fields in rows
        ]


def _what_of(columns: list[str] | None) -> str:
    headings = dict.fromkeys(HEADING_OF.get(column.removesuffix("_id"), "") for column in columns or ())
    return "、".join(f"“{heading}”" for heading in headings if heading)


def _referred() -> str:
    """The memberships and people of the batch to which rows of any room point by now."""
    found = [
        f"union select {_as_membership(model, field.column)} from {field.model._meta.db_table}"
        f" where {field.column} between {first} and {last}{_UNDECIDED if field.model is DuplicatePair else ''}"
        for field, model in _pointing()
        for first, last in [("%(first_m)s", "%(last_m)s") if model is Membership else ("%(first_p)s", "%(last_p)s")]
    ]
    return "\n".join(found)


_UNDECIDED = f" and state <> '{PairState.OPEN.value}'"
"""A pair that the night found and nobody looked at is no use that somebody makes of a row."""


def _as_membership(model: type[models.Model], column: str) -> str:
    return f"{column}, null" if model is Membership else f"null, {column}"


def _pointing() -> Iterator[tuple[Any, type[models.Model]]]:
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.local_fields:
            if not isinstance(field, models.ForeignKey) or not other._meta.managed:
                continue
            if field.related_model is Membership and other is not MembershipChange:
                yield field, Membership
            elif field.related_model is Person and other is not Membership:
                yield field, Person


_CHANGED_MEMBERSHIPS = "select subject_id from imports_rowbefore where batch_id = %(batch)s and kind = %(membership)s"
_CHANGED_PEOPLE = "select subject_id from imports_rowbefore where batch_id = %(batch)s and kind = %(person)s"
_OURS = f"(id between %(first_m)s and %(last_m)s or id in ({_CHANGED_MEMBERSHIPS}))"
# Places, people, memberships: as everybody takes them.
_HOLD = (
    (
        f"select 1 from access_scope where id in (select scope_id from members_membership where {_OURS})"
        " order by id for no key update"
    ),
    (
        f"select 1 from members_person where id between %(first_p)s and %(last_p)s or id in ({_CHANGED_PEOPLE})"
        " order by id for update"
    ),
    f"select 1 from members_membership where {_OURS} order by id for update",
)

_GATHER = f"""
drop table if exists sheet_touched, sheet_gone, sheet_changed;
create temp table sheet_touched on commit drop as
with touched (membership_id, person_id) as (
    select subject_id, null::bigint from audit_auditentry
     where subject_kind = %(membership)s and subject_id between %(first_m)s and %(last_m)s
    union select null, subject_id from audit_auditentry
     where subject_kind = %(person)s and subject_id between %(first_p)s and %(last_p)s
    union select subject_id, null from imports_rowbefore
     where batch_id <> %(batch)s and kind = %(membership)s and subject_id between %(first_m)s and %(last_m)s
    union select null, subject_id from imports_rowbefore
     where batch_id <> %(batch)s and kind = %(person)s and subject_id between %(first_p)s and %(last_p)s
    union select membership_id, null from members_membershipchange
     where membership_id between %(first_m)s and %(last_m)s and id not between %(first_c)s and %(last_c)s
    union select null, id from members_person where user_id is not null and id between %(first_p)s and %(last_p)s
    union select null, person_id from members_membership
     where person_id between %(first_p)s and %(last_p)s and id not between %(first_m)s and %(last_m)s
    {{referred}}
)
select membership_id as id from touched where membership_id is not null
union
select m.id from touched t join members_membership m on m.person_id = t.person_id
 where m.id between %(first_m)s and %(last_m)s;
analyze sheet_touched;
create temp table sheet_gone on commit drop as
select id from members_membership m where id between %(first_m)s and %(last_m)s
   and not exists (select 1 from sheet_touched t where t.id = m.id);
analyze sheet_gone;
create temp table sheet_changed on commit drop as {_CHANGED_MEMBERSHIPS.replace("subject_id", "subject_id as id", 1)};
"""


def _still(alias: str, column: str) -> str:
    """Whether a column says what the import wrote: null where the import did not write it."""
    if column in {"phone", "phone_tail"}:
        return _still(alias, "phone_digest")  # sealed under another key it is the same phone
    same = f"coalesce(to_jsonb({alias}.{column}), 'null') = r.after -> '{column}'"
    if alias == "p" or column not in {"status", "ended_on"}:
        return f"({same})"
    # Both or none; and nothing was done with the membership since, here or elsewhere.
    return """(case when r.after ? 'status' then
        to_jsonb(m.status) = r.after -> 'status'
        and (not r.after ? 'ended_on' or coalesce(to_jsonb(m.ended_on), 'null') = r.after -> 'ended_on')
        and not exists (select 1 from members_membershipchange c where c.membership_id = m.id and c.id > %(last_c)s)
        and (m.status = any(%(active)s) or not exists (
            select 1 from members_membership o
             where o.person_id = m.person_id and o.id <> m.id and o.status = any(%(active)s))) end)"""


_PERSON_NAMES = tuple(column for column, *_ in PERSON_COLUMNS)
_MEMBERSHIP_NAMES = tuple(column for column, *_ in MEMBERSHIP_COLUMNS)


def _kept_columns(alias: str, columns: tuple[str, ...]) -> str:
    cases = (
        f"case when r.after ? '{column}' and not coalesce({_still(alias, column)}, true) then '{column}' end"
        for column in columns
        if column not in {"phone_digest", "ended_on"}
    )
    return f"array_remove(array[{', '.join(cases)}], null)"


_KEPT = f"""
select name, scope_id, null::text[] from members_membership where id in (select id from sheet_touched)
union all
select m.name, m.scope_id, kept.columns from imports_rowbefore r join members_membership m on m.id = r.subject_id
 cross join lateral (select {_kept_columns("m", _MEMBERSHIP_NAMES)}) kept (columns)
 where r.batch_id = %(batch)s and r.kind = %(membership)s and cardinality(kept.columns) > 0
union all
select p.name, (select scope_id from members_membership l where l.person_id = p.id order by status, id limit 1), kept.columns
  from imports_rowbefore r join members_person p on p.id = r.subject_id
 cross join lateral (select {_kept_columns("p", _PERSON_NAMES)}) kept (columns)
 where r.batch_id = %(batch)s and r.kind = %(person)s and cardinality(kept.columns) > 0
order by 1, 2
"""


def _back(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(
        f"{column} = case when {_still(alias, column)} then b.{column} else {alias}.{column} end" for column in columns
    )


_UNDO = (
    "delete from members_membershipchange where membership_id in (select id from sheet_gone)",
    "delete from members_membership where id in (select id from sheet_gone)",
    f"""
    delete from members_duplicatepair d using members_person p
     where d.state = '{PairState.OPEN.value}' and p.id in (d.first_id, d.second_id)
       and p.id between %(first_p)s and %(last_p)s
       and not exists (select 1 from members_membership m where m.person_id = p.id)
    """,
    """
    delete from members_person p where id between %(first_p)s and %(last_p)s
       and not exists (select 1 from members_membership m where m.person_id = p.id)
    """,
    # The lines that the import wrote or redated, where what they tell goes back.
    f"""
    delete from members_membershipchange l using imports_rowbefore r, members_membership m
     where r.batch_id = %(batch)s and r.kind = %(membership)s and m.id = r.subject_id and l.membership_id = m.id
       and l.id between %(first_c)s and %(last_c)s and {_still("m", "status")}
    """,
    f"""
    update members_membershipchange l set "on" = (r.before ->> 'joined_on')::date
      from imports_rowbefore r join members_membership m on m.id = r.subject_id
     where r.batch_id = %(batch)s and r.kind = %(membership)s and l.membership_id = m.id
       and l.kind in ('JOINED', 'MOVED_IN') and {_still("m", "joined_on")}
    """,
    f"""
    update members_membership m set {_back("m", _MEMBERSHIP_NAMES)}
      from imports_rowbefore r cross join lateral jsonb_populate_record(null::members_membership, r.before) b
     where r.batch_id = %(batch)s and r.kind = %(membership)s and r.subject_id = m.id
    """,
    f"""
    update members_membership m set phone_tail = coalesce(r.before ->> 'phone_tail', '')
      from imports_rowbefore r join members_person p on p.id = r.subject_id
     where r.batch_id = %(batch)s and r.kind = %(person)s and m.person_id = p.id and {_still("p", "phone_digest")}
    """,
    f"""
    update members_person p set {_back("p", _PERSON_NAMES)}
      from imports_rowbefore r cross join lateral jsonb_populate_record(null::members_person, r.before) b
     where r.batch_id = %(batch)s and r.kind = %(person)s and r.subject_id = p.id
    """,
)
