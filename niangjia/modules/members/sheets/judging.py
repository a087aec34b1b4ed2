"""The staged rows held against each other and against the register, in statements over whole sets.

Matched rows, those whose document the register knows, lie in a temporary table of their own: in a first
import they are few, in a second one all. What speaks against a row is gathered in another, and written at the end.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from niangjia.engines.imports.sheet import Place
from niangjia.modules.members.models import ACTIVE_STATES
from niangjia.modules.members.queries.people import ELSEWHERE
from niangjia.modules.members.rules import CHANGES, NEEDS_REASON, Change, MembershipState
from niangjia.modules.members.sheets.columns import MEMBERSHIP_FIELDS, PERSON_FIELDS
from niangjia.modules.organisations.queries.membership import unions_with_members
from niangjia.modules.organisations.queries.organisations import names_of

SHARED_PHONES = "shared_phones"
"""The option that lets several people have one phone."""

TRANSFER = "请办理会籍转接。"


def judge(staging: str, place: Place) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        judgement = Judgement(cursor, staging, place)
        judgement.match()
        judgement.within_the_file()
        judgement.against_the_register()
        judgement.beginnings()
        judgement.settle()


class Judgement:
    """One run over one staging table; the temporary tables go with the transaction."""

    def __init__(self, cursor: Any, staging: str, place: Place) -> None:
        self.cursor, self.staging, self.place = cursor, staging, place
        self.facts: dict[str, Any] = {
            "path": place.path,
            "elsewhere": ELSEWHERE,
            "transfer": TRANSFER,
            "moved": [Change.MOVED_IN, Change.MOVED_OUT],
            "by_hand": [Change.CORRECTED, Change.MERGED],
            "with_reason": [*NEEDS_REASON],
            "died": int(MembershipState.DIED),
        }

    def run(self, statement: str, **more: Any) -> None:
        self.cursor.execute(statement.replace("{staging}", self.staging), self.facts | more)

    def against(self, column: str, kind: str, message: str, rows: str, **more: Any) -> None:
        """One thing that speaks against rows: `message` is an SQL expression, `rows` begins with FROM over `s`."""
        self.run(
            f"insert into sheet_against select s.number, %(column)s, %(code)s, {message} {rows}",
            column=column, code=f"{column}.{kind}", **more,
        )  # fmt: skip

    def match(self) -> None:
        names, changes = _labels()
        self.run(
            """
            drop table if exists sheet_against, sheet_matched, sheet_words;
            create temp table sheet_against (number int, "column" text, code text, message text,
                of_whom boolean default false) on commit drop;
            create temp table sheet_words (status int, change text, label text, follows int) on commit drop;
            update {staging} set membership_id = null, applies = null, seen = null
             where membership_id is not null or seen is not null;
            """
        )
        self.cursor.executemany("insert into sheet_words values (%s, null, %s, null)", names)
        self.cursor.executemany("insert into sheet_words values (null, %s, %s, %s)", changes)
        self.run(_MATCH, active=[*ACTIVE_STATES])
        self.run("analyze sheet_matched")

    def within_the_file(self) -> None:
        self.against(
            "document_number", "twice", "format('与第 %%s 行的证件号码相同，一个人只能有一行。', d.first)",
            """from {staging} s join (
                   select document_digest, min(number) as first from {staging} where outcome is null
                   group by 1 having count(*) > 1
               ) d on d.document_digest = s.document_digest
               where s.outcome is null and s.number <> d.first""",
        )  # fmt: skip
        # Two document numbers of one human being, who was registered twice and merged.
        self.against(
            "document_number", "merged", "format('与第 %%s 行是同一个人（登记过两个证件号码，已合并），只能有一行。', d.first)",
            """from sheet_matched s join (
                   select person_id, min(number) as first, count(distinct document_digest) as documents
                     from sheet_matched where open group by 1
               ) d on d.person_id = s.person_id and d.documents > 1
               where s.open and s.number <> d.first""",
        )  # fmt: skip
        if self.place.options.get(SHARED_PHONES):
            return
        self.against("phone", "shared", _SHARED_MESSAGE.format("与第 %%s 行的手机号码相同", "d.other"), _SHARED)
        self.against("phone", "registered", _SHARED_MESSAGE.format("手机号码在名册里是%%s的", "d.other"), _PHONE_KNOWN)

    def against_the_register(self) -> None:
        unions = [union.id for union in unions_with_members(self.place.path)]
        self.against(
            "union", "closed", "'这个工会已不再运行或不直接管理会员，请核对。'",
            """from {staging} s where s.outcome is null and s.scope_id is not null
                and not exists (select 1 from unnest(%(unions)s::bigint[]) as u (id) where u.id = s.scope_id)""",
            unions=unions,
        )  # fmt: skip
        self.cursor.execute("select distinct active_scope from sheet_matched where active_scope is not null and within")
        names = names_of(pk for (pk,) in self.cursor.fetchall())
        self.run(_WHO, ids=[*names], names=[*names.values()])
        # Of whom is not the asker's, nothing more is said.
        self.run("update sheet_matched m set open = false from sheet_against a where a.number = m.number and a.of_whom")
        self.run(_LEFT)
        self.run(_CHANGING)
        self.run(_DAYS, active=[*ACTIVE_STATES])

    def beginnings(self) -> None:
        """Those who have no membership now: what a new one must say, and what it cannot be."""
        self.run(_BEGINNING)

    def settle(self) -> None:
        self.run(
            """
            update {staging} s set outcome = 0, problems = coalesce(s.problems, '[]') || told.problems
              from (select number, jsonb_agg(jsonb_build_object('column', "column", 'code', code, 'message', message))
                      from sheet_against group by number) as told (number, problems)
             where told.number = s.number and s.outcome is null
            """
        )
        self.run(_COMPARE)
        self.run("update {staging} set outcome = 1 where outcome is null")


def _labels() -> tuple[list[tuple[int, str]], list[tuple[str, str, int | None]]]:
    return (
        [(int(state), state.label) for state in MembershipState],
        [(change.value, change.label, int(CHANGES[change][1]) if change in CHANGES else None) for change in Change],
    )


# `within`: the membership that counts (the active one, else the latest) lies under the place, so its facts may be told.
_MATCH = """
create temp table sheet_matched on commit drop as
select s.number, s.outcome is null as open, s.document_digest, p.id as person_id, p.name, p.document_kind, p.born_on,
       p.xmin::text || '/' || coalesce(a.xmin::text, '') as seen,
       a.id as active_id, a.scope_id as active_scope, a.status as active_status, a.joined_on as active_since,
       l.scope_id as latest_scope, l.status as latest_status,
       coalesce(c.path <@ %(path)s::ltree, false) as within,
       coalesce(a.scope_id = s.scope_id, false) as here,
       null::text as applies, null::boolean as ended_alike
  from {staging} s
  join members_person d on d.document_digest = s.document_digest
  join members_person p on p.id = coalesce(d.merged_into_id, d.id)
  left join members_membership a on a.person_id = p.id and a.status = any(%(active)s)
  left join lateral (
      select scope_id, status from members_membership where person_id = p.id and a.id is null
      order by joined_on desc, id desc limit 1
  ) l on true
  left join access_scope c on c.id = coalesce(a.scope_id, l.scope_id)
