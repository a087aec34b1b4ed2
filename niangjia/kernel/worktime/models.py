"""The calendar of the State Council year by year, and the hours in which an office is open."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from niangjia.kernel.access.models import Scope


class CalendarYear(models.Model):
    """A year whose table is known. A year without one is guessed, and what it decides is marked provisional."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    source = models.CharField(max_length=200)  # the notice it was taken from
    published_at = models.DateTimeField()
    published_by_name = models.CharField(max_length=50)


class CalendarDay(models.Model):
    """A holiday, weekends inside it included, or a working Saturday or Sunday (调休)."""

    on = models.DateField(primary_key=True)
    # Whose notice named it: the one for 2019 moved days of December 2018.
    year = models.ForeignKey(CalendarYear, on_delete=models.CASCADE, related_name="days")
    is_working = models.BooleanField()
    name = models.CharField(max_length=20)


class OfficeHours(models.Model):
    """Open from a minute until a minute of the day, in a season, at and under a place; null: everywhere else."""

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+")
    season_from = models.CharField(max_length=5, default="01-01")  # month-day, both included
    season_until = models.CharField(max_length=5, default="12-31")
    spans = models.JSONField()  # [["08:30", "12:00"], ["14:00", "17:30"]]
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gt=F("from_on")), name="office_hours_span")
        ]
        indexes: ClassVar = [models.Index(fields=["scope", "from_on"], name="office_hours_of")]

    def holds_on(self, today: date) -> bool:
        return self.from_on <= today and (self.until_on is None or today < self.until_on)


class Mark(models.Model):
    """One row that changes whenever a table of this room does: processes keep their clocks until then."""

    value = models.CharField(max_length=32)
