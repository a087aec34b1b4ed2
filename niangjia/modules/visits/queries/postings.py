"""Who is posted where on which days, and what is his to visit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations.queries.ground import employers_on_ground_of
from niangjia.modules.visits.models import FollowUp, Group, KeyEmployer, PlannedVisit, Posting, PostingTownship, Risk
from niangjia.modules.visits.rules import PlanState

OWN = "what belongs to an officer's own posting"


def holds_on(on: date) -> Q:
    return Q(from_on__lte=on) & (Q(until_on=None) | Q(until_on__gt=on))


def overlaps(since: date, until: date) -> Q:
    """Spans that share a day with [since, until)."""
    return Q(from_on__lt=until) & (Q(until_on=None) | Q(until_on__gt=since))


def posting_of(user_id: int | None, on: date) -> Posting | None:
    """The officer's posting on a day; of two at once the later one."""
    rows = Posting.objects.unscoped(reason=OWN).filter(holds_on(on), user=user_id)
    found: Posting | None = rows.select_related("scope", "group", "user").order_by("-from_on", "-pk").first()
    return found


def townships_of(posting: Posting) -> list[Any]:
    """Organisations, with their scope."""
    rows = posting.townships.select_related("township__scope").order_by("township__division_id", "township_id")
    return [row.township for row in rows]


def employers_of_posting(posting: Posting) -> Any:
    """Open employers that are his to visit: those on his townships' ground, and his key employers wherever they lie."""
    ground = employers_on_ground_of([str(township.scope.path) for township in townships_of(posting)])
    keys = (
        KeyEmployer.objects.unscoped(reason=OWN)
        .filter(posting=posting, until_on=None)
        .values_list("employer_id", flat=True)
    )
    if not keys:
        return ground
    return ground.model.objects.unscoped(reason=OWN).filter(
        Q(pk__in=ground.values("pk")) | Q(pk__in=list(keys)), closed_on=None
    )


def postings_in_sight(actor: Actor) -> ScopedQuerySet[Posting]:
    return Posting.objects.visible_to(actor)


def posting_in_sight(pk: int, actor: Actor) -> Posting:
    """Raises Missing."""
    rows = Posting.objects.visible_to(actor).select_related("scope", "user", "group", "handed_to__user")
    found: Posting | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条驻联安排，可能不在您的管辖范围内。")
    return found


def groups_in_sight(actor: Actor) -> list[Group]:
    rows = Group.objects.visible_to(actor).filter(closed_on=None).select_related("leader", "scope")
    counted: Any = rows.annotate(officers=Count("postings", filter=Q(postings__until_on=None)))
    return list(counted.order_by("scope_id", "name"))


@dataclass(frozen=True)
class InHand:
    """What a posting leaves open when it ends."""

    townships: int
    key_employers: int
    planned: int
    follow_ups: int
    risks: int

    def in_words(self) -> str:
        counted = (
            (self.townships, "个镇街"), (self.key_employers, "家重点企业"), (self.planned, "次已安排的走访"),
            (self.follow_ups, "项待回看"), (self.risks, "项未销号风险"),
        )  # fmt: skip
        return "、".join(f"{number} {label}" for number, label in counted if number)


def planned_from(posting: Posting, on: date) -> ScopedQuerySet[PlannedVisit]:
    rows: ScopedQuerySet[PlannedVisit] = PlannedVisit.objects.unscoped(reason=OWN)
    return rows.filter(user=posting.user_id, on__gte=on, state=PlanState.PLANNED)


def open_risks_of(user_id: int, path: str) -> ScopedQuerySet[Risk]:
    rows: ScopedQuerySet[Risk] = Risk.objects.unscoped(reason=OWN).under(path)
    return rows.filter(owner=user_id, closed_at=None)


def open_follow_ups_of(posting: Posting) -> ScopedQuerySet[FollowUp]:
    """Of what lies with the posting: they go with the employer, so with whoever has it next."""
    rows: ScopedQuerySet[FollowUp] = FollowUp.objects.unscoped(reason=OWN)
    return rows.filter(visit__posting=posting, done_by=None, dropped_at=None)


def in_hand(posting: Posting, on: date) -> InHand:
    keys = KeyEmployer.objects.unscoped(reason=OWN).filter(posting=posting, until_on=None)
    return InHand(
        posting.townships.count(), keys.count(), planned_from(posting, on).count(),
        open_follow_ups_of(posting).count(), open_risks_of(posting.user_id, str(posting.scope.path)).count(),
    )  # fmt: skip


def users_posted(scope_paths: Collection[str], on: date) -> list[tuple[int, str]]:
    """(id, name) of those on post at or under the places."""
    scopes = Scope.objects.filter(path__under_any=list(scope_paths)) if scope_paths else Scope.objects.none()
    rows = Posting.objects.unscoped(reason="colleagues of a place").filter(holds_on(on), scope__in=scopes)
    return sorted(set(rows.values_list("user_id", "user__name")), key=lambda one: one[1])


def groups_of(scope_id: int) -> list[tuple[int, str]]:
    """(id, name) of the open groups of a place."""
    rows = Group.objects.unscoped(reason="groups of a place whose right was asked for").filter(
        scope=scope_id, closed_on=None
    )
    return list(rows.order_by("name").values_list("pk", "name"))


def posted_at(scope_id: int, *, without: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of the postings of a place that haven't ended."""
    rows = Posting.objects.unscoped(reason="officers of a place whose right was asked for")
    found = rows.filter(scope=scope_id, until_on=None).exclude(pk=without or 0)
    return list(found.order_by("user__name").values_list("pk", "user__name"))


def places_of(postings: Collection[Posting]) -> dict[int, list[str]]:
    """The names of the townships of each posting, as short as they are."""
    found: dict[int, list[str]] = {posting.pk: [] for posting in postings}
    rows = PostingTownship.objects.unscoped(reason=OWN).filter(posting__in=postings).select_related("township")
    for one in rows.order_by("township__division_id"):
        found[one.posting_id].append(one.township.short_name or one.township.name.removesuffix("总工会"))
    return found


def key_counts(postings: Collection[Posting]) -> dict[int, int]:
    """How many key employers each has."""
    rows = KeyEmployer.objects.unscoped(reason=OWN).filter(posting__in=postings, until_on=None)
    return dict(rows.order_by().values("posting_id").annotate(n=Count("pk")).values_list("posting_id", "n"))
