"""`niangjia db …`: state, migrations, backup and restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any

import psycopg
import typer
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from niangjia.cli import backups, surroundings
from niangjia.cli.troubles import OLDEST_POSTGRESQL, Trouble
from niangjia.kernel.localdb import LocalDatabaseError, LocalServer, places_for

LOCK_TIMEOUT = "4s"
# Migrations of two starts at once take turns; the number means nothing.
MIGRATION_LOCK = 7_306_211
FIRST_WITH_TRANSACTION_TIMEOUT = 17

Step = Callable[[str, int | None], backups.Tell]
"""Begins a step of so many bytes; None where nobody knows."""

app = typer.Typer(help="The database: its state, migrations, backup and restore.", no_args_is_help=True)
terminal = Console(highlight=False, soft_wrap=True)


@app.callback()
def begin(context: typer.Context) -> None:
    """The database: its state, migrations, backup and restore."""
    # A demo that cannot start any more must still be possible to throw away.
    if "--help" not in sys.argv and context.invoked_subcommand != "reset":
        surroundings.settle()


@app.command()
def status() -> None:
    """Say which database it is, its version and size, and whether its tables are up to date."""
    begin_django()
    with connected() as connection:
        row = connection.execute(
            "SELECT current_database(), current_user, current_setting('server_version'),"
            " pg_size_pretty(pg_database_size(current_database())),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) - 1"
        ).fetchone()
    assert row
    waiting, unknown = migrations_missing()
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in zip(("database", "role", "PostgreSQL", "size", "other sessions"), row, strict=True):
        table.add_row(name, str(value))
    table.add_row("migrations", f"{len(waiting)} to run: `niangjia db migrate`" if waiting else "up to date")
    if unknown:
        table.add_row("", f"made by a newer version of the program ({', '.join(unknown)})")
    terminal.print(table)
    if waiting or unknown:
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the tables up to date; gives up rather than hold up a running system."""
    begin_django()
    refuse_unfit()
    bring_up_to_date()
    terminal.print("The tables are up to date.")


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; else niangjia-<time>.zip in this folder.")] = None,
) -> None:
    """Write the whole database and the uploaded files into one file."""
    begin_django()
    now = datetime.now().astimezone()
    target = (file or Path(f"niangjia-{now:%Y%m%d-%H%M%S}.zip")).absolute()
    if target.exists():
        raise Trouble(f"{target} exists already: choose another name.")
    if not target.parent.is_dir():
        raise Trouble(f"There is no folder {target.parent}: make it first.")
    making = target.with_name(target.name + ".part")
    try:
        making.touch(mode=0o600)
        with making.open("wb") as written:
            manifest, lost = back_up(written, made_at=now.isoformat(timespec="seconds"))
            written.flush()
            os.fsync(written.fileno())
        making.rename(target)
    finally:
        making.unlink(missing_ok=True)
    terminal.print(
        f"{target} ({target.stat().st_size / 1e6:.1f} MB: the database and {manifest.files:,} files)."
        f" `niangjia db restore {target.name}` brings it back."
    )
    if lost:
        terminal.print(
            f"{len(lost):,} files that the database names are lost or damaged and not in it ({lost[0]} …):"
            " put them back from an older backup.",
            style="yellow",
        )


# One past its day may go between the dump and this.
STORED = """
SELECT DISTINCT sha256, size FROM files_storedfile WHERE expires_at IS NULL OR expires_at > now() ORDER BY sha256
"""


def back_up(target: IO[bytes], *, made_at: str) -> tuple[backups.Manifest, list[Path]]:
    from niangjia.kernel.files.places import place_of

    with backups.writing(target) as writer, steps() as step:
        with client_at_work(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            # Rows on their way in: checked again from the stored file, and another role's, whom this one can't read.
            "--exclude-table=imports_staged_*",
            "--dbname",
            url(password=False),
            stdout=subprocess.PIPE,
        ) as dumping:
            assert dumping.stdout
            writer.dump(dumping.stdout, step("database", None))
        with connected() as connection:
            named = connection.execute(STORED).fetchall()
        writer.files([digest for digest, _ in named], place_of, step("files", sum(size for _, size in named)))
        return writer.finish(made_at), writer.lost


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `niangjia db backup` wrote.")],
) -> None:
    """Put a backup in the database's place and its files in theirs; the database as it is now is kept under another name."""
    begin_django()
    if not file.is_file():
        raise Trouble(f"There is no file {file}.")
    with connected("postgres") as connection:
        refuse_in_use(connection, database_name())  # before a large backup is read through
    with steps() as step:
        if backups.is_dump_alone(file):
            with file.open("rb") as dump:
                kept = put_in_place(dump, step("database", file.stat().st_size), nullcontext())
            said = "The backup is of an older version of the program and holds no files: put those back by hand."
        else:
            with backups.reading(file, partial(step, "reading")) as source, source.dump() as dump:
                kept = put_in_place(dump, step("database", source.dump_bytes), files_put(source, step))
            said = f"{source.manifest.files:,} files are in their places."
    terminal.print(
        "Restored."
        if kept is None
        else f"Restored. What was there before is the database {kept}: drop it when all is well."
    )
    terminal.print(said)
    if any(migrations_missing()):
        terminal.print("The backup is of another version of the program: run `niangjia db migrate`.", style="yellow")


