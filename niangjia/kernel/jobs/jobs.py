"""What the queue itself needs done: jobs of killed workers again, finished ones forgotten."""

from __future__ import annotations

import logging
import os

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from niangjia.kernel.jobs.times import daily

log = logging.getLogger(__name__)

# A worker tells the database every ten seconds that it lives.
STALLED_AFTER_SECONDS = float(os.environ.get("NIANGJIA_STALLED_AFTER", "30"))
RETRY_CRON = os.environ.get("NIANGJIA_RETRY_CRON", "* * * * *")
MOST_ATTEMPTS = 5
KEPT_HOURS = 72


@app.periodic(cron=RETRY_CRON)
@app.task(name="jobs.retry_jobs_of_dead_workers", queueing_lock="jobs.retry_jobs_of_dead_workers", pass_context=True)
async def retry_jobs_of_dead_workers(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that no longer report to another one; the queue does not do so by itself.

    A job may therefore run twice: each is written so that the second run finds what the first one did.
    One that loses its worker every time is given up, lest it take all workers down in turn.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.attempts >= MOST_ATTEMPTS:
            log.error("Job %s (%s) lost its worker %s times and is given up", job.id, job.task_name, job.attempts)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            log.warning("Job %s (%s) lost its worker and runs again", job.id, job.task_name)
            await manager.retry_job(job)


@app.periodic(cron=daily(3, 17))
@app.task(name="jobs.forget_finished_jobs", queueing_lock="jobs.forget_finished_jobs", pass_context=True)
async def forget_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Failed jobs stay, so that somebody can look at them."""
    await context.app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)
