"""The rows of a sheet of unions as they would be written, and what the register knows of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from niangjia.engines.imports.sheet import Place
from niangjia.engines.imports.values import NearestNames, Unclear
from niangjia.kernel.access.models import Scope
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    GROUND_KINDS,
    Employer,
    EmployerUnion,
    Organisation,
    Post,
    Term,
    answering,
)
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.rules import ChosenBy, OrganisationKind, PostHeld
from niangjia.modules.organisations.sheets.cells import nearest
from niangjia.modules.organisations.sheets.lookups import Ground, Unions
from niangjia.modules.organisations.sheets.planned import Row, in_parts


@dataclass(eq=False)
class UnionPlan:
    """`known` is the union of the register; else a new one, under one of the register or of the file."""

    row: Row
    known: Organisation | None = None
    superior: Organisation | UnionPlan | None = None
    kind: OrganisationKind = OrganisationKind.PRIMARY_UNION
    lost: bool = False  # no telling which union is meant; the row says why
    rank: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    term: rules.Term | None = None
    elected_by: ChosenBy = ChosenBy.CONGRESS
    post: PostHeld | None = None
    chosen_by: ChosenBy = ChosenBy.CONGRESS
    employers: list[Employer] = field(default_factory=list)
    open_terms: list[Term] = field(default_factory=list)
    open_posts: list[Post] = field(default_factory=list)
    made: Organisation | None = None

    @property
    def founded_on(self) -> date | None:
        return self.facts.get("founded_on")

    @property
    def changes_facts(self) -> bool:
        return any(key in self.row.differs for key in self.facts)

    @property
    def anchor(self) -> Organisation:
        """The first union of the register on the way up: whose right decides."""
        above = self.superior
        while isinstance(above, UnionPlan):
            above = above.superior
        assert above is not None
        return above

    @property
    def name(self) -> str:
        return str(self.row.said["name"])


class Register:
    """What the register knows of the unions that a sheet names, and of what they have."""

    def __init__(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        self.place = place
        self.ground, self.unions = Ground(place.path), Unions(place.path)
        every = Organisation.objects.unscoped(reason="unions by the codes that an import names")
        codes = {row.said["credit_code"] for row in rows if "credit_code" in row.said}
        self.by_code = {
            one.credit_code: one
            for part in in_parts(sorted(codes))
            for one in every.filter(credit_code__in=part).select_related("scope")
        }
        self.children = {(row.scope.parent_id, row.name): row for row in self.unions.by_id.values() if row.is_open}
        top = self.unions.top.scope.parent_id
        self.above_top = names_of([top]).get(top, "") if top else ""
        self._answering = self._grounds_given(place.path)
        reason = "terms and posts of the unions that an import names"
        ids = {row.pk for said in rows if "name" in said.said for row in self.unions.called(said.said["name"])}
        ids |= {one.pk for one in self.by_code.values()}
        self.terms: dict[int, list[Term]] = defaultdict(list)
        self.posts: dict[int, list[Post]] = defaultdict(list)
        self.links: dict[int, set[int]] = defaultdict(set)
        for part in in_parts(sorted(ids)):
            for term in Term.objects.unscoped(reason=reason).filter(organisation__in=part).order_by("number"):
                self.terms[term.organisation_id].append(term)
            for post in Post.objects.unscoped(reason=reason).filter(organisation__in=part).order_by("from_on", "pk"):
                self.posts[post.organisation_id].append(post)
            links = EmployerUnion.objects.unscoped(reason=reason).filter(organisation__in=part, until_on=None)
            for union, employer in links.values_list("organisation_id", "employer_id"):
                self.links[union].add(employer)
        self._load_employers(rows)

    def _grounds_given(self, path: str) -> dict[int, str]:
        near = Q(scope__path__under_any=[path]) | Q(scope__in=Scope.objects.filter(path__above=path).values("id"))
        return {pk: str(code) for pk, code in answering().filter(near).values_list("pk", "division_id")}

    def _load_employers(self, rows: list[Row]) -> None:
        wanted = {name for row in rows for name in row.said.get("employers", ())}
        inside = Employer.narrowed(
            Employer.objects.unscoped(reason="employers that an import names").filter(closed_on=None),
            (self.place.path,),
        )
        self._employers: dict[str, list[Employer]] = defaultdict(list)
        for part in in_parts(sorted(wanted)):
            names, codes = [rules.tidy_name(text) for text in part], [rules.tidy_credit_code(text) for text in part]
            for one in inside.filter(Q(name__in=names) | Q(credit_code__in=codes)).order_by("pk"):
                self._employers[one.name].append(one)
                if one.credit_code:
                    self._employers[one.credit_code].append(one)
        self._inside = inside
        self._nearest: NearestNames | None = None

    def employer(self, text: str) -> Employer | Unclear:
        found = self._employers.get(rules.tidy_credit_code(text)) or self._employers.get(rules.tidy_name(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            return Unclear("employer.ambiguous", f"登记有 {len(found)} 家“{text}”，请改填统一社会信用代码。")
        if self._nearest is None:  # only a sheet with wrong names pays for it
            self._nearest = NearestNames(self._inside.values_list("name", flat=True))
        three = nearest(self._nearest.three(rules.tidy_name(text)))
        return Unclear("employer.unknown", f"没有找到单位“{text[:50]}”，请先在用人单位名册里登记。{three}")

    def given(self, above: Organisation | UnionPlan) -> set[str]:
        """The ground of a union and all those above it."""
        codes: set[str] = set()
        while isinstance(above, UnionPlan):
            if above.kind in GROUND_KINDS and above.facts.get("division"):
                codes.add(above.facts["division"])
            assert above.superior is not None
            above = above.superior
        return codes | {
            self._answering[int(step)] for step in above.scope.path.split(".") if int(step) in self._answering
        }
