"""Taking a sheet of unions back: from the lowest up, and whatever somebody has used since stays whole."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from niangjia.kernel.access.actions import hold_tree
from niangjia.kernel.access.models import Scope, ScopePath
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.employers import settle_coverage
from niangjia.modules.organisations.models import Employer, EmployerUnion, Organisation, Post, StructureChange, Term
from niangjia.modules.organisations.sheets.kept import TakingBack, referenced

REASON = "rows of unions that an import made"
FIELDS = {
    "credit_code": "统一社会信用代码", "division_id": "所在镇街", "address": "地址", "telephone": "办公电话",
    "founded_on": "成立日期",
}  # fmt: skip
PARTS: tuple[type[Any], ...] = (EmployerUnion, Post, Term)
"""What hangs on a union and goes with it; posts before the terms they belong to."""


def take_back_unions(batch_id: int) -> list[str]:
    hold_tree()
    back = TakingBack(batch_id)
    parts = {model: back.untouched(model) for model in PARTS}
    made, edited = back.untouched(Organisation)
    stays = {row.pk for row in edited}
    back.lines += [f"“{row.name}”：导入后改过，保留。" for row in edited]
    own = {model: {row.pk for row in same} for model, (same, _) in parts.items()}
    for level in _from_below(made):
        used = _in_use([row.pk for row in level], own)
        stays |= used
        back.lines += [f"“{row.name}”：导入后已有下级、会员、干部等记录，保留。" for row in level if row.pk in used]
        gone = [row.pk for row in level if row.pk not in used]
        _delete_parts(parts, set(gone))
        _delete(gone)
    _delete_from_standing(parts, {row.pk for row in (*made, *edited)}, back)
    back.restore(Organisation, lambda row: f"“{row.name}”", FIELDS)
    return back.lines


def _from_below(rows: list[Any]) -> list[list[Any]]:
    levels: dict[int, list[Any]] = defaultdict(list)
    paths = dict(Scope.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "path"))
    for row in rows:
        levels[paths[row.pk].count(".")].append(row)
    return [levels[depth] for depth in sorted(levels, reverse=True)]


def _in_use(ids: list[int], own: dict[type[Any], set[int]]) -> set[int]:
    """Unions to which more points than what the import itself hung on them."""
    used = referenced(Organisation, ids, apart=(StructureChange, *PARTS))
    used |= referenced(Scope, ids, apart=(ScopePath, Organisation))
    for model in PARTS:
        rows = model.objects.unscoped(reason=REASON).filter(organisation__in=ids).values_list("pk", "organisation_id")
        used |= {union for pk, union in rows if pk not in own[model]}
    changes = StructureChange.objects.unscoped(reason=REASON)
    used |= set(
        changes.filter(organisation__in=ids)
        .exclude(kind=rules.Structural.FOUNDED)
        .values_list("organisation_id", flat=True)
    )
    used |= set(changes.filter(other__in=ids).values_list("other_id", flat=True))
    return used


def _delete_parts(parts: dict[type[Any], tuple[list[Any], list[Any]]], unions: set[int]) -> None:
    employers = set()
    for model in PARTS:
        rows = [row for row in parts[model][0] if row.organisation_id in unions]
        model.objects.unscoped(reason=REASON).filter(pk__in=[row.pk for row in rows]).delete()
        if model is EmployerUnion:
            employers = {row.employer_id for row in rows}
    for employer in (
        Employer.objects.unscoped(reason=REASON).select_for_update().filter(pk__in=employers).order_by("pk")
    ):
        settle_coverage(employer)
        employer.save(update_fields=["union_state"])


def _delete(ids: list[int]) -> None:
    StructureChange.objects.unscoped(reason=REASON).filter(organisation__in=ids).delete()
    Organisation.objects.unscoped(reason=REASON).filter(pk__in=ids).delete()
    ScopePath.objects.filter(scope__in=ids).delete()
    Scope.objects.filter(pk__in=ids).delete()


def _delete_from_standing(
    parts: dict[type[Any], tuple[list[Any], list[Any]]], made: set[int], back: TakingBack
) -> None:
    """Terms, posts and employers that standing unions got; what had ended for them is open again."""
    (terms, edited), (posts, left) = parts[Term], parts[Post]
    unions = {row.organisation_id for same, other in parts.values() for row in (*same, *other)} - made
    names = dict(Organisation.objects.unscoped(reason=REASON).filter(pk__in=unions).values_list("pk", "name"))
    busy = {row.organisation_id for row in edited} | _with_other_posts(terms, {row.pk for row in posts})
    busy |= {row.organisation_id for row in left}
    for pk in sorted(busy & unions):
        back.lines.append(f"“{names[pk]}”：新一届或主席在导入后改过，保留。")
    free = unions - busy
    links = [row for row in parts[EmployerUnion][0] if row.organisation_id in unions]
    _delete_parts({**parts, EmployerUnion: (links, [])}, free)
    late = {model: ([], []) for model in PARTS} | {EmployerUnion: (links, [])}
    _delete_parts(late, unions)
    for row in parts[EmployerUnion][1]:
        if row.organisation_id in unions:
            back.lines.append(f"“{names[row.organisation_id]}”与“{row.employer.name}”的关联已结束，保留。")
    back.restore(Term, _of_union("届次"), {"ended_on": "结束日期"}, only=lambda row: row.organisation_id in free)
    back.restore(Post, _of_union("职务"), {"until_on": "离任日期"}, only=lambda row: row.organisation_id in free)


def _with_other_posts(terms: list[Any], own: set[int]) -> set[int]:
    """Unions in whose new term somebody was put since."""
    rows = Post.objects.unscoped(reason=REASON).filter(term__in=[term.pk for term in terms]).exclude(pk__in=own)
    return set(rows.values_list("organisation_id", flat=True))


def _of_union(what: str) -> Any:
    return lambda row: f"“{row.organisation.name}”的{what}"
