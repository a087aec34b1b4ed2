"""`make lock`: resolve pyproject.toml into the lock files, with hashes and without any registry's address."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet"

# uv only resolves; what is installed comes from pip, with pip's own settings.
with tempfile.TemporaryDirectory() as scratch:
    subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
    subprocess.run([f"{scratch}/bin/pip", "install", "--quiet", "uv"], check=True)
    for target, extras in (("run.txt", ["--extra", "triage"]), ("dev.txt", ["--extra", "triage", "--extra", "dev"])):
        compiling = [f"{scratch}/bin/uv", "pip", "compile", "pyproject.toml", *extras, *COMMAND.split(), *sys.argv[1:]]
        subprocess.run([*compiling, "-o", f"requirements/{target}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