"""

# The first of a phone's rows names the next one that is called otherwise; all the others name the first.
_SHARED = """
from (
    select number, case when name = first_name then min(number) filter (where name <> first_name) over same
                        else first_number end as other
      from (
        select r.number, r.name, r.phone_digest,
               first_value(r.name) over by_row as first_name, first_value(r.number) over by_row as first_number
          from {staging} r join (
              select phone_digest from {staging} where outcome is null and phone_digest is not null
              group by 1 having min(name collate "C") <> max(name collate "C")
          ) several on several.phone_digest = r.phone_digest
         where r.outcome is null
        window by_row as (partition by r.phone_digest order by r.number)
      ) r window same as (partition by phone_digest)
) s cross join lateral (select s.other) d
"""
_SHARED_MESSAGE = "format('{}而姓名不同，请核对；确属共用的，请在上传时选择“允许共用手机号码”。', {})"
# Only of people under the place: whose phone it is elsewhere is nobody's business here.
_PHONE_KNOWN = """
from (
    select s.number, min(p.name) as other
      from {staging} s join members_person p on p.phone_digest = s.phone_digest
       and p.name <> s.name and p.document_digest <> s.document_digest
     where s.outcome is null and s.phone_digest is not null
       and exists (select 1 from members_membership m join access_scope c on c.id = m.scope_id
                    where m.person_id = p.id and c.path <@ %(path)s::ltree)
     group by s.number
) s cross join lateral (select s.other) d
"""

_WHO = """
insert into sheet_against
select number, split_part(code, '.', 1), code, message, true from (
    select m.number, case
        when m.active_id is not null and not m.within
          or not m.within and (m.name <> s.name or m.document_kind <> s.document_kind or m.latest_status = %(died)s)
            then 'document_number.elsewhere'
        when m.active_id is not null and not m.here then 'document_number.other_union'
        when m.name <> s.name then 'name.registered'
        when m.document_kind <> s.document_kind then 'document_kind.registered'
        when m.latest_status = %(died)s and (m.latest_scope <> s.scope_id
             or coalesce(s.status, (select follows from sheet_words w where w.change = s.change), 1) <> %(died)s)
            then 'document_number.died'
        end as code, s.name, u.name as union_name
      from sheet_matched m join {staging} s on s.number = m.number
      left join unnest(%(ids)s::bigint[], %(names)s::text[]) as u (id, name) on u.id = m.active_scope
     where m.open
) who cross join lateral (select case code
    when 'document_number.elsewhere' then %(elsewhere)s
    when 'document_number.other_union' then format('%%s是“%%s”的会员，转到这个工会%%s', name, union_name, %(transfer)s)
    when 'name.registered' then '该证件号码登记的是另一个姓名，请核对证件；登记有误的，请先更正姓名。'
    when 'document_kind.registered' then '证件类型与登记的不一致，请核对；登记有误的，请在会员页面更正证件。'
    when 'document_number.died' then format('%%s登记为去世。登记有误的，请在原会籍上办理更正。', name)
    end) told (message)
