"""Demands by the sheet: what a township wrote down at a meeting, or another hotline handed over as a workbook.

A row is recorded like any other: with its kind, its desk and its clock. It is for what has yet to be handled; the
past comes by `niangjia demands import`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, connection

from niangjia.engines.imports import staging
from niangjia.engines.imports.models import RowBefore
from niangjia.engines.imports.sheet import Checked, Column, Made, Outcome, Place, Sheet
from niangjia.kernel.crypto.masks import mask_name
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.actions.taking_back import lines_of, remove_untouched
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.triage import sense_text
from niangjia.modules.demands.rules import Facts, problems_of
from niangjia.modules.demands.sheets.columns import COLUMNS
from niangjia.modules.demands.sheets.reading import Knowledge, Reading

KIND = "demands.demand"


def known_kinds() -> dict[str, str]:
    known = catalogue()
    found: dict[str, str] = {}
    for kind in known.kinds.values():
        if kind.is_used and not kind.is_group:
            found |= {kind.code: kind.code, kind.name: kind.code, known.full_label_of(kind.code): kind.code}
    return found


class DemandSheet(Sheet):
    name = "demands.demand"
    title = "诉求登记表"
    noun = "诉求"
    list_url_name = "demands:demand_list"
    permissions = (Permission.DEMAND_RECORD,)
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    staged: ClassVar[tuple[tuple[str, str], ...]] = (("said", "text"), ("there", "text"))
    options: ClassVar[tuple[tuple[str, str], ...]] = (("tell", "给留了电话的诉求人发登记短信"),)

    def facts(self, place: Place) -> Knowledge:
        return Knowledge(place.today, known_kinds())

    def check(self, values: Sequence[str], facts: Knowledge) -> Checked:
        row = Reading({column.key: value.strip() for column, value in zip(COLUMNS, values, strict=True)})
        said = row.read(facts)
        for name, sentence in problems_of(
            as_facts(said).tidied(), today=facts.today, synthetic=settings.SYNTHETIC_NUMBERS
        ).items():
            row.wrong(name, f"demand.{name}", sentence)
        label = " ".join(
            filter(None, (mask_name(said["asker_name"]) or "未留姓名", said["title"] or said["body"][:12]))
        )
        return Checked(
            label, None if row.problems else (json.dumps(said, ensure_ascii=False), said["number"]), row.problems
        )

    def judge(self, staging_table: str, place: Place) -> None:
        staging.refuse(
            staging_table, column="number", code="twice", message="与第 %s 行的来源编号相同，请只留一行。",
            fill=("d.first",),
            using=(
                f"(select there, min(number) as first from {staging_table} where there <> '' "
                "group by there having count(*) > 1) d"
            ),
            where="s.there = d.there and s.number > d.first",
        )  # fmt: skip
        with connection.cursor() as cursor:
            # Recorded by an earlier sheet of the same place: nothing is changed by a sheet, the officers have it in hand.
            cursor.execute(
                f"update {staging_table} s set subject = c.id, outcome = {int(Outcome.UNCHANGED)} "
                "from casework_case c where c.partner = %s and c.partner_number = s.there and s.there <> '' "
                "and s.outcome is null",
                [partner_of(place)],
            )
            cursor.execute(f"update {staging_table} set outcome = {int(Outcome.NEW)} where outcome is null")

    def commit(self, staging_table: str, place: Place, *, now: datetime) -> Made:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select number, said from {staging_table} where outcome = {int(Outcome.NEW)} order by number"
            )
            rows = cursor.fetchall()
        made = []
        for number, text in rows:
            said = json.loads(text)
            received = datetime.fromisoformat(said["received_at"]) if said["received_at"] else None
            try:
                demand = record_demand(
                    with_kind(as_facts(said)), scope_id=place.scope_id,
                    received_at=min(received, now) if received else None, partner=partner_of(place) if said["number"] else "",
                    partner_number=said["number"], tell=bool(place.options.get("tell")), attended=False,
                    actor=place.actor, now=now,
                )  # fmt: skip
            except (Refused, NotPermitted) as no:
                raise IntegrityError(f"row {number} can't be recorded as shown: {no}") from no
            if said["number"]:
                demand.paper_number = said["number"]
                demand.save(update_fields=["paper_number"])
            made.append(demand.pk)
        lines = lines_of(made)
        RowBefore.objects.bulk_create(
            [RowBefore(batch_id=place.batch_id, kind=KIND, subject_id=pk, before={}, after={"lines": lines[pk]}) for pk in made],
            batch_size=2_000,
        )  # fmt: skip
        return Made({}, {"demands": len(made)})

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        rows = RowBefore.objects.filter(batch=batch_id, kind=KIND).values_list("subject_id", "after")
        kept = remove_untouched({pk: after["lines"] for pk, after in rows})
        return [f"{number}：{why}，保留。" for number, why in kept]


def partner_of(place: Place) -> str:
    """The numbers of one place's sheets are its own."""
    return f"sheet-{place.scope_id}"


def as_facts(said: Mapping[str, Any]) -> Facts:
    return Facts(
        nature=said["nature"], channel=said["channel"], body=said["body"], title=said["title"], kind=said["kind"],
        urgency=said["urgency"], asker_name=said["asker_name"], asker_phone=said["asker_phone"],
        is_anonymous=said["is_anonymous"], employer_name=said["employer_name"], place=said["place"],
        happened_on=date.fromisoformat(said["happened_on"]) if said["happened_on"] else None, people=said["people"],
        claimed_fen=said["claimed_fen"],
    )  # fmt: skip


def with_kind(facts: Facts) -> Facts:
    """Whoever left the kind open gets the suggested one where it is sure; whoever accepts the row confirms it."""
    tidied = facts.tidied()
    sensed = sense_text(tidied.title, tidied.body)
    sure = sensed.kind.preselected
    return replace(facts, kind=facts.kind or (sure.value if sure else ""), suggested=sensed.kept())


DEMANDS = DemandSheet()
