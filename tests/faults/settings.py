"""The product's settings, and the jobs of this folder for its workers."""

from niangjia.config.settings import *  # noqa: F403

PROCRASTINATE_IMPORT_PATHS = ["tests.faults.jobs"]