where code is not null
"""

# Somebody who left, named as one who left: the register says so already.
_LEFT = """
update sheet_matched m set ended_alike = true from {staging} s left join sheet_words w on w.change = s.change
 where s.number = m.number and m.open and m.active_id is null and m.within and m.latest_scope = s.scope_id
   and m.latest_status = coalesce(s.status, w.follows) and m.latest_status not in (1, 2)
"""

# A change that the register has already, or a state that it is in already, is no change.
_CHANGING = """
update sheet_matched m set applies = case
    when s.change is not null then s.change
    when s.status is null or s.status = m.active_status then null
    else (array['RESUMED', 'KEPT', 'MOVED_OUT', 'LEFT', 'LAPSED', 'EXPELLED', 'DIED'])[s.status] end
  from {staging} s left join sheet_words w on w.change = s.change
 where s.number = m.number and m.open and m.here
   and coalesce(s.change, '') <> 'JOINED'
   and (s.change = any(%(moved)s) or s.change = any(%(by_hand)s) or w.follows is null or w.follows <> m.active_status)
   and not exists (select 1 from members_membershipchange c where c.membership_id = m.active_id
                      and c.kind = s.change and (s.change_on is null or c."on" = s.change_on));
insert into sheet_against
select number, split_part(code, '.', 1), code, case code
    when 'change.transfer' then '会员的转入、转出不能用名册办理，' || %(transfer)s
    when 'change.by_hand' then format('“%%s”不能用名册办理，请在会员页面办理。', label)
    when 'change_on.missing' then format('会籍状态与登记的不同，要办理“%%s”，请填写会籍变化日期。', label)
    when 'change_reason.missing' then format('办理“%%s”要写明原因。', label) end
  from (
    select m.number, w.label, case
        when m.applies = any(%(moved)s) then 'change.transfer'
        when m.applies = any(%(by_hand)s) then 'change.by_hand'
        when s.change_on is null then 'change_on.missing'
        when m.applies = any(%(with_reason)s) and s.change_reason is null then 'change_reason.missing' end as code
      from sheet_matched m join {staging} s on s.number = m.number join sheet_words w on w.change = m.applies
     where m.open and m.applies is not null
  ) changing where code is not null
