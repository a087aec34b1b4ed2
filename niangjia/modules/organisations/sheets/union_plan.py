"""What would become of each row of a sheet of unions: matched, put under its superior, and asked by every rule."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from niangjia.engines.imports.values import NearestNames, Unclear
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions import employers as employer_acts
from niangjia.modules.organisations.actions import organisations as acts
from niangjia.modules.organisations.actions.terms import made_way, no_term
from niangjia.modules.organisations.models import (
    GROUND_KINDS,
    Division,
    Organisation,
    Term,
)
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.organisations import placed
from niangjia.modules.organisations.queries.terms import held
from niangjia.modules.organisations.rules import ChosenBy, OrganisationKind, PostHeld
from niangjia.modules.organisations.sheets.cells import nearest
from niangjia.modules.organisations.sheets.lookups import duplicates_of
from niangjia.modules.organisations.sheets.planned import Row
from niangjia.modules.organisations.sheets.union_register import Register, UnionPlan

TERM_COLUMNS = {"number": "number", "from_on": "term_from", "until_on": "term_until", "elected_by": "elected_by"}


def plan_unions(rows: list[Row], register: Register) -> None:
    plans = [UnionPlan(row) for row in rows if "name" in row.said]
    for plan in plans:
        plan.row.plan = plan
        _match(plan, register)
    _put_under(plans, register)
    seen: dict[Any, int] = {}
    for rank, plan in enumerate(_from_the_top(plans)):
        plan.rank = rank
        _ask_once(plan, seen)
        _ask_place(plan, register)
        if not plan.lost:
            _ask_facts(plan, register)
            _ask_term(plan, register)
            _ask_leader(plan, register)
        _ask_employers(plan, register)
    for row in rows:
        if row.plan is None:  # without a name there is no telling which union it is
            continue
        row.subject = row.plan.known.pk if row.plan.known else None


# --- which union, and under which


def _match(plan: UnionPlan, register: Register) -> None:
    said, row = plan.row.said, plan.row
    other = register.by_code.get(said.get("credit_code", ""))
    try:
        plan.known = _by_code(other, plan, register) if other else _by_name(plan, register)
    except Refused as no:
        row.refuse_with(no, "name")
        plan.lost = True
    if plan.known is not None:
        plan.kind = OrganisationKind(plan.known.kind)
        if said.get("kind", plan.known.kind) != plan.known.kind:
            row.refuse("kind", "union.kind_fixed", f"登记的类型是“{plan.kind.label}”，与表里不同；类型不能改，请核对。")
    elif "kind" in said:
        plan.kind = OrganisationKind(said["kind"])
    elif not plan.lost and not _is_kind_unclear(row):
        row.refuse("kind", "union.kind", "新登记的工会请填写类型。")


def _by_code(other: Organisation, plan: UnionPlan, register: Register) -> Organisation:
    if other.pk not in register.unions.by_id:
        raise acts.code_taken()
    rules.ensure_active(placed(other))
    if other.name != plan.name:
        raise Refused(
            "union.other_name",
            f"这个代码登记的是“{other.name}”，与表里的名称不同：抄错请改正，更名请到它的页面办理。",
            "name",
        )
    superior = plan.row.said.get("parent")
    if superior and not _is_called(other, superior, register):
        raise Refused(
            "union.other_superior",
            f"它登记在“{_superior_name(other, register)}”之下，与表里不同；调整隶属请到它的页面办理。",
            "parent",
        )
    return other


def _by_name(plan: UnionPlan, register: Register) -> Organisation | None:
    code, superior = plan.row.said.get("credit_code"), plan.row.said.get("parent")
    found = [one for one in register.unions.called(plan.name) if not (code and one.credit_code)]
    if superior:
        found = [one for one in found if _is_called(one, superior, register)]
    if len(found) > 1:
        places = "、".join(_superior_name(one, register) for one in found[:3])
        raise Refused(
            "union.ambiguous", f"有 {len(found)} 个同名的工会，分别在{places}之下，请填写上级工会。", "parent"
        )
    return found[0] if found else None


def _is_called(union: Organisation, superior: str, register: Register) -> bool:
    """Whether the text names the union's superior."""
    parent = register.unions.parent(union)
    name = rules.tidy_name(superior)
    if parent is None:
        return name == register.above_top
    return name in (parent.name, parent.short_name) or rules.tidy_credit_code(superior) == parent.credit_code


