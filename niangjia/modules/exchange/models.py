"""Other systems that hand demands over, what they said twice, and what they were told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedModel
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.modules.exchange.permissions import Permission


class Partner(ScopedModel):
    """12345, the province, another department; what it hands over comes in at `scope`."""

    seen_with = Permission.PARTNER_EDIT

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, unique=True)  # stands in Case.partner
    name = models.CharField(max_length=50)
    key = models.CharField(max_length=40, unique=True)  # says who calls; no secret
    secret = EncryptedTextField()  # signs both ways
    address = models.CharField(max_length=300, blank=True)  # where it hears back
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    last_heard_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["scope"], name="partner_of_scope")]

    def __str__(self) -> str:
        return self.name


class Heard(models.Model):
    """A message that a partner sent about a demand: a second sending of it does nothing."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    message = models.CharField(max_length=60)  # the partner's own id of it
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["partner", "message"], name="heard_once")]


class Delivery(ScopedModel):
    """One message to a partner, until it was taken or given up. At least once, and in order by demand."""

    seen_with = Permission.PARTNER_EDIT
    scope_via = "partner__scope"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="deliveries")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=20)
    body = EncryptedTextField()  # JSON as it is sent: it quotes what the asker is told
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # null: taken, or given up
    taken_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)  # the latest: status, or why there was none

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="delivery_due"),
            models.Index(fields=["case", "id"], name="delivery_of_case"),
            models.Index(fields=["partner", "made_at", "id"], name="delivery_of_partner"),
        ]
