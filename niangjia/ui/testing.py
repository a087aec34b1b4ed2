"""For the browser tests of every room: log in without typing, and look for faults that pictures hide."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.test import Client

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
Display = tuple[str, str, tuple[str, ...]]
"""Theme, size of text, and the rules of axe that these can break."""
PATIENCE_S = 15
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What htmx says when one leaves a page while it asks whether an alarm rings; a wrong answer has other words.
CUT_OFF = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
# Colours and size of text: every page must stand in all four.
DISPLAYS: tuple[dict[str, str], ...] = (
    {},
    {"theme": "dark"},
    {"text": "large"},
    {"theme": "dark", "text": "large"},
)
# What can break in another display than a page comes in: a theme changes colours and nothing else, large text sizes.
LARGE = ("union", "large", ("target-size", "scrollable-region-focusable"))
DARK = ("union-dark", "normal", ("color-contrast", "link-in-text-block"))
# The same two attributes that the display buttons set, for as long as it takes to look.
LOOK_AGAIN = """async ([theme, text, rules, within]) => {
    const page = document.documentElement, before = [page.dataset.theme, page.hasAttribute("data-large")];
    page.dataset.theme = theme;
    page.toggleAttribute("data-large", text === "large");
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { violations } = await axe.run(within, { runOnly: { type: "rule", values: rules } });
    const said = violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 120)} — ${(node.failureSummary ?? "").slice(0, 220)}`));
    const wider = page.scrollWidth - page.clientWidth;
    page.dataset.theme = before[0];
    page.toggleAttribute("data-large", before[1]);
    return wider > 0 ? [...said, `${wider} pixels wider than the window`] : said;
}"""


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


def _within(without: str) -> dict[str, list[list[str]]]:
    """The page but for a part that was looked at elsewhere, as axe wants it said."""
    return {"include": [["html"]], "exclude": [[without]]} if without else {"include": [["html"]]}


def faults(page: Any, *, without: str = "") -> list[str]:
    """What axe finds (WCAG A and AA) on the page as it stands, and whether it is wider than the window."""
    page.wait_for_load_state()
    page.evaluate(axe())
    asked = "([within, rules]) => axe.run(within, {runOnly: rules, resultTypes: ['violations']})"
    found = page.evaluate(asked, [_within(without), RULES])
    said = [
        f"{one['id']}: {node['html'][:120]} — {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*said, f"{wider} pixels wider than the window"] if wider > 0 else said


def faults_in_any_display(page: Any, *, others: Iterable[Display] = (LARGE, DARK), without: str = "") -> list[str]:
    """All rules on the page as it stands; then, in the other displays, those that colours and sizes can break."""
    found = faults(page, without=without)
    for theme, text, rules in others:
        said = page.evaluate(LOOK_AGAIN, [theme, text, list(rules), _within(without)])
        found += [f"({theme}, {text}) {fault}" for fault in said]
    return found


def until(page: Any, question: str, arg: Any = None) -> None:
    """Waits for JavaScript to answer yes. Not Playwright's `wait_for_function`: a page's policy forbids its second look."""
    deadline = monotonic() + PATIENCE_S
    while not page.evaluate(question, arg):
        assert monotonic() < deadline, f"in {PATIENCE_S} seconds never: {question}"
        page.wait_for_timeout(50)


def when_ready(what: Any) -> Any:
    """The same locator, once it is there and its page's scripts have run: a press that comes earlier is heard by nobody."""
    what.wait_for()
    what.page.wait_for_load_state()
    return what


def settled(page: Any) -> None:
    """Nothing is asked for or drawn anew any more: what is found now is still there when it is pressed."""
    page.wait_for_load_state()
    until(page, "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def complaints(page: Any) -> list[str]:
    """Collects what the console says from now on: violations of the policy and errors of scripts."""
    said: list[str] = []

    def hear(message: Any) -> None:
        if message.type == "error" and not message.text.startswith(CUT_OFF):
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
