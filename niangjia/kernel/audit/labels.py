"""What the verbs of the trail are called on the screen; each room names its own.

    register_labels({"members.person.revealed": "查看证件号码"})

A verb that ends in `.revealed` is a look, not an act.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps

LOOK = ".revealed"

_labels: dict[str, str] = {}


def register_labels(labels: Mapping[str, str]) -> None:
    _labels.update(labels)


def label_of(verb: str) -> str:
    """The verb itself while no room has named it."""
    return _labels.get(verb, verb)


def is_look(verb: str) -> bool:
    return verb.endswith(LOOK)


def rooms() -> list[tuple[str, str]]:
    """The rooms that have named verbs, by what their verbs begin with: ('access', '权限')."""
    prefixes = dict.fromkeys(verb.split(".")[0] for verb in _labels)
    known = {config.label: str(config.verbose_name) for config in apps.get_app_configs()}
    return sorted((prefix, known.get(prefix, prefix)) for prefix in prefixes)
