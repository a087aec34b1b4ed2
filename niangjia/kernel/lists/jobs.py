"""Counting to the end what a page only counts to a thousand."""

from __future__ import annotations

from django.http import QueryDict
from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Refused
from niangjia.kernel.jobs.actions import fail, finish, progress
from niangjia.kernel.lists.spec import described, list_named


@app.task(name="lists.count_rows", pass_context=False)
def count_rows(task_id: int, list_name: str, query: str, within: str | None, user_id: int) -> None:
    """Rebuilds the list from its name and the address's query, as its user may see it when the job runs."""
    progress(task_id, 0)
    spec = list_named(list_name)
    actor = actor_of(user_id, now=timezone.now())
    if not actor.can(spec.permission):
        fail(task_id, result="您已没有查看这个列表的权限。", now=timezone.now())
        return
    chosen = spec.chosen(QueryDict(query).dict(), actor)
    try:
        number = spec.narrowed(chosen, actor, within).order_by().count()
    except Refused as refusal:
        fail(task_id, result=refusal.message, now=timezone.now())
        return
    finish(task_id, result=f"{described(spec, chosen, actor)}：共 {number:,} 条。", now=timezone.now())
