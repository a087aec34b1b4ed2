"""看板: the open demands by stage, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.counting import Count, capped_count
from niangjia.kernel.words import Word
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.narrowing import Rows

CARDS = 20
MOST_COUNTED = 999
STAGES = (Stage.RECEIVED, Stage.FACTS_ASKED, Stage.ACCEPTED, Stage.IN_HAND, Stage.ANSWERED)


class Whose(Word):
    MINE = "mine", "我主办的"
    TEAM = "team", "本单位"
    ALL = "all", "管辖范围"


@dataclass
class Column:
    stage: Stage
    count: Count
    rows: list[Any] = field(default_factory=list)

    @property
    def more(self) -> bool:
        return self.count.number > len(self.rows)


def whose_rows(whose: Whose, actor: Actor, within: str | None) -> Rows:
    rows = Demand.objects.visible_to(actor)
    if whose is Whose.MINE:
        return narrowing.led_by(rows, actor.user_id or 0)
    if whose is Whose.TEAM:
        return narrowing.of_team(rows, narrowing.own_places(actor, Permission.DEMAND_VIEW))
    return rows.under(within) if within else rows


def columns(whose: Whose, actor: Actor, within: str | None, dressed: Any) -> list[Column]:
    """`dressed(rows)` adds what a card shows; all cards are fetched at once."""
    rows = whose_rows(whose, actor, within)
    made, keys = [], {}
    for stage in STAGES:
        of_stage = rows.filter(case__stage=stage)
        pressing = of_stage.order_by(F("case__due_at").asc(nulls_last=True), "case__id")[:CARDS]
        keys[stage] = list(pressing.values_list("pk", flat=True))
        made.append(Column(stage, capped_count(of_stage, MOST_COUNTED)))
    wanted = [pk for some in keys.values() for pk in some]
    cards = {row.pk: row for row in dressed(rows.filter(pk__in=wanted))}
    for column in made:
        column.rows = [cards[pk] for pk in keys[column.stage] if pk in cards]
    return made
