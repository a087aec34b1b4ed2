"""Employers as the journal sees them: which are key, when somebody was there last, what a phone shows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import DateField, DateTimeField, ExpressionWrapper, F, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.visits.models import FollowUp, KeyEmployer, Visit
from niangjia.modules.visits.queries.postings import holds_on
from niangjia.modules.visits.questions import UNION_STATES

_REASON = "facts beside an employer whose right was asked for"
_STATES = {code: words for words, code in UNION_STATES.items()}
SHOWN = (
    "name",
    "address",
    "headcount",
    "women",
    "new_form_workers",
    "union_state",
    "latitude",
    "longitude",
    "closed_on",
)


def employer_mark(employer: Any) -> str:
    """A short mark of what a phone shows of an employer; another one says that something changed."""
    said = "\x1f".join(str(getattr(employer, name)) for name in SHOWN)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def employer_in_words(employer: Any) -> dict[str, str]:
    """The same facts for people, by label."""
    position = position_of(employer)
    return {
        "名称": employer.name,
        "地址": employer.address or "未登记",
        "职工人数": str(employer.headcount),
        "女职工人数": str(employer.women),
        "新就业形态劳动者人数": str(employer.new_form_workers),
        "建会情况": _STATES.get(employer.union_state, "未登记"),
        "位置": position or "未登记",
        "状态": f"{employer.closed_on} 已注销" if employer.closed_on else "正常",
    }


def in_words(field: str, value: str) -> str:
    """A value of a proposal, for people."""
    return _STATES.get(value, value) if field == "union_state" else value or "未登记"


def position_of(employer: Any) -> str:
    """As a proposal writes it: '32.123456,119.123456'; empty without one."""
    if employer.latitude is None or employer.longitude is None:
        return ""
    return f"{employer.latitude:.6f},{employer.longitude:.6f}"


def last_visits(employer_ids: Collection[int]) -> dict[int, Any]:
    """When somebody was there last, by employer; those nobody has been to are left out."""
    rows = Visit.objects.unscoped(reason=_REASON).filter(employer__in=list(employer_ids))
    return dict(rows.values("employer_id").annotate(last=Max("arrived_at")).values_list("employer_id", "last"))


def key_on(employer_ids: Collection[int], on: date) -> set[int]:
    """Which of these are key employers on a day."""
    rows = KeyEmployer.objects.unscoped(reason=_REASON).filter(holds_on(on), employer__in=list(employer_ids))
    return set(rows.values_list("employer_id", flat=True))


def key_employer_in_sight(pk: int, actor: Actor) -> KeyEmployer:
    """Raises Missing."""
    rows = KeyEmployer.objects.visible_to(actor).select_related("employer__division", "posting__user", "scope")
    found: KeyEmployer | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这家重点企业，可能不在您的管辖范围内。")
    return found


def open_follow_ups(employer_ids: Collection[int]) -> list[FollowUp]:
    """What somebody has to come again for, the earliest first."""
    rows = FollowUp.objects.unscoped(reason=_REASON).filter(
        visit__employer__in=list(employer_ids), done_by=None, dropped_at=None
    )
    return list(rows.select_related("visit").order_by("due_on", "pk"))


def _with_last(rows: Any) -> Any:
    """Open key employers, with the moment of the last visit."""
    visits = Visit.objects.unscoped(reason=_REASON).filter(employer=OuterRef("employer"))
    last = visits.order_by().values("employer").annotate(last=Max("arrived_at")).values("last")
    return rows.filter(until_on=None).annotate(last=Subquery(last, output_field=DateTimeField()))


def never_visited(rows: Any) -> Any:
    return _with_last(rows).filter(last=None)


def turn_is_past(rows: Any, today: date) -> Any:
    """Whose last visit, or being named, is longer ago than agreed."""
    latest = ExpressionWrapper(Value(today) - F("every_days"), output_field=DateField())
    return _with_last(rows).annotate(day=Coalesce(TruncDate("last"), "from_on")).filter(day__lt=latest)
