"""`niangjia worker`: does the jobs, until SIGTERM or SIGINT; what it is at is then finished first.

What takes longer than the grace, an import or an export, is handed back and begun anew by the next worker.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from niangjia.cli import processes

BEHIND = 5
"""Where the processors are short, whoever waits for a page goes before what can wait."""


def worker(
    concurrency: Annotated[int, typer.Option(help="Jobs at once.")] = 4,
    grace: Annotated[
        float, typer.Option(help="Seconds a running job has to finish when the worker is told to stop.")
    ] = 30.0,
) -> None:
    """Do the background jobs. Any number of workers may run, on any number of machines."""
    processes.end_with_parent()
    os.nice(BEHIND)
    import django

    django.setup()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    from niangjia.kernel.jobs import stopping
    from niangjia.kernel.jobs.jobs import STALLED_AFTER_SECONDS

    # The proxy hides the connector's type: in a Django process it is always Django's.
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()) as running:
        running.run_worker(
            concurrency=concurrency,
            shutdown_graceful_timeout=grace,
            update_heartbeat_interval=STALLED_AFTER_SECONDS / 3,
            stalled_worker_timeout=STALLED_AFTER_SECONDS,
            task_middleware=[stopping.known],
        )