def files_put(source: backups.Reader, step: Step) -> AbstractContextManager[None]:
    from django.conf import settings

    from niangjia.kernel.files.places import place_of

    return source.files_put(place_of, settings.FILES_ROOT, step("files", source.manifest.bytes))


def put_in_place(dump: IO[bytes], tell: backups.Tell, files: AbstractContextManager[None]) -> str | None:
    """All or nothing. The name under which the database that was there is kept; None where none was."""
    name = database_name()
    stamp = f"{datetime.now().astimezone():%Y%m%d_%H%M%S}"
    fresh, kept = f"{name}_restoring_{stamp}", f"{name}_before_{stamp}"
    with connected("postgres") as connection:
        is_there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        refuse_in_use(connection, name)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(fresh))
        )
        try:
            with client_at_work(
                "pg_restore", "--exit-on-error", "--no-owner", "--dbname", url(fresh, password=False),
                stdin=subprocess.PIPE,
            ) as restoring:  # fmt: skip
                assert restoring.stdin
                while piece := dump.read(1024 * 1024):
                    restoring.stdin.write(piece)
                    tell(len(piece))
            with connected(fresh) as restored:
                restored.execute("SELECT 1 FROM django_migrations LIMIT 1")
                restored.execute("ANALYZE")
            with files, connection.transaction():
                if is_there:
                    rename(connection, name, kept)
                rename(connection, fresh, name)
        except BaseException:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
            raise
    return kept if is_there else None


@app.command()
def reset() -> None:
    """Throw away the demo of this checkout: its database, uploaded files and messages."""
    if os.environ.get("NIANGJIA_ENV", "demo") != "demo":
        raise Trouble("Only a demo can be thrown away, and NIANGJIA_ENV says this is none.")
    server = LocalServer()
    if os.environ.get("DATABASE_URL", server.url(surroundings.DATABASE)) != server.url(surroundings.DATABASE):
        raise Trouble("Only the checkout's own database can be thrown away, and DATABASE_URL names another.")
    surroundings.done_with()
    server.reset()
    local = surroundings.ROOT / ".local"
    shutil.rmtree(local / "files", ignore_errors=True)
    (local / "messages.jsonl").unlink(missing_ok=True)
    terminal.print(f"The demo is gone ({server.places.data}). `make demo` makes a new one.")


# What `up`, `check` and the commands above share. Django is imported here and not earlier.


def begin_django() -> None:
    import django

    django.setup()


def let_go() -> None:
    """Close our connections, pool and all: what follows does its own."""
    from django.db import connection

    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]


def refuse_unfit() -> None:
    """Reachable, new enough, and not migrated by a newer version of the program."""
    with connected() as connection:
        version = connection.info.server_version
    if version < OLDEST_POSTGRESQL:
        raise Trouble(
            f"PostgreSQL 15 or newer is needed and this is {version // 10000}: set DATABASE_URL to a newer server."
        )
    _, unknown = migrations_missing()
    if unknown:
        raise Trouble(
            f"The database was made by a newer version of the program ({unknown[0]}): update the checkout, or `make demo-reset` for a demo."
        )


def bring_up_to_date() -> None:
    from django.core.management import call_command

    if not migrations_missing()[0]:
        return
    let_go()
    before = os.environ.get("PGOPTIONS")
    os.environ["PGOPTIONS"] = f"{before or ''} -c lock_timeout={LOCK_TIMEOUT}".strip()
    try:
        with connected(lock_timeout=False) as turn:
            turn.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        let_go()
        os.environ.pop("PGOPTIONS")
        if before is not None:
            os.environ["PGOPTIONS"] = before


