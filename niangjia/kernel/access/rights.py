"""Jobs and what they may do. The table itself stands in `config/jobs.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Job:
    """A job that an officer is given at an organisation; its permissions reach down the tree.

    `passes_on` are permissions that the holder may give away without using them: a system
    administrator appoints a hotline operator but doesn't read the register.
    """

    code: str
    label: str
    permissions: frozenset[str]
    passes_on: frozenset[str] = field(default_factory=frozenset)

    @property
    def may_give(self) -> frozenset[str]:
        return self.permissions | self.passes_on


@cache
def _table(dotted: str) -> dict[str, Job]:
    return {job.code: job for job in cast("tuple[Job, ...]", import_string(dotted))}


def jobs() -> dict[str, Job]:
    """Every job by its code, in the order in which screens list them."""
    return _table(settings.JOBS)


def permissions_of(code: str) -> frozenset[str]:
    """A job that was taken out of the table gives nothing."""
    job = jobs().get(code)
    return job.permissions if job else frozenset()