"""

_DAYS = """
insert into sheet_against
select number, split_part(code, '.', 1), code, case code
    when 'joined_on.late' then format('入会日期不能晚于之后的会籍变化（%%s）。', least_later)
    when 'joined_on.young' then format('出生于 %%s，未满 16 周岁，不能入会。', born_on)
    when 'change_on.early' then format('日期不能早于%%s（%%s）。',
        case when latest > joined_on then '上一次会籍变化' else '入会日期' end, greatest(latest, joined_on))
    when 'joined_on.overlaps' then '此人在这段时间另有会籍，不能重叠，请核对日期。' end
  from (
    select m.number, m.born_on, later.least_later, later.latest, coalesce(s.joined_on, m.active_since) as joined_on, case
        when s.joined_on > m.active_since and s.joined_on > later.least_later then 'joined_on.late'
        when s.born_on is null and (m.born_on + interval '16 years')::date > s.joined_on then 'joined_on.young'
        when m.applies is not null
             and s.change_on < greatest(later.latest, coalesce(s.joined_on, m.active_since)) then 'change_on.early'
        when s.joined_on is distinct from m.active_since and s.joined_on is not null and exists (
            select 1 from members_membership o
             where o.person_id = m.person_id and o.status <> all(%(active)s)
               and o.ended_on > greatest(o.joined_on, s.joined_on)
               and (m.active_id is null or m.applies is null or m.applies in ('KEPT', 'RESUMED')
                    or o.joined_on < s.change_on)
        ) then 'joined_on.overlaps' end as code
      from sheet_matched m join {staging} s on s.number = m.number
      left join lateral (
          select min("on") as least_later, max("on") as latest from members_membershipchange c
           where c.membership_id = m.active_id and c.kind not in ('JOINED', 'MOVED_IN')
      ) later on true
     where m.open and (m.here or m.active_id is null and m.ended_alike is not true)
  ) days where code is not null
"""

_BEGINNING = """
insert into sheet_against
select number, split_part(code, '.', 1), code, case code
    when 'status.gone' then format('此人没有在册会籍，不能登记为“%%s”。', label)
    when 'change.new' then format('新登记的会员不能办理“%%s”，请留空或填“入会”。', change_label)
    when 'joined_on.missing' then '新会员要填写入会日期。'
    when 'change_on.missing' then '登记为“保留”的，要填写会籍变化日期。'
    when 'change_on.early' then format('日期不能早于入会日期（%%s）。', joined_on) end
  from (
    select s.number, s.joined_on, w.label as change_label, (select label from sheet_words
               where status = coalesce(s.status, w.follows)) as label, case
        when s.status not in (1, 2) or w.follows not in (1, 2) then 'status.gone'
        when s.change in ('RESUMED', 'CORRECTED', 'MERGED') then 'change.new'
        when s.joined_on is null then 'joined_on.missing'
        when s.status = 2 and s.change_on is null then 'change_on.missing'
        when (s.status = 2 or s.change = 'KEPT') and s.change_on < s.joined_on then 'change_on.early' end as code
      from {staging} s left join sheet_matched m on m.number = s.number left join sheet_words w on w.change = s.change
     where s.outcome is null and m.open is not false and m.active_id is null and m.ended_alike is not true
       and (s.joined_on is null or s.status > 1 or s.change is not null)
  ) beginning
 where code is not null
"""


def _differs(alias: str, field: str) -> str:
    """Whether a given cell says something else than the register; an empty one says nothing."""
    given, known = f"s.{field}", f"{alias}.{field}"
    if field == "phone":
        given, known = "s.phone_digest", "p.phone_digest"
    elif field == "categories":
        given, known = "s.categories::smallint[]", "a.categories"
    elif field in {"platform", "employer"}:
        given, known = f"s.{field}_id", f"{alias}.{field}_id"
    return f"case when {given} is not null and {given} is distinct from {known} then '{field}' end"


_COMPARE = f"""
with compared as (
    select s.number, array_remove(array[{", ".join(_differs("p", field) for field in PERSON_FIELDS)}]
               || case when m.active_id is null then '{{}}'
                       else array[{", ".join(_differs("a", field) for field in MEMBERSHIP_FIELDS)}] end
               || case when m.applies is not null then array['status'] end, null) as changed
      from sheet_matched m join {{staging}} s on s.number = m.number
      join members_person p on p.id = m.person_id left join members_membership a on a.id = m.active_id
     where s.outcome is null and m.ended_alike is not true
)
update {{staging}} s set
    outcome = case when s.outcome = 0 then 0 when m.ended_alike then 3 when m.active_id is null then 1
                   when cardinality(c.changed) > 0 then 2 else 3 end,
    subject = case when m.within or s.outcome is null then m.person_id end,
    membership_id = case when m.here then m.active_id end,
    changed = nullif(c.changed, '{{}}'), applies = m.applies, seen = m.seen
  from sheet_matched m left join compared c on c.number = m.number
 where s.number = m.number
"""
