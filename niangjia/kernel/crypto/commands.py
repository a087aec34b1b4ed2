"""`niangjia keys rotate`."""

from __future__ import annotations

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

app = typer.Typer(help="The keys of encrypted values.", no_args_is_help=True)
NAME = "keys"


@app.callback()
def _group() -> None:
    """The keys of encrypted values."""


@app.command()
def rotate() -> None:
    """Write every encrypted value anew under the first key of NIANGJIA_CRYPTO_KEYS.

    Put the new key in front and keep the old one behind it, restart all processes, then run this.
    It may be stopped and run again; the product stays open meanwhile.
    """
    import django

    django.setup()
    from niangjia.kernel.crypto.ring import CryptoError, ring
    from niangjia.kernel.crypto.rotation import encrypted_tables, rotate, rows_under_other_keys, values_by_key

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns) as shown:
            for table in encrypted_tables():
                bar = shown.add_task(table.name, total=rows_under_other_keys(table))
                for rows in rotate(table):
                    shown.advance(bar, rows)
    except CryptoError as error:
        typer.echo(f"Stopped: {error}.", err=True)
        raise typer.Exit(1) from None
    writing = ring().writing.id
    counted = values_by_key()
    typer.echo(f"{counted.pop(writing, 0)} values are sealed by key {writing}.")
    for key, number in sorted(counted.items()):
        typer.echo(f"{number} values are still sealed by key {key}: a process wrote with the old setting.", err=True)
    if counted:
        typer.echo("Restart all processes with the new setting and run this again.", err=True)
        raise typer.Exit(1)
    others = [key.id for key in ring().keys[1:]]
    if others:
        typer.echo(f"Nothing needs {', '.join(f'key {key}' for key in others)} any more, except backups made before.")
