"""`niangjia seed`."""

from __future__ import annotations

from typing import Annotated

import typer

from niangjia.modules.organisations.synthetic import Scale

app = typer.Typer(help="Fill an empty register with invented unions and members.")
NAME = "seed"


@app.callback(invoke_without_command=True)
def seed(
    scale: Annotated[Scale, typer.Option(help="small, county or city.")] = Scale.COUNTY,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
) -> None:
    """Fill an empty register with invented unions and members; refuses where there is something already."""
    import time

    import django

    django.setup()
    from django.conf import settings

    from niangjia.kernel.errors import Refused
    from niangjia.modules.members.seed import fill

    if not settings.SYNTHETIC_NUMBERS:
        typer.echo("Invented people have no place in production: set NIANGJIA_ENV=demo.", err=True)
        raise typer.Exit(1)
    began = time.monotonic()
    try:
        fill(scale, seed=seed, say=lambda text: typer.echo(f"  {time.monotonic() - began:6.1f} s  {text}"))
    except Refused as refused:
        typer.echo(refused.message, err=True)
        raise typer.Exit(1) from None
    typer.echo(f"  {time.monotonic() - began:6.1f} s  done")
