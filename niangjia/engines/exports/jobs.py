"""The file is made in the background; what nobody waits for any more is cleared away."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from niangjia.engines.exports import writing
from niangjia.engines.exports.models import Export
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.jobs.stopping import HandedBack, handing_back
from niangjia.kernel.jobs.times import daily

log = logging.getLogger(__name__)

ABANDONED = timedelta(days=1)


@app.task(name="exports.make_file", pass_context=False, retry=HandedBack(retry_exceptions=[JobAborted]))
def make_file(export_id: int) -> None:
    try:
        with handing_back():
            writing.make(export_id, clock=timezone.now)
    except JobAborted:
        raise  # the worker has to stop: the next one does it
    except (Refused, NotPermitted, Missing) as refusal:
        writing.give_up(export_id, refusal.message, now=timezone.now())
    except Exception as error:
        writing.give_up(export_id, writing.sentence_of(error), now=timezone.now())
        log.exception("Export %s was not made", export_id)


@app.periodic(cron=daily(3, 50))
@app.task(name="exports.clear", queueing_lock="exports.clear", pass_context=False)
def clear(timestamp: int) -> None:
    """Exports whose job was given up (its worker died each time): their passwords and their half-written files."""
    now = timezone.now()
    for pk in Export.objects.filter(finished_at=None, created_at__lt=now - ABANDONED).values_list("pk", flat=True):
        writing.give_up(pk, "导出没有完成，请重新导出；多次出现请联系系统管理员。", now=now)
    root: Path = settings.FILES_ROOT / ".exports"
    waiting = {str(pk) for pk in Export.objects.filter(finished_at=None).values_list("pk", flat=True)}
    for folder in root.glob("*-*"):
        if folder.name.partition("-")[0] not in waiting:
            shutil.rmtree(folder, ignore_errors=True)
