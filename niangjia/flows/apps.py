from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Each file here subscribes to the events of its story when it is loaded."""

    name = "niangjia.flows"
    label = "flows"
    verbose_name = "流程"

    def ready(self) -> None:
        for story in iter_modules([self.path]):
            import_module(f"{self.name}.{story.name}")
