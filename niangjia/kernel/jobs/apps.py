from __future__ import annotations

from django.apps import AppConfig
from procrastinate import App


class JobsConfig(AppConfig):
    name = "niangjia.kernel.jobs"
    label = "jobs"
    verbose_name = "后台任务"


def on_procrastinate_ready(app: App) -> None:
    """The rooms' `jobs.py` are found by their name; nothing else has to be added to the queue's app."""
