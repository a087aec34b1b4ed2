"""`make setup`: the environment in .venv/, the front-end packages and the built assets. Standard library only.

Each step leaves a stamp that names what it was made from; a step whose stamp fits is not done again, one that
was interrupted leaves none.
"""

import os
import shutil
import sys

# Nothing newer than Python 3.6 may stand above this gate, so that an old Python can still say the sentence.
OLDEST_PYTHON = (3, 11)
if sys.version_info < OLDEST_PYTHON:
    for newer in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(newer)
        if found:
            os.execv(found, [found] + sys.argv)
    sys.exit(
        "Python 3.11 or newer is needed and this is %d.%d: install it (Debian: `apt-get install -y python3.11 python3.11-venv`)"
        " and run the command again." % sys.version_info[:2]
    )

import errno
import fcntl
import hashlib
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
LOG = ROOT / ".local" / "setup.log"
LOCK = ROOT / "requirements" / "dev.txt"
OLDEST_NODE = 20
NO_ROOM_LEFT = 50 * 1024 * 1024
# Tailwind reads class names from templates and from Python too.
ASSET_KINDS = {".html", ".css", ".js", ".mjs", ".py", ".svg"}
DISK_FULL = (
    "No space left on device",
    "ENOSPC",
    "Disk quota exceeded",
    "File too large",
    "EFBIG",
    "File size limit exceeded",
)


class Trouble(Exception):
    """One sentence that says what is wrong and what to do."""


def main() -> None:
    LOG.parent.mkdir(exist_ok=True)
    with only_one_at_a_time():
        # What one step makes the next one uses; what could be missing is asked for before the long ones begin.
        screens = (ROOT / "package.json").is_file()
        node = node_version() if screens else ""
        project = (ROOT / "pyproject.toml").read_bytes()
        once("environment", [sys.version, str(ROOT)], make_environment, unless_missing=PYTHON)
        once("packages", [LOCK.read_bytes()], install_packages, saying="Python packages")
        once("project", [project, str(ROOT)], install_project, unless_missing=VENV / "bin/niangjia")
        if screens:
            packages = [(ROOT / name).read_bytes() for name in ("package.json", "package-lock.json")]
            installed, built = ROOT / "node_modules", ROOT / "niangjia/ui/static/dist"
            once(
                "node", [*packages, node], install_node_packages, saying="front-end packages", unless_missing=installed
            )
            once("assets", [*packages, *sources(built)], build_assets, unless_missing=built)


def make_environment() -> None:
    hint = "is Python's venv complete (Debian: `apt-get install -y python3-venv`)?"
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], hint)
    run([str(PYTHON), "-m", "ensurepip", "--upgrade", "--default-pip"], hint)  # apart, because venv hides what it says


def install_packages() -> None:
    run([str(PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(LOCK)], "is the package index reachable?")


def install_project() -> None:
    run(
        [str(PYTHON), "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index", "-e", str(ROOT)],
        "does pyproject.toml name a file that is not there?",
    )


def install_node_packages() -> None:
    run(["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"], "is the npm registry reachable?")


def build_assets() -> None:
    run(["npm", "run", "build"], "does a template or style sheet have a mistake?")


def node_version() -> str:
    needed = f"Node.js {OLDEST_NODE} or newer, with npm, is needed to build the screens"
    if not shutil.which("node") or not shutil.which("npm"):
        raise Trouble(f"{needed} and was not found: install it and run the command again.")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise Trouble(f"{needed} and this is {said or 'not working'}: install a newer one and run the command again.")
    return said


def sources(built: Path) -> Iterator[bytes]:
    """Everything the built assets depend on, told by its content."""
    for folder, folders, names in os.walk(ROOT / "niangjia"):
        folders[:] = sorted(
            each
            for each in folders
            if each not in {"__pycache__", "tests", "migrations"} and Path(folder, each) != built
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix in ASSET_KINDS:
                yield str(path.relative_to(ROOT)).encode()
                yield path.read_bytes()


def once(
    step: str,
    made_from: list[bytes | str],
    make: Callable[[], None],
    *,
    saying: str = "",
    unless_missing: Path | None = None,
) -> None:
    digest = hashlib.sha256()
    for part in made_from:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content))
        digest.update(content)
    stamp = STAMPS / step
    if (
        (unless_missing is None or unless_missing.exists())
        and stamp.is_file()
        and stamp.read_text() == digest.hexdigest()
    ):
        return
    print(f"  {saying or step} … ", end="", flush=True)
    began = time.monotonic()
    stamp.unlink(missing_ok=True)
    make()
    STAMPS.mkdir(exist_ok=True)
    making = stamp.with_suffix(".new")
    making.write_text(digest.hexdigest())
    making.replace(stamp)
    print(f"{time.monotonic() - began:.0f} s", flush=True)


def run(command: list[str], hint: str) -> None:
    with LOG.open("w") as log:
        status = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
    if status == 0:
        return
    said = LOG.read_text(errors="replace")
    if any(sign in said for sign in DISK_FULL) or shutil.disk_usage(ROOT).free < NO_ROOM_LEFT:
        raise Trouble(
            f"The disk is full: free some space for {ROOT} (1.5 GB are needed in all) and run the command again."
        )
    raise Trouble(f"`{' '.join(command)}` failed: {hint} Its output is in {LOG.relative_to(ROOT)}.")


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    with (LOG.parent / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        sys.exit(f"\n{trouble}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted: run the command again to go on.")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            sys.exit(f"\nThe disk is full: free some space for {ROOT} and run the command again.")
        sys.exit(f"\nCannot write {error.filename} ({error.strerror}): make it writable and run the command again.")
