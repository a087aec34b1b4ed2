"""Start, stop and empty one local PostgreSQL; safe when two processes do so at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from niangjia.kernel.localdb.places import LocalDatabaseError, disk_sentence, make_folder, places_for

CHECKOUT = Path(__file__).resolve().parents[3]
SUPERUSER = "postgres"
PORT = 5432  # only names the socket: no server of ours listens on the network
ROOM_FOR_A_CLUSTER = 200 * 1024 * 1024
LARGEST_LOG = 10 * 1024 * 1024
TRIES = 20
BETWEEN_TRIES = 0.3
DISK_FULL = ("No space left on device", "File too large", "File size limit exceeded")
STARTING_UP = 1  # what pg_isready exits with


class LocalServer:
    """One server of one PostgreSQL version; `purpose` keeps e.g. the tests' cluster apart from the demo's.

    `durable=False` gives up crash safety for speed: for databases that a test may lose.
    """

    def __init__(self, version: int = 18, root: Path = CHECKOUT, purpose: str = "", *, durable: bool = True) -> None:
        self.version = version
        self.durable = durable
        self.places = places_for(version, root, purpose)
        self._in_use: int | None = None

    def url(self, dbname: str) -> str:
        return f"postgresql:///{quote(dbname)}?host={quote(str(self.places.socket))}&user={SUPERUSER}"

    def running(self) -> bool:
        """Whether it answers; waits while it recovers from a crash."""
        until = time.monotonic() + 60
        while True:
            asked = self._run("pg_isready", "-q", "-h", str(self.places.socket), "-p", str(PORT))
            if asked.returncode != STARTING_UP or time.monotonic() > until:
                return asked.returncode == 0
            time.sleep(BETWEEN_TRIES)

    def start(self) -> bool:
        """Make the server answer; True if it did not before. It stays until the last process that started it stops it."""
        with self._alone():
            self._say_in_use()
            self._make_socket_folder()
            if self.running():
                return False
            if not (self.places.data / "PG_VERSION").is_file():
                self._make_cluster()
            self._write_settings()
            self._start_process()
            return True

    def stop(self) -> None:
        """Stop the server, unless another process that started it still needs it."""
        with self._alone():
            self._say_no_longer_in_use()
            if self._used_elsewhere():
                return
            self._stop_process()

    def reset(self) -> None:
        """Throw the server's data away."""
        with self._alone():
            self._say_no_longer_in_use()
            if self._used_elsewhere():
                raise LocalDatabaseError(
                    "The local database is in use: stop the running demo (Ctrl-C in its terminal) first."
                )
            self._stop_process()
            for folder in (self.places.data, self._unfinished, self.places.socket):
                shutil.rmtree(folder, ignore_errors=True)

    def create_database(self, name: str, template: str | None = None) -> None:
        copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        if template and not self.durable:
            copied += sql.SQL(" STRATEGY FILE_COPY")  # past the log: the quicker way where nothing is flushed
        with self._connection() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)

    def drop_database(self, name: str) -> None:
        with self._connection() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def databases(self) -> set[str]:
        with self._connection() as connection:
            return {
                str(row[0]) for row in connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
            }

    # What follows is called with the lock held.

    @property
    def _unfinished(self) -> Path:
        return self.places.data.with_name(self.places.data.name + ".new")

    def _make_cluster(self) -> None:
        data, making = self.places.data, self._unfinished
        if data.is_dir() and any(data.iterdir()):
            raise LocalDatabaseError(f"{data} is not empty and not a database: move it away, or run `make demo-reset`.")
        free = shutil.disk_usage(data.parent).free
        if free < ROOM_FOR_A_CLUSTER:
            raise LocalDatabaseError(
                f"The disk is full: a new database needs {ROOM_FOR_A_CLUSTER >> 20} MB under {data.parent}, {free >> 20} MB are free."
            )
        shutil.rmtree(making, ignore_errors=True)
        make_folder(making, mode=0o700, owner=self.places.owner)
        made = self._run(
            *("initdb", "-D", str(making), "-U", SUPERUSER, "--auth-local=trust", "--auth-host=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", *([] if self.durable else ["--no-sync"])),
        )
        if made.returncode:
            shutil.rmtree(making, ignore_errors=True)
            raise LocalDatabaseError(self._sentence("make a database", made.stdout))
        with (making / "postgresql.conf").open("a") as conf:
            conf.write("include = 'niangjia.conf'\n")
        if data.is_dir():
            data.rmdir()
        making.rename(data)

    def _write_settings(self) -> None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.places.socket),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "max_prepared_transactions": "8",  # a large import is written by two connections
            "jit": "off",
            "wal_compression": "on",
            # Taken page by page as it is used. A city's indexes must fit, else every insert writes out a dirty page.
            "shared_buffers": f"{min(max(memory // 8, 64), 4096)}MB",
            "maintenance_work_mem": f"{min(max(memory // 64, 64), 512)}MB",
            "work_mem": "16MB",
            "max_wal_size": "8GB",
            "random_page_cost": "1.1",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "128MB",
            }
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        conf = self.places.data / "niangjia.conf"
        conf.write_text("".join(f"{name} = '{value}'\n" for name, value in quoted.items()))
        conf.chmod(0o644)

    def _start_process(self) -> None:
        log = self.places.data / "server.log"
        if log.is_file() and log.stat().st_size > LARGEST_LOG:
            log.unlink()
        if self._run("pg_ctl", "-D", str(self.places.data), "status").returncode == 0:
            self._stop_process()  # alive, but its socket is gone
        seen = log.stat().st_size if log.is_file() else 0
        # After a kill -9 the old server's children hold its memory for a moment: hence more than one try.
        for _ in range(TRIES):
            begun = self._run(
                "pg_ctl", "-D", str(self.places.data), "-w", "-t", "60", "-l", str(log), "start", quiet=True
            )
            if begun.returncode == 0 and self.running():
                return
            said = log.read_text(errors="replace")[seen:] if log.is_file() else ""
            if any(sign in said for sign in DISK_FULL):
                break
            time.sleep(BETWEEN_TRIES)
        raise LocalDatabaseError(self._sentence("start", said))

    def _stop_process(self) -> None:
        if (self.places.data / "postmaster.pid").is_file():
            self._run("pg_ctl", "-D", str(self.places.data), "-m", "fast", "-w", "-t", "60", "stop", quiet=True)

    def _make_socket_folder(self) -> None:
        socket, owner = self.places.socket, self.places.owner
        try:
            make_folder(socket, mode=0o700, owner=owner)
        except OSError as error:
            raise LocalDatabaseError(disk_sentence(error, socket)) from error
        found = socket.lstat()
        if found.st_uid != owner.uid or found.st_mode & 0o077 or not socket.is_dir() or socket.is_symlink():
            raise LocalDatabaseError(
                f"{socket} belongs to somebody else or is open to others: remove it and run the command again."
            )

    # Locks. They end with the process that holds them, however it ends.

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            make_folder(self.places.data.parent)
            lock = os.open(self.places.lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LocalDatabaseError(disk_sentence(error, self.places.data.parent)) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise LocalDatabaseError(disk_sentence(error, self.places.data)) from error
        finally:
            os.close(lock)

    def _say_in_use(self) -> None:
        if self._in_use is None:
            self._in_use = os.open(self.places.users, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def _say_no_longer_in_use(self) -> None:
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None

    def _used_elsewhere(self) -> bool:
        asking = os.open(self.places.users, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(asking, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(asking)
        return False

    def _connection(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _run(self, program: str, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's owner; `quiet` for those that leave a server behind."""
        owner = self.places.owner
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        try:
            return subprocess.run(
                [str(self.places.binaries / program), *arguments],
                cwd="/",
                env=environment | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
                stderr=subprocess.DEVNULL if quiet else subprocess.STDOUT,
                start_new_session=True,
                text=True,
                errors="replace",
                check=False,
                user=owner.uid if owner.switch else None,
                group=owner.gid if owner.switch else None,
                extra_groups=[] if owner.switch else None,
            )
        except OSError as error:
            raise LocalDatabaseError(
                f"Cannot run {self.places.binaries / program} ({error.strerror}): run `make setup` again."
            ) from error

    def _sentence(self, what: str, said: str) -> str:
        if any(sign in said for sign in DISK_FULL):
            return f"The disk is full: free some space for {self.places.data.parent} and run the command again."
        reasons = [line.strip() for line in said.splitlines() if "FATAL" in line or "error:" in line or "PANIC" in line]
        reason = reasons[-1] if reasons else f"see {self.places.data / 'server.log'}"
        return f"PostgreSQL could not {what} ({reason}): put that right, or begin anew with `make demo-reset`."
