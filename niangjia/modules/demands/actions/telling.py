"""Telling the asker where it stands, in the words of the organisation that has it."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from niangjia.kernel.kept import Kept
from niangjia.kernel.notify.actions import notify, tell_phone
from niangjia.modules.demands.actions.asker_side import link_for
from niangjia.modules.demands.models import AskerMessage, Demand
from niangjia.modules.demands.rules import MESSAGES, SILENT_TITLE, Step, message_text

TITLE = "您的诉求{label}"


def tell_asker(demand: Demand, step: Step, *, now: datetime) -> None:
    """To the account that asked, else to the phone that was left; nobody else is ever told.

    A message is read on a locked screen by whoever is near: that of a confidential demand says no title.
    """
    if demand.is_asker_dead and step is Step.WITHDRAWN:
        return
    if demand.asker_user_id is None and not demand.asker_phone:
        return
    case = demand.case
    title = TITLE.format(label=step.label)
    values = {
        "number": case.number, "stage": case.stage_now.label,
        "title": SILENT_TITLE if case.is_confidential else case.title,
    }  # fmt: skip
    body = message_text(text_for(step, str(case.scope.path)), values)
    if demand.asker_user_id is not None:
        url = reverse("ask:my_demand", args=[demand.pk])
        notify([demand.asker_user_id], title=title, body=body, url=url, now=now)
    else:
        url = link_for(demand, now)
        tell_phone(name=demand.asker_name or "", phone=demand.asker_phone or "", title=title, body=body, url=url)


def text_for(step: Step, path: str) -> str:
    """The text of the nearest place above that has its own, else the one delivered."""
    places = [int(label) for label in path.split(".")]
    own = _texts.now()
    return next((own[place, step.value] for place in reversed(places) if (place, step.value) in own), MESSAGES[step])


def _read() -> dict[tuple[int, str], str]:
    rows = AskerMessage.objects.unscoped(reason="texts of the places above, which say them for their subtree")
    return {(place, step): text for place, step, text in rows.values_list("scope_id", "step", "text")}


_texts = Kept(AskerMessage, _read)
