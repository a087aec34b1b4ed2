"""What would become of each row of a sheet of officers: who is meant, and whether the job may be given."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from niangjia.engines.imports.sheet import Place
from niangjia.engines.imports.values import NearestNames, Unclear
from niangjia.kernel.access.actions import ensure_may_give, ensure_may_receive, ensure_span, username_taken
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.pinyin import name_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.terms import no_term
from niangjia.modules.organisations.models import Organisation, Post, Term
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.officers import grants_in_sight, job_label
from niangjia.modules.organisations.queries.terms import held
from niangjia.modules.organisations.rules import ChosenBy, OrganisationKind, PostHeld
from niangjia.modules.organisations.sheets.cells import nearest
from niangjia.modules.organisations.sheets.lookups import Unions, duplicates_of
from niangjia.modules.organisations.sheets.planned import Row, in_parts

ELSEWHERE = "已登记，请填写本人的用户名再任命，或联系上级。"  # no details: out of sight
COLUMN_OF = {
    "until_on": "until_on",
    "from_on": "from_on",
    "username": "username",
    "kind": "post",
    "person": "post",
    "post": "post",
}


@dataclass(eq=False)
class Person:
    """Somebody named in the file: `user` of the register, or a new account by the name `username`."""

    name: str
    phone: str
    first: int  # the row in which he stood first
    user: User | None = None
    username: str = ""


@dataclass(eq=False)
class OfficerPlan:
    person: Person
    union: Organisation
    job: str
    from_on: date
    until_on: date | None
    grant: Grant | None = None  # the job is held already
    until_changes: bool = False
    post: PostHeld | None = None
    chosen_by: ChosenBy = ChosenBy.CONGRESS


class Register:
    """What the register knows of the officers that a sheet names."""

    def __init__(self, rows: list[Row], place: Place, phones: dict[int, str]) -> None:
        self.place, self.phones = place, phones
        self.unions = Unions(place.path)
        self.jobs = {job.label: job.code for job in jobs().values()} | {code.lower(): code for code in jobs()}
        self.near_jobs = NearestNames(job.label for job in jobs().values())
        usernames = {row.said["username"] for row in rows if "username" in row.said}
        self.by_username = {
            user.username.lower(): user
            for part in in_parts(sorted(usernames))
            for user in User.objects.filter(username__in=part)
        }
        self.namesakes: dict[str, list[User]] = defaultdict(list)
        granted = Grant.objects.unscoped(reason="who is an officer at all").filter(user=OuterRef("pk"))
        for part in in_parts(sorted({row.said["name"] for row in rows if "name" in row.said})):
            for user in User.objects.filter(Exists(granted), name__in=part, is_active=True).order_by("pk"):
                self.namesakes[user.name].append(user)
        ids = {user.pk for same in self.namesakes.values() for user in same}
        ids |= {user.pk for user in self.by_username.values()}
        self.grants: dict[tuple[int, int], list[Grant]] = defaultdict(list)
        self.in_sight: set[int] = set()
        reason = "jobs of the officers that an import names"
        for part in in_parts(sorted(ids)):
            self.in_sight.update(grants_in_sight(place.actor).filter(user__in=part).values_list("user_id", flat=True))
            rows_held = Grant.objects.unscoped(reason=reason).filter(user__in=part, ended_at=None)
            for grant in rows_held.select_related("scope").order_by("pk"):
                if grant.until_on is None or grant.until_on > place.today:
                    self.grants[grant.user_id, grant.scope_id].append(grant)
        self.people: dict[Any, Person] = {}
        self.made_usernames: set[str] = set(usernames)
        self._load_committees(rows)

    def _load_committees(self, rows: list[Row]) -> None:
        self.terms: dict[int, list[Term]] = defaultdict(list)
        self.posts: dict[int, list[Post]] = defaultdict(list)
        self.planned: dict[int, list[PostHeld]] = defaultdict(list)
        if not any("post" in row.said for row in rows):
            return
        named = {row.said.get("union", self.unions.top.name) for row in rows if "post" in row.said}
        ids = [union.pk for name in named for union in self.unions.named(name)]
        reason = "committees of the unions that an import names"
        for part in in_parts(ids):
            for term in Term.objects.unscoped(reason=reason).filter(organisation__in=part):
                self.terms[term.organisation_id].append(term)
            for post in Post.objects.unscoped(reason=reason).filter(organisation__in=part):
                self.posts[post.organisation_id].append(post)

    def username_for(self, name: str) -> str:
        """zhoumin, zhoumin2, …: free in the register and in the file."""
        base = re.sub(r"[^a-z0-9]", "", name_key(name))[:30]
        if len(base) < SHORTEST_USERNAME or not base[0].isalpha():
            base = f"gb{base}" if base else "ganbu"
        taken = set(User.objects.filter(username__regex=rf"^{base}[0-9]*$").values_list("username", flat=True))
        number, made = 1, base
        while made in taken or made in self.made_usernames or len(made) < SHORTEST_USERNAME:
            number += 1
            made = f"{base}{number}"
        self.made_usernames.add(made)
        return made


SHORTEST_USERNAME = 3


def plan_officers(rows: list[Row], register: Register) -> None:
    seen: dict[Any, int] = {}
    for row in rows:
        union = _union(row, register)
        job = _job(row, register)
        if job and union:
            _ask_right(row, job, union, register)
        if "name" not in row.said:
            continue
        try:
            person = _person(row, union, register)
        except Refused as no:
            row.refuse_with(no, "name")
            continue
        if union is None or job is None:
            continue
        row.subject = person.user.pk if person.user else None
        plan = OfficerPlan(person, union, job, row.day("from_on") or register.place.today, row.day("until_on"))
        row.plan = plan
        first = seen.setdefault((id(person), union.pk, job), row.number)
        if first != row.number:
            row.refuse("name", "sheet.twice", duplicates_of(first))
            continue
        _ask_job(row, plan, register)
        if "post" in row.said:
            _ask_post(row, plan, register)
        if person.user is None:
            row.label = f"{person.name}（{person.username}）"


def _union(row: Row, register: Register) -> Organisation | None:
    found = register.unions.find(row.said["union"]) if "union" in row.said else register.unions.top
    if isinstance(found, Unclear):
        row.refuse("union", found.code, found.message)
        return None
    return found


def _job(row: Row, register: Register) -> str | None:
    text = row.said.get("job")
    if text is None:
        return None
    code = register.jobs.get(text) or register.jobs.get(text.lower())
    if code is None:
        row.refuse("job", "officer.job", f"没有“{text}”这个岗位。{nearest(register.near_jobs.three(text))}")
    return code


def _ask_right(row: Row, job: str, union: Organisation, register: Register) -> None:
    try:
        ensure_may_give(register.place.actor, job, union.scope.path)
    except NotPermitted as no:
        row.refuse_with(no, "job")


# --- who is meant


def _person(row: Row, union: Organisation | None, register: Register) -> Person:
    """Raises Refused where nobody can tell, or where telling would betray somebody out of sight."""
    name, phone, username = row.said["name"], register.phones.get(row.number, ""), row.said.get("username", "")
    keys: list[Any] = [
        key for key, said in ((("username", username), username), (("phone", name, phone), phone)) if said
    ]
    if not keys:
        keys = [("name", name, union.pk if union else 0)]
    known = next((register.people[key] for key in keys if key in register.people), None)
    if known is not None and (known.name != name or (phone and known.phone and known.phone != phone)):
        raise username_taken()
    if known is None:
        user = _by_username(username, name, phone, register) if username else _by_name(name, phone, union, register)
        known = Person(name, phone, row.number, user)
        if user is None:
            if not username and not phone:
                _ensure_alone_in_file(name, register)
            known.username = username or register.username_for(name)
    if not known.phone:
        known.phone = phone
    for key in keys:
        register.people[key] = known
    return known


def _by_username(username: str, name: str, phone: str, register: Register) -> User | None:
    user = register.by_username.get(username)
    if user is None:
        known = [one for one in register.namesakes.get(name, ()) if phone and one.phone == phone]
        for one in known:
            if one.pk not in register.in_sight:
                raise Refused("officer.registered", ELSEWHERE, "username")
            raise Refused("officer.other_username", f"此人已有账号，用户名是 {one.username}，请改用它。", "username")
        return None
    if user.name != name or user.phone_digest is not None:  # a worker's own account takes no jobs
        raise username_taken()
    if user.is_active and phone and user.phone and user.phone != phone:
        raise Refused("officer.phone", "与登记的手机号码不同，请核对是不是同一个人。", "phone")
    return user


def _by_name(name: str, phone: str, union: Organisation | None, register: Register) -> User | None:
    namesakes = register.namesakes.get(name, [])
    if phone:
        same = [one for one in namesakes if one.phone == phone]
        if len(same) > 1:
            raise Refused("officer.ambiguous", f"有 {len(same)} 个同名同号的账号，请填写用户名。", "username")
        if same and same[0].pk not in register.in_sight:
            raise Refused("officer.registered", ELSEWHERE, "name")
        return same[0] if same else None
    seen = [one for one in namesakes if one.pk in register.in_sight]
    here = [one for one in seen if union is not None and (one.pk, union.pk) in register.grants]
    if len(here) == 1:
        return here[0]
    if seen:
        names = "、".join(one.username for one in seen[:3])
        raise Refused(
            "officer.ambiguous", f"已有同名的干部（{names}）：是同一个人请填写用户名，不是请填写手机。", "username"
        )
    return None


def _ensure_alone_in_file(name: str, register: Register) -> None:
    other = next((one for one in register.people.values() if one.name == name), None)
    if other is not None:
        told = f"与第 {other.first} 行同名：是同一个人请在两行填写相同的用户名或手机，不是请各填手机。"
        raise Refused("officer.ambiguous", told, "username")


# --- what the rules say


def _ask_job(row: Row, plan: OfficerPlan, register: Register) -> None:
    user = plan.person.user
    own = register.grants.get((user.pk, plan.union.pk), []) if user else []
    plan.grant = next((grant for grant in own if grant.job == plan.job), None)
    if plan.grant is not None:
        _ask_span(row, plan, plan.grant, register)
        return
    try:
        if user is not None:
            ensure_may_receive(user, register.place.actor)
        ensure_span(plan.from_on, plan.until_on)
    except Refused as no:
        row.refuse_with(no, "name", COLUMN_OF)
    if user is not None:
        labels = [job_label(grant.job) for grant in own]
        row.differs["job"] = "、".join(labels), "、".join([*labels, job_label(plan.job)])


def _ask_span(row: Row, plan: OfficerPlan, grant: Grant, register: Register) -> None:
    """The job is held: only its end may be moved."""
    if row.day("from_on") not in (None, grant.from_on):
        told = f"这个岗位登记的开始日期是 {grant.from_on}，与表里不同；不能改，请核对。"
        row.refuse("from_on", "officer.from_on", told)
    if plan.until_on is None or plan.until_on == grant.until_on:
        return
    if grant.user_id == register.place.actor.user_id:
        row.refuse("name", "oneself", "不能对自己办理，请由上级或系统管理员办理。")
    elif plan.until_on <= max(grant.from_on, register.place.today):
        row.refuse("until_on", "span", "结束日期要晚于今天和任命日期；今天就结束请用“免去”。")
    plan.until_changes = True
    row.differs["until_on"] = str(grant.until_on or ""), str(plan.until_on)


def _ask_post(row: Row, plan: OfficerPlan, register: Register) -> None:
    union, name = plan.union, plan.person.name
    kind, post = OrganisationKind(union.kind), rules.Post(row.said["post"])
    rows = register.posts.get(union.pk, [])
    if any(one.kind == post and one.name == name and one.until_on is None for one in rows):
        return
    if not register.place.actor.may(Permission.TERM_EDIT, union.scope.path):
        row.refuse_with(NotPermitted(), "post")
    if plan.from_on > register.place.today:
        row.refuse("from_on", "organisation.ahead", "日期不能晚于今天，请到生效那天再办理。")
    running = any(
        term.from_on <= plan.from_on and (term.ended_on is None or term.ended_on > plan.from_on)
        for term in register.terms.get(union.pk, ())
    )
    wanted = PostHeld(post, name, plan.from_on)
    try:
        if not running and kind is not OrganisationKind.GROUP:
            raise no_term()
        rules.ensure_may_hold(wanted, kind, [*map(held, rows), *register.planned[union.pk]])
    except Refused as no:
        row.refuse_with(no, "post", COLUMN_OF)
        return
    register.planned[union.pk].append(wanted)
    plan.post, plan.chosen_by = wanted, rules.ways_in(kind)[0]
    if plan.person.user is not None:
        row.differs["post"] = "", post.label
