"""Numbers counted ahead, and the faults of the data with those who mend them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from niangjia.engines.metrics.permissions import Permission
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedModel


class ScopeFact(models.Model):
    """How many a scope itself has, without what stands below it; summed by path, so moves touch nothing."""

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    n = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "name"], include=["n"], name="scope_fact_once")
        ]


class DataFault(ScopedModel):
    """A kind of fault that a place has now, or had until `mended_on`: how many rows, who mends it, and until when."""

    seen_with = Permission.FIGURE_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    n = models.IntegerField("条数")
    since_on = models.DateField("发现日期")
    due_on = models.DateField("整改期限")
    owner_id = models.BigIntegerField(null=True)
    owner_name = models.CharField("责任人", max_length=50, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    mended_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "name"], condition=Q(mended_on=None), name="data_fault_once_open")
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_on", "id"], condition=Q(mended_on=None), name="data_fault_due"),
            models.Index(fields=["owner_id"], condition=Q(mended_on=None), name="data_fault_of_owner"),
        ]


class Recount(models.Model):
    """Up to which entry of the audit trail the numbers know what happened; one row."""

    audit_id = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
