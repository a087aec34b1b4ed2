"""For the browser tests of every room: log in without typing, and look for faults that pictures hide."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Colours and size of text: every page must stand in all four.
DISPLAYS: tuple[dict[str, str], ...] = (
    {},
    {"theme": "dark"},
    {"text": "large"},
    {"theme": "dark", "text": "large"},
)


def log_in(page: Any, server: Any, user: Any) -> None:
    """`page` is Playwright's; the session is made on the server's side."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    show_as(page, server, **{settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value})


def show_as(page: Any, server: Any, **cookies: str) -> None:
    if cookies:
        page.context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])


@cache
def axe() -> str:
    return AXE.read_text(encoding="utf-8")


def faults(page: Any) -> list[str]:
    """What axe finds (WCAG A and AA) on the page as it stands, and whether it is wider than the window."""
    page.evaluate(axe())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    said = [
        f"{one['id']}: {node['html'][:120]} — {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*said, f"{wider} pixels wider than the window"] if wider > 0 else said


def complaints(page: Any) -> list[str]:
    """Collects what the console says from now on: violations of the policy and errors of scripts."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