def migrations_missing() -> tuple[list[str], list[str]]:
    """(on disk and not run, run and not on disk), the latter of our own apps only."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    on_disk = set(executor.loader.disk_migrations)
    ours = {each.label for each in apps.get_app_configs() if each.name.startswith("niangjia.")}
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = [
        key
        for key in executor.loader.applied_migrations
        if key[0] in ours and key not in on_disk and not replaced(executor, key)
    ]
    return [f"{each.app_label}.{each.name}" for each, _ in waiting], sorted(".".join(key) for key in unknown)


def replaced(executor: Any, key: tuple[str, str]) -> bool:
    return any(key in each.replaces for each in executor.loader.disk_migrations.values())


def is_empty() -> bool:
    """Nobody can log in yet: what a new database and one whose filling was interrupted have in common."""
    from django.contrib.auth import get_user_model

    return not get_user_model().objects.exists()


def remark() -> str | None:
    """What the database has written on it, seen by every program and kept when its tables are not there yet."""
    with connected() as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    return row[0] if row else None


def put_remark(text: str) -> None:
    with connected() as connection:
        written = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(written.format(sql.Identifier(database_name()), sql.Literal(text or None)))


def connected(dbname: str | None = None, *, lock_timeout: bool = True) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url(dbname), autocommit=True, connect_timeout=5)
    if not lock_timeout:
        connection.execute("SET lock_timeout = 0")
    return connection


def database_name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def url(dbname: str | None = None, *, password: bool = True) -> str:
    """A conninfo of the database that Django's settings name, for clients of our own."""
    from django.db import connection

    settings = connection.settings_dict
    parts = {
        "dbname": dbname or settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"] if password else "",
        "host": settings["HOST"],
        "port": settings["PORT"],
        **{name: value for name, value in settings["OPTIONS"].items() if name in {"sslmode", "sslrootcert", "options"}},
    }
    return make_conninfo("", **{name: value for name, value in parts.items() if value})


def refuse_in_use(connection: psycopg.Connection[Any], name: str) -> None:
    others = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
    if others and others[0]:
        raise Trouble(f"{others[0]} sessions use the database: stop the web server and the workers first.")


def rename(connection: psycopg.Connection[Any], old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


@contextmanager
def steps() -> Iterator[Step]:
    """Says how far each step is, by its bytes, where somebody looks on."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as shown:
        yield lambda name, total: partial(shown.advance, shown.add_task(name, total=total))


@contextmanager
def client_at_work(
    program: str, *arguments: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """pg_dump or pg_restore, waited for. Raises Trouble with what it complains of.

    The password goes by the environment, where `ps` does not show it.
    """
    from django.db import connection

    with connected("postgres") as asking:
        found = client(program, asking.info.server_version // 10000)
    password = connection.settings_dict["PASSWORD"]
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([found, *arguments], env=environment, stdin=stdin, stdout=stdout, stderr=said)
        with suppress(BrokenPipeError), process:
            try:
                yield process
            except BrokenPipeError:
                raise  # it gave up, and has said why
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            raise complaint(program, said.read().decode(errors="replace").strip() or str(process.returncode))


def complaint(program: str, said: str) -> Trouble:
    if "No space left on device" in said:
        return Trouble("The disk is full: free some space and run the command again.")
    unknown = re.search(r'role "([^"]+)" does not exist', said)
    if unknown:
        return Trouble(
            f"The backup gives rights to the role {unknown[1]}, which is not here: create it first (deploy/README.md)."
        )
    return Trouble(f"{program} failed: {said.splitlines()[0]}")


def client(program: str, server: int) -> str:
    """The program of the server's own version: what pg_dump 17 and newer write, PostgreSQL 16 and older don't take."""
    folders = [Path(f"/usr/lib/postgresql/{server}/bin")]
    with suppress(LocalDatabaseError):
        folders.append(places_for(18, surroundings.ROOT).binaries)
    candidates = [str(folder / program) for folder in folders if (folder / program).is_file()]
    candidates += [found for found in [shutil.which(program)] if found]
    for candidate in candidates:
        said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False).stdout
        version = int("".join(re.findall(r"\s(\d+)", said)[:1]) or 0)
        if version == server or version > server >= FIRST_WITH_TRANSACTION_TIMEOUT:
            return candidate
    raise Trouble(f"{program} of PostgreSQL {server} was not found: install postgresql-client-{server}.")
