"""Asking to be taken in, from one's own phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.modules.members import rules
from niangjia.modules.members.actions.facts import PersonFacts, Problems, check_categories, ensure, tidy_categories
from niangjia.modules.members.actions.identity import ask_identity_later
from niangjia.modules.members.models import JoiningApplication, JoiningCode, Platform
from niangjia.modules.members.queries.own import is_member, missing_consents, open_application
from niangjia.modules.members.rules import ApplicationState, Document, Ground
from niangjia.modules.organisations.queries import joining as unions

LONGEST_EMPLOYER = 100
ALREADY = "您已经提交过申请，正在办理，不用重复提交。"


@dataclass(frozen=True)
class ApplicationFacts:
    """As few as possible: the number says birth date and sex, the phone is the account's."""

    name: str
    document_number: str
    document_kind: str = Document.RESIDENT.value
    sex: str = ""
    born_on: date | None = None
    employer_text: str = ""
    categories: tuple[int, ...] = ()
    platform: int | None = None
    division: str = ""

    def person(self, phone: str) -> PersonFacts:
        return PersonFacts(
            name=self.name, document_kind=self.document_kind, document_number=self.document_number, sex=self.sex,
            born_on=self.born_on, phone=phone,
        ).tidied()  # fmt: skip


def application_problems(facts: ApplicationFacts, *, phone: str, now: datetime) -> Problems:
    """All that stands against applying with these facts, by field."""
    today, person = timezone.localdate(now), facts.person(phone)
    found = person.problems(today=today, synthetic=settings.SYNTHETIC_NUMBERS)
    if not {"document_number", "born_on"} & found.keys():
        if person.born_on is None:
            found["born_on"] = "请填写出生日期。"
        elif young := rules.check_may_apply(person.born_on, today=today):
            found["document_number" if person.read else "born_on"] = young
    if not facts.employer_text.strip() and not facts.categories:
        found["employer"] = "请填写在哪里工作；没有固定单位的，请选择从事的工作。"
    if len(facts.employer_text.strip()) > LONGEST_EMPLOYER:
        found["employer"] = f"最多 {LONGEST_EMPLOYER} 个字。"
    if problem := check_categories(facts.categories):
        found["categories"] = problem
    if facts.platform is not None and not Platform.objects.filter(pk=facts.platform).exists():
        found["platform"] = "请从列表中选择平台。"
    return found


def submit_application(
    user_id: int, facts: ApplicationFacts, *, union_id: int, ground: Ground, code: JoiningCode | None, now: datetime
) -> JoiningApplication:
    """Hands the application to a union; one that was returned is handed in again with what is known now.

    Raises Refused without the consents, for wrong facts, a second open application, whoever has proved to be a member,
    and a union that takes nobody. Whether the document is registered already is not looked at here: that is for the officer.
    """
    with transaction.atomic():
        user = hold_account(user_id)
        if missing_consents(user_id):
            raise Refused("consent.missing", "请先阅读并同意个人信息的使用，再提交申请。")
        ensure(application_problems(facts, phone=user.phone, now=now))
        if is_member(user_id):
            raise Refused("application.member", "您已经是会员，换了单位请办理会籍转接。")
        union = unions.union_shown(union_id)
        if union is None or not (union.takes_members or (union.is_open and ground is Ground.TOWNSHIP)):
            raise Refused("application.union", "这个工会现在不能接收申请，请选择另一个。", "union")
        row = open_application(user_id, lock=True)
        if row is not None and row.state == ApplicationState.RECEIVED:
            raise Refused("application.open", ALREADY)
        before = audit.snapshot(row) if row else None
        row = row or JoiningApplication(user=user)
        _put(row, facts, user)
        row.scope_id, row.ground, row.code = union.id, ground.value, code
        row.state, row.reason, row.received_at = ApplicationState.RECEIVED.value, "", now
        row.decided_at = row.decided_by = row.identity_checked_at = None
        row.identity_answer = ""
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Refused("application.open", ALREADY) from error
        user.name = row.name
        user.save(update_fields=["name"])
        audit.record(
            actor=self_of(user), verb="members.application.received", subject=row, path=union.path, before=before,
            after=audit.snapshot(row), now=now,
        )  # fmt: skip
        ask_identity_later(row.pk)
    return row


def _put(row: JoiningApplication, facts: ApplicationFacts, user: User) -> None:
    person = facts.person(user.phone)
    row.name, row.document_kind, row.document_number = person.name, person.document_kind, person.document_number
    row.sex, row.born_on, row.phone = person.sex, person.born_on, user.phone
    row.employer_id = unions.employer_named(facts.employer_text) if facts.employer_text.strip() else None
    row.employer_text = facts.employer_text.strip()
    row.categories, row.platform_id = list(tidy_categories(facts.categories)), facts.platform
    row.division_id = facts.division or None


def withdraw_application(user_id: int, *, now: datetime) -> None:
    """Raises Refused when there is none to withdraw."""
    with transaction.atomic():
        if not withdraw_open(hold_account(user_id), now=now):
            raise Refused("application.none", "没有可以撤回的申请，可能刚刚已经办结。")


def withdraw_open(user: User, *, now: datetime) -> bool:
    """The application that waits, if there is one; an officer who decides at this moment comes first or not at all."""
    row = open_application(user.pk, lock=True)
    if row is None:
        return False
    before = audit.snapshot(row)
    row.state, row.decided_at = ApplicationState.WITHDRAWN.value, now
    row.save(update_fields=["state", "decided_at"])
    audit.record(
        actor=self_of(user), verb="members.application.withdrawn", subject=row, path=row.scope.path, before=before,
        after=audit.snapshot(row), now=now,
    )  # fmt: skip
    return True


def hold_account(user_id: int) -> User:
    """All that one worker does happens one after the other, in whatever number of tabs."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def self_of(user: User) -> Actor:
    return Actor(user_id=user.pk, name=user.name)
