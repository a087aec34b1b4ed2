"""Writing every encrypted value anew under the ring's first key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.crypto.ring import CryptoError, ring

BATCH = 1000


@dataclass(frozen=True)
class EncryptedTable:
    name: str
    key: str
    columns: tuple[str, ...]
    kind: str  # PostgreSQL's type of the primary key


def encrypted_tables() -> list[EncryptedTable]:
    """Every table that has encrypted columns, whichever room it belongs to."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        columns = tuple(str(field.column) for field in meta.local_fields if isinstance(field, EncryptedTextField))
        if columns and meta.managed and not meta.proxy:
            found.append(EncryptedTable(meta.db_table, str(meta.pk.column), columns, _type_of(meta.pk)))
    return found


def _type_of(key: models.Field) -> str:  # type: ignore[type-arg]
    return str(key.rel_db_type(connection))


def rows_under_other_keys(table: EncryptedTable) -> int:
    """How many rows still hold a value that the writing key did not seal."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("select count(*) from {table} where {other}").format(
                table=sql.Identifier(table.name), other=_other(table)
            ),
            [ring().writing.id] * len(table.columns),
        )
        return int((cursor.fetchone() or (0,))[0])


def values_by_key() -> Counter[int]:
    """How many values each key id has sealed: a key with none may leave the ring."""
    counted: Counter[int] = Counter()
    for table in encrypted_tables():
        for column in table.columns:
            with connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL(
                        "select get_byte({column}, 0), count(*) from {table} where {column} is not null group by 1"
                    ).format(column=sql.Identifier(column), table=sql.Identifier(table.name))
                )
                counted.update({int(key): int(number) for key, number in cursor.fetchall()})
    return counted


def rotate(table: EncryptedTable, *, batch: int = BATCH) -> Iterator[int]:
    """Yields how many rows were written after each batch, each committed by itself: stop and begin again at will.

    Raises CryptoError for a value that no key of the ring opens; what was written until then stays.
    """
    last: Any = None
    while True:
        with transaction.atomic():
            rows = _locked(table, last, batch)
            if not rows:
                return
            _write(table, [(row[0], *_resealed(table, row[1:])) for row in rows])
        last = rows[-1][0]
        yield len(rows)


def _other(table: EncryptedTable) -> sql.Composed:
    return sql.SQL("({})").format(
        sql.SQL(" or ").join(
            sql.SQL("get_byte({}, 0) <> %s").format(sql.Identifier(column)) for column in table.columns
        )
    )


def _locked(table: EncryptedTable, last: Any, batch: int) -> list[tuple[object, ...]]:
    key = sql.Identifier(table.key)
    statement = sql.SQL("select {key}, {columns} from {table} where {other} {after} order by {key} limit %s for update")
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(
                key=key,
                columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
                table=sql.Identifier(table.name),
                other=_other(table),
                after=sql.SQL("") if last is None else sql.SQL("and {} > %s").format(key),
            ),
            [*[ring().writing.id] * len(table.columns), *([] if last is None else [last]), batch],
        )
        return list(cursor.fetchall())


def _resealed(table: EncryptedTable, values: tuple[object, ...]) -> list[bytes | None]:
    written: list[bytes | None] = []
    for column, value in zip(table.columns, values, strict=True):
        if value is None:
            written.append(None)
            continue
        name = f"{table.name}.{column}"
        plain = ring().open(bytes(value), name)  # type: ignore[call-overload]
        sealed = ring().seal(plain, name)
        if ring().open(sealed, name) != plain:
            raise CryptoError(f"a value of {name} did not come back the same; nothing of this batch was written")
        written.append(sealed)
    return written


def _write(table: EncryptedTable, rows: list[tuple[object, ...]]) -> None:
    """One statement a batch: arrays of keys and of each column, unnested side by side."""
    names = [f"c{number}" for number in range(len(table.columns))]
    statement = sql.SQL(
        "update {table} set {sets} from unnest({arrays}) as new(pk, {names}) where {key} = new.pk"
    ).format(
        table=sql.Identifier(table.name),
        sets=sql.SQL(", ").join(
            sql.SQL("{} = new.{}").format(sql.Identifier(column), sql.Identifier(name))
            for column, name in zip(table.columns, names, strict=True)
        ),
        arrays=sql.SQL(", ").join(
            [sql.SQL("%s::{}[]").format(sql.SQL(table.kind)), *[sql.SQL("%s::bytea[]")] * len(names)]  # type: ignore[arg-type]
        ),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        key=sql.Identifier(table.name, table.key),
    )
    with connection.cursor() as cursor:
        arrays: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(statement, arrays)
