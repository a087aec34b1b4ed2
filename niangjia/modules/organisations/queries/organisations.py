"""Reading the tree of unions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit.actions import kind_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Division, Organisation, Post, StructureChange, Term
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import OrganisationKind, OrganisationState

CHILDREN_AT_ONCE = 100


def kind_of_organisation(organisation: Organisation) -> OrganisationKind:
    return OrganisationKind(organisation.kind)


def state_of(organisation: Organisation) -> OrganisationState:
    if organisation.closed_on is None:
        return OrganisationState.ACTIVE
    return OrganisationState.MERGED if organisation.merged_into_id else OrganisationState.DISSOLVED


def placed(organisation: Organisation) -> rules.Placed:
    """As the rules know it."""
    return rules.Placed(
        id=organisation.pk,
        kind=kind_of_organisation(organisation),
        name=organisation.name,
        path=tuple(int(label) for label in organisation.scope.path.split(".")),
        state=state_of(organisation),
    )


def kinds_below(organisation: Organisation) -> set[OrganisationKind]:
    """The kinds that stand directly under it."""
    rows = Organisation.objects.unscoped(reason="what stands under it decides what it may be")
    below = rows.filter(scope__parent=organisation.pk, closed_on=None)
    return {OrganisationKind(kind) for kind in below.values_list("kind", flat=True).distinct()}


def organisation_in_sight(pk: int, actor: Actor) -> Organisation:
    """Raises Missing."""
    found: Organisation | None = (
        Organisation.objects.visible_to(actor)
        .select_related("scope", "division", "merged_into__scope")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Missing("没有找到这个组织，可能已被移走，或不在您的管辖范围内。")
    return found


def line_of(organisation: Organisation) -> list[Organisation]:
    """The organisations above, from the top down. Names of one's own superiors are no secret; pages are."""
    above = Scope.objects.filter(path__above=organisation.scope.path).exclude(pk=organisation.pk)
    rows = Organisation.objects.unscoped(reason="names of the superiors of a row in sight").filter(
        scope__in=above.values("id")
    )
    return sorted(rows.select_related("scope"), key=lambda row: row.scope.path.count("."))


def closed_among(ids: Iterable[int]) -> set[int]:
    """Those of these organisations that were dissolved or merged."""
    rows = Organisation.objects.unscoped(reason="whether rows in sight still lead somewhere")
    return set(rows.filter(pk__in=set(ids), closed_on__isnull=False).values_list("pk", flat=True))


@dataclass(frozen=True)
class Known:
    """An organisation as rooms above speak of it."""

    name: str
    is_closed: bool


def known_of(ids: Iterable[int]) -> dict[int, Known]:
    """Names by id and whether they were dissolved or merged, for what leads to rows in sight."""
    rows = Organisation.objects.unscoped(reason="labels of rows in sight").filter(pk__in=set(ids))
    return {
        pk: Known(name, closed_on is not None) for pk, name, closed_on in rows.values_list("pk", "name", "closed_on")
    }


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Names by id, for labels beside rows that are in sight."""
    rows = Organisation.objects.unscoped(reason="labels of rows in sight").filter(pk__in=set(ids))
    return dict(rows.values_list("pk", "name"))


def _ranked(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Townships before firms, each by the sound of its name."""
    rank = Case(
        *(When(kind=str(kind), then=Value(int(level))) for kind, level in rules.LEVEL.items()),
        default=Value(99),
        output_field=IntegerField(),
    )
    return rows.select_related("scope").order_by(rank, "name_key", "pk")


def children_of(pk: int, actor: Actor) -> QuerySet[Organisation]:
    """Who stands directly below, closed ones left out."""
    return _ranked(Organisation.objects.visible_to(actor).filter(scope__parent=pk, closed_on=None))


def tops_of(actor: Actor, within: str | None = None) -> list[Organisation]:
    """Where the actor's own tree begins."""
    paths = [within] if within else list(actor.paths(Permission.ORGANISATION_VIEW))
    return list(_ranked(Organisation.objects.visible_to(actor).filter(scope__path__in=paths)))


@dataclass(frozen=True)
class Node:
    """One line of the tree; `below` counts all that stands under it, groups (小组) left out."""

    organisation: Organisation
    below: int
    children: int

    @property
    def kind(self) -> OrganisationKind:
        return kind_of_organisation(self.organisation)


def nodes(organisations: Sequence[Organisation]) -> list[Node]:
    below, children = _counts_below(organisations)
    return [Node(row, below.get(row.pk, 0), children.get(row.pk, 0)) for row in organisations]


