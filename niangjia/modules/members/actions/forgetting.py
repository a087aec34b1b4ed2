"""What is kept no longer than was promised (`privacy.NOTICE`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.audit import actions as audit
from niangjia.modules.members.models import JoiningApplication, PhoneCode
from niangjia.modules.members.rules import ApplicationState

CODES_KEPT, APPLICATIONS_KEPT = timedelta(days=2), timedelta(days=365)
_WITHOUT_MEMBERSHIP = (ApplicationState.RETURNED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN)


@dataclass(frozen=True)
class Forgotten:
    applications: int
    codes: int


def forget_old(*, now: datetime) -> Forgotten:
    """Deletes applications that led to no membership a year after they were decided, and codes after two days."""
    with transaction.atomic():
        applications, _ = (
            JoiningApplication.objects.unscoped(reason="what was promised to be deleted")
            .filter(state__in=_WITHOUT_MEMBERSHIP, decided_at__lt=now - APPLICATIONS_KEPT)
            .delete()
        )
        codes, _ = (
            PhoneCode.objects.unscoped(reason="codes that are long dead").filter(sent_at__lt=now - CODES_KEPT).delete()
        )
        if applications:
            audit.record(
                actor=SYSTEM, verb="members.application.forgotten", after={"count": applications}, now=now
            )  # fmt: skip
    return Forgotten(applications, codes)
