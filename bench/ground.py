"""Databases for benches: filled once, kept between runs, made anew when a migration or the seed changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from niangjia.kernel.localdb import LocalServer

ROOT = Path(__file__).resolve().parents[1]
SHAPES = (
    "niangjia/**/migrations/*.py",
    "niangjia/**/seed.py",
    "niangjia/**/seed/*.py",
    "niangjia/**/synthetic.py",
    "niangjia/kernel/bulk.py",
)

Filling = list[list[str]]


def run(
    module: str,
    *,
    scale: str,
    pg: int,
    arguments: list[str],
    own: str = "",
    filling: Filling | None = None,
    purpose: str = "bench",
) -> int:
    """Runs a bench's module in a process of its own on a filled database; returns its exit code.

    `own` is the name of a copy that the bench may change; it is dropped at the end. `filling`: see `environment_of`.
    A bench that kills its server has one of its own, by another `purpose`.
    """
    server = LocalServer(version=pg, purpose=purpose)
    server.start()
    try:
        environment = environment_of(server, scale, filling)
        if own:
            server.drop_database(own)
            server.create_database(own, template=urlsplit(environment["DATABASE_URL"]).path.strip("/"))
            environment["DATABASE_URL"] = server.url(own)
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False
        ).returncode
    finally:
        if own:
            server.drop_database(own)
        server.stop()


def run_on_a_copy(module: str, *, scale: str, pg: int, arguments: list[str]) -> int:
    """As `run`, for a bench that writes: the filled database stays as it is."""
    server = LocalServer(version=pg, purpose="bench")
    server.start()
    copy = f"bench_copy_{os.getpid()}"
    try:
        environment = environment_of(server, scale)
        server.create_database(copy, template=unquote(urlsplit(environment["DATABASE_URL"]).path.strip("/")))
        with tempfile.TemporaryDirectory(prefix="niangjia-bench-") as files:
            environment |= {"DATABASE_URL": server.url(copy), "NIANGJIA_FILES": files}
            command = [sys.executable, "-m", module, *arguments]
            return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        server.drop_database(copy)
        server.stop()


def environment_of(server: LocalServer, scale: str, filling: Filling | None = None) -> dict[str, str]:
    """The environment in which Django finds a database filled at this scale.

    `filling` are the arguments of Python that fill it when it isn't there, instead of the seed.
    """
    name = f"bench_{scale}_{_shape()}"
    environment = os.environ | {
        "DATABASE_URL": server.url(name),
        "NIANGJIA_ENV": "demo",
        "NIANGJIA_CHANNELS": "file",
        "DJANGO_SETTINGS_MODULE": "niangjia.config.settings",
    }
    there = server.databases()
    if name not in there:
        # Filled under another name first, so that an interrupted filling is never taken for a city.
        making = f"{name}_making"
        for old in there:
            if old.startswith(f"bench_{scale}_"):
                server.drop_database(old)
        server.create_database(making)
        half_made = environment | {"DATABASE_URL": server.url(making)}
        for command in (
            ["-m", "niangjia", "db", "migrate"],
            *(filling or [["-m", "niangjia", "seed", "--scale", scale, "--no-tell"]]),
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=half_made, check=True)
        server.create_database(name, template=making)
        server.drop_database(making)
    return environment


def _shape() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
