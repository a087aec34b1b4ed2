"""Who could take a demand at the places that come into question: read once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from niangjia.engines.casework.queries.load import load_of
from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Grant
from niangjia.kernel.ltree import end_of, is_under
from niangjia.modules.demands import routing_rules
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.organisations.queries.on_call import acting_for_each, on_call


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take it; `why` is the job, `for_name` the absent one for whom he stands in."""

    user_id: int
    name: str
    why: str
    open_cases: int = 0
    for_name: str = ""


class Takers:
    """Of these places the holders of these jobs, and whoever is named. Who must not know of it is never among them."""

    def __init__(
        self, places: Iterable[int], jobs: Iterable[str], named: Iterable[int], *, kept_paths: list[str],
        kept_users: Iterable[int], now: datetime,
    ) -> None:  # fmt: skip
        self.now, self.today = now, timezone.localdate(now)
        self.kept_paths, self.kept_users = kept_paths, frozenset(kept_users)
        self.people: dict[int, Actor] = {}
        there = Q(scope__in=set(places), job__in=set(jobs)) | Q(user__in=set(named))
        self._learn(Q(user__in=_grants(self.today).filter(there).values("user")))
        self._acting = acting_for_each(self.people, on=self.today)

    def _learn(self, who: Q) -> None:
        """People with their names and all that they hold."""
        held: defaultdict[int, list[Held]] = defaultdict(list)
        names: dict[int, str] = {}
        rows = _grants(self.today).filter(who).order_by("user", "scope__path", "job")
        for user_id, name, job, path in rows.values_list("user", "user__name", "job", "scope__path"):
            names[user_id] = name
            held[user_id].append(Held(job, path))
        self.people |= {pk: Actor(pk, name, tuple(held[pk])) for pk, name in names.items()}

    def holding(self, path: str, job: str, why: str) -> Iterator[Candidate]:
        here = Held(job, path)
        yield from self._able([pk for pk, one in self.people.items() if here in one.held], path, why)

    def named(self, user_id: int | None, path: str) -> Iterator[Candidate]:
        if user_id in self.people:
            yield from self._able([user_id], path, "专人")

    def on_duty(self, path: str, why: str) -> Iterator[Candidate]:
        """In the order in which they are called."""
        users = [called.user.pk for called in on_call(end_of(path), at=self.now)]
        self._acting |= acting_for_each([pk for pk in users if pk not in self._acting], on=self.today)
        self._learn(Q(user__in=[pk for pk in users if pk not in self.people]))
        yield from self._able(users, path, why, ranked=False)

    def _able(self, user_ids: Iterable[int], path: str, why: str, *, ranked: bool = True) -> Iterator[Candidate]:
        """Those who may have it, each by the one who acts for him, the least laden first."""
        acting: dict[int, int] = {}
        for user_id in user_ids:
            present = self._acting[user_id]
            if present not in acting or present == user_id:
                acting[present] = user_id
        unknown = acting.keys() - self.people.keys()
        if unknown:
            self._learn(Q(user__in=unknown))
        able = [pk for pk in acting if self._may_handle(pk, path)]
        load = load_of(able)
        for pk in routing_rules.lightest(able, load) if ranked else able:
            absent = self.people.get(acting[pk])
            yield Candidate(
                pk, self.people[pk].name, why, load.get(pk, 0), absent.name if absent and acting[pk] != pk else ""
            )

    def _may_handle(self, user_id: int, path: str) -> bool:
        """Whether somebody may handle it there, isn't complained of, and doesn't sit where it must not be known."""
        one = self.people.get(user_id)
        if one is None or user_id in self.kept_users:
            return False
        out = any(is_under(held.path, kept) for held in one.held for kept in self.kept_paths)
        return not out and one.may(Permission.DEMAND_HANDLE, path)


def _grants(today: date) -> Any:
    rows = Grant.objects.unscoped(reason="who may be given a demand at a place")
    return rows.filter(
        Q(until_on=None) | Q(until_on__gt=today), ended_at=None, from_on__lte=today, user__is_active=True
    )
