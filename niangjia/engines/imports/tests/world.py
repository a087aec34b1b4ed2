"""A place in the tree and people with jobs there; what a batch goes through, without a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from niangjia.engines.imports import actions, checking, committing
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.testing import TOY
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of

NOW = timezone.now()


@dataclass
class World:
    scope: Scope
    beside: Scope
    clerk: Actor
    chair: Actor
    stranger: Actor
    operator: Actor


def build() -> World:
    top = Scope.objects.create(path="1")
    scope, beside = (Scope.objects.create(path=f"1.{label}", parent=top) for label in (2, 3))
    return World(
        scope, beside, person("clerk", "CLERK", scope), person("chair", "CHAIR", top),
        person("stranger", "CHAIR", beside), person("operator", "HOTLINE_OPERATOR", scope),
    )  # fmt: skip


def person(username: str, job: str, scope: Scope) -> Actor:
    user = User.objects.create(username=username, name=username, phone="12400001234", created_at=NOW)
    Grant.objects.create(user=user, job=job, scope=scope, from_on=date(2020, 1, 1), granted_at=NOW)
    return actor_of(user.pk, now=NOW)


def upload(
    world: World, content: bytes, *, actor: Actor | None = None, name: str = "册.csv", **options: Any
) -> ImportBatch:
    return actions.upload_batch(
        sheet=TOY.name, scope_id=world.scope.pk, content=content, name=name, actor=actor or world.clerk, now=NOW,
        options=options,
    )  # fmt: skip


def checked(world: World, content: bytes, **more: Any) -> ImportBatch:
    batch = upload(world, content, **more)
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=more.get("actor") or world.clerk, now=NOW)
    checking.check(batch.pk, now=NOW)
    return again(batch)


def written(world: World, content: bytes, **more: Any) -> ImportBatch:
    batch = checked(world, content, **more)
    actions.commit_batch(batch.pk, actor=more.get("actor") or world.clerk, now=NOW)
    if again(batch).state == BatchState.WAITING:
        actions.approve_batch(batch.pk, actor=world.chair, now=NOW)
    committing.commit(batch.pk, now=NOW)
    return again(batch)


def again(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.unscoped(reason="the test's own batch").select_related("scope").get(pk=batch.pk)
