"""The demonstration's story of demands: begun with the register, told by the real acts with a moving clock.

Each demand is told whole in one transaction, so nobody sees half of one, and a telling that was stopped goes on: what
has been told is known by its moment of receipt. Nothing leaves the house, and only the last days' messages are in the
inboxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import quietly
from niangjia.kernel.worktime.queries import clock_of
from niangjia.modules.demands.queries.story import BEGUN, TOLD, Begun, is_story_whole, story_begun
from niangjia.modules.demands.seed import plan as plans
from niangjia.modules.demands.seed.desks import tell
from niangjia.modules.demands.seed.ground import beside_ground, ground_of, prepare, scope_path
from niangjia.modules.demands.seed.hands import ByVisit, Cast, Hand, cast_of
from niangjia.modules.demands.seed.plan import ENDED, Fate, Ground, Told, Turn
from niangjia.modules.organisations.synthetic import Scale, plan

WHY = "the demonstration's own story"
MESSAGES_SINCE = timedelta(days=3)
LOCK = "demands.story"
EVERY = 100
Say = Callable[[str], None]
Group = tuple[Cast, Told, tuple[Told, ...]]


def begin_story(scale: Scale, *, seed: int, now: datetime) -> None:
    """Right after the register was filled: who acts, and the map. A city has no story. Raises Refused the second time."""
    if story_begun() is not None:
        raise Refused("story.begun", "演示的诉求已经开始生成。")
    with transaction.atomic():
        prepare(ground_of(plan(scale, seed=seed, today=now.date())), now=now)
        audit.record(actor=SYSTEM, verb=BEGUN, after={"scale": scale.value, "seed": seed}, now=now)


def tell_story(*, say: Say = lambda _: None, most: int | None = None, by_visit: ByVisit | None = None) -> int:
    """Tells what isn't told yet; returns how many. Two at once: the second does nothing.

    `by_visit` makes the visits that brought some of them. With `most` at most so many, for tests.
    """
    begun = story_begun()
    if begun is None or is_story_whole():
        return 0
    with only_teller() as alone, quietly(before=begun.now - MESSAGES_SINCE):
        if not alone:
            return 0
        groups = list(_left(begun, by_visit))
        for told, (cast, one, with_it) in enumerate(groups[:most], start=1):
            with transaction.atomic():
                tell(Hand(cast, one, with_it=with_it))
            if told % EVERY == 0:
                say(f"{told:,} of {len(groups):,} demands")
        if most is None or most >= len(groups):
            audit.record(actor=SYSTEM, verb=TOLD, after={"demands": len(groups)}, now=begun.now)
        return len(groups[:most])


@contextmanager
def only_teller() -> Iterator[bool]:
    """False for whoever comes while another is telling; may be asked again by the one who is."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtext(%s))", [LOCK])
        (mine,) = cursor.fetchone() or (False,)
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("select pg_advisory_unlock(hashtext(%s))", [LOCK])


def brought_by_visits(begun: Begun) -> list[tuple[datetime, int, int | None]]:
    """(moment, scope of the township, employer if it was named) of the demands that come out of a visit."""
    ground = _ground(begun)
    return [
        (at, ground.townships[place].scope_id, firm)
        for at, place, firm in plans.brought_by_visits(_planned(begun, ground))
    ]


def _ground(begun: Begun) -> Ground:
    return ground_of(plan(Scale(begun.scale), seed=begun.seed, today=begun.now.date()))


def _planned(begun: Begun, ground: Ground) -> list[Told]:
    is_small = begun.scale == Scale.SMALL
    counts, turns = (plans.SMALL, plans.SMALL_TURNS) if is_small else (plans.COUNTY, plans.COUNTY_TURNS)
    return plans.plan_county(ground, counts, turns, seed=f"{begun.seed}:county", now=begun.now)


def _left(begun: Begun, by_visit: ByVisit | None) -> Iterator[Group]:
    """What has still to be told: what is open today, then the past from its beginning.

    Those that were merged come with the one they went into.
    """
    now, county, beside = begun.now, _ground(begun), beside_ground()
    few, few_turns = (plans.SMALL_BESIDE, {}) if begun.scale == Scale.SMALL else (plans.BESIDE, plans.BESIDE_TURNS)
    here = cast_of(county, now=now, clock=clock_of(scope_path(county.county)), is_beside=False)
    here.by_visit = by_visit
    there = cast_of(beside, now=now, clock=clock_of(scope_path(beside.county)), is_beside=True)
    planned = [
        *((here, one) for one in _planned(begun, county)),
        *((there, one) for one in plans.plan_beside(beside, few, few_turns, seed=f"{begun.seed}:beside", now=now)),
    ]
    known = Case.objects.unscoped(reason=WHY).values_list("scope__path", "received_at")
    told = {(path.split(".")[0], at) for path, at in known}
    merged = tuple(one for _, one in planned if one.fate is Fate.MERGED)
    for cast, one in sorted(planned, key=lambda pair: (pair[1].fate in ENDED, pair[1].at)):
        top = cast.paths[cast.ground.county].split(".")[0]
        if one.fate is Fate.MERGED or (top, one.at) in told:
            continue
        yield cast, one, merged if one.turn is Turn.MAIN else ()
