"""How PostgreSQL means to answer the questions that a page asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

Plan = dict[str, Any]


def plans_of(ask: Callable[[], object], naming: str) -> list[list[Plan]]:
    """The nodes of each SELECT in whose text `naming` stands."""
    with CaptureQueriesContext(connection) as caught:
        ask()
    found = []
    with connection.cursor() as cursor:
        for query in caught.captured_queries:
            if naming in query["sql"] and query["sql"].startswith("SELECT"):
                cursor.execute("explain (format json) " + query["sql"])
                (answer,) = cursor.fetchone()
                answer = json.loads(answer) if isinstance(answer, str) else answer
                found.append(list(nodes(answer[0]["Plan"])))
    return found


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
