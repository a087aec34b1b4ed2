"""`niangjia bench …`: every bench works in a database of its own and ends with one JSON line."""

from __future__ import annotations

from typing import Annotated

import typer

from bench import ground

app = typer.Typer(help="Measure what the docs claim (from a checkout).", no_args_is_help=True)
NAME = "bench"


@app.callback()
def _group() -> None:
    """Measure what the docs claim."""


@app.command()
def lists(
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
    scale: Annotated[str, typer.Option(help="city, or county for a quick look.")] = "city",
    rounds: Annotated[int, typer.Option(help="How many times each question is asked.")] = 20,
) -> None:
    """Pages, searches and counts of the register, fresh and after an unvacuumed change of 2.5 %."""
    raise typer.Exit(ground.run("bench.lists", scale=scale, pg=pg, arguments=[str(rounds), str(pg), scale]))
