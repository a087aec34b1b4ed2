"""The console command `niangjia`: its own commands and those of each room's `commands.py`.

Neither this module nor a room's `commands.py` imports Django: `--help` answers at once, and settings are
read only after `surroundings.settle` has decided which.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console as Terminal

from niangjia.cli import check, database, surroundings, troubles, up, web, worker

PACKAGE = Path(__file__).resolve().parents[1]
SETTLE_THEMSELVES = {None, "up", "db", "bench", "triage", "hotspots"}
ROOMS = ("*/commands.py", "*/*/commands.py", "*/*/*/commands.py")


class Console(typer.Typer):
    """Says a known trouble in one sentence, without a trace."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            said = troubles.sentence(error)
            if said is None:
                raise
            Terminal(stderr=True).print(said, style="red", markup=False, highlight=False, soft_wrap=True)
            sys.exit(1)


app = Console(
    help="Niangjia: the system of a trade union that knows who is there.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def begin(context: typer.Context) -> None:
    """Niangjia: the system of a trade union that knows who is there."""
    surroundings.read()
    if "--help" not in sys.argv and context.invoked_subcommand not in SETTLE_THEMSELVES:
        surroundings.settle()


app.command("up")(up.up)
app.command("web")(web.web)
app.command("worker")(worker.worker)
app.command("check")(check.check)
app.add_typer(database.app, name="db")


def mount(name: str, default: str | None) -> None:
    """Add a room's commands: under its NAME, or beside ours when it has none."""
    room = importlib.import_module(name)
    app.add_typer(room.app, name=getattr(room, "NAME", default))


for pattern in ROOMS:
    for path in sorted(PACKAGE.glob(pattern)):
        mount(".".join(("niangjia", *path.relative_to(PACKAGE).with_suffix("").parts)), None)

# Measuring needs a checkout: the wheel does not bring `bench/`.
if (surroundings.ROOT / "bench" / "commands.py").is_file():
    if str(surroundings.ROOT) not in sys.path:
        sys.path.append(str(surroundings.ROOT))
    mount("bench.commands", "bench")
