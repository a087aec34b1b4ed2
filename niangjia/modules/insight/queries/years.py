"""年评议: what of each officer's year stands beside the choice, and what is published."""

from __future__ import annotations

from datetime import date
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.modules.insight.queries.visit_facts import officer_lines
from niangjia.modules.visits.queries.years import (
    KINDS,
    nominations_by_author,
    nominations_of,
    officers_of_year,
    resolved_by_visitor,
    results_of,
)


def year_facts(row: Any, actor: Actor, *, today: date) -> dict[str, Any]:
    """Results by kind, the best first, and each officer's year; plain values, so that they stand as published."""
    found = results_of(row)
    nominations = sorted(nominations_of(row), key=lambda one: (found[one.pk].rank or 10**6, one.pk))
    return {
        "results": [
            {
                "kind": kind, "label": label,
                "rows": [
                    {
                        "pk": one.pk, "rank": found[one.pk].rank, "title": one.title, "author": one.author.name, "text": one.text,
                        "mean": f"{found[one.pk].mean:.2f}" if found[one.pk].mean is not None else "", "count": found[one.pk].count,
                    }
                    for one in nominations
                    if one.kind == kind
                ],
            }
            for kind, label in KINDS
        ],
        "officers": year_lines(row.scope.path, row.year, actor, today=today),
    }  # fmt: skip


def year_lines(
    path: str, year: int, actor: Actor, *, today: date, user_ids: list[int] | None = None
) -> list[dict[str, Any]]:
    """Each officer's year: visits, weeks, what was found and what came of it, what was put forward."""
    since, until = date(year, 1, 1), date(year, 12, 31)
    users = user_ids if user_ids is not None else officers_of_year(path, since, until)
    resolved, put = resolved_by_visitor(path, since, until, users), nominations_by_author(path, year, users)
    return [
        {**line, "resolved": resolved.get(line["user_id"], 0), "nominations": put.get(line["user_id"], 0)}
        for line in officer_lines(actor, path, since, until, today=today, user_ids=users)
    ]
