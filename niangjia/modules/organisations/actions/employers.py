"""Employers: adding, editing, closing, the unions their workers belong to, and what was tried where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.pinyin import title_key
from niangjia.kernel.words import Word
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    Division,
    Employer,
    EmployerUnion,
    Organisation,
    OrganisingAttempt,
    ZoneEmployer,
    answering_for,
)
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import Attempt, Coverage, Industry, Nature, OrganisationKind

LINKED_KINDS = frozenset(rules.MEMBER_KINDS - {OrganisationKind.GROUP})
"""Unions that an employer's workers may belong to."""

ALREADY_ELSEWHERE = "已登记，请联系上级。"  # says nothing of where, to somebody who may not know


class Facts(TypedDict, total=False):
    """What is known of an employer; `division` is the code of its township, counts are heads."""

    name: str
    credit_code: str
    division: str
    address: str
    industry: str
    nature: str
    headcount: int
    women: int
    new_form_workers: int
    counted_on: date | None
    latitude: float | None
    longitude: float | None


def add_employer(*, actor: Actor, now: datetime, **facts: Unpack[Facts]) -> Employer:
    """Registers an employer on the ground of a township; it has no union until it is linked to one.

    Raises NotPermitted without the right anywhere, Refused for a township that isn't the actor's, a wrong or
    registered code, a name that stands there already, counts that can't be.
    """
    if not actor.can(Permission.EMPLOYER_EDIT):
        raise NotPermitted
    place = _place_of_ground(facts.get("division", ""), actor)
    employer = Employer(union_state=Coverage.NONE)
    with adding(
        actor=actor, permission=Permission.EMPLOYER_EDIT, scope=place, verb="organisations.employer.added", now=now
    ) as recorded:
        fill_in(employer, facts, timezone.localdate(now))
        _ensure_not_registered(employer, actor)
        _save(employer, actor)
        recorded(employer)
    return employer


def edit_employer(pk: int, *, actor: Actor, now: datetime, reason: str = "", **facts: Unpack[Facts]) -> Employer:
    """Corrects what is known; only the facts given are touched. One that moves to another township leaves its zone.

    Raises Missing, NotPermitted, and Refused as `add_employer` or for a closed one.
    """
    with _about(pk, actor=actor, verb="organisations.employer.edited", now=now, reason=reason) as act:
        employer = act.employer
        _ensure_open(employer)
        if facts.get("division", employer.division_id) != employer.division_id:
            _place_of_ground(facts["division"], actor)
            leave_zone(act, timezone.localdate(now))
        fill_in(employer, facts, timezone.localdate(now))
        _ensure_not_registered(employer, actor)
        _save(employer, actor)
    return employer


def close_employer(pk: int, *, on: date, actor: Actor, now: datetime, reason: str = "") -> Employer:
    """The employer is gone (注销、迁出) from `on`: its unions and its zone let go of it, the record stays.

    Raises Missing, NotPermitted, Refused for one already closed or a day to come.
    """
    with _about(pk, actor=actor, verb="organisations.employer.closed", now=now, reason=reason) as act:
        employer = act.employer
        _ensure_open(employer)
        if on > timezone.localdate(now):
            raise Refused("employer.ahead", "注销日期不能晚于今天。", "on")
        latest = _open_links(employer).aggregate(latest=Max("from_on"))["latest"]
        if latest and on < latest:
            raise Refused("employer.before_link", f"{latest} 才加入工会，注销日期不能更早，请核对。", "on")
        for link in _open_links(employer).select_related("organisation"):
            _end_link(act, link, on)
        leave_zone(act, on)
        employer.closed_on = on
        settle_coverage(employer)
        employer.save()
    return employer


def reopen_employer(pk: int, *, actor: Actor, now: datetime, reason: str = "") -> Employer:
    """Takes a closing back; unions and zone have to be chosen again. Raises Missing, NotPermitted, Refused."""
    with _about(pk, actor=actor, verb="organisations.employer.reopened", now=now, reason=reason) as act:
        if act.employer.closed_on is None:
            raise Refused("employer.open", "这个单位没有注销，不需要恢复。")
        act.employer.closed_on = None
        act.employer.save()
    return act.employer


