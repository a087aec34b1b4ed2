"""The ways out of the house. An adapter (SMS, WeChat, mail) is one class, named in NIANGJIA_CHANNELS by its dotted path."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Notice:
    """What leaves: to whom (name and phone), and what to say."""

    name: str
    phone: str
    title: str
    body: str = ""
    url: str = ""


def link(url: str) -> str:
    """A path of ours as somebody outside needs it: with the installation's address before it, where that is known."""
    return f"{settings.ADDRESS}{url}" if url.startswith("/") else url


class Channel(Protocol):
    def send(self, notice: Notice) -> None:
        """Raises whatever went wrong; the notice is then tried again. May see the same notice twice."""


class Console:
    """For development: the notice stands in the worker's terminal."""

    def send(self, notice: Notice) -> None:
        sys.stderr.write(f"[notice] {notice.name}: {notice.title} {notice.body} {notice.url}".rstrip() + "\n")


class File:
    """For development and tests: one JSON line a notice in NOTIFY_FILE."""

    def send(self, notice: Notice) -> None:
        settings.NOTIFY_FILE.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(notice), ensure_ascii=False) + "\n"
        # One write at the end of the file: workers side by side don't cut each other's lines.
        descriptor = os.open(settings.NOTIFY_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


BUILT_IN: dict[str, type[Channel]] = {"console": Console, "file": File}


def channel_named(name: str) -> Channel:
    """Raises ImportError for a name that means nothing."""
    made = BUILT_IN.get(name) or cast("type[Channel]", import_string(name))
    return made()