def _counts_below(organisations: Sequence[Organisation]) -> tuple[dict[int, int], dict[int, int]]:
    """Two statements, whatever the number of lines."""
    paths = [row.scope.path for row in organisations]
    if not paths:
        return {}, {}
    with connection.cursor() as cursor:
        # All places below, less the few that don't count: half of what joining every one of them costs.
        cursor.execute(
            """
            with top as (select * from unnest(%s::bigint[], %s::ltree[]) as top (id, path)),
            below as (
                select top.id, count(*) as n from top
                join access_scope s on s.path <@ top.path and s.id <> top.id group by top.id
            ),
            apart as (
                select top.id, count(*) as n from organisations_organisation o
                join access_scope s on s.id = o.scope_id join top on s.path <@ top.path and s.id <> top.id
                where o.closed_on is not null or o.kind = 'GROUP' group by top.id
            )
            select below.id, below.n - coalesce(apart.n, 0) from below left join apart using (id)
            """,
            [[row.pk for row in organisations], paths],
        )
        below = {int(pk): int(count) for pk, count in cursor.fetchall()}
        cursor.execute(
            """
            select s.parent_id, count(*) from access_scope s
            join organisations_organisation o on o.scope_id = s.id and o.closed_on is null
            where s.parent_id = any(%s) group by s.parent_id
            """,
            [[row.pk for row in organisations]],
        )
        children = {int(pk): int(count) for pk, count in cursor.fetchall()}
    return below, children


def found_organisations(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """By a part of the name, or the beginning of the credit code."""
    name = rules.tidy_name(text)
    return rows.filter(
        Q(name__contains=name)
        | Q(short_name__contains=name)
        | Q(credit_code__startswith=rules.tidy_credit_code(text) or "-")
    )


def in_state(rows: QuerySet[Any], state: str) -> QuerySet[Any]:
    """Only those that were merged, or were dissolved."""
    if state == OrganisationState.MERGED:
        return rows.filter(merged_into__isnull=False)
    if state == OrganisationState.DISSOLVED:
        return rows.filter(closed_on__isnull=False, merged_into__isnull=True)
    return rows


def organisation_options(
    actor: Actor, text: str, *, kinds: Iterable[str] = (), within: str | None = None
) -> list[tuple[Organisation, str]]:
    """The first open organisations in sight that a text means, each with its parent's name."""
    rows = Organisation.objects.visible_to(actor).filter(closed_on=None)
    if within:
        rows = rows.under(within)
    wanted = list(kinds)
    if wanted:
        rows = rows.filter(kind__in=wanted)
    hits = found_organisations(rows, text) if text else rows
    found = list(_ranked(hits)[:20])
    names = names_of(row.scope.parent_id for row in found if row.scope.parent_id)
    return [(row, names.get(row.scope.parent_id or 0, "")) for row in found]


def division_options(text: str) -> list[Division]:
    """Divisions by a part of the name or the beginning of the code."""
    rows = Division.objects.select_related("parent").order_by("code")
    if text:
        rows = rows.filter(Q(name__contains=text) | Q(code__startswith=text))
    return list(rows[:20])


def divisions_of_townships(actor: Actor) -> list[tuple[str, str]]:
    """What a filter by ground offers: the townships in sight, or the counties when there are many."""
    codes = (
        Organisation.objects.visible_to(actor)
        .filter(kind=OrganisationKind.TOWNSHIP_UNION, closed_on=None, division__isnull=False)
        .values_list("division_id", "division__name")
        .order_by("division_id")
        .distinct()
    )
    found = list(codes[: MANY_TOWNSHIPS + 1])
    if len(found) <= MANY_TOWNSHIPS:
        return found
    counties = {code[:6] for code in codes.values_list("division_id", flat=True)}
    return list(Division.objects.filter(code__in=counties).order_by("code").values_list("code", "name"))


MANY_TOWNSHIPS = 60


def structure_changes(organisation: Organisation) -> QuerySet[StructureChange]:
    """What became of it as such, and what was merged into it."""
    rows = StructureChange.objects.unscoped(reason="the history of a row in sight").filter(
        Q(organisation=organisation) | Q(other=organisation, kind=rules.Structural.MERGED)
    )
    return rows.select_related("organisation", "other").order_by("-on", "-id")


def trail_of(organisation: Organisation, limit: int = 100) -> list[AuditEntry]:
    """Every recorded change to it, its terms and its posts, newest first."""
    reason = "ids of the parts of a row in sight"
    parts: list[tuple[type[Any], Any]] = [
        (Organisation, [organisation.pk]),
        (Term, Term.objects.unscoped(reason=reason).filter(organisation=organisation).values("id")),
        (Post, Post.objects.unscoped(reason=reason).filter(organisation=organisation).values("id")),
    ]
    wanted = Q()
    for model, ids in parts:
        wanted |= Q(subject_kind=kind_of(model), subject_id__in=ids)
    return list(AuditEntry.objects.filter(wanted).order_by("-id")[:limit])
