"""The tabs of an organisation's page. Rooms above hang theirs beside ours:

register_tab(Tab("会员", "members:of_organisation", Permission.MEMBER_VIEW, order=30))
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.models import Organisation


@dataclass(frozen=True)
class Tab:
    """`url_name` takes the organisation's id; the page there shows the same tabs again."""

    label: str
    url_name: str
    permission: str
    order: int = 100


_tabs: list[Tab] = []


def register_tab(*tabs: Tab) -> None:
    _tabs.extend(tab for tab in tabs if tab not in _tabs)


def tabs_of(organisation: Organisation, actor: Actor) -> list[tuple[str, str]]:
    """(label, address), as `{% tabs %}` wants them."""
    path = organisation.scope.path
    shown = sorted((tab for tab in _tabs if actor.may(tab.permission, path)), key=lambda tab: tab.order)
    return [(tab.label, reverse(tab.url_name, args=[organisation.pk])) for tab in shown]