def link_employer_to_union(
    pk: int, *, organisation_id: int, from_on: date, actor: Actor, now: datetime
) -> EmployerUnion:
    """The employer's workers belong to this union from a day on; an employer may have several.

    Raises Missing for either out of sight, NotPermitted without the right at either, Refused for a closed one,
    a kind of union that takes no workers, a day to come, a union it already has.
    """
    with _about(pk, actor=actor, verb="organisations.employer.linked", now=now) as act:
        employer = act.employer
        _ensure_open(employer)
        union = _union(organisation_id, actor)
        if from_on > timezone.localdate(now):
            raise Refused("employer_union.ahead", "加入日期不能晚于今天，请到那天再关联。", "from_on")
        for earlier in EmployerUnion.objects.unscoped(reason="links of a row in sight").filter(
            employer=employer, organisation=union
        ):
            if earlier.until_on is None:
                raise Refused("employer_union.twice", f"已经关联“{union.name}”，不需要再关联。", "organisation")
            if rules.spans_overlap(from_on, None, earlier.from_on, earlier.until_on):
                raise Refused(
                    "employer_union.overlap",
                    f"{earlier.from_on} 至 {earlier.until_on} 已属于该工会，加入日期请从 {earlier.until_on} 起。",
                    "from_on",
                )
        link: EmployerUnion = EmployerUnion.objects.create(employer=employer, organisation=union, from_on=from_on)
        act.says |= {"union": union.name, "union_id": union.pk, "from_on": str(from_on)}
        settle_coverage(employer)
        employer.save(update_fields=["union_state"])
    return link


def unlink_employer_from_union(
    link_id: int, *, on: date, actor: Actor, now: datetime, reason: str = ""
) -> EmployerUnion:
    """The employer leaves the union: `on` is the first day it doesn't belong to it.

    Raises Missing for a link or an employer out of sight, NotPermitted without the right at either, Refused for
    a link that has ended or a day before it began.
    """
    found: EmployerUnion | None = (
        EmployerUnion.objects.visible_to(actor).select_related("organisation__scope").filter(pk=link_id).first()
    )
    if found is None:
        raise Missing("没有找到这条关联，可能不在您的管辖范围内。")
    with _about(found.employer_id, actor=actor, verb="organisations.employer.unlinked", now=now, reason=reason) as act:
        if not actor.may(Permission.EMPLOYER_EDIT, found.organisation.scope.path):
            raise NotPermitted
        link: EmployerUnion = EmployerUnion.objects.unscoped(reason="the link that was let see, now under lock").get(
            pk=link_id
        )
        if link.until_on is not None:
            raise Refused("employer_union.ended", "这条关联已经结束。")
        if on < link.from_on:
            raise Refused("employer_union.dates", f"{link.from_on} 才加入，离开日期不能更早。", "on")
        if on > timezone.localdate(now):
            raise Refused("employer_union.ahead", "离开日期不能晚于今天。", "on")
        _end_link(act, link, on)
        settle_coverage(act.employer)
        act.employer.save(update_fields=["union_state"])
    return link


