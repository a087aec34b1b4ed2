"""The register of professional union workers (社会化职业化工会工作者)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing
from niangjia.kernel.words import Word
from niangjia.modules.organisations.models import Organisation, StaffMember, StaffTraining
from niangjia.modules.organisations.permissions import Permission

SOON_DAYS = 60


class ContractState(Word):
    RUNNING = "RUNNING", "在聘"
    SOON = "SOON", "60 天内到期"
    OVER = "OVER", "合同已到期"
    LEFT = "LEFT", "已离职"


def contract_state(member: StaffMember, today: date) -> ContractState:
    if member.left_on is not None and member.left_on <= today:
        return ContractState.LEFT
    if member.contract_until_on is None:
        return ContractState.RUNNING
    if member.contract_until_on <= today:
        return ContractState.OVER
    return (
        ContractState.SOON if member.contract_until_on <= today + timedelta(days=SOON_DAYS) else ContractState.RUNNING
    )


def employed_on(day: date) -> Q:
    return Q(left_on=None) | Q(left_on__gt=day)


def in_state(state: ContractState, today: date) -> Q:
    """The same states as a condition."""
    soon = today + timedelta(days=SOON_DAYS)
    return {
        ContractState.RUNNING: employed_on(today) & (Q(contract_until_on=None) | Q(contract_until_on__gt=soon)),
        ContractState.SOON: employed_on(today) & Q(contract_until_on__gt=today, contract_until_on__lte=soon),
        ContractState.OVER: employed_on(today) & Q(contract_until_on__lte=today),
        ContractState.LEFT: Q(left_on__lte=today),
    }[state]


def staff_in_sight(actor: Actor) -> QuerySet[StaffMember]:
    return StaffMember.objects.visible_to(actor)


def staff_member_in_sight(pk: int, actor: Actor) -> StaffMember:
    """Raises Missing."""
    found: StaffMember | None = (
        StaffMember.objects.visible_to(actor).select_related("organisation__scope", "user").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这名工作者，可能不在您的管辖范围内。")
    return found


def trainings_of(member: StaffMember) -> list[StaffTraining]:
    rows = StaffTraining.objects.unscoped(reason="trainings of a row in sight").filter(staff_member=member)
    return list(rows.order_by("-on", "-pk"))


def training_sums(ids: list[int]) -> dict[int, tuple[int, date]]:
    """Hours and the latest day of the trainings of workers in sight; who had none is left out."""
    rows = (
        StaffTraining.objects.unscoped(reason="sums beside rows in sight")
        .filter(staff_member__in=ids)
        .values("staff_member")
        .annotate(hours=Sum("hours"), trained_on=Max("on"))
        .order_by()
    )
    return {row["staff_member"]: (row["hours"], row["trained_on"]) for row in rows}


def contracts_due(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """Contracts of people still employed that have ended, and that end within sixty days, where the actor may act."""
    today = timezone.localdate(now)
    counted = (
        staff_in_sight(actor)
        .filter(organisation__scope__path__under_any=list(actor.paths(Permission.STAFF_EDIT)))
        .aggregate(
            over=Count("pk", filter=in_state(ContractState.OVER, today)),
            soon=Count("pk", filter=in_state(ContractState.SOON, today)),
        )
    )
    return counted["over"], counted["soon"]


@dataclass(frozen=True)
class Headcount:
    organisation: Organisation
    quota: int
    actual: int

    @property
    def gap(self) -> int:
        """Positions to fill; negative when there are more people than approved."""
        return self.quota - self.actual


def headcounts(actor: Actor, *, now: datetime, within: str | None = None) -> list[Headcount]:
    """Approved and actual number by organisation, where either isn't zero; the longest gap first."""
    today = timezone.localdate(now)
    staff = staff_in_sight(actor).filter(employed_on(today))
    actual = dict(staff.values_list("organisation").annotate(number=Count("pk")).order_by())
    rows = Organisation.objects.visible_to(actor).filter(
        Q(staff_quota__gt=0) | Q(pk__in=list(actual)),
        closed_on=None,
        scope__path__under_any=list(actor.paths(Permission.STAFF_VIEW)),
    )
    if within:
        rows = rows.under(within)
    found = [Headcount(row, row.staff_quota, actual.get(row.pk, 0)) for row in rows.order_by("name_key")]
    return sorted(found, key=lambda one: -one.gap)


def trail_of_staff_member(member: StaffMember, limit: int = 50) -> list[AuditEntry]:
    return list(
        AuditEntry.objects.filter(subject_kind="organisations.staffmember", subject_id=member.pk).order_by("-id")[
            :limit
        ]
    )
