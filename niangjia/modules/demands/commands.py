"""`niangjia demands import FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Demands: bring over what people wrote elsewhere.", no_args_is_help=True)
NAME = "demands"


@app.callback()
def _group() -> None:
    """Demands: bring over what people wrote elsewhere."""


@app.command("import")
def bring_over(
    file: Annotated[Path, typer.Argument(help="CSV or CSV.gz with number, title, text, user and time.")],
    org: Annotated[int | None, typer.Option(help="Id of the union they come in at; else the topmost.")] = None,
    limit: Annotated[int | None, typer.Option(help="Record at most so many; the next run goes on.")] = None,
) -> None:
    """Record messages with the times at which they were left. Nobody is told; those recorded before are passed over."""
    import time

    import django

    django.setup()
    from django.utils import timezone

    from niangjia.kernel.access.models import Scope
    from niangjia.kernel.errors import Missing, Refused
    from niangjia.modules.demands.sheets.messages import bring_messages

    scope = Scope.objects.filter(pk=org) if org is not None else Scope.objects.filter(parent=None).order_by("pk")
    place = scope.values_list("pk", flat=True).first()
    if place is None:
        typer.echo("There is no such union: see its id in the address of its page.", err=True)
        raise typer.Exit(1)
    began = time.monotonic()
    try:
        done = bring_messages(
            file, scope_id=place, limit=limit, now=timezone.now(),
            say=lambda text: typer.echo(f"  {time.monotonic() - began:6.1f} s  {text}"),
        )  # fmt: skip
    except (Refused, Missing) as problem:
        typer.echo(problem.message, err=True)
        raise typer.Exit(1) from None
    took = time.monotonic() - began
    for line, problem_of_line in done.problems:
        typer.echo(f"  line {line}: {problem_of_line}")
    if done.bad > len(done.problems):
        typer.echo(f"  … and {done.bad - len(done.problems):,} more")
    typer.echo(
        f"{done.read:,} rows: {done.recorded:,} recorded ({done.with_kind:,} with a kind, {done.without_time:,} without a"
        f" time), {done.known:,} known already, {done.bad:,} bad; {took:.1f} s, {done.recorded / max(took, 0.001):.0f}/s"
    )
