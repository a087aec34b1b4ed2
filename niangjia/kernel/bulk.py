"""Rows by the million: COPY in binary, indexes and foreign keys built afterwards, statistics at the end.

For seeds and imports into tables of ours; the constraints are the tables' own and hold when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.ltree import PathField

_BINARY = {
    "bigint": "int8", "integer": "int4", "smallint": "int2", "boolean": "bool", "date": "date",
    "timestamp with time zone": "timestamptz", "text": "text", "bytea": "bytea", "jsonb": "jsonb",
}  # fmt: skip


def _type_of(field: models.Field) -> str:  # type: ignore[type-arg]
    if isinstance(field, ArrayField):
        return _type_of(field.base_field) + "[]"
    if isinstance(field, EncryptedTextField):
        return "bytea"
    declared = field.db_type(connection) or ""
    if isinstance(field, (models.ForeignKey, models.OneToOneField, models.AutoField)):
        declared = (field.rel_db_type(connection) or "") if isinstance(field, models.AutoField) else declared
    declared = declared.replace(" CHECK", "").split("(")[0].split(" COLLATE")[0].strip()
    return "varchar" if declared == "varchar" else _BINARY.get(declared.split(" unsigned")[0], declared)


def copy_rows(model: type[models.Model], attributes: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Appends rows given as tuples in the order of `attributes` (attnames); returns how many.

    Encrypted columns take sealed bytes, digests take digests: nothing is computed here.
    """
    fields = [_field(model, name) for name in attributes]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    binary = not any(isinstance(field, PathField) for field in fields)
    statement = f"copy {model._meta.db_table} ({columns}) from stdin{' (format binary)' if binary else ''}"
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        if binary:
            copy.set_types([_type_of(field) for field in fields])
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _field(model: type[models.Model], attname: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


def advance_ids(*tables: type[models.Model]) -> None:
    """After rows came with their own ids: the next id is above them."""
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(
                f"select setval(pg_get_serial_sequence(%s, 'id'), greatest((select max(id) from {model._meta.db_table}), 1))",
                [model._meta.db_table],
            )


GAP = 1_000


def take_ids(model: type[models.Model], count: int) -> int:
    """Reserves `count` consecutive ids and returns the first.

    Others may draw ids between our look and our step: they fall into a gap that is left for them.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        (sequence,) = cursor.fetchone() or ("",)
        cursor.execute("select setval(%(of)s::regclass, nextval(%(of)s::regclass) + %(ahead)s)", {
            "of": sequence, "ahead": GAP + max(count, 1) - 1,
        })  # fmt: skip
        (last,) = cursor.fetchone() or (0,)
    return int(last) - max(count, 1) + 1


_BUILDABLE = """
select c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), 'constraint'
  from pg_constraint c where c.conrelid = any(%s::regclass[]) and c.contype in ('f', 'u')
union all
select i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), 'index'
  from pg_index i where i.indrelid = any(%s::regclass[]) and not i.indisprimary
   and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
order by 4 desc
"""


@contextmanager
def built_afterwards(*tables: type[models.Model]) -> Iterator[list[str]]:
    """Takes the secondary indexes and foreign keys off these tables, and yields the statements that bring them back.

    Only for tables that nobody else writes, such as a new database's. The statements run when the
    block ends unless it took them out of the list to run them its own way (side by side).
    """
    names = [model._meta.db_table for model in tables]
    with connection.cursor() as cursor:
        cursor.execute(_BUILDABLE, [names, names])
        found = cursor.fetchall()
        # Foreign keys first: they lean on unique constraints.
        for table, name, _, kind in sorted(found, key=lambda row: not row[2].startswith("FOREIGN")):
            cursor.execute(
                f"alter table {table} drop constraint if exists {name}"
                if kind == "constraint"
                else f"drop index {name}"
            )
    statements = [
        definition if kind == "index" else f"alter table {table} add constraint {name} {definition}"
        for table, name, definition, kind in sorted(found, key=lambda row: row[2].startswith("FOREIGN"))
    ]
    try:
        yield statements
    finally:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def vacuum(*tables: type[models.Model]) -> None:
    """Fresh statistics and visibility maps; not inside a transaction."""
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"vacuum (analyze) {model._meta.db_table}")
