"""The demonstration's stays, and the survey that hangs on a wall."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.visits.actions.stays import StayFacts, add_stay, add_stay_result, end_stay
from niangjia.modules.visits.actions.surveys import answer_survey, make_survey
from niangjia.modules.visits.models import Stay, Survey
from niangjia.modules.visits.rules import VisitKindCode
from niangjia.modules.visits.seed import words
from niangjia.modules.visits.seed.plan import HELPED_IN_STAYS, Size, Township

WHY = "the demonstration's own story"
PARTS, WEEKS, EVERY_WEEKS = 4, 4, 15
ANSWERS = 36
REPORT = "跟班四周，谈话百余人次。流动的职工愿意入会，最怕手续麻烦；把入会送到站点、把会建到园区，是管用的办法。"


def tell_stays(towns: Sequence[Township], officers: Sequence[int], size: Size, *, chair: Actor, now: datetime) -> None:
    """One after the other over two years, the last one still going on; together so many unions and members."""
    if Stay.objects.unscoped(reason=WHY).exists():
        return
    unions, members = (spread(whole, size.stays * PARTS) for whole in HELPED_IN_STAYS[size])
    for number in range(size.stays):
        title, place, goals = words.STAYS[number % len(words.STAYS)]
        begun = now - timedelta(weeks=(size.stays - 1 - number) * EVERY_WEEKS + WEEKS, days=-2)
        town, leader = towns[number * 3 % len(towns)], officers[number * 2 % len(officers)]
        team = [officers[(number * 2 + n) % len(officers)] for n in (1, 2)]
        stay = add_stay(
            StayFacts(
                title, f"{town.name}{place}", leader, begun.date(), (begun + timedelta(weeks=WEEKS, days=4)).date(),
                team, goals=goals,
            ),
            scope_id=town.scope_id, actor=chair, now=begun - timedelta(days=2),
        )  # fmt: skip
        for part in range(PARTS):
            at = datetime.combine((begun + timedelta(weeks=part, days=5)).date(), time(17), now.tzinfo)
            add_stay_result(
                stay.pk, on=at.date(), what=words.STAYED[part], unions=unions[number * PARTS + part],
                members=members[number * PARTS + part], actor=actor_of(leader, now=now), now=at,
            )  # fmt: skip
        if number < size.stays - 1:
            ended = begun + timedelta(weeks=WEEKS, days=3)
            end_stay(stay.pk, report=REPORT, actor=actor_of(leader, now=now), now=ended)


def spread(whole: int, parts: int) -> list[int]:
    """Whole numbers that make up the whole, none the like of its neighbour by more than it must."""
    return [whole * (n + 1) // parts - whole * n // parts for n in range(parts)]


def tell_survey(county: int, *, chair: Actor, now: datetime) -> None:
    if Survey.objects.unscoped(reason=WHY).filter(scope=county).exists():
        return
    begun = now - timedelta(days=9)
    survey = make_survey(
        scope_id=county, title="职工服务需求小调查", kind=VisitKindCode.SURVEY.value, from_on=begun.date(),
        until_on=(now + timedelta(days=21)).date(), actor=chair, now=begun,
    )  # fmt: skip
    chance = random.Random(f"survey:{county}")
    for number in range(ANSWERS):
        answer_survey(
            survey.token, words.survey_answers(chance), address=f"198.51.100.{number + 1}",
            now=begun + timedelta(hours=5 * number + 3),
        )  # fmt: skip
