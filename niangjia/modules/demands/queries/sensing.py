"""What else a message tells while it is taken down: the place and the employer it names, and how the like ended before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import HowClosed, likeness, pairs_of
from niangjia.modules.demands.triage.zones import MOST_READ, said_line, zones_in
from niangjia.modules.organisations.queries.naming_firms import employers_called
from niangjia.modules.organisations.queries.zones import ZoneNamed, zones_called

MOST_PLACES, MOST_FIRMS, MOST_PAST = 2, 2, 3
LOOKED_THROUGH = 200
LIKE_ENOUGH = 0.18
"""Lower than for “the same matter”: what is asked for is the like of it."""

_GROUND = re.compile(r"(?:街道|镇|乡|区|县|市)$")
SHORTEST_GROUND = 2
_FIRM = re.compile(
    r"[一-鿿A-Za-z0-9（）()]{2,24}?(?:有限责任公司|股份有限公司|有限公司|公司|集团|工厂|厂|酒店|宾馆|饭店|商场|超市|餐饮|医院|学校|幼儿园)"
)
LONGEST_LEAD = 14
"""A name begins somewhere in what stands before its ending; so far back it is looked for."""

SHORTEST_FIRM = 4


def places_named(text: str, ground: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of (code, name): those whose name, or its stem, stands in the text; whole names first."""
    read = text[:MOST_READ]
    whole = [place for place in ground if place[1] and place[1] in read]
    stems = [place for place in ground if len(stem := _GROUND.sub("", place[1])) >= SHORTEST_GROUND and stem in read]
    return list(dict.fromkeys([*whole, *stems]))[:MOST_PLACES]


def zones_named(
    text: str, actor: Actor, ground: Sequence[tuple[str, str]] = (), *, division: str = ""
) -> list[ZoneNamed]:
    """Zones in sight that the text names; of the division that is chosen, where one is. One query."""
    line = said_line(text)
    rows = {row.id: row for row in zones_called(line, actor) if division in {"", row.division}}
    if not rows:
        return []
    zones = [(row.id, row.name, row.division) for row in rows.values()]
    near = [division] if division else [code for code, _ in places_named(text, ground)]
    return [rows[pk] for pk in zones_in(line, zones, others=[name for _, name in ground], near=near)]


def firms_named(text: str, actor: Actor) -> list[tuple[int, str]]:
    """Registered employers in sight that are called by their name; one query by its index."""
    return employers_called(_names(text[:MOST_READ]), actor)[:MOST_FIRMS]


def _names(text: str) -> Iterable[str]:
    """Everything that could be the name of a firm: 我在好味餐饮公司 → … 好味餐饮公司, 好味餐饮有限公司."""
    found: dict[str, None] = {}
    for match in _FIRM.finditer(text):
        said = match[0]
        for start in range(max(0, len(said) - LONGEST_LEAD), len(said) - SHORTEST_FIRM + 1):
            name = said[start:]
            found[name] = None
            if not name.endswith("有限公司"):
                found[f"{name.removesuffix('公司')}有限公司"] = None
    return found


@dataclass(frozen=True)
class Past:
    """One that ended, and how."""

    demand: Demand
    score: float
    ended: str


def similar_past(text: str, kinds: Sequence[str], actor: Actor) -> list[Past]:
    """Ended ones of these kinds in the actor's sight that sound alike, the most alike first."""
    wanted = pairs_of(text)
    if not wanted or not kinds:
        return []
    rows = Demand.objects.visible_to(actor).filter(kind__in=list(kinds), case__stage__in=[Stage.RESOLVED, Stage.CLOSED])
    newest = rows.select_related("case").only(
        "words", "kind", "how_closed", "case__number", "case__title", "case__stage", "case__received_at"
    ).order_by("-pk")[:LOOKED_THROUGH]  # fmt: skip
    found = [Past(row, score, ended(row)) for row in newest if (score := likeness(wanted, row.words)) >= LIKE_ENOUGH]
    return sorted(found, key=lambda one: (-one.score, -one.demand.pk))[:MOST_PAST]


def ended(row: Demand) -> str:
    """协调解决 · 已化解."""
    how = HowClosed(row.how_closed).label if row.how_closed else ""
    return " · ".join(filter(None, (how, Stage(row.case.stage).label)))
