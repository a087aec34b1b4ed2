"""What meetings and reports say of visits: the figures of every other page, as plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.modules.visits.queries.figures import COLUMNS, Cut, Line, journal_figures, journal_table
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.queries.township_reports import looks_under
from niangjia.modules.visits.queries.weeks import weeks_of

DAY = timedelta(days=1)
SHARES = ("employers_share", "key_share", "weekly_share")
NOTHING = dict.fromkeys(COLUMNS, 0)


def visit_totals(actor: Actor | None, path: str, since: date, until: date, *, today: date) -> dict[str, Any]:
    """Every figure of a place; shares as text of two digits, only weeks that are over are due."""
    found: dict[str, Any] = dict(journal_figures(actor, path, since, until, today=today))
    return {**found, **{key: per_cent(found[key]) for key in SHARES}}


def group_totals(
    actor: Actor, path: str, since: date, until: date, *, group_id: int, officers: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """What the officers of one group did, wherever they went."""
    lines = journal_table(actor, path, since, until, Cut.GROUP)
    counted = next((line.counted for line in lines if line.code == str(group_id)), NOTHING)
    due, done = (sum(one[key] for one in officers) for key in ("weeks_due", "weeks_done"))
    return {**counted, "weeks_due": due, "weeks_done": done, "weekly_share": per_cent(done / due if due else None)}


def officer_lines(
    actor: Actor | None, path: str, since: date, until: date, *, today: date, user_ids: Iterable[int] | None = None
) -> list[dict[str, Any]]:
    """Each officer's own count, by name; those who did nothing too, when they are named."""
    counted = {int(line.code): line for line in journal_table(actor, path, since, until, Cut.OFFICER) if line.code}
    due: defaultdict[int, int] = defaultdict(int)
    done: defaultdict[int, int] = defaultdict(int)
    for week in weeks_of(path, since, until + DAY, today=today):
        due[week.posting.user_id] += 1
        done[week.posting.user_id] += week.is_done
    wanted = dict.fromkeys(user_ids if user_ids is not None else [*counted, *due])
    names = dict(User.objects.filter(pk__in=list(wanted)).values_list("pk", "name"))
    empty = Line("", "", NOTHING)
    found = [
        {"user_id": pk, "name": names.get(pk, ""), **counted.get(pk, empty).counted, "weeks_due": due[pk], "weeks_done": done[pk]}
        for pk in wanted
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one["visits"], one["name"]))


def per_cent(share: float | None) -> str:
    """'94.70', or empty where nothing divides."""
    return "" if share is None else f"{share * 100:.2f}"


def looks_of(actor: Actor, path: str, since: date, until: date) -> list[dict[str, Any]]:
    return looks_under(actor, path, midnight(since), midnight(until + DAY))
