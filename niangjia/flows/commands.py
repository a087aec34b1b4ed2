"""`niangjia seed` and `niangjia seed story`: the demonstration, room by room."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from niangjia.modules.organisations.synthetic import Scale

app = typer.Typer(help="Fill an empty register with invented unions, members and demands.")
NAME = "seed"


class _Clock:
    def __init__(self) -> None:
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        typer.echo(f"  {time.monotonic() - self.began:6.1f} s  {text}")


@app.callback(invoke_without_command=True)
def seed(
    context: typer.Context,
    *,
    scale: Annotated[Scale, typer.Option(help="small, county or city.")] = Scale.COUNTY,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    tell: Annotated[
        bool, typer.Option(help="Tell the two years' story at once; else `niangjia seed story` does.")
    ] = True,
) -> None:
    """Fill an empty register with invented unions and members; refuses where there is something already."""
    if context.invoked_subcommand is not None:
        return
    _begin_django()
    from django.utils import timezone

    from niangjia.flows.seed import tell_two_years
    from niangjia.kernel.errors import Refused
    from niangjia.modules.demands.seed import begin_story
    from niangjia.modules.exchange.seed import add_hotline
    from niangjia.modules.members.seed import fill

    clock = _Clock()
    try:
        fill(scale, seed=seed, say=clock.say)
        if scale is not Scale.CITY:
            now = timezone.localtime()
            clock.say("the map of who answers for what")
            begin_story(scale, seed=seed, now=now)
            add_hotline(now=now)
            if tell:
                clock.say("two years of visits and demands")
                tell_two_years(say=clock.say)
    except Refused as refused:
        typer.echo(refused.message, err=True)
        raise typer.Exit(1) from None
    clock.say("done")


@app.command()
def story() -> None:
    """Tell what isn't told yet of two years of visits and demands; goes on where it was stopped, and does nothing when all is told."""
    _begin_django()
    from niangjia.flows.seed import tell_two_years

    clock = _Clock()
    told = tell_two_years()
    if told:
        clock.say(f"the two years of visits and demands are told: {told:,} demands")


def _begin_django() -> None:
    import django

    django.setup()
    from django.conf import settings

    if not settings.SYNTHETIC_NUMBERS:
        typer.echo("Invented people have no place in production: set NIANGJIA_ENV=demo.", err=True)
        raise typer.Exit(1)
