"""The table in which a batch's rows wait for the commit: unlogged, and rebuilt from the file whenever it is lost.

`imports_staged_<batch>` is made of our own names alone; every value travels as a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from niangjia.engines.imports.models import ImportBatch
    from niangjia.engines.imports.sheet import Checked, Sheet

# `found`: how many of the problems the row's own check found; those that `judge` adds go when it judges again.
_ENGINE = (
    "number int not null, outcome smallint, problems jsonb, label text, found smallint not null default 0, "
    "subject bigint, changed text[]"
)
_LOADED = (("number", "int4"), ("outcome", "int2"), ("problems", "jsonb"), ("label", "text"), ("found", "int2"))
_SHORT = {"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "boolean": "bool", "real": "float4"}


def create(batch: ImportBatch, sheet: Sheet) -> str:
    """An empty table, in place of whatever an earlier check left; returns its name."""
    drop(batch)
    own = "".join(f", {name} {kind}" for name, kind in sheet.staged)
    with connection.cursor() as cursor:
        cursor.execute(f"create unlogged table {batch.staging} ({_ENGINE}{own}) with (autovacuum_enabled = off)")
    return batch.staging


def drop(batch: ImportBatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {batch.staging}")


def stands(batch: ImportBatch) -> bool:
    """Whether all the rows are there: an unlogged table is empty after the database was killed."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s) is not null", [batch.staging])
        if not (cursor.fetchone() or (False,))[0]:
            return False
        if batch.rows == 0:
            return True
        cursor.execute(f"select exists (select 1 from {batch.staging})")
        return bool((cursor.fetchone() or (False,))[0])


@contextmanager
def loading(staging: str, sheet: Sheet) -> Iterator[Callable[[int, Checked], None]]:
    """One long COPY; `write(number, checked)` appends a row. Nothing remains of it when the block raises."""
    from psycopg.types.json import Jsonb

    columns = [*_LOADED, *sheet.staged]
    nothing = (None,) * len(sheet.staged)
    names = ", ".join(name for name, _ in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {staging} ({names}) from stdin (format binary)") as copy,
    ):
        copy.set_types([_binary(kind) for _, kind in columns])
        write_row = copy.write_row

        def write(number: int, checked: Checked) -> None:
            label, staged, problems = checked
            if problems:
                told = Jsonb([{"column": key, "code": code, "message": said} for key, code, said in problems])
                write_row((number, 0, told, label, len(problems), *(staged or nothing)))
            else:
                write_row((number, None, None, label, 0, *(staged or nothing)))

        yield write


def _binary(kind: str) -> str:
    name, array = kind.removesuffix("[]").split("(")[0].strip(), kind.endswith("[]")
    return _SHORT.get(name, name) + ("[]" if array else "")


def loaded(staging: str) -> None:
    """Statistics for `judge`, whose joins would go wrong without."""
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {staging}")


def judged(staging: str) -> None:
    """The keys by which the preview pages; built last, so that loading and judging don't keep them up."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"alter table {staging} drop constraint if exists {staging}_pkey, add primary key (number);"
            f"create index if not exists {staging}_refused on {staging} (number) where outcome = 0"
        )


def forget_judgement(staging: str) -> None:
    """Back to what the rows' own checks said, so that `judge` may be asked again."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            update {staging} s set subject = null, changed = null, outcome = case when s.found > 0 then 0 end,
                   problems = case when s.found > 0 then jsonb_path_query_array(s.problems,
                       '$[0 to $last]', jsonb_build_object('last', s.found - 1)) end
            """
        )


def refuse(
    staging: str,
    *,
    column: str,
    code: str,
    message: str,
    where: str,
    params: Sequence[Any] = (),
    using: str = "",
    fill: Sequence[str] = (),
) -> int:
    """Refuses the rows `s` for which the SQL `where` holds, with one problem more; returns how many.

    `using` is a further FROM item ("members_person p", "(select …) d"), `fill` are SQL expressions for the
    `%s` of the message: `message="与第 %s 行重复。", fill=("d.number",)`. The parameters are those of `using`,
    then `where`.
    """
    told = f"format(%s, {', '.join(fill)})" if fill else "%s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            update {staging} s
               set outcome = 0,
                   problems = coalesce(s.problems, '[]'::jsonb)
                       || jsonb_build_object('column', %s::text, 'code', %s::text, 'message', {told}::text)
              {f"from {using}" if using else ""}
             where {where}
            """,
            [column, code, message, *params],
        )
        return int(cursor.rowcount)


def keep_before(batch_id: int, kind: str, select_sql: str, params: Sequence[Any] = ()) -> int:
    """Keeps what updated rows said: `select_sql` gives (subject_id, before jsonb, after jsonb)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            insert into imports_rowbefore (batch_id, kind, subject_id, before, after)
            select %s, %s, kept.subject_id, kept.before, kept.after
              from ({select_sql}) kept (subject_id, before, after)
            """,
            [batch_id, kind, *params],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True)
class Counted:
    """`fingerprint` changes with any row's outcome, subject or changed fields."""

    rows: int
    outcomes: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""


def count(staging: str) -> Counted:
    """Rows by outcome, and rows by problem code: a row with the same problem twice counts once."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select outcome, count(*), bit_xor(hashtextextended(concat_ws('|', number, outcome, subject, changed), 0))
              from {staging} group by outcome
            """
        )
        by_outcome = cursor.fetchall()
        cursor.execute(
            f"""
            select problem ->> 'code', count(distinct number)
              from {staging}, jsonb_array_elements(problems) problem where outcome = 0 group by 1
            """
        )
        problems = {code: int(rows) for code, rows in cursor.fetchall()}
    if any(outcome is None for outcome, _, _ in by_outcome):
        raise RuntimeError(f"{staging}: judge left rows without an outcome")
    mixed = 0
    for _, _, part in by_outcome:
        mixed ^= part
    outcomes = {str(int(outcome)): int(rows) for outcome, rows, _ in by_outcome}
    return Counted(sum(outcomes.values()), outcomes, problems, f"{mixed & (2**64 - 1):016x}")
