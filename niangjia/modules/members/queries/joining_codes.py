"""The codes on posters: which there are, how many came by each, and whether one still leads into its union."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.members.models import JoiningApplication, JoiningCode


def joining_code_in_sight(pk: int, actor: Actor) -> JoiningCode:
    """Raises Missing."""
    found: JoiningCode | None = JoiningCode.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个入会码，可能不在您的管辖范围内。")
    return found


def applications_by(codes: Iterable[int]) -> dict[int, int]:
    """How many applied by each code; numbers alone, whoever decides them now."""
    rows: QuerySet[JoiningApplication] = JoiningApplication.objects.unscoped(reason="how many came by a code in sight")
    counted = rows.filter(code__in=list(codes)).values_list("code").annotate(Count("pk")).order_by()
    return dict(counted)
