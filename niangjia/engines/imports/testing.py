"""A toy sheet over a toy table, for the tests of the importer: places with a code, a name and a number of seats."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection

from niangjia.engines.imports import staging
from niangjia.engines.imports.sheet import Change, Checked, Column, Made, Outcome, Place, Problem, Sheet, register

TABLE = "imports_toy"
GATE = 7_306_399  # an advisory lock at which a commit waits when the batch's options say so
WAIT = "等"  # a name at which the check waits while the file of the options is there


def make_table(*, unique: bool = True) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"create table {TABLE} (id bigserial primary key, code text{' unique' if unique else ''} not null, "
            "name text not null, seats int not null default 0, touched boolean not null default false)"
        )


def toys() -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"select code, name, seats from {TABLE} order by code, id")
        found: list[tuple[str, str, int]] = cursor.fetchall()
    return found


class ToySheet(Sheet):
    name: ClassVar[str] = "imports.toy"
    title: ClassVar[str] = "驿站册"
    noun: ClassVar[str] = "驿站"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "编号", required=True, example="A1"),
        Column("name", "名称", aliases=("驿站名称",), required=True, example="北门驿站"),
        Column("seats", "座位", aliases=("座位数",), example="12"),
    )
    staged: ClassVar[tuple[tuple[str, str], ...]] = (("code", "text"), ("name", "text"), ("seats", "int"))
    leavers_title: ClassVar[str] = "册里没有的驿站"

    def facts(self, place: Place) -> Any:
        return place.options.get("wait")

    def check(self, values: Sequence[str], facts: Any) -> Checked:
        code, name, seats = (value.strip() for value in values)
        problems = []
        if not code:
            problems.append(Problem("code", "code_empty", "没有编号。"))
        if not name:
            problems.append(Problem("name", "name_empty", "没有名称。"))
        if seats and not seats.isdecimal():
            problems.append(Problem("seats", "seats", f"座位数不是数字：{seats}。"))
        while name == WAIT and facts and Path(facts).exists():
            time.sleep(0.05)
        if name == "坏":
            raise ValueError("a fault of the sheet's own")
        return Checked(name, None if problems else (code, name, int(seats) if seats else None), problems)

    def judge(self, staging_table: str, place: Place) -> None:
        staging.refuse(
            staging_table, column="code", code="twice", message="与第 %s 行的编号相同。", fill=("d.first",),
            using=f"(select code, min(number) as first from {staging_table} group by code having count(*) > 1) d",
            where="s.code = d.code and s.number > d.first",
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                update {staging_table} s set subject = t.id,
                       changed = array_remove(array[case when s.name <> t.name then 'name' end,
                                                    case when s.seats <> t.seats then 'seats' end], null)
                  from {staging_table} o left join {TABLE} t on t.code = o.code
                 where o.number = s.number and s.outcome is null
                """
            )
            cursor.execute(
                f"update {staging_table} set outcome = case when subject is null then {int(Outcome.NEW)} "
                f"when changed = '{{}}' then {int(Outcome.UNCHANGED)} else {int(Outcome.UPDATED)} end "
                "where outcome is null"
            )

    def commit(self, staging_table: str, place: Place, *, now: datetime) -> Made:
        with connection.cursor() as cursor:
            staging.keep_before(
                place.batch_id, self.name,
                f"select t.id, jsonb_build_object('name', t.name, 'seats', t.seats), "
                f"jsonb_build_object('name', s.name, 'seats', coalesce(s.seats, t.seats)) "
                f"from {staging_table} s join {TABLE} t on t.id = s.subject where s.outcome = {int(Outcome.UPDATED)}",
            )  # fmt: skip
            cursor.execute(
                f"update {TABLE} t set name = s.name, seats = coalesce(s.seats, t.seats) "
                f"from {staging_table} s where t.id = s.subject and s.outcome = {int(Outcome.UPDATED)}"
            )
            cursor.execute(
                f"with made as (insert into {TABLE} (code, name, seats) select code, name, coalesce(seats, 0) "
                f"from {staging_table} where outcome = {int(Outcome.NEW)} order by number returning id) "
                "select coalesce(min(id), 0), coalesce(max(id), 0), count(*) from made"
            )
            first, last, count = cursor.fetchone() or (0, 0, 0)
            if place.options.get("gate"):
                cursor.execute("select pg_advisory_xact_lock(%s)", [GATE])
        return Made({self.name: (first, last)} if count else {}, {"toys": count})

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        first, last = ranges.get(self.name, (1, 0))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                update {TABLE} t set name = b.before ->> 'name', seats = (b.before ->> 'seats')::int
                  from imports_rowbefore b where b.batch_id = %s and b.kind = %s and b.subject_id = t.id
                   and t.name = b.after ->> 'name' and t.seats = (b.after ->> 'seats')::int and not t.touched
                """,
                [batch_id, self.name],
            )
            cursor.execute(f"delete from {TABLE} where id between %s and %s and not touched", [first, last])
            cursor.execute(f"select name from {TABLE} where id between %s and %s order by id", [first, last])
            return [f"{name}：导入后改过，保留。" for (name,) in cursor.fetchall()]

    def changes(self, staging_table: str, numbers: Sequence[int]) -> dict[int, list[Change]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select s.number, s.changed, t.name, s.name, t.seats, s.seats "
                f"from {staging_table} s join {TABLE} t on t.id = s.subject where s.number = any(%s)",
                [list(numbers)],
            )
            return {
                number: [
                    change
                    for key, change in (
                        ("name", Change("名称", old_name, new_name)),
                        ("seats", Change("座位", str(old_seats), str(new_seats))),
                    )
                    if key in changed
                ]
                for number, changed, old_name, new_name, old_seats, new_seats in cursor.fetchall()
            }

    def absent_count(self, staging_table: str, place: Place) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select count(*) from {TABLE} t where not exists "
                f"(select 1 from {staging_table} s where s.code = t.code)"
            )
            return int((cursor.fetchone() or (0,))[0])

    def absent(self, staging_table: str, place: Place, *, after: str, size: int) -> list[tuple[int, str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select t.id, t.code, t.name from {TABLE} t where t.id > %s and not exists "
                f"(select 1 from {staging_table} s where s.code = t.code) order by t.id limit %s",
                [int(after or 0), size],
            )
            found: list[tuple[int, str, str]] = cursor.fetchall()
        return found

    def end_absent(self, ids: Sequence[int], place: Place, *, reason: str, now: datetime) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"delete from {TABLE} where id = any(%s)", [list(ids)])
            return int(cursor.rowcount)


TOY = ToySheet()


def declare() -> ToySheet:
    register(TOY)
    return TOY


def csv_of(*rows: Sequence[Any], headings: Sequence[str] = ("编号", "名称", "座位")) -> bytes:
    return "\r\n".join(",".join(map(str, row)) for row in (headings, *rows)).encode("utf-8-sig")
