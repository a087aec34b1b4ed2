"""`niangjia up`: database, tables, county, web server and worker in one terminal, until Ctrl-C."""

from __future__ import annotations

import fcntl
import http.client
import importlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from niangjia.cli import database, processes, surroundings
from niangjia.cli.troubles import Trouble

FACES = (("工作台", "/desk/"), ("手机端", "/"), ("驾驶舱", "/cockpit/"), ("柜台", "/counter/"))
FIRST_ANSWER = "/accounts/login/"
SEED = "niangjia.modules.members.seed"
FILLING = "being filled"
PATIENCE = 60.0
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EVERYWHERE = "0.0.0.0"  # noqa: S104

terminal = Console(highlight=False, soft_wrap=True)


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes of the web server.")] = 1,
    scale: Annotated[str, typer.Option(help="What an empty demo is filled with: small, county or city.")] = "county",
) -> None:
    """Start everything and say where to log in; Ctrl-C stops it. Without DATABASE_URL: a demo of the checkout's own."""
    # All like Ctrl-C, so that whatever stops us stops the children too.
    for number in ENDINGS:
        signal.signal(number, interrupt)
    with port_of_ours(host, port):
        with step("database"):
            server = surroundings.settle(make_demo=True)
            if os.environ.get("NIANGJIA_ENV") == "demo":
                os.environ.setdefault("NIANGJIA_HOSTS", "*" if host == EVERYWHERE else f"localhost,127.0.0.1,{host}")
            database.begin_django()
            if server and database.remark() == FILLING:  # an earlier start was stopped in the middle of it
                server.drop_database(surroundings.DATABASE)
                server.create_database(surroundings.DATABASE)
            database.refuse_unfit()
        with step("tables"):
            database.bring_up_to_date()
        empty = database.is_empty()
        database.let_go()
        if empty and os.environ.get("NIANGJIA_ENV") == "demo":
            fill(scale)
        serve(host, port, workers)


def fill(scale: str) -> None:
    if importlib.util.find_spec(SEED) is None:
        terminal.print("  ! no county to fill it with yet", style="yellow")
        return
    terminal.print("  county …")
    began = time.monotonic()
    database.put_remark(FILLING)
    seeding = processes.child("seed", "--scale", scale, "--no-tell")
    try:
        status = seeding.wait()
    finally:
        processes.stop(seeding, within=10)
    if status:
        raise Trouble("Filling the demo failed: what it said stands above; `make demo` tries again.")
    database.put_remark("")
    terminal.print(f"  county {time.monotonic() - began:.1f} s")


def serve(host: str, port: int, workers: int) -> None:
    (surroundings.ROOT / "static").mkdir(exist_ok=True)  # empty in a demo; its absence makes the web server warn
    web = processes.child("web", "--host", host, "--port", str(port), "--workers", str(workers))
    worker = processes.child("worker")
    story = None
    try:
        with step("server"):
            wait_for_answer(web, host, port)
        say_where(host, port)
        if os.environ.get("NIANGJIA_ENV") == "demo":
            # The county's two years go on being told while people look around.
            story = processes.child("seed", "story")
        while web.poll() is None:
            if worker.poll() is not None:
                terminal.print("The worker ended and is started again.", style="yellow")
                worker = processes.child("worker")
            time.sleep(1)
        raise Trouble("The web server ended by itself: what it said stands above.")
    except KeyboardInterrupt:
        terminal.print("\nStopping …")
    finally:
        # A second Ctrl-C must not leave half of it running.
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        if story is not None:
            processes.stop(story, within=5)
        processes.stop(web, within=5)
        processes.stop(worker, within=10)


def wait_for_answer(web: subprocess.Popen[bytes], host: str, port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if web.poll() is not None:
            raise Trouble("The web server did not start: what it said stands above.")
        connection = http.client.HTTPConnection(reachable(host), port, timeout=PATIENCE)
        try:
            connection.request("GET", FIRST_ANSWER)
            connection.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise Trouble(f"The web server did not answer within {PATIENCE:.0f} s: what it said stands above.")


def say_where(host: str, port: int) -> None:
    from django.urls import Resolver404, resolve

    address = f"http://{reachable(host)}:{port}"
    terminal.print()
    for face, path in FACES:
        try:
            resolve(path)
        except Resolver404:
            continue
        terminal.print(f"  {face}  [bold]{address}{path}[/bold]")
    joining = demo_joining()
    if joining:
        link, spot, number = joining
        terminal.print(f"  入会码  [bold]{address}{link}[/bold]  {spot}")
        terminal.print(
            f"\n  To join: any mobile number; {where_codes_appear()}; identity number {number}.", style="dim"
        )
    log_ins = demo_log_ins()
    if log_ins:
        table = Table("Job", "Where", "User name", "Password", box=None, padding=(0, 2), header_style="dim")
        for log_in in log_ins:
            table.add_row(*log_in)
        terminal.print()
        terminal.print(table)
    terminal.print("\nCtrl-C stops everything; what was entered is kept. `make demo-reset` begins anew.", style="dim")


def demo_log_ins() -> list[tuple[str, str, str, str]]:
    """(job, where, user name, password) as the seed tells them; nothing outside the demo."""
    if os.environ.get("NIANGJIA_ENV") != "demo" or importlib.util.find_spec(SEED) is None:
        return []
    tell = getattr(importlib.import_module(SEED), "log_ins", None)
    return [tuple(map(str, each)) for each in tell()] if tell else []  # type: ignore[misc]


def demo_joining() -> tuple[str, str, str] | None:
    """What one of the seed's posters says, where it hangs, and an identity number that nobody has."""
    if os.environ.get("NIANGJIA_ENV") != "demo" or importlib.util.find_spec(SEED) is None:
        return None
    seed = importlib.import_module(SEED)
    link, spot = seed.joining_link()
    return (link, spot, seed.spare_identity_number()) if link else None


def where_codes_appear() -> str:
    """A demo sends no SMS."""
    from django.conf import settings

    if "console" in settings.NOTIFY_CHANNELS:
        return "the code (验证码) appears in this terminal"
    if "file" in settings.NOTIFY_CHANNELS:
        return f"the code (验证码) is written to {settings.NOTIFY_FILE}"
    return "the code (验证码) is sent to it"


@contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    with terminal.status(f"{name} …"):
        yield
    terminal.print(f"  {name} {time.monotonic() - began:.1f} s")


@contextmanager
def port_of_ours(host: str, port: int) -> Iterator[None]:
    """The port is free, and no second `up` of this checkout is on its way to it."""
    taken = Trouble(
        f"Port {port} is taken, perhaps by another demo: stop that one, or choose another port with `make demo PORT={port + 1}`."
    )
    folder = surroundings.ROOT / ".local"
    folder.mkdir(exist_ok=True)
    with (folder / f"port-{port}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family[0], socket.SOCK_STREAM) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(family[4])
        except socket.gaierror:
            raise Trouble(
                f"There is no address {host} on this machine: use --host 127.0.0.1 or --host 0.0.0.0."
            ) from None
        except PermissionError:
            raise Trouble(
                f"Port {port} is reserved for the system: choose one above 1023 with `make demo PORT=8000`."
            ) from None
        except OSError:
            raise taken from None
        yield


def reachable(host: str) -> str:
    return "127.0.0.1" if host == EVERYWHERE else host


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
