"""What may be missing or wrong in the register: one condition for the counts and for the lists behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.members.models import ACTIVE_STATES, MemberFlow, Membership, Person
from niangjia.modules.members.rules import NEW_FORM

FRESH_DAYS = 365


_NO_PHONE = Q(person__phone_digest=None)
_NO_BIRTH = Q(person__born_on=None)
_NO_EDUCATION = Q(person__education="")
_NO_ETHNICITY = Q(person__ethnicity="")
_NO_EMPLOYMENT = Q(employment_status="")
_CLOSED_EMPLOYER = Q(employer__closed_on__isnull=False)
_OTHER_NAME = (
    Person.objects.unscoped(reason="whether a phone has two names")
    .filter(phone_digest=OuterRef("person__phone_digest"))
    .exclude(name=OuterRef("name"))
)
_SHARED_PHONE = Q(person__phone_digest__isnull=False) & Q(Exists(_OTHER_NAME))

_CONDITIONS = {
    "no_phone": _NO_PHONE,
    "no_birth": _NO_BIRTH,
    "no_education": _NO_EDUCATION,
    "no_ethnicity": _NO_ETHNICITY,
    "no_employment": _NO_EMPLOYMENT,
    "shared_phone": _SHARED_PHONE,
    "closed_employer": _CLOSED_EMPLOYER,
    "incomplete": _NO_PHONE | _NO_BIRTH | _NO_EDUCATION | _NO_ETHNICITY | _NO_EMPLOYMENT,
    "wrong": _SHARED_PHONE | _CLOSED_EMPLOYER,
}


def _stale(today: date) -> Q:
    """Nobody came or went for a year, and the union did nothing in its register, nor said that all is right."""
    since = today - timedelta(days=FRESH_DAYS)
    moved = MemberFlow.objects.filter(on__gte=since).exclude(n=0).values("scope_id")
    told = AuditEntry.objects.filter(path=OuterRef("path"), at__date__gte=since, verb__startswith="members.")
    return ~Q(scope__in=moved) & ~Q(scope__in=Scope.objects.filter(Exists(told)).values("id"))


def condition(name: str, *, today: date) -> Q:
    """Raises KeyError for a fault that isn't known."""
    return _stale(today) if name == "stale" else _CONDITIONS[name]


FAULTY = (
    ("no_phone", "没有手机号", "没有手机号，通知和服务都送不到。", 30),
    ("no_birth", "没有出生日期", "多为护照等证件，请补填出生日期。", 60),
    ("no_education", "没有学历", "年报要用，请在核对名册时补填。", 60),
    ("no_ethnicity", "没有民族", "年报要用，请在核对名册时补填。", 60),
    ("no_employment", "没有就业状况", "在岗、退休或失业决定是否缴会费。", 60),
    ("shared_phone", "同一手机号登记了不同姓名", "多半有一处写错了，请打电话核对。", 15),
    ("closed_employer", "用人单位已注销", "请核对本人现在在哪里上班，必要时转接会籍。", 30),
)
"""(name, label, advice, days given): the faults that somebody has to mend."""

LABELS = {name: label for name, label, _, _ in FAULTY} | {
    "incomplete": "资料不完整",
    "wrong": "资料有错误",
    "stale": "一年没有核对",
}


def _active() -> QuerySet[Membership]:
    rows: QuerySet[Membership] = Membership.objects.unscoped(reason="counting a whole register by place")
    return rows.filter(status__in=ACTIVE_STATES)


def faulty(name: str) -> Callable[[date], QuerySet[Membership]]:
    """The active memberships with this fault, of every place."""
    return partial(_faulty, name)


def _faulty(name: str, today: date) -> QuerySet[Membership]:
    return _active().filter(condition(name, today=today))


def free_of(name: str) -> Callable[[date], QuerySet[Membership]]:
    """The active memberships without this fault."""
    return lambda today: _active().exclude(condition(name, today=today))


def new_form_workers() -> QuerySet[Membership]:
    return with_new_form(_active())


def with_new_form(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(categories__overlap=sorted(int(code) for code in NEW_FORM)).exclude(categories=[])


def with_fault(rows: QuerySet[Any], name: str, *, today: date) -> QuerySet[Any]:
    """Of the memberships in sight the active ones that the counts of this fault count."""
    return rows.filter(status__in=ACTIVE_STATES).filter(condition(name, today=today))
