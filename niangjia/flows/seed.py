"""The demonstration's two years, told through every room: visits bring the demands, meetings look back on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

Say = Callable[[str], None]
MESSAGES_SINCE = timedelta(days=3)


def tell_two_years(*, say: Say = lambda _: None) -> int:
    """Tells what isn't told yet; returns how many demands. Goes on where it was stopped, and does nothing when all is told."""
    # Only the seeding command needs these; every process loads this folder.
    from django.db import connection

    from niangjia.kernel.notify.actions import quietly
    from niangjia.modules.demands.actions import Facts, Party, edit_facts
    from niangjia.modules.demands.actions.hotspots import regroup
    from niangjia.modules.demands.actions.triage_learning import can_learn, learn_anew
    from niangjia.modules.demands.queries.story import story_begun
    from niangjia.modules.demands.seed import brought_by_visits, only_teller, tell_story
    from niangjia.modules.insight.queries.months import month_facts
    from niangjia.modules.insight.queries.quarters import quarter_facts
    from niangjia.modules.insight.queries.years import year_facts
    from niangjia.modules.organisations.synthetic import Scale, plan
    from niangjia.modules.visits import seed as visits

    begun = story_begun()
    if begun is None or visits.is_told():
        return 0
    scale = Scale(begun.scale)
    journal = visits.Journal(
        plan(scale, seed=begun.seed, today=begun.now.date()), scale=scale, seed=begun.seed, now=begun.now,
        asked=brought_by_visits(begun),
    )  # fmt: skip

    def by_visit(at: datetime, facts: Facts, explanation: str) -> tuple[int, datetime]:
        asked = visits.Brought(
            facts.body, explanation, facts.people, facts.asker_name, facts.asker_phone, facts.party == Party.EMPLOYER,
            facts.is_confidential,
        )  # fmt: skip
        case_id, officer, now = journal.bring(at, asked)
        # What a phone at the employer doesn't ask is put right at the desk.
        edit_facts(case_id, facts, actor=officer, now=now)
        return case_id, now

    with only_teller() as alone, quietly(before=begun.now - MESSAGES_SINCE):
        if not alone:
            return 0
        with connection.cursor() as cursor:
            # A telling that is cut off goes on where it was: it need not wait for the disk a thousand times.
            cursor.execute("set synchronous_commit to off")
        journal.begin()
        told = tell_story(say=say, by_visit=by_visit)
        journal.tell_rest(say)
        journal.settle_risks()
        journal.stay_and_ask()
        journal.plan_week()
        say("hot spots, and what triage learnt")
        regroup(now=begun.now)
        if can_learn():
            learn_anew(now=begun.now)
        say("meetings, reports, the year's choice")
        prepared = visits.Prepared(month_facts, quarter_facts, year_facts)
        visits.look_back(journal.county, prepared=prepared, now=begun.now)
        visits.mark_told(len(journal.trips), now=begun.now)
    return told
