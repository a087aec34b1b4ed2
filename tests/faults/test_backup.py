"""A backup is worth what its restoring is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from niangjia.cli import backups
from niangjia.cli.backups import DUMP, FILES, MANIFEST
from niangjia.cli.troubles import Trouble
from tests.faults.test_sentences import ROOT, niangjia, the_sentence
from tests.ground import DATABASE, SERVER, migrated_template

NAME = f"{DATABASE}_kept"
INSERT = (
    "INSERT INTO access_user (username, name, password, is_active, email, created_at, phone)"
    " VALUES ('zhang', '张工', '', true, '', now(), '')"
)


CONTENTS = {hashlib.sha256(content).hexdigest(): content for content in (b"a photo", b"a roster", bytes(3_000_000))}


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


def keep(url: str, root: Path) -> dict[Path, bytes]:
    """Files as `store` keeps them, with their rows; and what an upload under way leaves, which is nobody's yet."""
    kept = {}
    for digest, content in CONTENTS.items():
        place = root / digest[:2] / digest[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        run(
            url,
            "INSERT INTO files_storedfile (name, kind, size, sha256, created_at)"
            f" SELECT name, 'text/plain', {len(content)}, '{digest}', now() FROM (VALUES ('one'), ('again')) v (name)",
        )
        kept[place] = content
    (root / ".incoming-7").write_bytes(b"half")
    return kept


def files_under(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


def test_what_was_backed_up_comes_back(database: str, tmp_path: Path, root: Path) -> None:
    run(database, INSERT)
    stored = keep(database, root)
    file = tmp_path / "union.zip"
    backed_up = niangjia("db", "backup", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root))
    assert backed_up.returncode == 0, backed_up.stderr
    assert "3 files" in backed_up.stdout
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [DUMP, *(FILES + digest for digest in sorted(CONTENTS)), MANIFEST]
        manifest = json.loads(archive.read(MANIFEST))
        assert (manifest["files"], manifest["lost"]) == (3, 0)
        assert manifest["bytes"] == sum(map(len, CONTENTS.values()))
        assert manifest["sha256"] == hashlib.sha256(archive.read(DUMP)).hexdigest()

    run(database, "DELETE FROM access_user; DELETE FROM files_storedfile")
    gone, changed, whole = stored
    gone.unlink()
    changed.write_bytes(b"rotten")
    touched = whole.stat()
    restored = niangjia("db", "restore", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root))
    assert restored.returncode == 0, restored.stderr
    assert names(database) == {"张工"}
    assert files_under(root) == stored | {root / ".incoming-7": b"half"}
    assert gone.stat().st_mode & 0o077 == 0
    assert whole.stat().st_ino == touched.st_ino
    kept = next(name for name in SERVER.databases() if name.startswith(f"{NAME}_before_"))
    assert names(SERVER.url(kept)) == set()
    assert niangjia("db", "status", DATABASE_URL=database).returncode == 0


def test_an_empty_place_gets_both(database: str, tmp_path: Path, root: Path) -> None:
    run(database, INSERT)
    stored = keep(database, root)
    file, elsewhere = tmp_path / "union.zip", tmp_path / "new" / "files"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root)).returncode == 0
    new = SERVER.url(f"{NAME}_new")
    restored = niangjia("db", "restore", str(file), DATABASE_URL=new, NIANGJIA_FILES=str(elsewhere))
    assert restored.returncode == 0, restored.stderr
    assert names(new) == {"张工"}
    assert files_under(elsewhere) == {elsewhere / path.relative_to(root): content for path, content in stored.items()}


def test_lost_files_are_told_and_the_rest_is_kept(database: str, tmp_path: Path, root: Path) -> None:
    lost, rotten, _ = keep(database, root)
    lost.unlink()
    rotten.write_bytes(b"rotten")
    file = tmp_path / "union.zip"
    backed_up = niangjia("db", "backup", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root))
    assert backed_up.returncode == 0
    assert "1 files" in backed_up.stdout
    assert "2 files that the database names are lost or damaged" in backed_up.stdout


def test_a_dump_of_the_releases_before_still_comes_back(database: str, tmp_path: Path) -> None:
    run(database, INSERT)
    file = tmp_path / "union.zip"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
    with zipfile.ZipFile(file) as archive:
        (tmp_path / "union.dump").write_bytes(archive.read(DUMP))
    run(database, "DELETE FROM access_user")
    restored = niangjia("db", "restore", str(tmp_path / "union.dump"), DATABASE_URL=database)
    assert restored.returncode == 0, restored.stderr
    assert "holds no files" in restored.stdout
    assert names(database) == {"张工"}


def test_a_restored_trail_is_still_guarded(database: str, tmp_path: Path) -> None:
    file = tmp_path / "union.zip"
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
        file = tmp_path / "union.zip"
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


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20_000])