def record_attempt(
    pk: int,
    *,
    outcome: Attempt,
    on: date,
    next_on: date | None,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> OrganisingAttempt:
    """Writes down what was tried with an employer that has no union, what came of it and when to go again.

    Raises Missing, NotPermitted, Refused for one that is closed or has a union, or for dates that can't be.
    """
    with _about(pk, actor=actor, verb="organisations.employer.attempt_recorded", now=now) as act:
        employer = act.employer
        _ensure_open(employer)
        rules.ensure_attempt(outcome, on, next_on, today=timezone.localdate(now))
        has_union = employer.union_state in (Coverage.OWN, Coverage.JOINT)
        if has_union and outcome is not Attempt.JOINED:
            raise Refused("attempt.has_union", "这个单位已有工会，不再是空白点，不需要记录组建工作。")
        if outcome is Attempt.JOINED and not has_union:
            raise Refused("attempt.join", "请先在“关联工会”里选择它加入的工会。", "outcome")
        attempt: OrganisingAttempt = OrganisingAttempt.objects.create(
            employer=employer, on=on, outcome=outcome, note=note.strip()[:300], next_on=next_on,
            user_id=actor.user_id, user_name=actor.name, at=now,
        )  # fmt: skip
        act.says |= {"outcome": outcome.value, "on": str(on), "next_on": str(next_on) if next_on else None}
        settle_coverage(employer)
        employer.save(update_fields=["union_state"])
    return attempt


def move_employers_of_union(gone_id: int, *, into_id: int | None, on: date, actor: Actor, now: datetime) -> int:
    """What a merged union's employers go over to, or, without `into_id`, a dissolved one's are let go of.

    For the acts on the tree, which have asked for the right. Returns how many employers.
    """
    moved = 0
    with transaction.atomic():
        links = (
            EmployerUnion.objects.unscoped(reason="employers of a union that ends")
            .filter(organisation=gone_id, until_on=None)
            .select_related("organisation")
        )
        # In the order of ids, as everybody locks several.
        for link in links.order_by("employer_id"):
            employer = (
                Employer.objects.unscoped(reason="the lock on a union's employer")
                .select_for_update()
                .get(pk=link.employer_id)
            )
            act = Act(employer)
            before = {"union_state": employer.union_state}
            _end_link(act, link, max(on, link.from_on))
            already = into_id is None or _open_links(employer).filter(organisation=into_id).exists()
            if not already:
                EmployerUnion.objects.create(employer=employer, organisation_id=into_id, from_on=max(on, link.from_on))
            settle_coverage(employer)
            employer.save(update_fields=["union_state"])
            audit.record(
                actor=actor, verb="organisations.employer.union_ended", subject=employer, now=now, before=before,
                path=next(iter(answering_for(employer.division_id)), None),
                after={"union_state": str(employer.union_state), **act.says, "into_id": into_id},
            )  # fmt: skip
            moved += 1
    return moved


def settle_employers_of_union(union_id: int, *, actor: Actor, now: datetime) -> None:
    """The union became another kind: which of its employers have one of their own, and which share one."""
    links = EmployerUnion.objects.unscoped(reason="employers of a union of another kind")
    ids = (
        links.filter(organisation=union_id, until_on=None).order_by("employer_id").values_list("employer_id", flat=True)
    )
    with transaction.atomic():
        for pk in ids:
            rows = Employer.objects.unscoped(reason="the lock on a union's employer").select_for_update()
            employer = rows.get(pk=pk)
            before = {"union_state": employer.union_state}
            settle_coverage(employer)
            after = {"union_state": str(employer.union_state)}
            if before == after:
                continue
            employer.save(update_fields=["union_state"])
            audit.record(
                actor=actor, verb="organisations.employer.edited", subject=employer, now=now, before=before,
                path=next(iter(answering_for(employer.division_id)), None), after=after,
            )  # fmt: skip


# --- what the acts share ---


@dataclass
class Act:
    """An employer under lock; `says` are facts beside its own row that belong in the same entry of the trail."""

    employer: Employer
    says: dict[str, Any] = field(default_factory=dict)


@contextmanager
def _about(pk: int, *, actor: Actor, verb: str, now: datetime, reason: str = "") -> Iterator[Act]:
    """Like `changing`, for acts that also write rows beside the employer's own."""
    with transaction.atomic():
        employer: Employer | None = (
            Employer.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=pk).first()
        )
        if employer is None:
            raise Missing("没有找到这个单位，可能不在您的管辖范围内。")
        path = path_of(employer, actor, Permission.EMPLOYER_EDIT)
        before = audit.snapshot(employer)
        act = Act(employer)
        yield act
        after = audit.snapshot(employer) | act.says
        if before != after:
            audit.record(
                actor=actor, verb=verb, subject=employer, path=path, before=before, after=after, reason=reason, now=now
            )


def _ensure_open(employer: Employer) -> None:
    if employer.closed_on is not None:
        raise Refused("employer.closed", f"“{employer.name}”已于 {employer.closed_on} 注销，请先恢复再办理。")


def _place_of_ground(code: str, actor: Actor) -> Scope:
    """The place answering for a township where the actor may register employers. Raises Refused."""
    if not code:
        raise Refused("employer.division", "请选择所在镇街。", "division")
    path = next((path for path in answering_for(code) if actor.may(Permission.EMPLOYER_EDIT, path)), None)
    if path is None:
        raise Refused("employer.elsewhere", "这个镇街不在您的管辖范围内，请选择自己管辖的镇街。", "division")
    if Division.objects.filter(parent=code).exists():
        raise Refused("employer.township", "请选到镇街一级。", "division")
    return Scope.objects.get(path=path)


def fill_in(employer: Employer, facts: Facts, today: date) -> None:
    """Writes the facts given into the row, without a look into the register. Raises Refused."""
    if "name" in facts:
        employer.name = rules.tidy_name(facts["name"])
        employer.name_key = title_key(employer.name)
    if len(employer.name) < rules.SHORTEST_NAME:
        raise Refused("employer.name", "请照营业执照填写单位全称。", "name")
    if "credit_code" in facts:
        code = rules.tidy_credit_code(facts["credit_code"])
        problem = rules.check_employer_credit_code(code)
        if problem:
            raise Refused("employer.credit_code", problem, "credit_code")
        employer.credit_code = code or None
    employer.division_id = facts.get("division", employer.division_id)
    employer.address = facts.get("address", employer.address).strip()
    employer.latitude = facts.get("latitude", employer.latitude)
    employer.longitude = facts.get("longitude", employer.longitude)
    _choose(employer, "industry", facts.get("industry"), Industry)
    _choose(employer, "nature", facts.get("nature"), Nature)
    _count(employer, facts, today)


def _choose(employer: Employer, name: str, value: str | None, words: type[Word]) -> None:
    if value and value not in list(words):
        raise Refused(f"employer.{name}", "请从列表里选择。", name)
    if value is not None:
        setattr(employer, name, value)


