"""The pictures of the README and the manual, taken from the running product: `make pictures`.

A county of its own in a scratch database, the web server as it is deployed, and Chromium. Nothing of the demo is touched.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from niangjia.kernel.localdb import LocalServer
from tests.browsers import FLAGS, INSTALL, chromium, desk_window

DOCS = Path(__file__).resolve().parents[1] / "docs"
README, MANUAL = DOCS / "pictures", DOCS / "manual" / "pictures"
MOST_BYTES = 250_000
SEED = "7"
PASSWORD = "niangjia-2026"  # the demo's, told by `make demo`
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Picture:
    name: str
    officer: str
    address: str
    phone: bool = False
    theme: str = "light"
    opens: str = ""  # a selector that is clicked first, and opens the drawer
    clicks: tuple[str, ...] = ()  # what is clicked after that
    folder: Path = README

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.png"


PICTURES = (
    Picture("home", "zhuxi", "/desk/"),
    Picture("home-dark", "zhuxi", "/desk/", theme="dark"),
    Picture("members", "zhuxi", "/desk/members/?q=单", opens="[data-row]:nth-child(4) .row-link"),
    Picture("organisation", "zhuxi", "/desk/organisations/{township}/"),
    Picture("tree", "zhuxi", "/desk/organisations/tree/"),
    Picture("blank-spots", "zujian", "/desk/blank-spots/"),
    Picture("duty", "zhuxi", "/desk/duty/"),
    Picture("audit", "jingshen", "/desk/audit/"),
    Picture("phone-home", "jingban", "/desk/", phone=True),
    Picture("phone-members", "jingban", "/desk/members/", phone=True),
    Picture("import", "jingban", "/desk/imports/add/?sheet=members.member", folder=MANUAL),
    Picture("move", "zhuxi", "/desk/organisations/{township}/move/", folder=MANUAL),
    Picture("blank-spot", "zujian", "/desk/blank-spots/", opens="[data-row]:nth-child(1) .row-link", folder=MANUAL),
    Picture(
        "leave",
        "zhuxi",
        "/desk/officers/?q=zujian",
        opens="[data-row]:nth-child(1) .row-link",
        clicks=("#drawer a:text('离任交接')", "button:text('办理离任')"),
        folder=MANUAL,
    ),
    Picture(
        "reveal",
        "jingban",
        "/desk/members/",
        opens="[data-row]:nth-child(2) .row-link",
        clicks=("#drawer button:text('查看完整') >> nth=0",),
        folder=MANUAL,
    ),
)


def main() -> None:
    program = chromium()
    if program is None:
        sys.exit(f"Pictures need Chromium: `{INSTALL}`")
    for folder in (README, MANUAL):
        folder.mkdir(parents=True, exist_ok=True)
    with county() as address, sync_playwright() as playwright:
        # The browser's own language, for the hints within its date fields.
        browser = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, "--lang=zh-CN"], env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        for picture in PICTURES:
            take(picture, browser, address)
            size = picture.path.stat().st_size
            print(f"{picture.path.relative_to(Path.cwd())}  {size // 1024} KB")
            if size > MOST_BYTES:
                sys.exit(f"{picture.path.name} is larger than {MOST_BYTES // 1000} KB.")
        browser.close()


def take(picture: Picture, browser: Browser, server: str) -> None:
    with desk_window(browser, **(PHONE if picture.phone else DESK)) as window:
        window.add_cookies([{"name": "theme", "value": picture.theme, "url": server}])
        page = window.new_page()
        log_in(page, server, picture.officer)
        page.goto(server + picture.address.format(township=township(page, server)))
        page.wait_for_load_state("networkidle")
        if picture.opens:
            page.locator(picture.opens).click()
            page.locator("#drawer-title").wait_for()
            page.wait_for_load_state("networkidle")
        for selector in picture.clicks:
            page.locator(selector).click()
            page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.screenshot(path=picture.path)


def log_in(page: Page, server: str, officer: str) -> None:
    page.goto(f"{server}/accounts/login/")
    page.locator("[name=login]").fill(officer)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/desk/")


def township(page: Page, server: str) -> str:
    """The first township of the tree: its page has a term, figures and unions below."""
    page.goto(f"{server}/desk/organisations/?kind=TOWNSHIP_UNION")
    found = page.locator(".row-link").first
    return (found.get_attribute("href") or "").strip("/").rpartition("/")[2] if found.count() else ""


@contextmanager
def county() -> Iterator[str]:
    """The address of a filled county, gone afterwards."""
    server, database = LocalServer(purpose="test", durable=False), f"pictures_{os.getpid()}"
    started = server.start()
    server.drop_database(database)
    server.create_database(database)
    port = free_port()
    environment = os.environ | {
        "NIANGJIA_ENV": "demo",
        "DATABASE_URL": server.url(database),
        "DJANGO_SETTINGS_MODULE": "niangjia.config.settings",
    }
    try:
        run("-m", "django", "migrate", "--verbosity", "0", environment=environment)
        run("-m", "niangjia", "seed", "--scale", "county", "--seed", SEED, environment=environment)
        with subprocess.Popen(
            [sys.executable, "-m", "niangjia", "web", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        ) as web:
            try:
                wait_for(f"http://127.0.0.1:{port}/accounts/login/", web)
                yield f"http://127.0.0.1:{port}"
            finally:
                web.terminate()
    finally:
        server.drop_database(database)
        if started:
            server.stop()


def run(*arguments: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def wait_for(url: str, web: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if web.poll() is not None:
            sys.exit("The web server did not start.")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    sys.exit("The web server did not answer.")


if __name__ == "__main__":
    main()
