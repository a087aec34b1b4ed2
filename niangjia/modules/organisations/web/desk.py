"""What this room hangs into the desk."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations import metrics
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.organisations import organisation_options
from niangjia.modules.organisations.queries.tabs import Tab, register_tab
from niangjia.modules.organisations.web import (
    at,
    employer_wording,
    employers,
    exports,
    office_desk,
    organisations,
    terms,
    wording,
)
from niangjia.ui import desk
from niangjia.ui.places import register_directory


def register() -> None:
    register_tree()
    register_employers()
    office_desk.register()
    exports.register_exports()


def register_tree() -> None:
    """The tree of unions, its terms, and where one works."""
    wording.register()
    view = Permission.ORGANISATION_VIEW
    desk.register_menu(
        desk.MenuEntry(
            "组织与会员",
            "工会组织",
            "building-community",
            "organisations:organisation_list",
            view,
            order=10,
            phone=True,
        ),
        desk.MenuEntry("组织与会员", "组织树", "sitemap", "organisations:organisation_tree", view, order=11),
        desk.MenuEntry("组织与会员", "换届提醒", "calendar-due", "organisations:term_list", view, order=12),
    )
    register_tab(
        Tab("概况", "organisations:organisation", view, order=10),
        Tab("届次与班子", "organisations:organisation_terms", view, order=20),
        Tab("沿革", "organisations:organisation_structure", view, order=80),
        Tab("变更记录", "organisations:organisation_history", view, order=90),
    )
    desk.register_switcher(at.switcher)
    register_directory(at.PLACES)
    metrics.register()
    desk.register_due_soon(terms.due_soon)
    desk.register_search(desk.Source("组织", "building-community", view, _hits, order=20))
    desk.register_home_card(
        desk.HomeCard(
            "本级概况", view, "organisations/organisation_card.html", organisations.home_card, order=10, wide=True
        )
    )


def _hits(actor: Actor, text: str) -> Iterable[desk.Hit]:
    return [
        desk.Hit(row.name, reverse("organisations:organisation", args=[row.pk]), parent)
        for row, parent in organisation_options(actor, text)[:6]
    ]


def register_employers() -> None:
    """Employers, blank spots and zones."""
    employer_wording.register()
    view = Permission.EMPLOYER_VIEW
    desk.register_menu(
        desk.MenuEntry("组织与会员", "用人单位", "building", "organisations:employer_list", view, order=30, phone=True),
        desk.MenuEntry("组织与会员", "组建空白点", "map-search", "organisations:blank_spot_list", view, order=31),
        desk.MenuEntry("组织与会员", "片区", "map-pins", "organisations:zone_list", Permission.ZONE_VIEW, order=32),
    )
    register_tab(Tab("用人单位", "organisations:employer_tab", view, order=40))
    desk.register_due_soon(employers.due_soon)
    desk.register_search(desk.Source("用人单位", "building", view, employers.search, order=30))