def _superior_name(union: Organisation, register: Register) -> str:
    return register.unions.parent_name(union) or register.above_top


def _put_under(plans: list[UnionPlan], register: Register) -> None:
    """Each new union under its superior: of the register, or of an earlier or later row."""
    new: dict[str, list[UnionPlan]] = defaultdict(list)
    for plan in plans:
        if plan.known is None and not plan.lost:
            for key in {plan.name, plan.row.said.get("credit_code", plan.name)}:
                new[key].append(plan)
    for plan in plans:
        if plan.lost:
            continue
        if plan.known is not None:
            plan.superior = register.unions.parent(plan.known)
        elif "parent" in plan.row.said:
            plan.superior = _superior(plan, new, register)
        elif any(problem.column == "parent" for problem in plan.row.problems):
            continue
        else:
            plan.superior = register.unions.top
    for plan in plans:
        _refuse_ring(plan)


def _superior(plan: UnionPlan, new: dict[str, list[UnionPlan]], register: Register) -> Organisation | UnionPlan | None:
    text = plan.row.said["parent"]
    in_file = new.get(rules.tidy_name(text)) or new.get(rules.tidy_credit_code(text), [])
    standing = register.unions.named(text)
    if not standing and len(in_file) == 1:
        return in_file[0]
    if standing and in_file and in_file != [plan]:
        plan.row.refuse(
            "parent",
            "union.ambiguous",
            f"“{text}”已登记，表里第 {in_file[0].row.number} 行又是同名的新工会，请改填代码。",
        )
        return None
    if len(in_file) > 1:
        lines = "、".join(str(one.row.number) for one in in_file[:3])
        plan.row.refuse("parent", "union.ambiguous", f"表里有几行都叫“{text}”（第 {lines} 行），请改填代码。")
        return None
    found = register.unions.find(text)
    if isinstance(found, Unclear):
        message = found.message
        if found.code == "union.unknown":
            known = [*register.unions.three(text), *NearestNames(new).three(rules.tidy_name(text))]
            message = f"没有找到上级“{text[:50]}”，可能不在这次导入的范围内。{nearest(known[:3])}"
        plan.row.refuse("parent", found.code, message)
        return None
    return found


def _refuse_ring(plan: UnionPlan) -> None:
    line: list[UnionPlan] = [plan]
    above = plan.superior
    while isinstance(above, UnionPlan) and above not in line:
        line.append(above)
        above = above.superior
    if above is plan:
        names = "→".join(f"第 {one.row.number} 行" for one in (*line, plan))
        plan.row.refuse("parent", "union.ring", f"上级关系绕成了圈：{names}，请改正其中一行的上级。")


def _from_the_top(plans: list[UnionPlan]) -> list[UnionPlan]:
    """Superiors first; who stands in a ring or under one, or nowhere, comes last and has been refused."""
    below: dict[UnionPlan, list[UnionPlan]] = defaultdict(list)
    for plan in plans:
        if isinstance(plan.superior, UnionPlan):
            below[plan.superior].append(plan)
    ordered: dict[UnionPlan, None] = {}
    stack = [plan for plan in reversed(plans) if not isinstance(plan.superior, UnionPlan)]
    while stack:
        plan = stack.pop()
        ordered[plan] = None
        stack.extend(reversed(below[plan]))
    return [*ordered, *(plan for plan in plans if plan not in ordered)]


# --- what the rules say


def _ask_once(plan: UnionPlan, seen: dict[Any, int]) -> None:
    superior, said = plan.superior, plan.row.said
    if plan.known is not None:
        keys: list[tuple[str, Any]] = [("name", plan.known.pk)]
    else:
        above = ("row", superior.row.number) if isinstance(superior, UnionPlan) else superior and superior.pk
        keys = [("name", (above, plan.name))]
    if "credit_code" in said:
        keys.append(("credit_code", said["credit_code"]))
    for key in keys:
        first = seen.setdefault(key, plan.row.number)
        if first != plan.row.number:
            plan.row.refuse(key[0], "sheet.twice", duplicates_of(first))
            return


