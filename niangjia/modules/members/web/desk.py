"""What this room hangs into the desk."""

from __future__ import annotations


def register() -> None:
    pass
