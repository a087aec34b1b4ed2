"""Reading the environment: flags, lists, `.env`, DATABASE_URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from psycopg_pool import ConnectionPool


def read_env_file(path: Path) -> None:
    """Add `NAME=value` lines of a file to the environment; what is already set wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def env_flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "")
    return default if not value else value.lower() in {"1", "true", "yes", "on"}


def env_list(name: str, *, default: list[str]) -> list[str]:
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] if value else default


def database_from_url(url: str, *, pool: bool) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?host=/socket/folder`.

    A folder of a Unix socket stands in the query, as libpq has it. Without a URL the local
    server of `kernel.localdb` is meant: its commands set DATABASE_URL before Django starts.
    """
    parts = urlsplit(url or "postgresql:///niangjia")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {
        key: value for key, value in query.items() if key in {"sslmode", "sslrootcert", "options"}
    }
    if pool:
        options["pool"] = {
            "min_size": 1,
            "max_size": int(os.environ.get("NIANGJIA_POOL", "8")),
            "timeout": 10,  # so long waits who asks while the database is away
            # Left to itself the pool waits twice as long after each failure; so it begins anew, an attempt a second.
            "reconnect_timeout": 1,
            "reconnect_failed": ConnectionPool.check,
        }
    return {
        "ENGINE": "niangjia.kernel.pooled",
        "NAME": unquote(parts.path.lstrip("/")) or "niangjia",
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
    }
