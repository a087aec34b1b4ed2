"""`niangjia web`: the web server alone, as systemd or a container runs it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from niangjia.cli import processes


def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; each has its own pool of NIANGJIA_POOL connections.")] = 1,
    threads: Annotated[int, typer.Option(help="Requests at once in each process.")] = 4,
) -> None:
    """Serve the pages until SIGTERM."""
    processes.end_with_parent()
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ.setdefault("NIANGJIA_POOL", str(threads + 2))
    Granian(
        "niangjia.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    ).serve()