def _ask_place(plan: UnionPlan, register: Register) -> None:
    """A new one: whether it may stand there, and whether the actor may found it."""
    superior, row = plan.superior, plan.row
    if plan.known is not None or superior is None or any(one.code == "union.ring" for one in row.problems):
        return
    if isinstance(superior, UnionPlan):
        if superior.row.problems:
            told = f"上级工会“{superior.name}”（第 {superior.row.number} 行）没有通过检查，请先改正那一行。"
            row.refuse("parent", "union.superior_refused", told)
            return
    elif (superior.pk, plan.name) in register.children:
        row.refuse_with(acts.name_taken(plan.name), "name")
    if not register.place.actor.may(Permission.ORGANISATION_RESTRUCTURE, plan.anchor.scope.path):
        row.refuse_with(NotPermitted(), "name")
    kind_above = superior.kind if isinstance(superior, UnionPlan) else OrganisationKind(superior.kind)
    if not _is_kind_unclear(row):
        try:
            rules.ensure_may_sit_under(plan.kind, kind_above)
        except Refused as no:
            row.refuse_with(no, "parent")


def _ask_facts(plan: UnionPlan, register: Register) -> None:
    row, known = plan.row, plan.known
    plan.facts = {key: row.said[key] for key in ("credit_code", "address", "telephone") if key in row.said}
    if "founded_on" in row.said:
        plan.facts["founded_on"] = row.day("founded_on")
    _ask_ground(plan, register)
    problem = rules.check_union_credit_code(row.said.get("credit_code", ""), plan.kind)
    if problem and not _is_kind_unclear(row):
        row.refuse("credit_code", "organisation.credit_code", problem)
    if known is None:
        return
    old = {key: getattr(known, key) for key in ("credit_code", "address", "telephone", "founded_on")}
    for key, value in plan.facts.items():
        if key != "division" and value != old[key]:
            row.differs[key] = str(old[key] or ""), str(value)


def _ask_ground(plan: UnionPlan, register: Register) -> None:
    row, known, superior = plan.row, plan.known, plan.superior
    division: Division | None = None
    if "division" in row.said and not (known and register.ground.is_called(known.division_id, row.said["division"])):
        found = register.ground.find(row.said["division"])
        if isinstance(found, Unclear):
            row.refuse("division", found.code, found.message)
            return
        division = found
        plan.facts["division"] = found.pk
    elif known is None:
        inherited = (
            superior.facts.get("division") if isinstance(superior, UnionPlan) else superior and superior.division_id
        )
        if inherited:
            division = register.ground.by_code[inherited]
            plan.facts["division"] = inherited
    if known is not None:
        if division is None or division.pk == known.division_id:
            return
        old = register.ground.by_code[known.division_id].name if known.division_id else ""
        row.differs["division"] = old, division.name
        try:
            acts.ensure_may_redraw(known, register.place.actor)
        except Refused as no:
            row.refuse_with(no, "division")
    if plan.kind in GROUND_KINDS and division is not None and superior is not None and not row.problems:
        try:
            acts.ensure_lies_in({part.pk for part in register.ground.line(division)}, register.given(superior))
        except Refused as no:
            row.refuse_with(no, "division")


def _term_of(term: Term | rules.Term) -> str:
    return rules.Term(term.number, term.from_on, term.until_on).label


def _ask_term(plan: UnionPlan, register: Register) -> None:
    row, said = plan.row, plan.row.said
    terms = register.terms.get(plan.known.pk, []) if plan.known else []
    plan.open_terms = [term for term in terms if term.ended_on is None]
    congress = rules.has_congress(plan.kind)
    plan.elected_by = ChosenBy(said.get("elected_by", ChosenBy.CONGRESS if congress else ChosenBy.APPOINTED))
    wanted = {"number": said.get("number"), "from_on": row.day("term_from"), "until_on": row.day("term_until")}
    given = {key: value for key, value in wanted.items() if value is not None}
    if not given or any(problem.column in TERM_COLUMNS.values() for problem in row.problems):
        return
    same = [term for term in terms if all(getattr(term, key) == value for key, value in given.items())]
    if same:
        return
    if len(given) < len(wanted):
        row.refuse("term_until", "term.incomplete", "登记新一届请把届次、任期开始、任期届满都填上。")
        return
    twin = next((term for term in terms if term.number == wanted["number"]), None)
    if twin is not None:
        told = f"{_term_of(twin)}登记的任期是 {twin.from_on} 至 {twin.until_on}，与表里不同：换届请填新的届次，延期请到它的页面办理。"
        row.refuse("number", "term.differs", told)
        return
    new = rules.Term(**wanted)  # type: ignore[arg-type]
    try:
        if not _is_kind_unclear(row):
            rules.ensure_elected(plan.kind, plan.elected_by)
        rules.ensure_term(new, [made_way(term, new.from_on) for term in terms])
    except Refused as no:
        row.refuse_with(no, "number", TERM_COLUMNS)
        return
    plan.term = new
    current = plan.open_terms[-1] if plan.open_terms else None
    row.differs["number"] = _term_of(current) if current else "", _term_of(new)
    row.differs["term_until"] = str(current.until_on) if current else "", str(new.until_on)