def test_a_damaged_backup_changes_nothing(database: str, tmp_path: Path, root: Path) -> None:
    keep(database, root)
    file, elsewhere = tmp_path / "union.zip", tmp_path / "elsewhere"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root)).returncode == 0
    run(database, INSERT)
    cut(file)
    restored = niangjia("db", "restore", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(elsewhere))
    assert "is damaged" in the_sentence(restored)
    assert_untouched(database, elsewhere)


def change_a_byte(of: str) -> Callable[[Path], None]:
    """In the middle of a member, which zip's own sum notices."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            info = next(info for info in archive.infolist() if info.filename.startswith(of))
        content = bytearray(file.read_bytes())
        content[info.header_offset + 100 + info.file_size // 2] ^= 1
        file.write_bytes(content)

    return change


def rewrite(name: str, content: bytes | None) -> Callable[[Path], None]:
    """By somebody with a program for zips, so that the sums are right."""

    def change(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            kept = {info.filename: archive.read(info) for info in archive.infolist()}
        if content is None:
            del kept[name]
        else:
            kept[name] = content
        with zipfile.ZipFile(file, "w") as archive:
            for each, its in kept.items():
                archive.writestr(each, its)

    return change


BIG = FILES + max(CONTENTS, key=lambda digest: len(CONTENTS[digest]))


@pytest.mark.parametrize(
    "damage",
    [
        cut, change_a_byte(DUMP), change_a_byte(BIG), rewrite(DUMP, None), rewrite(BIG, None),
        rewrite(MANIFEST, None), rewrite(DUMP, b"another"), rewrite(BIG, b"another"), rewrite(MANIFEST, b"{}"),
        rewrite(MANIFEST, b"[1]"), lambda file: file.write_bytes(b""), lambda file: file.write_bytes(b"PK"),
    ],
    ids=[
        "cut", "byte of the dump", "byte of a file", "no dump", "a file less", "no manifest", "another dump",
        "another file", "nothing in it", "nonsense in it", "empty", "no zip",
    ],
)  # fmt: skip
def test_damage_is_found_before_anything_is_done(damage: Callable[[Path], None], tmp_path: Path) -> None:
    for digest, content in CONTENTS.items():
        (tmp_path / digest).write_bytes(content)
    file = tmp_path / "union.zip"
    with file.open("wb") as target, backups.writing(target) as writer:
        writer.dump(io.BytesIO(b"PGDMP" * 20_000), lambda _: None)
        writer.files(CONTENTS, lambda digest: tmp_path / digest, lambda _: None)
        writer.finish("2026-11-22")
    with backups.reading(file, lambda _: lambda _: None) as found:
        assert found.manifest.files == len(CONTENTS)
    damage(file)
    with pytest.raises(Trouble, match="is damaged"), backups.reading(file, lambda _: lambda _: None):
        raise AssertionError("it was taken for whole")


def assert_untouched(database: str, root: Path) -> None:
    assert names(database) == {"张工"}
    assert not [name for name in SERVER.databases() if name.startswith((f"{NAME}_restoring_", f"{NAME}_before_"))]
    assert files_under(root) == {}


def with_a_small_disk(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """No file may grow beyond a megabyte."""
    return subprocess.run(
        ["/bin/bash", "-c", 'ulimit -f 1024; exec "$0" -m niangjia "$@"', sys.executable, *arguments],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_full_disk_leaves_no_half_backup(database: str, tmp_path: Path, root: Path) -> None:
    keep(database, root)
    folder = tmp_path / "backups"
    folder.mkdir()
    tried = with_a_small_disk(
        "db", "backup", str(folder / "union.zip"), DATABASE_URL=database, NIANGJIA_FILES=str(root)
    )
    assert "The disk is full" in the_sentence(tried)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_restored(database: str, tmp_path: Path, root: Path) -> None:
    keep(database, root)
    file, elsewhere = tmp_path / "union.zip", tmp_path / "elsewhere"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(root)).returncode == 0
    run(database, INSERT)
    tried = with_a_small_disk("db", "restore", str(file), DATABASE_URL=database, NIANGJIA_FILES=str(elsewhere))
    assert "The disk is full" in the_sentence(tried)
    assert_untouched(database, elsewhere)


def test_a_database_in_use_is_not_replaced(database: str, tmp_path: Path) -> None:
    file = tmp_path / "union.zip"
    assert niangjia("db", "backup", str(file), DATABASE_URL=database).returncode == 0
    with psycopg.connect(database):
        said = the_sentence(niangjia("db", "restore", str(file), DATABASE_URL=database))
    assert "stop the web server and the workers first" in said


def test_the_serving_role_may_go_on_after_a_restoring(database: str, tmp_path: Path) -> None:
    file, role = tmp_path / "rights.zip", f"{NAME}_serving"
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
