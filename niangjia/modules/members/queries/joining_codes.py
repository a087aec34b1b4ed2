"""The codes on posters: which there are, and whether one still leads into its union."""

from __future__ import annotations

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.members.models import JoiningCode


def joining_code_in_sight(pk: int, actor: Actor) -> JoiningCode:
    """Raises Missing."""
    found: JoiningCode | None = JoiningCode.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个入会码，可能不在您的管辖范围内。")
    return found
