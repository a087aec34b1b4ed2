"""Text that would like to be a program stays text, on every page where a demand is shown."""

from __future__ import annotations

import re

from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.workers import worker_account
from niangjia.modules.demands.actions import Concerned, Facts, record_demand, set_concerned
from niangjia.modules.demands.rules import Channel, Nature
from tests.addresses import WORDS, address, routes
from tests.cast import BACKEND, Cast

EVIL = '"><img src=x onerror=alert(7)><script>alert(7)</script>{{ 7 }}'
WOKEN = re.compile(r"<img src=x|<script>alert\(7\)|href=\"javascript:")
ROOMS = ("demands:", "casework:", "ui:")


def test_no_field_of_a_demand_becomes_a_program(cast: Cast) -> None:
    now, worker = timezone.now(), worker_account("12466660001", now=timezone.now())
    facts = Facts(
        nature=Nature.HELP, channel=Channel.HOTLINE, kind="0904", title=EVIL, body=f"{EVIL}\n{EVIL}", asker_name=EVIL,
        asker_phone="12466660001", asker_user_id=worker.pk, employer_name=EVIL, place=EVIL,
        recording="javascript:alert(7)", paper_number=EVIL, suggested={"kind": "0904", "words": [EVIL]},
    )  # fmt: skip
    row = record_demand(facts, scope_id=cast.places["county"].pk, actor=SYSTEM, now=now, route=False)
    chair = cast.actor("CHAIR")
    set_concerned(row.pk, [Concerned(EVIL)], actor=chair, now=now)
    casework.accept_case(row.pk, text=EVIL, actor=chair, now=now)
    casework.take_case(row.pk, actor=chair, now=now)
    casework.remark(row.pk, text=EVIL, actor=chair, now=now)
    casework.reply(row.pk, text=EVIL, actor=chair, now=now)
    casework.answer_case(row.pk, text=EVIL, actor=chair, now=now)

    client, read, wrong = cast.client("CHAIR"), 0, []
    values = WORDS | {"pk": row.pk, "demand_id": row.pk}
    for name, arguments in sorted(routes().items()):
        if name.startswith(ROOMS) and arguments <= values.keys() and "gallery" not in name:
            url = address(name, arguments, values)
            for headers in ({}, {"HX-Request": "true", "HX-Target": "drawer-body"}):
                text = client.get(url, headers=headers).content.decode("utf-8", "replace")
                read += "onerror=alert" in text
                wrong += [url] if WOKEN.search(text) else []
    phone = cast.client("ANONYMOUS")
    phone.force_login(worker, backend=BACKEND)
    for url in (reverse("ask:my_demands"), reverse("ask:my_demand", args=[row.pk]), "/"):
        text = phone.get(url).content.decode()
        read += "onerror=alert" in text
        wrong += [url] if WOKEN.search(text) else []
    assert not wrong
    assert read > 5, "it was shown hardly anywhere"
