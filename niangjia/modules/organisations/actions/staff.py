"""Keeping the register of professional union workers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.numbers import check_phone, tidy_phone
from niangjia.kernel.pinyin import name_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import StaffMember, StaffTraining
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, placed
from niangjia.modules.organisations.queries.staff import staff_member_in_sight

YOUNGEST_YEARS = 16
SHORTEST_REASON = 2


class StaffFacts(TypedDict):
    name: str
    sex: str
    born_on: date | None
    education: str
    phone: str
    username: str  # of the account, if any
    contract: str
    contract_from_on: date
    contract_until_on: date | None
    funding: str
    pay_grade: str


def add_staff_member(*, organisation_id: int, actor: Actor, now: datetime, **facts: Unpack[StaffFacts]) -> StaffMember:
    """Raises Missing, NotPermitted, Refused for a closed organisation, wrong dates or a wrong phone number."""
    organisation = organisation_in_sight(organisation_id, actor)
    rules.ensure_active(placed(organisation))
    with adding(
        actor=actor, permission=Permission.STAFF_EDIT, scope=organisation.scope,
        verb="organisations.staff_member.added", now=now,
    ) as recorded:  # fmt: skip
        member = StaffMember(organisation=organisation)
        _fill(member, facts, now)
        member.save()
        recorded(member)
    return member


def edit_staff_member(pk: int, *, actor: Actor, now: datetime, **facts: Unpack[StaffFacts]) -> StaffMember:
    """Raises as above."""
    with changing(
        StaffMember,
        pk,
        actor=actor,
        permission=Permission.STAFF_EDIT,
        verb="organisations.staff_member.edited",
        now=now,
    ) as member:
        _fill(member, facts, now)
        member.save()
    return member


def leave_staff(pk: int, *, on: date, actor: Actor, now: datetime, reason: str = "") -> StaffMember:
    """The first day on which he no longer works here. Raises Missing, NotPermitted, Refused for a wrong day."""
    with changing(
        StaffMember, pk, actor=actor, permission=Permission.STAFF_EDIT, verb="organisations.staff_member.left",
        now=now, reason=reason,
    ) as member:  # fmt: skip
        if member.left_on is not None:
            raise Refused("staff.left", "已经办过离职。", "on")
        if on < member.contract_from_on:
            raise Refused("staff.left_before", "离职日期不能早于合同开始。", "on")
        member.left_on = on
        member.save(update_fields=["left_on"])
    return member


def add_training(
    staff_member_id: int, *, title: str, on: date, hours: int, actor: Actor, now: datetime
) -> StaffTraining:
    """Raises Missing, NotPermitted, Refused for a day to come."""
    member = staff_member_in_sight(staff_member_id, actor)
    with adding(
        actor=actor, permission=Permission.STAFF_EDIT, scope=member.organisation.scope,
        verb="organisations.staff_training.added", now=now,
    ) as recorded:  # fmt: skip
        if on > timezone.localdate(now):
            raise Refused("training.ahead", "培训完成后再登记，日期不能晚于今天。", "on")
        training: StaffTraining = StaffTraining.objects.create(
            staff_member=member, title=title.strip(), on=on, hours=hours
        )
        recorded(training)
    return training


def remove_training(pk: int, *, actor: Actor, now: datetime) -> StaffMember:
    """For one entered by mistake. Raises Missing, NotPermitted."""
    with transaction.atomic():
        training = (
            StaffTraining.objects.visible_to(actor)
            .select_related("staff_member__organisation__scope")
            .select_for_update(of=("self",))
            .filter(pk=pk)
            .first()
        )
        if training is None:
            raise Missing("没有找到这条培训记录。")
        path = training.seat.path
        if not actor.may(Permission.STAFF_EDIT, path):
            raise NotPermitted
        audit.record(
            actor=actor, verb="organisations.staff_training.removed", subject=training, path=path,
            before=audit.snapshot(training), now=now,
        )  # fmt: skip
        member: StaffMember = training.staff_member
        training.delete()
    return member


def reveal_staff_phone(pk: int, *, reason: str, actor: Actor, now: datetime) -> str:
    """The whole number, against a reason that is kept. Raises Missing, Refused without a reason."""
    member = staff_member_in_sight(pk, actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("reason", "请写明查看原因。", "reason")
    audit.record(
        actor=actor, verb="organisations.staff_member.revealed", subject=member, path=member.seat.path,
        reason=reason.strip(), now=now,
    )  # fmt: skip
    return str(member.phone)


def _fill(member: StaffMember, facts: StaffFacts, now: datetime) -> None:
    phone = tidy_phone(facts["phone"])
    problem = check_phone(phone, synthetic=settings.SYNTHETIC_NUMBERS) if phone else None
    if problem:
        raise Refused("staff.phone", problem, "phone")
    born_on = facts["born_on"]
    if born_on is not None and rules.months_after(born_on, 12 * YOUNGEST_YEARS) > timezone.localdate(now):
        raise Refused("staff.born", "出生日期不对：不满 16 周岁不能聘用。", "born_on")
    rules.ensure_contract(
        rules.Contract(facts["contract"]), facts["contract_from_on"], facts["contract_until_on"], member.left_on
    )
    member.name, member.name_key = facts["name"].strip(), name_key(facts["name"].strip())
    member.sex, member.born_on, member.education, member.phone = facts["sex"], born_on, facts["education"], phone
    member.contract, member.funding, member.pay_grade = facts["contract"], facts["funding"], facts["pay_grade"]
    member.contract_from_on, member.contract_until_on = facts["contract_from_on"], facts["contract_until_on"]
    member.user = _account(facts["username"])


def _account(username: str) -> User | None:
    if not username.strip():
        return None
    user = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if user is None:
        raise Refused("user_unknown", "没有这个用户名，请核对；没有账号就留空。", "username")
    return user
