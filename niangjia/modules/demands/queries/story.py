"""How far the demonstration's story of demands is told. Its beginning and its end stand in the trail."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from niangjia.kernel.audit.models import AuditEntry

BEGUN, TOLD = "demands.story.begun", "demands.story.told"


class Begun(NamedTuple):
    """The story is that of the day on which it was begun, however late it is told to its end."""

    scale: str
    seed: int
    now: datetime


def story_begun() -> Begun | None:
    entry = AuditEntry.objects.filter(verb=BEGUN).order_by("-pk").first()
    if entry is None or entry.after is None:
        return None
    return Begun(entry.after["scale"], entry.after["seed"], timezone.localtime(entry.at))


def is_story_whole() -> bool:
    return AuditEntry.objects.filter(verb=TOLD).exists()


def is_being_told() -> bool:
    """For a line on pages with figures: the demonstration's are not whole yet. Never anywhere but in a demonstration."""
    return settings.SYNTHETIC_NUMBERS and AuditEntry.objects.filter(verb=BEGUN).exists() and not is_story_whole()
