"""Where the bytes lie: FILES_ROOT/ab/cdef…, by their digest."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def place_of(sha256: str) -> Path:
    root: Path = settings.FILES_ROOT
    return root / sha256[:2] / sha256[2:]
