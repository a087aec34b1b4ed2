"""What every test stands on: the settings `test`, and a database of its own on a PostgreSQL of the checkout's own.

A plugin (`-p tests.ground`), because the environment must be right before pytest-django reads the settings.
One template database is migrated for each state of the migrations and kept; every process clones it. What takes
seconds to make and many tests stand on is made once a process, in a database beside it (`stocked`).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from niangjia.kernel.localdb import LocalDatabaseError, LocalServer

CI = os.environ.get("CI", "").lower() in {"1", "true"}
VERSION = int(os.environ.get("PG") or 18)
CLONING = 7_306_212  # an advisory lock; the number means nothing
USING: list[psycopg.Connection] = []
STOCKS: dict[str, Stock] = {}
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
        for database in (DATABASE, *(stock.database for stock in STOCKS.values())):
            SERVER.drop_database(database)
        while USING:
            USING.pop().close()
        SERVER.stop()


@dataclass
class Stock:
    """A database beside the tests' own, and what `fill` gave when it filled that (pickled; empty before)."""

    name: str
    fill: Callable[[], Any]
    is_one_act: bool
    made: bytes = b""

    @property
    def database(self) -> str:
        return f"{DATABASE}_{self.name}"


def stocked(name: str, fill: Callable[[], Any], *, is_one_act: bool = True) -> Any:
    """The fixture `name`: a copy of what `fill` gave, in a database that it has filled.

    A test changes it in its transaction, or in a clone if it commits. What is no one act commits by itself.
    """
    stock = STOCKS[name] = Stock(name, fill, is_one_act)

    @pytest.fixture(name=name)
    def given(db: None) -> Any:
        return pickle.loads(stock.made)

    return given


@pytest.fixture(autouse=True)
def standing(request: pytest.FixtureRequest) -> Iterator[None]:
    """The database that a test's stock is in. Of this plugin, so that it comes before the test's transaction."""
    stock = next((STOCKS[name] for name in request.fixturenames if name in STOCKS), None)
    if stock is None:
        yield
        return
    request.getfixturevalue("django_db_setup")
    with request.getfixturevalue("django_db_blocker").unblock():
        if not stock.made:
            put_by(stock)
    if commits(request):
        from django.db import connection

        connection.close()
        clone(stock.database)
        yield
    else:
        with pointed_at(stock.database):
            yield


def put_by(stock: Stock) -> None:
    from django.db import connection, transaction

    SERVER.drop_database(stock.database)
    SERVER.create_database(stock.database, name_of_template())
    with pointed_at(stock.database):
        with transaction.atomic() if stock.is_one_act else nullcontext():
            made = stock.fill()
            connection.run_on_commit.clear()  # what a test makes tells nobody either
        stock.made = pickle.dumps(made)


def commits(request: pytest.FixtureRequest) -> bool:
    """Whether a test works without a transaction around it."""
    marker = request.node.get_closest_marker("django_db")
    asked = marker is not None and (marker.kwargs.get("transaction") or bool(marker.args and marker.args[0]))
    return bool(asked or {"transactional_db", "live_server"} & set(request.fixturenames))


def migrated_template() -> str:
    from django.core.management import call_command
    from django.db import connection

    name = name_of_template()
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


def name_of_template() -> str:
    return f"template_{digest_of_migrations()}"


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
    try:
        yield
    finally:
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
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server"}:
            item.add_marker(pytest.mark.database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What is skipped on a developer's machine must run in CI."""
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and under CI=true that is a failure: {reason}"
    return report