def _count(employer: Employer, facts: Facts, today: date) -> None:
    """Heads, and the day on which they were counted: today when they changed and no other day is told."""
    before = (employer.headcount, employer.women, employer.new_form_workers)
    now = (
        facts.get("headcount", employer.headcount),
        facts.get("women", employer.women),
        facts.get("new_form_workers", employer.new_form_workers),
    )
    rules.ensure_head_count(*now)
    employer.headcount, employer.women, employer.new_form_workers = now
    counted_on = facts.get("counted_on") or (today if now != before else employer.counted_on)
    if counted_on and counted_on > today:
        raise Refused("employer.counted", "人数核对日期不能晚于今天。", "counted_on")
    employer.counted_on = counted_on


def _ensure_not_registered(employer: Employer, actor: Actor) -> None:
    """The same code anywhere; without two codes to tell them apart, the same name in one township."""
    if employer.credit_code:
        others = Employer.objects.unscoped(reason="a credit code is used once")
        if others.filter(credit_code=employer.credit_code).exclude(pk=employer.pk).exists():
            raise _registered(employer, actor)
    namesakes = Employer.objects.unscoped(reason="one name in the actor's own township").filter(
        name=employer.name, division=employer.division_id, closed_on=None
    )
    if employer.credit_code:
        namesakes = namesakes.filter(credit_code=None)
    if namesakes.exclude(pk=employer.pk).exists():
        raise name_twice()


def name_twice() -> Refused:
    return Refused("employer.name_twice", "这个镇街已有同名的单位；确是另一家，请填写两家的信用代码。", "name")


def _registered(employer: Employer, actor: Actor) -> Refused:
    known = Employer.objects.visible_to(actor).filter(credit_code=employer.credit_code).exclude(pk=employer.pk).first()
    return registered_as(known)


def registered_as(known: Employer | None) -> Refused:
    """The code is taken: by `known`, or by one out of sight."""
    if known is None:
        return Refused("employer.registered", ALREADY_ELSEWHERE, "credit_code")
    gone = "（已注销，可在它的页面恢复）" if known.closed_on else ""
    return Refused("employer.registered", f"这个代码已登记为“{known.name}”{gone}，请直接用那一条。", "credit_code")


def _save(employer: Employer, actor: Actor) -> None:
    try:
        with transaction.atomic():
            employer.save()
    except IntegrityError as error:
        # Two people at the same moment: the second finds the first one's row.
        if "credit_code" not in str(error):
            raise
        raise _registered(employer, actor) from None


def _union(pk: int, actor: Actor) -> Organisation:
    union: Organisation | None = Organisation.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if union is None:
        raise Missing("没有找到这个工会，可能不在您的管辖范围内。")
    if not actor.may(Permission.EMPLOYER_EDIT, union.scope.path):
        raise NotPermitted
    ensure_takes_workers(union)
    return union


def ensure_takes_workers(union: Organisation) -> None:
    """Raises Refused for a union that ended, or of a kind that workers don't join."""
    if not union.is_open:
        raise Refused("employer_union.closed", f"“{union.name}”已撤销，请选择还在运行的工会。", "organisation")
    if OrganisationKind(union.kind) not in LINKED_KINDS:
        raise Refused(
            "employer_union.kind",
            f"{OrganisationKind(union.kind).label}不直接吸收职工，请选择基层工会或联合工会。",
            "organisation",
        )


def _open_links(employer: Employer) -> Any:
    return EmployerUnion.objects.unscoped(reason="links of a row under lock").filter(employer=employer, until_on=None)


def _end_link(act: Act, link: EmployerUnion, on: date) -> None:
    link.until_on = on
    link.save(update_fields=["until_on"])
    act.says |= {"union": link.organisation.name, "union_id": link.organisation_id, "until_on": str(on)}


def leave_zone(act: Act, on: date) -> None:
    """A zone lies in one township: who moves to another leaves it."""
    rows = ZoneEmployer.objects.unscoped(reason="the zone of a row under lock").filter(
        employer=act.employer, until_on=None
    )
    for row in rows.select_related("zone"):
        row.until_on = max(on, row.from_on)
        row.save(update_fields=["until_on"])
        act.says["zone_left"] = row.zone.name


def settle_coverage(employer: Employer) -> None:
    """Works out the state from the links; the lock on the employer keeps two officers from each missing the other's."""
    kinds = [OrganisationKind(kind) for kind in _open_links(employer).values_list("organisation__kind", flat=True)]
    since = (
        EmployerUnion.objects.unscoped(reason="links of a row under lock")
        .filter(employer=employer)
        .aggregate(last=Max("until_on"))["last"]
    )
    attempts = OrganisingAttempt.objects.unscoped(reason="attempts with a row under lock").filter(employer=employer)
    if since:
        attempts = attempts.filter(on__gte=since)
    outcomes = attempts.order_by("on", "pk").values_list("outcome", flat=True)
    employer.union_state = rules.coverage(kinds, founding=rules.is_founding(map(Attempt, outcomes)))
