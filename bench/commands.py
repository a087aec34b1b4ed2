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


@app.command()
def joining(
    applications: Annotated[int, typer.Option(help="How many workers hand one in.")] = 3000,
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
    scale: Annotated[str, typer.Option(help="The register that they join: small, county or city.")] = "small",
) -> None:
    """Workers join on their phones and officers take them in; none is lost."""
    arguments = [str(applications)]
    raise typer.Exit(ground.run("bench.joining", scale=scale, pg=pg, arguments=arguments, own="bench_joining"))


@app.command("roster-import")
def roster_import(
    rows: Annotated[int, typer.Option(help="Rows of the file.")] = 1_000_000,
    file_format: Annotated[str, typer.Option("--format", help="csv or xlsx.")] = "csv",
    register: Annotated[str, typer.Option(help="city, or about how many members there are already.")] = "city",
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
) -> None:
    """A roster with 2 % bad rows of every kind, from the file to the sheet returned, by a real worker."""
    scale = "county" if register.isdigit() else register
    raise typer.Exit(
        ground.run_on_a_copy("bench.roster_import", scale=scale, pg=pg, arguments=[str(rows), file_format, register])
    )


@app.command()
def worktime(deadlines: Annotated[int, typer.Option(help="How many deadlines are counted.")] = 100_000) -> None:
    """Deadlines a second, and whether a walker by days and by minutes finds the same."""
    from bench import worktime as bench

    raise typer.Exit(bench.main(deadlines))


@app.command()
def reclock(
    opened: Annotated[int, typer.Option("--open", help="How many cases are open.")] = 100_000,
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
) -> None:
    """A calendar comes out and everything open is counted anew; each compared with counting it alone."""
    raise typer.Exit(ground.run_on_a_copy("bench.reclock", scale="small", pg=pg, arguments=[str(opened)]))


@app.command()
def intake(
    demands: Annotated[int, typer.Option(help="How many another system hands over.")] = 5000,
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
) -> None:
    """Demands by the open API, the worker and the database each killed once: none lost, none doubled."""
    arguments = [str(demands), str(pg)]
    raise typer.Exit(
        ground.run("bench.intake", scale="small", pg=pg, arguments=arguments, own="bench_intake", purpose="intake")
    )


@app.command()
def inbox(
    demands: Annotated[int, typer.Option(help="How many there are, of two years; some 3 % are open.")] = 1_000_000,
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
    scale: Annotated[str, typer.Option(help="The tree over which they are spread: small, county or city.")] = "city",
    rounds: Annotated[int, typer.Option(help="How many times each view is asked.")] = 20,
) -> None:
    """Inbox, board, supervising, list and search of demands, asked by officers of every level."""
    name, arguments = f"demands_{scale}_{demands}", [str(rounds), str(pg), scale]
    filling = [["-m", "bench.inbox", "fill", str(demands), scale]]
    raise typer.Exit(ground.run("bench.inbox", scale=name, pg=pg, arguments=arguments, filling=filling))


@app.command()
def plan(
    employers: Annotated[int, typer.Option(help="How many there are; three of five are key employers.")] = 2000,
    officers: Annotated[int, typer.Option(help="How many weeks are planned.")] = 50,
    pg: Annotated[int, typer.Option(help="PostgreSQL 18 (the wheel's) or 15 (Debian's).")] = 18,
) -> None:
    """Every officer's week, as on a Monday morning, and once more; the rules looked through afterwards."""
    arguments = [str(employers), str(officers)]
    raise typer.Exit(ground.run_on_a_copy("bench.plan", scale="small", pg=pg, arguments=arguments))