def _is_kind_unclear(row: Row) -> bool:
    return any(problem.column == "kind" for problem in row.problems)


def _leading(kind: OrganisationKind) -> rules.Post:
    if kind is OrganisationKind.SYSTEM_COMMITTEE:
        return rules.Post.DIRECTOR
    return rules.Post.GROUP_LEADER if kind is OrganisationKind.GROUP else rules.Post.CHAIR


def _ask_leader(plan: UnionPlan, register: Register) -> None:
    row, name = plan.row, plan.row.said.get("leader")
    rows = register.posts.get(plan.known.pk, []) if plan.known else []
    plan.open_posts = [post for post in rows if post.until_on is None]
    if not name or _is_kind_unclear(row):
        return
    leading = _leading(plan.kind)
    terms = register.terms.get(plan.known.pk, []) if plan.known else []
    starts_now = plan.term is not None and all(term.from_on <= plan.term.from_on for term in terms)
    posts = [held(post) for post in rows]
    if starts_now and plan.term is not None:  # those in office leave with the term before
        day = plan.term.from_on
        posts = [
            PostHeld(one.post, one.person, one.from_on, day) if one.until_on is None and one.from_on <= day else one
            for one in posts
        ]
    serving = next((one for one in posts if one.post is leading and one.until_on is None), None)
    if serving is not None and serving.person == name:
        return
    from_on = _first_day(plan, posts, leading, register.place.today)
    if from_on is None:
        if not any(problem.column in TERM_COLUMNS.values() for problem in row.problems):
            row.refuse_with(no_term(), "leader", {"from_on": "leader"})
        return
    ways = rules.ways_in(plan.kind)
    plan.chosen_by = plan.elected_by if plan.elected_by in ways else ways[0]
    post = PostHeld(leading, name, from_on)
    try:
        rules.ensure_may_hold(post, plan.kind, posts)
    except Refused as no:
        row.refuse_with(no, "leader", {"from_on": "leader", "person": "leader", "post": "leader"})
        return
    plan.post = post
    row.differs["leader"] = serving.person if serving else "", name


def _first_day(plan: UnionPlan, posts: list[PostHeld], leading: rules.Post, today: date) -> date | None:
    """With the term, or when the one before left in its course."""
    if plan.kind is OrganisationKind.GROUP:
        begin = plan.founded_on or today
    elif plan.term is not None:
        begin = plan.term.from_on
    elif plan.open_terms:
        begin = plan.open_terms[-1].from_on
    else:
        return None
    left = [one.until_on for one in posts if one.post is leading and one.until_on is not None]
    return max([begin, *left])


def _ask_employers(plan: UnionPlan, register: Register) -> None:
    row = plan.row
    if "employers" not in row.said:
        return
    linked = register.links.get(plan.known.pk, set()) if plan.known else set()
    if not register.place.actor.may(Permission.EMPLOYER_EDIT, register.place.path):
        row.refuse_with(NotPermitted(), "employers")
    if not _is_kind_unclear(row):
        try:
            employer_acts.ensure_takes_workers(plan.known or Organisation(name=plan.name, kind=str(plan.kind)))
        except Refused as no:
            row.refuse("employers", no.code, no.message)
    for text in row.said["employers"]:
        found = register.employer(text)
        if isinstance(found, Unclear):
            row.refuse("employers", found.code, found.message)
        elif found.pk not in linked and found not in plan.employers:
            plan.employers.append(found)
    if plan.employers:
        row.differs["employers"] = "", "加入 " + "、".join(one.name for one in plan.employers)
