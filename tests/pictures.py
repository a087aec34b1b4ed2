"""The pictures of the README and the manual, taken from the running product: `make pictures`; `python -m tests.pictures NAME …`
takes only these.

A county of its own in a scratch database, the web server as it is deployed, and Chromium. Nothing of the demo is touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


WORKER = "a worker"
# What the addresses below and the worker's log-in need, as the demonstration's own shell tells it.
ASKED = """
import json
from niangjia.engines.imports.models import ImportBatch
from niangjia.modules.demands.models import Demand
from niangjia.modules.members.models import DuplicatePair, JoiningApplication
from niangjia.modules.members.seed import joining_link
from niangjia.modules.visits.models import Finding, Meeting
from niangjia.modules.visits.rules import Outcome
why = {"reason": "pictures of the demonstration"}
print(json.dumps({
    "batch": ImportBatch.objects.unscoped(**why).get(state="WAITING").pk,
    "pair": DuplicatePair.objects.unscoped(**why).order_by("pk").first().pk,
    "join": joining_link()[0],
    "phone": JoiningApplication.objects.unscoped(**why).filter(state="ACCEPTED").order_by("pk").first().phone,
    "demand": Demand.objects.unscoped(**why).get(recovered_fen=12_600_000).pk,
    "visit": Finding.objects.unscoped(**why).filter(outcome=Outcome.EXPLAINED).order_by("-pk").first().visit_id,
    "meeting": Meeting.objects.unscoped(**why).exclude(closed_at=None).order_by("-month", "pk").first().pk,
}))
"""


# Recorded after the figures were taken, which they would change.
ASKS = """
import json
from django.utils import timezone
from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.actions import Channel, Facts, Nature, record_demand
from niangjia.modules.members.models import JoiningApplication
why, now = {"reason": "pictures of the demonstration"}, timezone.now()
worker = JoiningApplication.objects.unscoped(**why).filter(state="ACCEPTED").order_by("pk").first()
rights, hotline = (User.objects.get(username=name).pk for name in ("weiquan", "rexian"))
county = Grant.objects.unscoped(**why).get(user=rights).scope_id
asked = record_demand(
    Facts(
        nature=Nature.HELP, channel=Channel.PHONE_PAGE, kind="0101", people=1, asker_name="林小燕",
        title="外卖站点拖欠工钱", asker_phone=worker.phone, asker_user_id=worker.user_id, employer_name="好味餐饮管理公司",
        body="在好味餐饮送外卖，八月起没有结工钱，一共九千六百元，站长说等平台结算。想请工会帮忙要回来。",
    ),
    scope_id=county, actor=casework.ASKER, now=now,
)
casework.assign_case(
    asked.pk, scope_id=county, user_id=rights, actor=actor_of(hotline, now=now), now=now
)
casework.answer_case(
    asked.pk, text="已同站点和平台核对：拖欠的 9,600 元今天下午到账，以后按月结清。站长书面作了保证。",
    actor=actor_of(rights, now=now), now=now,
)
print(json.dumps({"mine": asked.pk}))
"""
RINGS = """
from django.utils import timezone
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import Grant
from niangjia.modules.demands.actions import Channel, Facts, Nature, record_demand
county = Grant.objects.unscoped(reason="pictures of the demonstration").get(user__username="weiquan").scope_id
record_demand(
    Facts(
        nature=Nature.HELP, channel=Channel.HOTLINE, title="家具厂宿舍起火，有人受伤", people=20, place="工业园区 12 号",
        body="工业园区家具厂宿舍楼起火，有人从二楼跳下来受伤，二十多个人还在楼下。", asker_phone="12400000999",
    ),
    scope_id=county, actor=SYSTEM, now=timezone.now(),
)
print("{}")
"""


# A visit that is planned for today, whatever day the pictures are taken on.
GOES = """
from django.utils import timezone
from niangjia.kernel.access.models import User
from niangjia.modules.organisations.queries.ground import nearest_places
from niangjia.modules.visits.models import PlannedVisit
from niangjia.modules.visits.queries.postings import employers_of_posting, posting_of
now, user = timezone.now(), User.objects.get(username="zhulian")
employer = employers_of_posting(posting_of(user.pk, timezone.localdate())).order_by("-headcount", "pk").first()
path = nearest_places([employer.division_id])[employer.division_id]
PlannedVisit.objects.unscoped(reason="pictures of the demonstration").create(
    scope_id=int(path.rpartition(".")[2]), user=user, employer=employer, on=timezone.localdate(), reason="overdue",
    because="上次走访后已超 42 天", changed_at=now, order=0,
)
print("{}")
"""


@dataclass(frozen=True)
class Picture:
    name: str
    officer: str  # who logs in: a user name, WORKER by phone, or nobody
    address: str
    phone: bool = False
    theme: str = "light"
    opens: str = ""  # a selector that is clicked first, and opens the drawer
    clicks: tuple[str, ...] = ()  # what is clicked after that
    writes: tuple[tuple[str, str], ...] = ()  # what is typed after that: selector and text
    scrolls: str = ""  # a selector that is brought to the top
    first: str = ""  # what happens in the demonstration before, and which facts that makes
    folder: Path = README

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.png"


PICTURES = (
    Picture("home", "zhuxi", "/desk/"),
    Picture("home-dark", "zhuxi", "/desk/", theme="dark"),
    Picture("members", "zhuxi", "/desk/members/?q=晓燕", opens="[data-row]:nth-child(4) .row-link"),
    Picture("organisation", "zhuxi", "/desk/organisations/{township}/"),
    Picture("tree", "zhuxi", "/desk/organisations/tree/"),
    Picture("blank-spots", "zujian", "/desk/blank-spots/"),
    Picture("duty", "zhuxi", "/desk/duty/"),
    Picture("audit", "jingshen", "/desk/audit/"),
    Picture("phone-home", "jingban", "/desk/", phone=True),
    Picture("phone-members", "jingban", "/desk/members/", phone=True),
    Picture("import-preview", "zhenzhuxi", "/desk/imports/{batch}/"),
    Picture("figures", "zhuxi", "/desk/figures/"),
    Picture("faults", "zhuxi", "/desk/faults/"),
    Picture("applications", "zujian", "/desk/applications/"),
    Picture("duplicate", "zujian", "/desk/duplicates/{pair}/"),
    Picture("phone-applications", "zujian", "/desk/applications/", phone=True),
    Picture("demands-inbox", "jingban", "/desk/demands/inbox/"),
    Picture("demands-board", "zhuxi", "/desk/demands/board/"),
    Picture("demand", "zhuxi", "/desk/demands/{demand}/"),
    Picture("supervising", "zhuxi", "/desk/demands/supervising/"),
    Picture("insight", "zhuxi", "/desk/insight/demands/", clicks=("main a:text-is('近两年')",)),
    Picture("hot-spots", "zhuxi", "/desk/demands/hotspots/"),
    Picture("triage", "zhuxi", "/desk/demands/triage/"),
    Picture("visits", "zhuxi", "/desk/visits/"),
    Picture("visit", "zhuxi", "/desk/visits/{visit}/"),
    Picture("meeting", "zhuxi", "/desk/visits/meetings/{meeting}/"),
    Picture("catalogue", "zhuxi", "/desk/demands/catalogue/?kind=0101"),
    Picture(
        "responsibilities", "zhuxi", "/desk/demands/responsibilities/", scrolls="main h2:text-is('各类诉求都适用')"
    ),
    Picture("emergencies", "zhuxi", "/desk/demands/emergencies/"),
    Picture("calendar", "zhuxi", "/desk/worktime/calendar/"),
    Picture("phone-inbox", "jingban", "/desk/demands/inbox/", phone=True),
    Picture("worker-join", "", "{join}", phone=True),
    Picture("worker-home", WORKER, "/", phone=True),
    Picture("worker-union", WORKER, "/phone/union/", phone=True),
    Picture("import", "jingban", "/desk/imports/add/?sheet=members.member", folder=MANUAL),
    Picture("joining", "zujian", "/desk/applications/", opens="[data-row]:nth-child(2) .row-link", folder=MANUAL),
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
    Picture(
        "field",
        "zhulian",
        "/desk/visits/field/",
        phone=True,
        first=GOES,
        clicks=(
            "main section:has(h2:has-text('今天的走访')) li button >> nth=0",
            "main button:text-is('到达')",
            "fieldset:has(legend:text-is('职工思想状况')) button:text-is('好')",
            "fieldset:has(legend:text-is('用工规范')) button:text-is('差')",
        ),
        writes=(("[aria-label='用工规范的一句话']", "通风机坏了两周"),),
        scrolls="main section:has(h2:text-is('到达'))",
        folder=MANUAL,
    ),
    Picture("worker-demand-new", WORKER, "/phone/demands/new/", phone=True),
    Picture("worker-demand", WORKER, "/phone/demands/{mine}/", phone=True, first=ASKS),
    Picture(
        "hotline",
        "rexian",
        "/desk/hotline/?phone={phone}",
        clicks=("main button:has-text('接听')",),
        writes=(
            ("#id_body", "我在北山家具厂上班，三个月没有发工资了，一共欠我一万八千元，车间里还有几个人也没拿到。"),
        ),
    ),
    Picture("alert", "zhuxi", "/desk/demands/alerts/", first=RINGS),  # the last one: it stands over every page after
)


def main() -> None:
    program = chromium()
    if program is None:
        sys.exit(f"Pictures need Chromium: `{INSTALL}`")
    wanted = sys.argv[1:]
    for folder in (README, MANUAL):
        folder.mkdir(parents=True, exist_ok=True)
    with county() as demo, sync_playwright() as playwright:
        # The browser's own language, for the hints within its date fields.
        browser = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, "--lang=zh-CN"], env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        for picture in PICTURES:
            if wanted and picture.name not in wanted:
                continue
            take(picture, browser, demo)
            size = picture.path.stat().st_size
            print(f"{picture.path.relative_to(Path.cwd())}  {size // 1024} KB")
            if size > MOST_BYTES:
                sys.exit(f"{picture.path.name} is larger than {MOST_BYTES // 1000} KB.")
        browser.close()


def take(picture: Picture, browser: Browser, demo: Demo) -> None:
    server = demo.url
    if picture.first:
        demo.facts |= json.loads(demo.shell(picture.first))
    with desk_window(browser, **(PHONE if picture.phone else DESK)) as window:
        window.add_cookies([{"name": "theme", "value": picture.theme, "url": server}])
        page = window.new_page()
        if picture.officer == WORKER:
            prove_phone(page, demo)
        elif picture.officer:
            log_in(page, server, picture.officer)
        there = {"township": township(page, server)} if "{township}" in picture.address else demo.facts
        page.goto(server + picture.address.format(**there))
        page.wait_for_load_state("networkidle")
        if picture.opens:
            page.locator(picture.opens).click()
            page.locator("#drawer-title").wait_for()
            page.wait_for_load_state("networkidle")
        for selector in picture.clicks:
            page.locator(selector).click()
            page.wait_for_load_state("networkidle")
        for selector, text in picture.writes:
            page.locator(selector).fill(text)
            page.wait_for_timeout(1500)
            page.wait_for_load_state("networkidle")
        if picture.scrolls:
            page.locator(picture.scrolls).first.evaluate("one => one.scrollIntoView({block: 'start'})")
        page.mouse.move(0, 0)
        page.screenshot(path=picture.path)


def log_in(page: Page, server: str, officer: str) -> None:
    page.goto(f"{server}/accounts/login/")
    page.locator("[name=login]").fill(officer)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/desk/")


def prove_phone(page: Page, demo: Demo) -> None:
    """By the code, which the demonstration writes into a file; one is sent a minute, so it is kept."""
    page.goto(f"{demo.url}/phone/log-in/")
    page.locator("[name=phone]").fill(demo.facts["phone"])
    if not demo.cookies:
        page.locator("[name=send]").click()
        page.wait_for_load_state("networkidle")
        said = demo.notices.read_text(encoding="utf-8").splitlines()[-1]
        page.locator("[name=code]").fill(re.findall(r"\d{6}", json.loads(said)["title"])[0])
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_load_state("networkidle")
        demo.cookies += page.context.cookies()
    page.context.add_cookies([each for each in demo.cookies if each["name"] != "theme"])


def township(page: Page, server: str) -> str:
    """The first township of the tree: its page has a term, figures and unions below."""
    page.goto(f"{server}/desk/organisations/?kind=TOWNSHIP_UNION")
    found = page.locator(".row-link").first
    return (found.get_attribute("href") or "").strip("/").rpartition("/")[2] if found.count() else ""


@dataclass
class Demo:
    url: str
    facts: dict[str, str]
    notices: Path
    environment: dict[str, str]
    cookies: list[Any] = field(default_factory=list)

    def shell(self, said: str) -> str:
        """What a few lines print that run within the demonstration."""
        shell = [sys.executable, "-m", "django", "shell", "--no-imports", "--command", said]
        return subprocess.run(shell, env=self.environment, stdout=subprocess.PIPE, check=True, text=True).stdout


@contextmanager
def county() -> Iterator[Demo]:
    """A filled county at an address, gone afterwards."""
    server, database = LocalServer(purpose="test", durable=False), f"pictures_{os.getpid()}"
    started = server.start()
    server.drop_database(database)
    server.create_database(database)
    port, folder = free_port(), Path(tempfile.mkdtemp())
    notices = folder / "messages.jsonl"
    environment = os.environ | {
        "NIANGJIA_ENV": "demo",
        "DATABASE_URL": server.url(database),
        "DJANGO_SETTINGS_MODULE": "niangjia.config.settings",
        "NIANGJIA_FILES": str(folder / "files"),
        "NIANGJIA_CHANNELS": "file",
        "NIANGJIA_NOTIFY_FILE": str(notices),
    }
    try:
        run("-m", "django", "migrate", "--verbosity", "0", environment=environment)
        run("-m", "niangjia", "seed", "--scale", "county", "--seed", SEED, environment=environment)
        with subprocess.Popen(
            [sys.executable, "-m", "niangjia", "web", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        ) as web:
            try:
                wait_for(f"http://127.0.0.1:{port}/accounts/login/", web)
                demo = Demo(f"http://127.0.0.1:{port}", {}, notices, environment)
                demo.facts |= json.loads(demo.shell(ASKED))
                yield demo
            finally:
                web.terminate()
    finally:
        server.drop_database(database)
        shutil.rmtree(folder)
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
