"""Open cases whose lead can do nothing for them any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.scoped import ScopedQuerySet


def orphans(*, now: datetime) -> ScopedQuerySet[Any]:
    """The account is closed, or no job is held, now or from a later day, at or above the place."""
    on = timezone.localdate(now)
    # Pairs of lead and place first: they are few, and the ORM can't join two paths.
    gone = RawSQL(
        """(casework_case.lead_id, casework_case.scope_id) in (
            select pair.lead_id, pair.scope_id
              from (select distinct lead_id, scope_id from casework_case
                     where lead_id is not null and stage = any(%s)) pair
              join access_scope place on place.id = pair.scope_id
             where not exists (
                select from access_grant held
                  join access_scope top on top.id = held.scope_id
                  join access_user holder on holder.id = held.user_id and holder.is_active
                 where held.user_id = pair.lead_id and held.ended_at is null
                   and (held.until_on is null or held.until_on > %s) and place.path <@ top.path
             )
        )""",
        [[int(stage) for stage in OPEN], on],
        output_field=BooleanField(),
    )
    rows = Case.objects.unscoped(reason="work whose lead has gone must not lie unseen")
    return rows.filter(gone, stage__in=sorted(OPEN), lead__isnull=False)
