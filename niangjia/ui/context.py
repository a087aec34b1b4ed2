"""What every template may use: the display settings and the shell around the page."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.notify.queries import unread_count
from niangjia.ui import desk
from niangjia.ui.display import display_of


class Shell:
    """The desk around a page. Everything is worked out on first use: a part of a page pays nothing for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def actor(self) -> Actor:
        return getattr(self.request, "actor", NOBODY)

    @cached_property
    def menu(self) -> list[desk.MenuSection]:
        return desk.menu_for(self.actor, self.request.path)

    @cached_property
    def phone_links(self) -> list[desk.MenuLink]:
        return [link for section in self.menu for link in section.links if link.phone][:2]

    @cached_property
    def switcher(self) -> desk.Switcher | None:
        return desk.switcher_for(self.request)

    @property
    def may_be_rung(self) -> bool:
        return desk.may_be_rung(self.actor)

    @cached_property
    def job(self) -> str:
        """The label of the first job held, for the user chip."""
        table = jobs()
        return next((table[held.job].label for held in self.actor.held if held.job in table), "")

    @cached_property
    def unread(self) -> int:
        return unread_count(self.request.user.pk) if self.request.user.is_authenticated else 0


def shell(request: HttpRequest) -> dict[str, Any]:
    htmx = getattr(request, "htmx", False)
    in_drawer = bool(htmx) and request.headers.get("HX-Target") == "drawer-body"
    return {
        "display": display_of(request),
        "shell": Shell(request),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        # `{% extends layout %}`: one template serves as a page and as the drawer's content
        "layout": "ui/in_drawer.html" if in_drawer else "ui/detail.html",
        "in_drawer": in_drawer,
    }
