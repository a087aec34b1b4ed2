"""Every address of the product, and what to fill into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.demands.actions import Facts, record_demand
from niangjia.modules.demands.hotspots.states import State
from niangjia.modules.demands.models import DemandTrace, HotSpot
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.exchange.models import Delivery, Partner
from niangjia.modules.members.models import DuplicatePair, Person
from tests.cast import SEATS, Belongings, Cast, Corner

WORDS = {
    "goal": "parent", "way": "congress", "token": "not-an-invitation", "field": "phone", "sheet": "members.member",
    "purpose": "SHARING", "kind": "LEAVE", "code": "2222222222222222",
    "number": "SQ20261122-0001", "act": "give", "file_id": 1, "urgency": 1, "lane": "team", "step": "accepted", "year": 2026,
}  # fmt: skip


def routes() -> dict[str, set[str]]:
    """Every address of the product by its name, with the names of its arguments."""
    return dict(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, space: str, around: frozenset[str] = frozenset()) -> Iterator[tuple[str, set[str]]]:
    for found in resolver.url_patterns:
        arguments = around | set(found.pattern.converters)
        if isinstance(found, URLResolver):
            yield from _walk(found, f"{space}{found.namespace}:" if found.namespace else space, arguments)
        elif isinstance(found, URLPattern):
            yield f"{space}{found.name or found.pattern}", set(arguments)


def address(name: str, arguments: set[str], values: dict[str, Any]) -> str:
    return reverse(name, kwargs={argument: values[argument] for argument in arguments})


def things(kind: str, cast: Cast, job: str, whose: str) -> dict[str, Any]:
    """Values for an address's arguments: `pk` is the object of that kind, others are what goes with it."""
    if kind in {"file", "task", "message", "view"}:
        belongings: Belongings = cast.belongings_for(job, whose)
        return WORDS | {"pk": getattr(belongings, kind).pk}
    if kind in {"-", "invitation"}:
        return WORDS
    seat = SEATS.get(job, ("county", ""))[0]
    corner = cast.corners[seat] if whose == "here" else cast.corner(job, whose)
    return (
        WORDS
        | {
            "pk": object_of(kind, corner).pk,
            "organisation_id": corner.organisation.pk,
            "grant_id": corner.grant.pk,
            "employer_id": corner.employer.pk,
            "demand_id": corner.matters.demand.pk,
        }
        | ({"code": corner.journal.visit_kind.code} if kind == "visit_kind" else {})
    )


def object_of(kind: str, corner: Corner) -> Any:
    if kind == "grant":
        return corner.user  # the address names the officer first
    if kind == "audit_entry":
        return AuditEntry.objects.filter(path=corner.organisation.scope.path).latest("pk")
    if kind == "pair":
        return pair_of(corner.person)
    if kind in {"partner", "delivery"}:
        row = partner_of(corner)
        return row if kind == "partner" else delivery_of(row, corner)
    if kind == "hot_spot":
        return hot_spot_of(corner)
    of_room: Any = next((room for room in (corner.matters, corner.journal) if hasattr(room, kind)), corner)
    return getattr(of_room, {"employer_union": "link"}.get(kind, kind))


def pair_of(person: Person) -> DuplicatePair:
    """Somebody beside another row of the same human being, which was merged into the first."""
    other, _ = Person.objects.unscoped(reason="the second of a pair").get_or_create(
        merged_into=person,
        defaults={"name": person.name, "document_kind": "RESIDENT", "sex": "0", "created_at": timezone.now()},
    )
    pair, _ = DuplicatePair.objects.unscoped(reason="what an address points to").get_or_create(
        first=person, second=other, defaults={"why": "PHONE", "state": "OPEN", "found_on": timezone.localdate()}
    )
    return pair


def hot_spot_of(corner: Corner) -> HotSpot:
    """Three people who ask what the corner's demand asks."""
    traces = DemandTrace.objects.unscoped(reason="what an address points to")
    spot = HotSpot.objects.unscoped(reason="what an address points to").filter(traces=corner.matters.demand.pk).first()
    if spot is None:
        now, case = timezone.now(), corner.matters.case
        spot = HotSpot.objects.create(scope=case.scope, state=State.WATCHED, began_at=now, last_at=now)
        said = Facts(nature=Nature.HELP, channel=Channel.WINDOW, kind="0904", title=case.title, body="孩子考上大学")
        more = [
            record_demand(said, scope_id=case.scope_id, actor=SYSTEM, now=now, route=False, tell=False) for _ in "12"
        ]
        for row in (corner.matters.demand, *more):
            traces.filter(pk=row.pk).update(spot=spot, asker=f"demand:{row.pk}", read_at=now)
    return spot


def partner_of(corner: Corner) -> Partner:
    """Another system that hands over here."""
    scope, now = corner.organisation.scope, timezone.now()
    row, _ = Partner.objects.unscoped(reason="what an address points to").get_or_create(
        scope=scope,
        retired_at=None,
        defaults={
            "code": f"p{scope.pk}-{Partner.objects.unscoped(reason='codes of the test').count()}",
            "name": f"对接{scope.pk}", "key": f"nj_{scope.pk}_{now.timestamp()}", "secret": "only-for-tests", "created_at": now,
        },
    )  # fmt: skip
    return row


def delivery_of(partner: Partner, corner: Corner) -> Delivery:
    row, _ = Delivery.objects.unscoped(reason="what an address points to").get_or_create(
        partner=partner,
        case=corner.matters.case,
        taken_at=None,
        defaults={"event": "accept", "body": '{"event_label": "受理"}', "made_at": timezone.now()},
    )
    return row
