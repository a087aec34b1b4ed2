"""`niangjia audit verify`."""

from __future__ import annotations

import typer

app = typer.Typer(help="The audit trail.", no_args_is_help=True)
NAME = "audit"


@app.callback()
def _group() -> None:
    """The audit trail."""


@app.command()
def verify() -> None:
    """Recompute the hash chain; exit 1 and name the first broken seal if a row was changed."""
    import django

    django.setup()
    from niangjia.kernel.audit.actions import verify as walk

    verdict = walk()
    if verdict.broken is not None:
        typer.echo(f"BROKEN at seal {verdict.broken}: rows under it were changed, added or removed.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{verdict.seals} seals over {verdict.rows} entries hold; {verdict.unsealed} not sealed yet.")
    typer.echo(f"last hash {verdict.last_hash}")
