"""Which database and which settings a command works with, decided before Django is imported.

What the environment or `.env` says holds. Where neither says anything a checkout means its demo: `up` makes
one, the other commands use the one that is there. Nothing said and no demo: production, which refuses to
start without its keys.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from niangjia.kernel.environment import read_env_file
from niangjia.kernel.localdb import LocalServer

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "niangjia"
_used: list[LocalServer] = []


def read() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "niangjia.config.settings")
    read_env_file(ROOT / ".env")


def settle(*, make_demo: bool = False) -> LocalServer | None:
    """Set the environment; the local server if that is what the command will use, started."""
    read()
    if os.environ.get("DATABASE_URL"):
        return None
    nothing_said = "NIANGJIA_ENV" not in os.environ
    if not nothing_said and os.environ["NIANGJIA_ENV"] != "demo":
        return None
    if nothing_said and not make_demo and not demo_exists():
        return None
    server = LocalServer()
    if server.start():
        atexit.register(server.stop)
    _used.append(server)
    if DATABASE not in server.databases():
        server.create_database(DATABASE)
    os.environ["NIANGJIA_ENV"] = "demo"
    os.environ["DATABASE_URL"] = server.url(DATABASE)
    return server


def done_with() -> None:
    """This command needs the local server no longer."""
    while _used:
        _used.pop().stop()


def demo_exists() -> bool:
    return (LocalServer().places.data / "PG_VERSION").is_file()
