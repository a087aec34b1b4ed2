"""People who may be registered twice: the list, both sides of a pair, merging and taking that back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.acting import path_of
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.members.actions import keep_apart, merge_people, undo_merge
from niangjia.modules.members.models import DuplicatePair, Membership
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.duplicates import TAKEABLE, beside, merge_of, pair_in_sight, pairs_in_sight, side
from niangjia.modules.members.rules import Likeness, PairState
from niangjia.modules.members.web.lists import state_mark
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import Mark, Screen, show_list
from niangjia.ui.pages import actor_of, number_in

TONES = {PairState.OPEN: "warning", PairState.MERGED: "success"}


def pair_mark(row: DuplicatePair) -> Mark:
    state = PairState(row.state)
    return Mark(state.label, TONES.get(state, "neutral"))


class DuplicateList(ListSpec):
    """Rows carry `unions`, looked up for the page."""

    name = "members.duplicate"
    title = "疑似重复"
    permission = Permission.MEMBER_EDIT
    columns = (
        Column("name", "姓名", value=lambda row: _both(row.first.name, row.second.name), phone="title", personal=True),
        Column("unions", "所在工会"),
        Column("why", "相同之处", value=lambda row: Likeness(row.why).label),
        Column("state", "状态", value=pair_mark),
        Column("found_on", "发现日期", phone="hidden"),
        Column("decided_by", "处理人", phone="hidden", default=False),
    )
    filters = (
        Filter(
            "state", "状态", lambda rows, value: rows.filter(state=value), blank=PairState.OPEN.label,
            choices=[(str(one), one.label) for one in (PairState.MERGED, PairState.DIFFERENT)],
        ),
        Filter("why", "相同之处", lambda rows, value: rows.filter(why=value), choices=Likeness.choices()),
    )  # fmt: skip
    sorts = (Sort("newest", "新发现的在前", ("pk",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return pairs_in_sight(actor)

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        return rows if "state" in chosen.filters else rows.filter(state=PairState.OPEN)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("first", "second")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        people = {pk for row in rows for pk in (row.first_id, row.second_id)}
        places: dict[int, list[int]] = {}
        for person, scope in (
            Membership.objects.visible_to(actor)
            .filter(person__in=people)
            .order_by("status")
            .values_list("person_id", "scope_id")
        ):
            places.setdefault(person, []).append(scope)
        names = names_of(scope for scopes in places.values() for scope in scopes)
        for row in rows:
            here = [names.get(scope, "") for pk in (row.first_id, row.second_id) for scope in places.get(pk, [])[:1]]
            row.unions = _both(*here) if here else ""
        return rows


def _both(*texts: str) -> str:
    return " / ".join(dict.fromkeys(texts))


DUPLICATES = Screen(
    register(DuplicateList()),
    row_url=lambda row: reverse("members:duplicate", args=[row.pk]),
    empty_title="没有疑似重复的人",
    empty_text="系统每天夜里比对：姓名和手机号相同，或姓名、出生日期和用人单位相同的，会列在这里。",
)


@requires(Permission.MEMBER_EDIT)
@require_GET
def duplicate_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, DUPLICATES, within=current_path(request))


@requires(Permission.MEMBER_EDIT)
@require_GET
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Both sides beside each other; what is chosen here is what the merge does."""
    return _shown(request, pk)


def _shown(request: HttpRequest, pk: int, problem: str = "") -> HttpResponse:
    actor = actor_of(request)
    pair = pair_in_sight(pk, actor)
    path_of(pair, actor, Permission.MEMBER_EDIT)
    sides = [side(person, actor) for person in (pair.first, pair.second)]
    names = names_of({row.scope_id for one in sides for row in one.memberships})
    active = [one.active for one in sides]
    context = {
        "pair": pair,
        "mark": pair_mark(pair),
        "why": Likeness(pair.why).label,
        "open": pair.state == PairState.OPEN,
        "facts": beside(pair),
        "sides": [
            {
                "person": one.person,
                "memberships": [(row, names.get(row.scope_id, ""), state_mark(row.status)) for row in one.memberships],
            }
            for one in sides
        ],
        "actives": [(row.pk, names.get(row.scope_id, "")) for row in active if row] if all(active) else [],
        "merge": merge_of(pair) if pair.state == PairState.MERGED else None,
        "problem": problem,
    }
    return render(request, "members/duplicate.html", context, status=422 if problem else 200)


@requires(Permission.MEMBER_EDIT)
@require_POST
def duplicate_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """`keep`: the person; `from_<field>`: whose value, where both have one; `continues`: the membership that goes on."""
    actor = actor_of(request)
    keep = number_in(request.POST.get("keep", ""))
    take = [name for name in TAKEABLE if number_in(request.POST.get(f"from_{name}", "")) not in (0, keep)]
    try:
        merge = merge_people(
            pk, keep=keep, take=take, continues=number_in(request.POST.get("continues", "")) or None,
            reason=request.POST.get("reason", ""), actor=actor, now=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        return _shown(request, pk, refusal.message)
    messages.success(request, f"已合并为一人：{merge.kept.name}。发现合并错了可以撤销。")
    return redirect("members:duplicate", pk)


@requires(Permission.MEMBER_EDIT)
@require_POST
def duplicate_apart(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        keep_apart(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return _shown(request, pk, refusal.message)
    messages.success(request, "已记为不是同一人，以后不再提示。")
    return redirect("members:duplicate_list")


@requires(Permission.MEMBER_EDIT)
@require_POST
def duplicate_undo(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        lines = undo_merge(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return _shown(request, pk, refusal.message)
    messages.success(request, "已撤销合并，恢复为两人。")
    for line in lines:
        messages.warning(request, line)
    return redirect("members:duplicate", pk)
