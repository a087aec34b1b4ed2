"""`niangjia hotspots FILE --topics JSON`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command("hotspots")
def hotspots(
    file: Annotated[Path, typer.Argument(help="CSV or CSV.gz with id, user, time, title and text.")],
    topics: Annotated[
        Path | None, typer.Option(help="JSON of known topics, {name: [id, …]}: how well they are found.")
    ] = None,
) -> None:
    """Put the messages of different people together by meaning and place; the last line is JSON. Needs no database."""
    from niangjia.modules.demands.hotspots.reading import Unreadable, messages_of, topics_of
    from niangjia.modules.demands.hotspots.report import as_json, grouped, hottest, matches

    began = time.monotonic()
    try:
        messages = messages_of(file)
        known = topics_of(topics) if topics else {}
    except Unreadable as trouble:
        typer.echo(str(trouble), err=True)
        raise typer.Exit(1) from None
    groups = grouped(messages)
    top, found = hottest(messages, groups), matches(messages, groups, known)
    took = time.monotonic() - began
    for match in found:
        typer.echo(f"  {match.f1:.3f}  {match.topic}: {match.size} messages, {match.found} in the group that fits best")
    typer.echo(f"  {'people':>6} {'messages':>8}  from        until       words")
    for group in top:
        place = f"  [{group.place}]" if group.place else ""
        typer.echo(
            f"  {group.people:>6} {group.messages:>8}  {group.from_:10}  {group.until:10}  {' '.join(group.words)}{place}"
        )
    said = as_json(top, found, took)
    mean = f", mean F1 {said['mean_f1']:.3f}" if found else ""
    typer.echo(f"{len(messages):,} messages in {len(groups):,} groups{mean}; {took:.1f} s")
    typer.echo(json.dumps(said, ensure_ascii=False))
