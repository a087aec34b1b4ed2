"""`niangjia user create`: an account with a job, for the first administrator of a new installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from niangjia.modules.organisations.models import Organisation

app = typer.Typer(help="Accounts.", no_args_is_help=True)
NAME = "user"
ADMINISTRATOR = "SYSTEM_ADMINISTRATOR"


@app.callback()
def _group() -> None:
    """Accounts."""


@app.command()
def create(
    *,
    username: str = typer.Option(..., prompt="User name (a-z, 0-9, . _ -)"),
    name: str = typer.Option(..., prompt="Name, as colleagues know it"),
    organisation: str = typer.Option(
        ..., prompt="Organisation (credit code, number or name)", help="A new name founds the first organisation."
    ),
    job: str = typer.Option(ADMINISTRATOR, prompt="Job", help="A job's code or its Chinese label."),
    kind: str = typer.Option("COUNTY_FEDERATION", help="Of the first organisation, if it has to be founded."),
    password: str = typer.Option(
        ...,
        prompt="Password (10 characters or more)",
        hide_input=True,
        confirmation_prompt=True,
        envvar="NIANGJIA_PASSWORD",
        show_envvar=True,
        help="Asked for, or read from the environment: an option would stand in the shell's history.",
    ),
) -> None:
    """Create an account that holds a job, without an invitation: for whoever sets the product up.

    On an empty database the organisation is founded with it, as the top of the tree.
    """
    import django

    django.setup()
    from django.core.exceptions import ValidationError
    from django.db import transaction
    from django.utils import timezone

    from niangjia.kernel.access.actions import create_user, grant_job
    from niangjia.kernel.access.actor import Actor, Held
    from niangjia.kernel.errors import NotPermitted, Refused

    now = timezone.now()
    try:
        with transaction.atomic():
            place = _organisation(organisation, kind)
            # Whoever has this shell has the database: the trail names it, and the rules are those of an administrator.
            console = Actor(None, "命令行", (Held(ADMINISTRATOR, place.scope.path),))
            user = create_user(
                username=username, name=name, password=password, actor=console, now=now, path=place.scope.path
            )
            grant_job(
                user=user, job=_job(job), scope=place.scope, from_on=timezone.localdate(now), actor=console, now=now
            )
    except (Refused, NotPermitted) as no:
        raise _stop(no.message) from None
    except ValidationError as weak:
        raise _stop(" ".join(weak.messages)) from None
    typer.echo(f"{user.username} may log in and is {job} at {place.name}.")


def _job(text: str) -> str:
    from niangjia.kernel.access.rights import jobs

    for job in jobs().values():
        if text.strip() in {job.code, job.label}:
            return job.code
    raise _stop(f"There is no job {text!r}. Jobs: {', '.join(f'{job.code} {job.label}' for job in jobs().values())}")


def _organisation(text: str, kind: str) -> Organisation:
    """By number, credit code or whole name; on an empty database a new one."""
    from django.db.models import Q
    from django.utils import timezone

    from niangjia.modules.organisations import rules
    from niangjia.modules.organisations.actions.organisations import plant_root
    from niangjia.modules.organisations.models import Organisation

    everything = Organisation.objects.unscoped(reason="the console looks for the place of a first account")
    if not everything.exists():
        try:
            planted = rules.OrganisationKind(kind)
        except ValueError:
            federations = ", ".join(sorted(rules.FEDERATIONS))
            raise _stop(f"{kind} is no kind of organisation; a tree begins with one of {federations}.") from None
        made = plant_root(name=text, kind=planted, now=timezone.now())
        typer.echo(f"Founded {made.name} as the top of the tree.")
        return made
    meant = Q(credit_code=rules.tidy_credit_code(text) or None) | Q(name=rules.tidy_name(text))
    if text.strip().isdecimal():
        meant |= Q(pk=int(text))
    found: list[Organisation] = list(everything.filter(meant, closed_on=None).select_related("scope")[:2])
    if len(found) == 1:
        return found[0]
    raise _stop(
        f"More than one organisation is called {text!r}: give its credit code or number."
        if found
        else f"No open organisation has the credit code, number or name {text!r}."
    )


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(1)
