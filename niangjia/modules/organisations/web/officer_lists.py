"""The list of officers: one row for each job that somebody holds or held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.queries.officers import (
    SOON_DAYS,
    GrantState,
    ending_soon,
    grant_state,
    grants_in_sight,
    grounds_in_sight,
    held_on,
    job_label,
    open_on,
)
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import Mark, Screen

TONES = {GrantState.HELD: "success", GrantState.COMING: "info", GrantState.ENDED: "neutral"}


def state_mark(grant: Grant) -> Mark:
    """In words; a job that ends within thirty days says so."""
    today = timezone.localdate()
    state = grant_state(grant, today)
    if state is GrantState.HELD and grant.until_on and grant.until_on <= today + timedelta(days=SOON_DAYS):
        return Mark(f"{(grant.until_on - today).days} 天后到期", "warning", "clock")
    return Mark(state.label, TONES[state])


def _in_state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    today = timezone.localdate()
    if value == "SOON":
        return rows.filter(ending_soon(today))
    if value == GrantState.ENDED:
        return rows.exclude(open_on(today))
    return rows.filter(held_on(today)) if value == GrantState.HELD else rows.filter(open_on(today), from_on__gt=today)


def _at_place(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    place = Scope.objects.filter(pk=value).first()
    return rows.under(place.path) if place else rows.none()  # type: ignore[attr-defined]


class OfficerList(ListSpec):
    name = "organisations.officer"
    title = "干部"
    permission = Access.OFFICER_VIEW
    search_hint = "姓名、用户名"
    columns = (
        Column("name", "姓名", value=lambda row: row.user.name, phone="title"),
        Column("job", "岗位", value=lambda row: job_label(row.job)),
        Column("organisation", "单位", value=lambda row: row.place_name),
        Column("state", "状态", value=state_mark),
        Column("from_on", "任命日期", phone="hidden"),
        Column("until_on", "到期日期"),
        Column("last_login", "最近登录", value=lambda row: row.user.last_login),
        Column("username", "用户名", value=lambda row: row.user.username, default=False),
    )
    filters = (
        Filter(
            "job",
            "岗位",
            lambda rows, value: rows.filter(job=value),
            choices=lambda _: [(job.code, job.label) for job in jobs().values()],
        ),
        Filter("place", "镇街、产业、系统", _at_place, choices=grounds_in_sight),
        Filter(
            "state",
            "状态",
            _in_state,
            choices=[
                (str(GrantState.HELD), "在任"),
                ("SOON", "30 天内到期"),
                (str(GrantState.COMING), "未到任"),
                (str(GrantState.ENDED), "已离任"),
            ],
        ),
        Filter("never", "从未登录", lambda rows, _: rows.filter(user__last_login=None), kind="flag"),
    )
    sorts = (
        Sort("newest", "新任命的在前", ("granted_at",), descending=True),
        Sort("name", "按姓名", ("user__name",)),
    )

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return grants_in_sight(actor)

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        """Who is gone is looked for by state and doesn't stand among those who work."""
        rows = super().narrowed(chosen, actor, within)
        return rows if "state" in chosen.filters else rows.filter(open_on(timezone.localdate()))

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(Q(user__name__contains=text) | Q(user__username__startswith=text.lower()))

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("user")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = names_of(row.scope_id for row in rows)
        for row in rows:
            row.place_name = names.get(row.scope_id, "")
        return rows


OFFICERS = Screen(
    register(OfficerList()),
    row_url=lambda row: reverse("organisations:officer", args=[row.user_id]),
    empty_title="这里还没有干部账号",
    empty_text="点“邀请干部”，填写姓名和岗位，把链接发给本人即可登录。",
    template="organisations/officer_list.html",
)
OF_ONE = replace(OFFICERS, template="organisations/officer_tab.html")
