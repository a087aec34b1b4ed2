"""Open cases whose lead can do nothing for them any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.scoped import ScopedQuerySet


def orphans(*, now: datetime) -> ScopedQuerySet[Any]:
    """The account is closed, or no job is held at or above the place of the case."""
    on = timezone.localdate(now)
    # A sub-query that joins two paths, which the ORM can't say: scope.path <@ the path of a job held today.
    active = RawSQL(
        """exists (
            select from access_grant held
              join access_scope top on top.id = held.scope_id
              join access_scope place on place.id = casework_case.scope_id
              join access_user who on who.id = held.user_id and who.is_active
             where held.user_id = casework_case.lead_id and held.ended_at is null
               and held.from_on <= %s and (held.until_on is null or held.until_on > %s) and place.path <@ top.path
        )""",
        [on, on],
    )
    rows = Case.objects.unscoped(reason="work whose lead has gone must not lie unseen")
    return rows.filter(stage__in=sorted(OPEN), lead__isnull=False).annotate(has_lead=active).filter(has_lead=False)
