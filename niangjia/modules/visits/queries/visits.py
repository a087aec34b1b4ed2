"""Reading visits."""

from __future__ import annotations

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.visits.models import Visit


def visit_in_sight(pk: int, actor: Actor) -> Visit:
    """Raises Missing."""
    rows = Visit.objects.visible_to(actor).select_related(
        "scope", "employer__division", "user", "posting__group", "planned", "stay", "form", "together_with__user"
    )
    found: Visit | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这次走访，可能不在您的管辖范围内。")
    return found
