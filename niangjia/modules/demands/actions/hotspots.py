"""Reading new demands for hot spots, telling of bursts, and going over all of them at night."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.events import subscribe
from niangjia.kernel.notify.actions import notify
from niangjia.modules.demands.events import DemandRecorded
from niangjia.modules.demands.hotspots.askers import key_of
from niangjia.modules.demands.hotspots.bursts import is_news
from niangjia.modules.demands.hotspots.places import Places, places_of, with_facts
from niangjia.modules.demands.hotspots.states import QUIET_AFTER_DAYS, WINDOW_DAYS, State
from niangjia.modules.demands.hotspots.texts import BESIDE, BODY_READ, words_of
from niangjia.modules.demands.models import Demand, DemandTrace, HotSpot
from niangjia.modules.demands.queries.bursts import burst_in_sight, to_tell
from niangjia.modules.demands.queries.hotspots import has_confidential, hot_spot_in_sight

WINDOW, QUIET_AFTER = timedelta(days=WINDOW_DAYS), timedelta(days=QUIET_AFTER_DAYS)
MOST_AT_ONCE = 1_000
MOST_COMPARED = 20_000
WRITTEN_AT_ONCE = 500
LOCK = "demands.hotspots"
_REASON = "the product compares demands, whoever sees them"
Traces = Sequence[DemandTrace]


@subscribe(DemandRecorded)
def note_demand(event: DemandRecorded) -> None:
    """One short row with the demand itself: it is read within a minute, and none is forgotten."""
    received = (
        Demand.objects.unscoped(reason=_REASON).values_list("case__received_at", flat=True).get(pk=event.demand_id)
    )
    DemandTrace.objects.create(demand_id=event.demand_id, at=received)


def read_new_demands(*, now: datetime) -> int:
    """The job of every minute. However many workers look, one of them reads; returns how many demands were read."""
    read = 0
    while done := _read_some(now):
        read += done
    return read


@transaction.atomic
def _read_some(now: datetime) -> int:
    if not _alone(wait=False):
        return 0
    rows = DemandTrace.objects.unscoped(reason=_REASON).filter(read_at=None).order_by("demand")[:MOST_AT_ONCE]
    new = list(rows.select_related("demand__case"))
    if not new:
        return 0
    _fill_in(new, now)
    recent = [trace for trace in new if now - WINDOW < trace.at <= now + timedelta(days=1)]
    for spot in _put_together(recent, now):
        _tell_of_burst(spot, now)
    return len(new)


def _fill_in(traces: Traces, now: datetime) -> None:
    for trace in traces:
        demand, case = trace.demand, trace.demand.case
        said = places_of(case.title, demand.place, demand.body[:BODY_READ])
        places = with_facts(
            said, division=demand.division_id or "", employer_id=demand.employer_id, employer_name=demand.employer_name
        )
        trace.words = words_of(case.title, demand.body)
        if demand.employer_id:
            trace.words.append(f"{BESIDE}{demand.employer_id}")
        trace.places, trace.asker, trace.read_at = places.keys(), _asker(demand), now
    DemandTrace.objects.unscoped(reason=_REASON).bulk_update(
        traces, ["words", "places", "asker", "read_at"], batch_size=WRITTEN_AT_ONCE
    )


def _asker(demand: Demand) -> str:
    day = timezone.localdate(demand.case.received_at)
    return key_of(
        demand.pk,
        {
            "phone": demand.asker_phone_digest, "account": demand.asker_user_id, "person": demand.person_id,
            "name": demand.asker_name_digest, "door": demand.channel, "day": day.isoformat(),
        },
    )  # fmt: skip


def _put_together(new: Traces, now: datetime) -> list[HotSpot]:
    """Each new one to the hot spot it is most alike; returns those that grew."""
    from niangjia.modules.demands.hotspots.assigning import Standing, assigned  # numpy, for workers alone

    if not new:
        return []
    rows = DemandTrace.objects.unscoped(reason=_REASON).filter(read_at__isnull=False, at__gt=now - WINDOW)
    standing = list(rows.exclude(pk__in=[trace.pk for trace in new]).order_by("-at")[:MOST_COMPARED])
    known = [Standing(_item(trace), trace.spot_id) for trace in standing]
    traces = [*standing, *new]
    grown = []
    for group in assigned(known, [_item(trace) for trace in new]):
        members = [traces[row] for row in group]
        spot_id = next((trace.spot_id for trace in members if trace.spot_id), None)
        grown.append(_grown(spot_id, members, now))
    return grown


def _item(trace: DemandTrace) -> Any:
    from niangjia.modules.demands.hotspots.clustering import Item

    return Item(trace.words, Places.of_keys(trace.places))


def _grown(spot_id: int | None, members: Traces, now: datetime) -> HotSpot:
    """The hot spot with these in it; a new one where there was none, an old one that lives again."""
    spots = HotSpot.objects.unscoped(reason=_REASON)
    spot = spots.get(pk=spot_id) if spot_id else HotSpot(state=State.WATCHED)
    place(spot, members)
    is_quiet = spot.last_at <= now - QUIET_AFTER
    if spot.state == State.QUIET and not is_quiet:
        spot.state, spot.ended_at = State.WATCHED, None
    elif spot.state == State.WATCHED and is_quiet:
        spot.state, spot.ended_at = State.QUIET, now
    spot.save()
    loose = [trace.pk for trace in members if trace.spot_id != spot.pk]
    DemandTrace.objects.unscoped(reason=_REASON).filter(pk__in=loose).update(spot=spot)
    return spot


def place(spot: HotSpot, members: Iterable[DemandTrace]) -> None:
    """Where it lies and since when: the lowest place that covers all of its demands."""
    keys = [trace.pk for trace in members]
    demands = Demand.objects.unscoped(reason=_REASON).filter(pk__in=keys)
    paths = [path.split(".") for path in demands.values_list("case__scope__path", flat=True).distinct()]
    shared = [labels[0] for labels in zip(*paths, strict=False) if len(set(labels)) == 1]
    spot.scope_id = int(shared[-1]) if shared else Scope.objects.filter(parent=None).values_list("pk", flat=True)[0]
    spot.began_at, spot.last_at = min(trace.at for trace in members), max(trace.at for trace in members)


def _tell_of_burst(spot: HotSpot, now: datetime) -> None:
    """Each is told of as many people as he may know; who sees too few of them hears nothing."""
    if spot.state in (State.DISMISSED, State.QUIET):
        return
    told = {line[0]: line for line in spot.warned}
    for user, actor in to_tell(spot, now=now):
        found = burst_in_sight(spot, actor, now=now)
        if found is None or not is_news(int(told.get(user.pk, [0, "", 0])[2]), found.people):
            continue
        told[user.pk] = [user.pk, user.name, found.people]
        about, title = "", ""
        if not has_confidential(spot, actor):
            shown = hot_spot_in_sight(spot.pk, actor, now=now)
            about, title = shown.where or "、".join(shown.words[:3]), f"{shown.title}。"
        notify(
            [user.pk], title=f"热点预警：{about}{found.because}反映同一件事",
            body=f"{title}可以在热点页并案办理，统一处置、分别答复。",
            url=reverse("demands:hot_spot", args=[spot.pk]), now=now,
        )  # fmt: skip
    if list(told.values()) == spot.warned:
        return
    first = spot.warned_at is None
    spot.warned = list(told.values())
    if spot.state == State.WATCHED:
        spot.state = State.WARNED
    spot.warned_at, spot.taken_at, spot.taken_by = now, None, None
    spot.save(update_fields=["warned", "state", "warned_at", "taken_at", "taken_by"])
    if first:
        audit.record(
            actor=SYSTEM, verb="demands.hot_spot.warned", subject=spot, path=spot.scope.path, after=audit.snapshot(spot), now=now
        )  # fmt: skip


# --- at night ---


@transaction.atomic
def regroup(*, now: datetime) -> int:
    """All of the last weeks anew; a hot spot that is known stays the one it was. Returns how many live."""
    _alone(wait=True)
    _note_forgotten(now)
    rows = DemandTrace.objects.unscoped(reason=_REASON).filter(at__gt=now - WINDOW)
    unread = list(rows.filter(read_at=None).select_related("demand__case"))
    _fill_in(unread, now)
    traces = list(rows.order_by("-at", "-demand")[:MOST_COMPARED])
    _regrouped(traces, now)
    _let_go(now)
    return int(HotSpot.objects.unscoped(reason=_REASON).filter(ended_at=None).count())


def _regrouped(traces: Traces, now: datetime) -> None:
    from niangjia.modules.demands.hotspots.clustering import groups_of  # numpy, for workers alone

    groups: dict[int, list[DemandTrace]] = defaultdict(list)
    for trace, label in zip(traces, groups_of([_item(trace) for trace in traces]), strict=True):
        groups[label].append(trace)
    kept = _same_as_before(groups)
    alone = [members[0].pk for members in groups.values() if len(members) == 1 and members[0].spot_id]
    DemandTrace.objects.unscoped(reason=_REASON).filter(pk__in=alone).update(spot=None)
    for label, members in groups.items():
        if len(members) > 1:
            _grown(kept.get(label), members, now)


def _same_as_before(groups: dict[int, list[DemandTrace]]) -> dict[int, int]:
    """By group the hot spot of which it has most; each hot spot goes on as one group only."""
    shared = Counter((label, trace.spot_id) for label, members in groups.items() for trace in members if trace.spot_id)
    kept: dict[int, int] = {}
    for (label, spot_id), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if label not in kept and spot_id not in kept.values() and len(groups[label]) > 1:
            kept[label] = spot_id
    return kept


def _let_go(now: datetime) -> None:
    """What nobody was told of and has nobody left is forgotten; where nobody new came for two weeks it is quiet."""
    spots = HotSpot.objects.unscoped(reason=_REASON)
    spots.filter(traces=None, state=State.WATCHED, case=None).delete()
    quiet = spots.filter(ended_at=None, last_at__lte=now - QUIET_AFTER).exclude(state=State.DISMISSED)
    quiet.update(state=State.QUIET, ended_at=now)
    alone = DemandTrace.objects.unscoped(reason=_REASON).filter(spot=None, at__lte=now - 2 * WINDOW)
    alone.exclude(read_at=None).delete()  # nothing is compared with them any more


def _note_forgotten(now: datetime) -> None:
    """Demands from before there were hot spots, or that came in by COPY."""
    rows = Demand.objects.unscoped(reason=_REASON).filter(case__received_at__gt=now - WINDOW, trace=None)
    DemandTrace.objects.unscoped(reason=_REASON).bulk_create(
        [DemandTrace(demand_id=pk, at=at) for pk, at in rows.values_list("pk", "case__received_at")],
        ignore_conflicts=True,
    )


def _alone(*, wait: bool) -> bool:
    """Until the end of the transaction nobody else puts demands together."""
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_{'' if wait else 'try_'}advisory_xact_lock(hashtext(%s))", [LOCK])
        return wait or bool((cursor.fetchone() or (False,))[0])
