"""What this room hangs into the desk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused
from niangjia.modules.members import metrics
from niangjia.modules.members.models import ACTIVE_STATES
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries import active_members_at, headcount
from niangjia.modules.members.queries.figures import active_members
from niangjia.modules.members.queries.search import first_hits
from niangjia.modules.members.rules import Category, MembershipState
from niangjia.modules.members.web import exports, lists, wording  # noqa: F401 - the list registers itself
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.figures import register_figure
from niangjia.modules.organisations.queries.open_matters import register_open_matters
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.queries.tabs import Tab, register_tab
from niangjia.ui import desk

COMMONEST = 6


def register() -> None:
    view = Permission.MEMBER_VIEW
    wording.register()
    exports.register_exports()
    metrics.register()
    desk.register_menu(
        desk.MenuEntry("组织与会员", "会员", "users", "members:member_list", view, order=20, phone=True),
        desk.MenuEntry(
            "组织与会员", "疑似重复", "users-group", "members:duplicate_list", Permission.MEMBER_EDIT, order=25
        ),
        desk.MenuEntry("组织与会员", "平台与站点", "scooter", "members:work_places", view, order=40),
    )
    desk.register_search(desk.Source("会员", "users", view, hits, order=10))
    desk.register_home_card(desk.HomeCard("会员", view, "members/home_card.html", context=home_card, order=10))
    register_tab(Tab("会员", "members:organisation_members", view, order=30))
    register_figure("会员", "人", headcount)
    register_open_matters("名会员", active_members_at)


def hits(actor: Actor, text: str) -> Iterable[desk.Hit]:
    try:
        rows = first_hits(actor, text, 6)
    except Refused:
        return []  # too short to mean anything yet
    names = names_of({row.scope_id for row in rows})
    return [
        desk.Hit(row.name, reverse("members:member", args=[row.person_id]), _small_print(row, names)) for row in rows
    ]


def _small_print(row: Any, names: dict[int, str]) -> str:
    state = "" if row.status in ACTIVE_STATES else f"（{MembershipState(row.status).label}）"
    tail = f" · 手机尾号 {row.phone_tail}" if row.phone_tail else ""
    return f"{names.get(row.scope_id, '')}{state}{tail}"


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """Members by state, and the commonest groups among them, where one works now."""
    actor, within = request.actor, current_path(request)  # type: ignore[attr-defined]
    states, categories = active_members(actor, within=within)
    groups = sorted(categories.items(), key=lambda pair: -pair[1])[:COMMONEST]
    address = reverse("members:member_list")
    return {
        "at": current_organisation(request),
        "active": sum(states.get(code, 0) for code in ACTIVE_STATES),
        "states": [
            (MembershipState(code).label, states.get(code, 0), f"{address}?status={code}") for code in ACTIVE_STATES
        ],
        "groups": [(Category(code).label, n, f"{address}?category={code}") for code, n in groups],
        "address": address,
        "may_add": actor.can(Permission.MEMBERSHIP_CHANGE),
    }
