"""A backup is worth what its restoring is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from tests.faults.test_sentences import niangjia, the_sentence
from tests.ground import DATABASE, SERVER, migrated_template

NAME = f"{DATABASE}_kept"
INSERT = (
    "INSERT INTO access_user (username, name, password, is_active, email, created_at, phone)"
    " VALUES ('zhang', '张工', '', true, '', now(), '')"
)


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock():
        SERVER.create_database(NAME, migrated_template())
    yield SERVER.url(NAME)
    for name in SERVER.databases():
        if name.startswith(NAME):
            SERVER.drop_database(name)


def names(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM access_user")}


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_what_was_backed_up_comes_back(database: str, tmp_path: Path) -> None:
    run(database, INSERT)
    file = tmp_path / "union.dump"
    backed_up = niangjia("db", "backup", str(file), DATABASE_URL=database)
    assert backed_up.returncode == 0, backed_up.stderr
    assert file.stat().st_mode & 0o077 == 0
    run(database, "DELETE FROM access_user")

    restored = niangjia("db", "restore", str(file), DATABASE_URL=database)
    assert restored.returncode == 0, restored.stderr
    assert names(database) == {"张工"}
    kept = next(name for name in SERVER.databases() if name.startswith(f"{NAME}_before_"))
    assert names(SERVER.url(kept)) == set()
    assert niangjia("db", "status", DATABASE_URL=database).returncode == 0


def test_a_restored_trail_is_still_guarded(database: str, tmp_path: Path) -> None:
    file = tmp_path / "union.dump"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
    assert niangjia("db", "restore", str(file), DATABASE_URL=database).returncode == 0
    with psycopg.connect(database) as connection:
        guards = connection.execute(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'audit_%'"
        ).fetchone()
    assert guards
    assert guards[0] > 0


def test_rows_on_their_way_in_stay_out(database: str, tmp_path: Path) -> None:
    """The serving role made their table: the role that backs up may not even read it."""
    role = "niangjia_serving_of_a_test"
    run(database, f"CREATE ROLE {role}")
    try:
        run(database, f"GRANT CREATE ON SCHEMA public TO {role}")
        run(database, f"SET ROLE {role}; CREATE UNLOGGED TABLE imports_staged_7 (number int)")
        file = tmp_path / "union.dump"
        assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
        assert niangjia("db", "restore", str(file), DATABASE_URL=database).returncode == 0
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT to_regclass('imports_staged_7')").fetchone() == (None,)
    finally:
        for name in [name for name in SERVER.databases() if name.startswith(NAME)]:
            run(SERVER.url(name), f"DROP OWNED BY {role}")
        run(database, f"DROP ROLE {role}")


def test_a_role_that_cannot_import_is_told_so(database: str) -> None:
    from niangjia.cli.check import Verdict, about_imports

    role = "niangjia_weak_of_a_test"
    run(database, f"CREATE ROLE {role}")
    try:
        with psycopg.connect(database) as connection:
            assert about_imports(connection).verdict is Verdict.GOOD
            connection.execute(f"SET ROLE {role}")
            assert "CREATE ON SCHEMA" in about_imports(connection).said
            connection.execute(f"RESET ROLE; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}")
            assert "SEQUENCES" in about_imports(connection).said
            connection.rollback()
    finally:
        run(database, f"DROP ROLE {role}")


def test_a_damaged_backup_changes_nothing(database: str, tmp_path: Path) -> None:
    run(database, INSERT)
    file = tmp_path / "union.dump"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
    file.write_bytes(file.read_bytes()[:-20_000])
    assert "pg_restore failed" in the_sentence(niangjia("db", "restore", str(file), DATABASE_URL=database))
    assert names(database) == {"张工"}
    assert not [name for name in SERVER.databases() if "_restoring_" in name]


def test_a_database_in_use_is_not_replaced(database: str, tmp_path: Path) -> None:
    file = tmp_path / "union.dump"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
    with psycopg.connect(database):
        said = the_sentence(niangjia("db", "restore", str(file), DATABASE_URL=database))
    assert "stop the web server and the workers first" in said


def test_the_serving_role_may_go_on_after_a_restoring(database: str, tmp_path: Path) -> None:
    file, role = tmp_path / "rights.dump", f"{NAME}_serving"
    run(database, f"CREATE ROLE {role}")
    try:
        run(database, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
        restored = niangjia("db", "restore", str(file), DATABASE_URL=database)
        assert restored.returncode == 0, restored.stderr
        with psycopg.connect(database) as connection:
            may = connection.execute("SELECT has_table_privilege(%s, 'access_user', 'SELECT')", [role]).fetchone()
        assert may == (True,)
    finally:
        for name in SERVER.databases():
            if name.startswith(NAME):
                run(SERVER.url(name), f"DROP OWNED BY {role}")
        run(database, f"DROP ROLE {role}")
