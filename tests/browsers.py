"""Chromium for the tests that look at pages: fixtures `browser`, `page` (a desk) and `phone` (390 pixels wide)."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "apt-get install -y chromium fonts-noto-cjk"
# As root Chromium needs --no-sandbox; the rest keeps it from looking for hosts of its maker's.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)  # else a third of it, and a loaded machine needs more


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip(f"browser tests need Chromium: `{INSTALL}`")
    with sync_playwright() as playwright, kept_files():
        # Playwright's event loop runs in this thread, and Django takes that for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        launched = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield launched
        launched.close()
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@contextmanager
def kept_files() -> Iterator[None]:
    """Windows keep styles and scripts for as long as they live, as they do in life; the tests' server says nothing of it."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    served = StaticFilesHandler.serve

    def serve(handler: StaticFilesHandler, request: HttpRequest) -> HttpResponseBase:
        response = served(handler, request)
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    StaticFilesHandler.serve = serve
    yield
    StaticFilesHandler.serve = served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with desk_window(browser, width=1440, height=900) as window:
        yield window.new_page()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with desk_window(browser, width=390, height=844, has_touch=True) as window:
        yield window.new_page()


def desk_window(browser: Browser, *, width: int, height: int, **more: object) -> BrowserContext:
    """A fresh profile, set up as one in a union's office."""
    window = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        **more,
    )
    window.set_default_timeout(PATIENCE_MS)
    return window


def chromium() -> str | None:
    """Where it is; root on Debian installs it."""
    found = which()
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    with (Path(tempfile.gettempdir()) / "niangjia-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not which():
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            for command in ("apt-get update -q", INSTALL):
                subprocess.run(command.split(), env=environment, stdout=subprocess.DEVNULL, check=False)
    return which()


def which() -> str | None:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)
