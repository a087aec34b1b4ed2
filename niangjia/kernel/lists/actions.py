"""Saved views, and exact counts that take longer than a reader waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.jobs.actions import begin_task
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.lists.jobs import count_rows
from niangjia.kernel.lists.models import SavedView
from niangjia.kernel.lists.spec import list_named

LONGEST_NAME, LONGEST_QUERY, MOST_COLUMNS = 30, 1000, 50


def count_exactly(list_name: str, *, query: str, within: str | None, actor: Actor, now: datetime) -> BackgroundTask:
    """Has a list's rows counted in the background; the number comes by message and stands on the task's page.

    `query` is the address's query, `within` the path of a place. Raises Missing for an unknown list,
    NotPermitted for one that the actor may not see.
    """
    try:
        spec = list_named(list_name)
    except KeyError:
        raise Missing("没有这个列表。") from None
    if actor.user_id is None or not actor.can(spec.permission):
        raise NotPermitted
    with transaction.atomic():
        task = begin_task(actor.user_id, f"数清楚：{spec.title}", now=now)
        count_rows.defer(
            task_id=task.pk, list_name=list_name, query=query[:LONGEST_QUERY], within=within, user_id=actor.user_id
        )
    return task


def save_view(
    user_id: int, list_name: str, *, name: str, query: str, columns: Sequence[str] = (), is_default: bool = False
) -> SavedView:
    """Keeps a list's state under a name; a name used before is saved anew. Raises Refused without a name."""
    with transaction.atomic():
        view, _ = SavedView.objects.update_or_create(
            user_id=user_id,
            list_name=list_name[:60],
            name=_name(name),
            defaults={"query": query[:LONGEST_QUERY], "columns": list(columns)[:MOST_COLUMNS]},
        )
        if is_default:
            make_default(view.pk, user_id=user_id)
    view.refresh_from_db()
    return view


def rename_view(pk: int, *, user_id: int, name: str) -> SavedView:
    """Raises Missing for somebody else's view, Refused for a name in use."""
    view = own_view(pk, user_id)
    view.name = _name(name)
    try:
        with transaction.atomic():
            view.save(update_fields=["name"])
    except IntegrityError:
        raise Refused("view.name", f"已有名为“{view.name}”的视图，请换个名字。", "name") from None
    return view


def make_default(pk: int, *, user_id: int) -> SavedView:
    """The view with which its list opens; another one was it until now. Raises Missing."""
    with transaction.atomic():
        view = own_view(pk, user_id)
        SavedView.objects.filter(user_id=user_id, list_name=view.list_name, is_default=True).update(is_default=False)
        SavedView.objects.filter(pk=pk).update(is_default=True)
    return view


def end_default(pk: int, *, user_id: int) -> SavedView:
    """Its list opens with everything again. Raises Missing."""
    view = own_view(pk, user_id)
    SavedView.objects.filter(pk=pk).update(is_default=False)
    return view


def delete_view(pk: int, *, user_id: int) -> SavedView:
    """Raises Missing for somebody else's view."""
    view = own_view(pk, user_id)
    SavedView.objects.filter(pk=pk).delete()
    return view


def own_view(pk: int, user_id: int) -> SavedView:
    view = SavedView.objects.filter(pk=pk, user_id=user_id).first()
    if view is None:
        raise Missing("这个视图已经不在了。")
    return view


def _name(text: str) -> str:
    name = " ".join(text.split())[:LONGEST_NAME]
    if not name:
        raise Refused("view.name", "请给视图起个名字。", "name")
    return name
