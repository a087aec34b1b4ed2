"""What every test stands on: the settings `test`, and a database of its own on a PostgreSQL of the checkout's own.

A plugin (`-p tests.ground`), because the environment must be right before pytest-django reads the settings.
One template database is migrated for each state of the migrations and kept; every process clones it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from niangjia.kernel.localdb import LocalDatabaseError, LocalServer

CI = os.environ.get("CI", "").lower() in {"1", "true"}
VERSION = int(os.environ.get("PG") or 18)
CLONING = 7_306_212  # an advisory lock; the number means nothing
USING: list[psycopg.Connection] = []
SCRATCH = Path(tempfile.mkdtemp(prefix="niangjia-test-"))

try:
    SERVER = LocalServer(VERSION, purpose="test", durable=False)
except LocalDatabaseError as error:
    raise pytest.UsageError(str(error)) from None

DATABASE = f"test_{os.getpid()}"
os.environ |= {
    "NIANGJIA_ENV": "test",
    "DATABASE_URL": SERVER.url(DATABASE),
    "NIANGJIA_FILES": str(SCRATCH / "files"),
    "NIANGJIA_NOTIFY_FILE": str(SCRATCH / "messages.jsonl"),
}


def pytest_report_header() -> str:
    return f"PostgreSQL {VERSION}"


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A clone of the migrated template, instead of Django's migrating for every process."""
    from django.db import connections
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        SERVER.start()
        template = migrated_template()
        clone(template)

        def start_anew(_: TransactionTestCase) -> None:
            """After a test that committed: not TRUNCATE, which would take the migrations' own rows along."""
            connections.close_all()
            clone(template)

        TransactionTestCase._fixture_teardown = start_anew
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        SERVER.drop_database(DATABASE)
        while USING:
            USING.pop().close()
        SERVER.stop()


def migrated_template() -> str:
    from django.core.management import call_command
    from django.db import connection

    name = f"template_{digest_of_migrations()}"
    with one_at_a_time():
        say_in_use(name)
        databases = SERVER.databases()
        for other in databases - {name}:
            if abandoned(other) or (other.startswith("template_") and not in_use(other)):
                SERVER.drop_database(other)
        if name in databases:
            return name
        making = f"{DATABASE}_making"
        SERVER.drop_database(making)
        SERVER.create_database(making)
        with pointed_at(making):
            call_command("migrate", interactive=False, verbosity=0)
            connection.close()
        with administration() as admin:
            admin.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


def say_in_use(template: str) -> None:
    """Until this process ends: runs of another state of the migrations must not drop it."""
    USING.append(administration())
    USING[-1].execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [CLONING, template])


def in_use(template: str) -> bool:
    with administration() as admin:
        row = admin.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [CLONING, template]).fetchone()
    return not row[0]


def clone(template: str) -> None:
    with one_at_a_time():
        SERVER.drop_database(DATABASE)
        SERVER.create_database(DATABASE, template)


def digest_of_migrations() -> str:
    import django
    from django.apps import apps

    digest = hashlib.sha256(django.__version__.encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path).glob("migrations/**/*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(app.path)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def abandoned(database: str) -> bool:
    """Left by a test process that was killed."""
    head, _, rest = database.partition("_")
    number = rest.partition("_")[0]
    return head == "test" and number.isdigit() and Path("/proc/self").exists() and not Path(f"/proc/{number}").exists()


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    yield
    connection.close()
    connection.settings_dict["NAME"] = DATABASE


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with administration() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [CLONING])
        yield


def administration() -> psycopg.Connection:
    return psycopg.connect(SERVER.url("postgres"), autocommit=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What is skipped on a developer's machine must run in CI."""
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and under CI=true that is a failure: {reason}"
    return report
