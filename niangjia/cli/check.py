"""`niangjia check`: is this installation fit for use? A line for each answer; exit 1 if one is no."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from niangjia.cli.troubles import OLDEST_POSTGRESQL, sentence

MUST_BE_SET = ("NIANGJIA_SECRET_KEY", "NIANGJIA_CRYPTO_KEYS", "NIANGJIA_DIGEST_KEY", "NIANGJIA_HOSTS", "DATABASE_URL")
LONGEST_CLOCK_DIFFERENCE = 2.0
SMALLEST_SECRET = 50
DECEMBER = 12
LEAST_FREE = 2 * 1024**3
MANY_PEOPLE = 5  # a month's visitors from one address, from which on that is remarkable


class Verdict(StrEnum):
    GOOD = "[green]✓[/green]"
    DOUBTFUL = "[yellow]![/yellow]"
    BAD = "[red]✗[/red]"


class Answer(NamedTuple):
    question: str
    verdict: Verdict
    said: str


def check() -> None:
    """Keys, hosts, debug, the database's version, its role's rights, the clock, the disk."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    bad = False
    for question, verdict, said in answers():
        table.add_row(str(verdict), question, said)
        bad = bad or verdict is Verdict.BAD
    Console(highlight=False).print(table)
    if bad:
        raise typer.Exit(1)


def answers() -> Iterator[Answer]:
    environment = os.environ.get("NIANGJIA_ENV", "production")
    production = environment == "production"
    yield Answer("environment", Verdict.GOOD, environment)
    missing = [name for name in MUST_BE_SET if not os.environ.get(name)] if production else []
    for name in missing:
        yield Answer("settings", Verdict.BAD, f"{name} is not set: see .env.example")
    if missing:
        return
    try:
        import django

        django.setup()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the settings is the answer
        yield Answer("settings", Verdict.BAD, sentence(error) or f"{type(error).__name__}: {error}")
        return
    yield from about_settings(production=production)
    try:
        yield from about_database(production=production)
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        yield Answer("database", Verdict.BAD, said)


def about_settings(*, production: bool) -> Iterator[Answer]:
    from django.conf import settings

    from niangjia.kernel.crypto.ring import CryptoError, digest, ring

    less = Verdict.BAD if production else Verdict.DOUBTFUL
    strong = len(settings.SECRET_KEY) >= SMALLEST_SECRET and "never-in-production" not in settings.SECRET_KEY
    yield judged("secret key", strong, "set", less, f"the demo's, or shorter than {SMALLEST_SECRET} characters")
    try:
        ring()
        digest("x")
        yield Answer("encryption keys", Verdict.GOOD, "readable")
    except (CryptoError, ValueError) as error:
        yield Answer("encryption keys", Verdict.BAD, str(error))
    hosts = settings.ALLOWED_HOSTS
    named = bool(hosts) and "*" not in hosts
    yield judged("hosts", named, ", ".join(hosts), less, "any host name is answered: name yours in NIANGJIA_HOSTS")
    yield judged("debug", not settings.DEBUG, "off", less, "on: pages show the program's insides")
    proxies = ", ".join(str(proxy).removesuffix("/32").removesuffix("/128") for proxy in settings.PROXIES)
    believed = f"X-Forwarded-For is believed of {proxies or 'nobody'}"
    yield Answer("proxies", Verdict.GOOD, f"{believed}; others count by their own address (NIANGJIA_PROXIES)")
    ways = settings.NOTIFY_CHANNELS
    none = "none: codes reach no phone, so no worker logs in (NIANGJIA_CHANNELS)"
    yield judged("messages", bool(ways), ", ".join(ways), Verdict.DOUBTFUL, none)
    whole = settings.ADDRESS.startswith(("https://", "http://"))
    bare = "links in text messages are bare paths: set NIANGJIA_ADDRESS (https://…)"
    if production or settings.ADDRESS:
        yield judged("address", whole, settings.ADDRESS, Verdict.DOUBTFUL, bare)
    if production:
        secure = settings.SECURE_SSL_REDIRECT and settings.SESSION_COOKIE_SECURE
        plain = "plain http is answered: NIANGJIA_HTTPS_REDIRECT is off"
        yield judged("https", secure, "required", Verdict.DOUBTFUL, plain)
        built = (settings.STATIC_ROOT / "staticfiles.json").is_file()
        yield judged("assets", built, "collected", Verdict.BAD, "not collected: run `django-admin collectstatic`")
    folder = next(each for each in (settings.FILES_ROOT, *settings.FILES_ROOT.parents) if each.exists())
    writable, free = os.access(folder, os.W_OK), shutil.disk_usage(folder).free
    room = f"{free >> 30} GB free under {folder}"
    yield judged(
        "files", writable and free >= LEAST_FREE, room, less, room if writable else f"{folder} is not writable"
    )


