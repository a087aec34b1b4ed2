"""What can be missing or in the way is one sentence that says what to do, never a trace."""

from __future__ import annotations

import ast
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from niangjia.cli import check
from tests.ground import DATABASE, SERVER

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")
OLD_PYTHON = (
    "#!/bin/sh\n"
    f"exec {sys.executable} -c 'import sys; sys.version_info = (3, 9, 2); sys.argv = sys.argv[1:];"
    ' exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"))\' "$@"\n'
)


def niangjia(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "niangjia", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def the_sentence(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stderr.strip()
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + said
    assert len(said.splitlines()) == 1
    return said


def test_a_taken_port() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"make demo PORT={port + 1}" in the_sentence(niangjia("up", "--port", str(port)))


def test_a_second_start_on_its_way_to_the_same_port() -> None:
    (ROOT / ".local").mkdir(exist_ok=True)
    lock = ROOT / ".local" / "port-64999.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "Port 64999 is taken" in the_sentence(niangjia("up", "--port", "64999"))
    lock.unlink()


def test_a_database_out_of_reach() -> None:
    said = the_sentence(niangjia("up", "--port", "0", DATABASE_URL="postgresql://clerk:secret@127.0.0.1:1/union"))
    assert "The database cannot be reached" in said
    assert "Connection refused" in said
    assert "secret" not in said


def test_a_database_that_is_not_there() -> None:
    said = the_sentence(niangjia("db", "status", DATABASE_URL=SERVER.url("nobody_made_it")))
    assert "DATABASE_URL" in said


@pytest.mark.django_db(transaction=True)
def test_a_database_of_a_newer_version_of_the_program() -> None:
    with psycopg.connect(SERVER.url(DATABASE), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('access', '9999_from_the_future', now())"
        )
    assert "newer version of the program" in the_sentence(niangjia("db", "migrate"))


def test_production_without_its_keys() -> None:
    environment = {"NIANGJIA_ENV": "production", "NIANGJIA_SECRET_KEY": ""}
    assert "NIANGJIA_SECRET_KEY is not set" in the_sentence(niangjia("worker", **environment))


def test_help_does_not_load_django() -> None:
    code = "import sys, niangjia.cli.main; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout with nothing built, and a folder `bin` for its PATH."""
    for name in ("Makefile", "pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("tools", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to("/bin/sh")
    return tmp_path


def program(bare: Path, name: str, script: str) -> None:
    path = bare / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def make_setup(bare: Path, limit: int | None = None) -> str:
    limited = f"ulimit -f {limit}; " if limit else ""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{limited}exec {MAKE} setup"],
        cwd=bare,
        env={"PATH": str(bare / "bin"), "HOME": str(bare)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.strip().splitlines() if line and not line.startswith("make")]
    assert "Traceback" not in done.stderr
    assert len(said) == 1, done.stderr
    return said[0]


def test_no_python(bare: Path) -> None:
    assert make_setup(bare).startswith("Python 3.11 or newer is needed and was not found")


def test_an_old_python(bare: Path) -> None:
    program(bare, "python3", OLD_PYTHON)
    assert make_setup(bare).startswith("Python 3.11 or newer is needed and this is 3.9")


def test_an_old_python_can_read_the_script() -> None:
    """All of it has to parse before its first line runs."""
    ast.parse((ROOT / "tools/setup.py").read_text(), feature_version=(3, 6))


def test_an_old_python_beside_a_newer_one(bare: Path) -> None:
    program(bare, "python3", OLD_PYTHON)
    (bare / "bin/python3.12").symlink_to(sys.executable)
    assert "Node.js 20 or newer" in make_setup(bare)


def test_no_node(bare: Path) -> None:
    (bare / "bin/python3").symlink_to(sys.executable)
    assert "Node.js 20 or newer, with npm, is needed to build the screens and was not found" in make_setup(bare)


def test_an_old_node(bare: Path) -> None:
    (bare / "bin/python3").symlink_to(sys.executable)
    program(bare, "node", "#!/bin/sh\necho v18.20.1\n")
    program(bare, "npm", "#!/bin/sh\n")
    assert "this is v18.20.1" in make_setup(bare)


def test_a_full_disk_while_setting_up(bare: Path) -> None:
    (bare / "bin/python3").symlink_to(sys.executable)
    program(bare, "node", "#!/bin/sh\necho v20.1.0\n")
    program(bare, "npm", "#!/bin/sh\n")
    assert make_setup(bare, limit=64).startswith("The disk is full")
    assert not (bare / ".venv/stamps/environment").exists()


def test_the_check_says_that_links_would_lead_nowhere(settings) -> None:
    settings.ADDRESS = ""
    said = {answer.question: answer for answer in check.about_settings(production=True)}
    assert said["address"].verdict is check.Verdict.DOUBTFUL
    assert "NIANGJIA_ADDRESS" in said["address"].said
    settings.ADDRESS = "https://union.example.org"
    said = {answer.question: answer for answer in check.about_settings(production=True)}
    assert said["address"].verdict is check.Verdict.GOOD
