"""What the preview shows: old and new value of each changed field, and the members whom the sheet does not name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from niangjia.engines.imports.sheet import Change as Changed
from niangjia.engines.imports.sheet import Place
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.crypto.ring import ring
from niangjia.modules.members.actions import change_members
from niangjia.modules.members.actions.bulk import MOST_ROWS
from niangjia.modules.members.models import ACTIVE_STATES, Platform
from niangjia.modules.members.rules import Change, MembershipState
from niangjia.modules.members.sheets.columns import HEADING_OF, MEMBERSHIP_FIELDS, PERSON_FIELDS
from niangjia.modules.members.sheets.knowledge import PHONE_AS
from niangjia.modules.members.sheets.words import label_of
from niangjia.modules.organisations.queries.membership import employer_names
from niangjia.modules.organisations.queries.organisations import names_of

_NUMBERED = {"platform": "platform_id", "employer": "employer_id"}
_WORKED = [field for field in MEMBERSHIP_FIELDS if field != "categories"]
_SIDE_BY_SIDE = f"""
select s.number, s.changed, s.applies, a.status,
       {", ".join(f"p.{field}, s.{field}" for field in PERSON_FIELDS)},
       {", ".join(f"a.{_NUMBERED.get(field, field)}, s.{_NUMBERED.get(field, field)}" for field in _WORKED)},
       a.categories, s.categories::smallint[]
  from {{staging}} s join members_person p on p.id = s.subject
  left join members_membership a on a.id = s.membership_id
 where s.number = any(%s) and s.changed is not null
"""
_FIELDS = (*PERSON_FIELDS, *_WORKED, "categories")


def changes(staging: str, numbers: Sequence[int]) -> dict[int, list[Changed]]:
    with connection.cursor() as cursor:
        cursor.execute(_SIDE_BY_SIDE.replace("{staging}", staging), [[*numbers]])
        rows = cursor.fetchall()
    sides = [(row, dict(zip(_FIELDS, zip(row[4::2], row[5::2], strict=True), strict=True))) for row in rows]
    firms = employer_names(pk for _, values in sides for pk in values["employer"] if pk)
    platforms = dict(Platform.objects.values_list("pk", "name"))
    named = {"employer": firms, "platform": platforms}
    return {
        row[0]: [
            Changed(HEADING_OF[field], *(_shown(field, side, named) for side in values[field]))
            for field in row[1]
            if field in values
        ]
        + ([_state(row[3], row[2])] if row[2] else [])
        for row, values in sides
    }


def _state(status: int, applies: str) -> Changed:
    return Changed(HEADING_OF["status"], MembershipState(status).label, Change(applies).label)


def _shown(field: str, value: Any, named: dict[str, dict[int, str]]) -> str:
    if value is None or value == "":
        shown = ""
    elif field in named:
        shown = named[field].get(value, "")
    elif field == "phone":
        shown = mask_phone(ring().open(bytes(value), PHONE_AS))
    elif isinstance(value, bool):
        shown = "是" if value else "否"
    elif isinstance(value, list):
        shown = "、".join(label_of(field, code) for code in value)
    else:
        shown = value.isoformat() if isinstance(value, date) else label_of(field, value)
    return shown


# The units of the file, and their members whom no row names: a refused row names its member all the same.
_UNITS = "select distinct scope_id from {staging} where scope_id is not null"
_COUNT = f"""
select (select coalesce(sum(n), 0) from members_membertally
         where category = 0 and status = any(%s) and scope_id in ({_UNITS}))
     - (select count(distinct membership_id) from {{staging}} where membership_id is not null)
"""
_ABSENT = f"""
select m.id, m.name, m.scope_id, m.phone_tail, m.joined_on from members_membership m
 where m.id > %s and m.status = any(%s) and m.scope_id in ({_UNITS})
   and m.scope_id in (select id from access_scope where path <@ %s::ltree)
   and not exists (select 1 from {{staging}} s where s.membership_id = m.id)
 order by m.id limit %s
"""


def absent_count(staging: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.replace("{staging}", staging), [[*ACTIVE_STATES]])
        return max(0, int((cursor.fetchone() or (0,))[0]))


def absent(staging: str, place: Place, *, after: str, size: int) -> list[tuple[int, str, str]]:
    """By id, which follows the union and the name for all that came in one go; `after` is the last one's id."""
    with connection.cursor() as cursor:
        known = int(after) if after.isdecimal() else 0
        cursor.execute(_ABSENT.replace("{staging}", staging), [known, [*ACTIVE_STATES], place.path, size])
        rows = cursor.fetchall()
    unions = names_of(row[2] for row in rows)
    return [
        (
            pk,
            name,
            "，".join(filter(None, [unions.get(scope, ""), f"{joined:%Y-%m-%d} 入会", tail and f"手机尾号 {tail}"])),
        )
        for pk, name, scope, tail, joined in rows
    ]


def end_absent(ids: Iterable[int], place: Place, *, reason: str, now: datetime) -> int:
    """Each by the ordinary action; those that a rule refuses stay as they are."""
    wanted, done = sorted(set(ids)), 0
    for begin in range(0, len(wanted), MOST_ROWS):
        results = change_members(
            wanted[begin : begin + MOST_ROWS], change=Change.LEFT, on=timezone.localdate(now), actor=place.actor,
            now=now, reason=reason,
        )  # fmt: skip
        done += sum(not result.problem for result in results)
    return done