def about_database(*, production: bool) -> Iterator[Answer]:
    from niangjia.cli import database

    less = Verdict.BAD if production else Verdict.DOUBTFUL
    with database.connected() as connection:
        shown = connection.info.parameter_status("server_version") or ""
        new_enough = connection.info.server_version >= OLDEST_POSTGRESQL
        yield judged("PostgreSQL", new_enough, shown, Verdict.BAD, f"{shown}: 15 or newer is needed")
        yield about_role(connection, less)
        yield about_imports(connection)
        before = datetime.now(UTC)
        row = connection.execute("SELECT clock_timestamp(), getdatabaseencoding()").fetchone()
        after = datetime.now(UTC)
        assert row
        there, encoding = row
        difference = abs((there - (before + (after - before) / 2)).total_seconds())
        said = f"{difference:.1f} s from the database's"
        same = difference <= LONGEST_CLOCK_DIFFERENCE
        yield judged("clock", same, said, less, f"{said}: let both follow NTP")
        yield judged(
            "encoding", encoding == "UTF8", encoding, Verdict.BAD, f"{encoding}: create it with ENCODING 'UTF8'"
        )
    waiting, unknown = database.migrations_missing()
    if unknown:
        yield Answer("tables", Verdict.BAD, f"made by a newer version of the program ({unknown[0]})")
    else:
        told = f"{len(waiting)} migrations to run: `niangjia db migrate`"
        yield judged("tables", not waiting, "up to date", Verdict.BAD, told)
        if not waiting:
            yield about_calendar()
            with database.connected() as connection:
                yield about_visitors(connection)


def about_visitors(connection: psycopg.Connection[Any]) -> Answer:
    """A proxy that is not named makes one visitor of all: one stranger then locks every user name he knows."""
    row = connection.execute(
        "SELECT count(DISTINCT user_id), count(DISTINCT ip), coalesce(min(host(ip)), '') FROM usersessions_usersession"
        " WHERE last_seen_at > now() - interval '30 days'"
    ).fetchone()
    assert row
    people, addresses, one = row
    doubt = f"{people} people, all from {one}: a proxy there must set X-Forwarded-For and be named in NIANGJIA_PROXIES"
    apart = addresses > 1 or people < MANY_PEOPLE
    return judged("visitors", apart, f"{people} people from {addresses} addresses", Verdict.DOUBTFUL, doubt)


def about_calendar() -> Answer:
    """Deadlines in a year without a table are guessed; the next year's comes out in November."""
    from django.utils import timezone

    from niangjia.kernel.worktime.queries import years_missing

    today = timezone.localdate()
    missing = [year for year in years_missing(today) if year == today.year or today.month == DECEMBER]
    told = f"no table of {', '.join(map(str, missing))}: deadlines there are guessed until 系统管理 › 工作日历 has it"
    return judged("calendar", not missing, "known", Verdict.DOUBTFUL, told)


def about_role(connection: psycopg.Connection[Any], less: Verdict) -> Answer:
    """A superuser, or the owner of the audit tables, could switch off the triggers that keep the trail whole."""
    row = connection.execute(
        "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),"
        " EXISTS (SELECT FROM pg_tables WHERE tablename LIKE 'audit\\_%' AND tableowner = current_user)"
    ).fetchone()
    assert row
    role, superuser, owner = row
    if superuser:
        said = f"{role} is a superuser: give the web server and the worker a role of their own"
        return Answer("database role", less, said)
    doubt = f"{role} owns the audit tables: let another role run the migrations"
    return judged("database role", not owner, f"{role} owns nothing it must not change", Verdict.DOUBTFUL, doubt)


def about_imports(connection: psycopg.Connection[Any]) -> Answer:
    """An import keeps its checked rows in a table of its own, and takes the ids of new rows in one go."""
    row = connection.execute(
        "SELECT has_schema_privilege(current_schema(), 'CREATE'), coalesce(bool_and(has_sequence_privilege(oid, 'UPDATE')),"
        " true) FROM pg_class WHERE relkind = 'S' AND relname LIKE 'members\\_%'"
    ).fetchone()
    assert row
    may_create, may_number = row
    missing = "CREATE ON SCHEMA public" if not may_create else "UPDATE ON ALL SEQUENCES IN SCHEMA public"
    told = f"the role can't import sheets: GRANT {missing} to it"
    return judged("imports", may_create and may_number, "the role may prepare sheets", Verdict.BAD, told)


def judged(question: str, fine: bool, good: str, otherwise: Verdict, bad: str) -> Answer:  # noqa: FBT001
    return Answer(question, Verdict.GOOD, good) if fine else Answer(question, otherwise, bad)
