"""What the register does by itself at night."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.modules.members.actions import check_register

log = logging.getLogger(__name__)


@app.periodic(cron="40 2 * * *")
@app.task(name="members.check_register", queueing_lock="members.check_register", pass_context=False)
def check_register_nightly(timestamp: int) -> None:
    found = check_register(now=timezone.now())
    if found:
        log.error(
            "The register differs from its tally (%s), its flow (%s) or its people's names (%s): see the audit trail",
            len(found.tally), len(found.flow), len(found.names),
        )  # fmt: skip
