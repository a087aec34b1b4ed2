"""axe (WCAG A and AA), the console and the window's width, over every page of the desk.

The pages are those of `rights.csv` that the chair may read, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from niangjia.ui.testing import complaints, faults, log_in
from tests.addresses import address, routes, things
from tests.architecture.test_rights import table
from tests.browsers import desk_window
from tests.cast import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)

# Answers that are no pages: parts, options, files, redirects.
NO_PAGES = (
    "_options", "_choices", "_branch", "_table", "_check", "_poster", "_unions", "search", "files:download", "imports:template", "phone:manifest", "phone:service_worker", "account_logout",
    "account_signup", "account_set_password", "account_reset_password", "account_email", "account_login",
    "mfa_authenticate", "mfa_reauthenticate", "gallery_drawer", "gallery_options", "organisation_count",
)  # fmt: skip
VISUAL = ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"]
# The same two attributes that the display buttons set.
LOOK_AGAIN = """async ([theme, text, rules]) => {
    document.documentElement.setAttribute("data-theme", theme);
    document.documentElement.toggleAttribute("data-large", text === "large");
    // Under reduced motion every property changes by a transition of no length, element after element.
    const settling = () => document.getAnimations().some((one) => one instanceof CSSTransition);
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await drawn();
    for (let frames = 0; settling() && frames < 300; frames++) await drawn();
    const { violations } = await axe.run(document, { runOnly: { type: "rule", values: rules } });
    const said = violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 120)} — ${(node.failureSummary ?? "").slice(0, 220)}`));
    const wider = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return wider > 0 ? [...said, `${wider} pixels wider than the window`] : said;
}"""
WINDOWS = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844, "has_touch": True}}


def pages(cast: Cast) -> list[str]:
    known = routes()
    found = [
        address(line.route, known[line.route], things(line.kind, cast, "CHAIR", line.whose))
        for line in table()
        if line.method == "GET"
        and line.route in known
        and line.whose in ("-", "own")
        and line.expected["CHAIR"] == "ok"
        and not line.route.endswith(NO_PAGES)
    ]
    duty = f"/desk/duty/?organisation={cast.places['north'].pk}"
    nothing = [
        f"{url}?q=无此人无此事" for url in found if url in ("/desk/members/", "/desk/employers/", "/desk/officers/")
    ]
    return [*found, duty, *nothing, "/desk/members/?print=1", "/desk/organisations/999999/"]


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_can_be_read_by_everybody(
    transactional_db: None, live_server: LiveServer, browser: Browser, window: str
) -> None:
    cast = build_cast()
    wrong: list[str] = []
    with desk_window(browser, **WINDOWS[window]) as context:
        page = context.new_page()
        said = complaints(page)
        wrong += faults_of(page, live_server.url, "/accounts/login/")
        log_in(page, live_server, cast.officers["CHAIR"])
        urls = pages(cast)
        assert len(urls) > 60
        for url in urls:
            wrong += faults_of(page, live_server.url, url)
        wrong += [line for line in said if "404" not in line]
    assert not wrong, f"{len(wrong)} faults ({window}):\n" + "\n".join(wrong)


def faults_of(page: Page, server: str, url: str) -> list[str]:
    """All rules as the page comes; then, in the other displays, those that colours and sizes can break."""
    response = page.goto(server + url)
    status = response.status if response else 0
    found = [f"{url}: {status}"] if status >= 500 else []
    found += [f"{url}: {fault}" for fault in faults(page)]
    for theme, text in (("union", "large"), ("union-dark", "large"), ("union-dark", "normal")):
        said = page.evaluate(LOOK_AGAIN, [theme, text, VISUAL])
        found += [f"{url} ({theme}, {text}): {fault}" for fault in said]
    return found
