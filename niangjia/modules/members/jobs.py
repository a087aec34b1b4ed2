"""What the register does by itself: at night, and after an application came in."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.jobs.times import daily
from niangjia.modules.members.actions import check_register, find_duplicates
from niangjia.modules.members.actions.forgetting import forget_old
from niangjia.modules.members.actions.identity import TASK as CHECK_IDENTITY
from niangjia.modules.members.actions.identity import check_identity_of
from niangjia.modules.members.sheets.hands import settle

log = logging.getLogger(__name__)


@app.periodic(cron=daily(2, 40))
@app.task(name="members.check_register", queueing_lock="members.check_register", pass_context=False)
def check_register_nightly(timestamp: int) -> None:
    found = check_register(now=timezone.now())
    if found:
        log.error(
            "The register differs from its tally (%s), its flow (%s) or its people's names (%s): see the audit trail",
            len(found.tally), len(found.flow), len(found.names),
        )  # fmt: skip


@app.periodic(cron=daily(3, 30))
@app.task(name="members.forget_old", queueing_lock="members.forget_old", pass_context=False)
def forget_old_nightly(timestamp: int) -> None:
    forget_old(now=timezone.now())


@app.task(name=CHECK_IDENTITY)
def check_identity(application_id: int) -> None:
    check_identity_of(application_id, now=timezone.now())


@app.periodic(cron=daily(2, 20))
@app.task(name="members.find_duplicates", queueing_lock="members.find_duplicates", pass_context=False)
def find_duplicates_nightly(timestamp: int) -> None:
    find_duplicates(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="members.settle_imports", queueing_lock="members.settle_imports", pass_context=False)
def settle_imports(timestamp: int) -> None:
    settled = settle()
    if settled:
        log.warning("Ended %s halves of imports that a process which died had left", settled)
