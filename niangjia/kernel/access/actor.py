"""Who acts: a user with the jobs held today, passed into every action and query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from niangjia.kernel.access.rights import jobs, permissions_of
from niangjia.kernel.ltree import is_under, topmost


@dataclass(frozen=True)
class Held:
    """One job at one place of the tree."""

    job: str
    path: str
    grant_id: int | None = None

    @property
    def permissions(self) -> frozenset[str]:
        return permissions_of(self.job)


@dataclass(frozen=True)
class Actor:
    """A person at work. Frozen: rights change by asking again, never in the middle of an act."""

    user_id: int | None
    name: str
    held: tuple[Held, ...] = ()

    def may(self, permission: str, path: str) -> bool:
        """The right `permission` at this place, by a job held there or above."""
        return any(permission in held.permissions and is_under(path, held.path) for held in self.held)

    def can(self, permission: str) -> bool:
        """The right somewhere: enough to open a page, not to touch a row."""
        return any(permission in held.permissions for held in self.held)

    def paths(self, permission: str | None = None) -> tuple[str, ...]:
        """The tops of the sub-trees in which the actor has the permission (or any job)."""
        return topmost(held.path for held in self.held if permission is None or permission in held.permissions)

    def permissions_at(self, path: str) -> frozenset[str]:
        return frozenset().union(*(held.permissions for held in self.held if is_under(path, held.path)))

    def may_give_at(self, path: str) -> frozenset[str]:
        """What the actor may pass on to somebody at this place."""
        table = jobs()
        return frozenset().union(
            *(table[held.job].may_give for held in self.held if held.job in table and is_under(path, held.path))
        )

    @cached_property
    def job_codes(self) -> frozenset[str]:
        return frozenset(held.job for held in self.held)


NOBODY = Actor(user_id=None, name="")
"""Sees nothing, may nothing: a visitor who hasn't logged in."""

SYSTEM = Actor(user_id=None, name="系统")
"""The product itself, in the audit trail: holds no job, reads through `unscoped(reason=…)` only."""
