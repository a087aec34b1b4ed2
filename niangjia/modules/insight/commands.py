"""`niangjia report journal`: visits and demands of a place over a time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(help="Reports as text, Word or PDF.", no_args_is_help=True)
NAME = "report"
DAYS = ["%Y-%m-%d"]


class Format(StrEnum):
    TEXT = "text"
    DOCX = "docx"
    PDF = "pdf"


@app.callback()
def _group() -> None:
    """Reports as text, Word or PDF."""


@app.command()
def journal(
    *,
    org: Annotated[
        int | None, typer.Option(help="Id of the union; else the one whose officers keep the journal.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAYS, help="First day; else the first of all.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=DAYS, help="Last day; else today.")] = None,
    kind: Annotated[Format, typer.Option("--format", help="text, docx or pdf.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option(help="The file to write; text goes to the screen without.")] = None,
) -> None:
    """The visit journal: visits, demands recorded and resolved, townships, key employers, officers."""
    import django

    django.setup()
    from django.utils import timezone

    from niangjia.kernel.documents.official import as_pdf
    from niangjia.kernel.documents.word import as_word
    from niangjia.kernel.errors import Refused
    from niangjia.modules.demands.queries.story import is_being_told
    from niangjia.modules.insight.journal import as_paper, as_text, journal_report, path_of_place, whole_time
    from niangjia.modules.insight.queries.places import place_of_report

    now = timezone.now()
    today = timezone.localdate(now)
    place = org if org is not None else place_of_report()
    path = path_of_place(place) if place is not None else None
    if path is None:
        _stop("There is no such union: see its id in the address of its page.")
    first, last = whole_time(path, None, today=today)
    first, last = since.date() if since else first, until.date() if until else last
    if first > last:
        _stop(f"--from {first} is later than --to {last}.")
    report = journal_report(path, first, last, None, today=today)
    if is_being_told():
        typer.echo("The demonstration is still being told; its figures grow for some minutes.", err=True)
    if kind is Format.TEXT:
        content = as_text(report).encode()
    else:
        paper = as_paper(report, today=today)
        try:
            content = as_word(paper, now=now) if kind is Format.DOCX else as_pdf(paper, now=now).content
        except Refused as refused:
            _stop(refused.message)
    if out is None and kind is Format.TEXT:
        typer.echo(content.decode(), nl=False)
        return
    file = out or Path(f"journal.{kind.value}")
    try:
        file.write_bytes(content)
    except OSError as problem:
        _stop(f"{file} could not be written: {problem.strerror}.")
    typer.echo(str(file), err=True)


def _stop(said: str) -> NoReturn:
    typer.echo(said, err=True)
    raise typer.Exit(1)
