"""What a corner of the cast has of demands: one of everything that an address can point to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from niangjia.engines.casework.models import Case, Consultation, Extension, Pause, Task, TaskOf
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import User
from niangjia.kernel.files.actions import store
from niangjia.modules.demands.actions import Facts, record_demand
from niangjia.modules.demands.models import (
    Alert,
    Attachment,
    Call,
    ConcernedPerson,
    Demand,
    EmergencyRule,
    Letter,
    MapProposal,
    Nuisance,
    Responsibility,
    UrgentReport,
)
from niangjia.modules.demands.rules import CallOutcome, Channel, LetterKind, Nature


@dataclass
class Matters:
    """Made without an actor's right, by the product itself; nobody is the lead, the demand is just received."""

    demand: Demand
    case_task: Task
    consultation: Consultation
    extension: Extension
    attachment: Attachment
    letter: Letter
    call: Call
    nuisance: Nuisance
    responsibility: Responsibility
    proposal: MapProposal
    emergency_rule: EmergencyRule
    alert: Alert
    urgent_report: UrgentReport
    markers: set[str]
    secrets: set[str]

    @property
    def case(self) -> Case:
        return self.demand.case


def matters_of(word: str, scope: Any, user: User, employer: Any, phones: tuple[str, str, str]) -> Matters:
    """`word` begins every text here, but for the map and the rules, which hold below as well; the phones are the asker's, a concerned one's, and a nuisance's."""
    now = timezone.now()
    asker, concerned, nuisance = phones
    said = Facts(
        nature=Nature.HELP, channel=Channel.WINDOW, kind="0904", title=f"{word}助学申请",
        body=f"{word}孩子考上大学，学费还差一截。", asker_name=f"{word}黄兰", asker_phone=asker, place=f"{word}二路",
        employer_id=employer.pk, claimed_fen=500_000,
    )  # fmt: skip
    demand = record_demand(said, scope_id=scope.pk, actor=SYSTEM, now=now, route=False, tell=False)
    case = demand.case
    person = ConcernedPerson.objects.create(demand=demand, name=f"{word}黄孩", phone=concerned)
    stored = store(f"{word}录取通知书".encode(), name=f"{word}通知书.txt", owner_id=None, now=now)
    Pause.objects.create(case=case, reason="ASKER", text=f"{word}等材料", from_at=now, until_at=now)
    return Matters(
        demand,
        case_task=Task.objects.create(
            case=case, of=TaskOf.CO_HANDLING, scope=scope, user=user, text=f"{word}核实家庭收入", given_by_name="系统",
            given_at=now, due_at=now + timedelta(days=3),
        ),
        consultation=Consultation.objects.create(
            case=case, called_by_name="系统", held_at=now, place=f"{word}会议室", purpose=f"{word}会商"
        ),
        extension=Extension.objects.create(case=case, days=5, reason=f"{word}等学校", asked_by=user, asked_at=now),
        attachment=Attachment.objects.create(demand=demand, file_id=stored.pk, name=stored.name, at=now),
        letter=Letter.objects.create(
            demand=demand, kind=LetterKind.ACCEPTED, number=f"{word}诉告〔2026〕1号", to=f"{word}黄兰",
            body=f"{word}受理。", made_by_name="系统", at=now,
        ),
        call=Call.objects.create(
            scope=scope, operator=user, phone=asker, began_at=now, ended_at=now, outcome=CallOutcome.EXPLAINED,
            note=f"{word}来电", call_back_at=now + timedelta(hours=2),
        ),
        nuisance=Nuisance.objects.create(
            scope=scope, phone=nuisance, reason=f"{word}反复拨打", marked_by_name="系统", marked_at=now,
            until_on=timezone.localdate(now) + timedelta(days=30),
        ),
        responsibility=Responsibility.objects.create(
            scope=scope, kind="0904", to_scope=scope, note="助学统一办", created_at=now
        ),
        proposal=MapProposal.objects.create(
            scope=scope, demand=demand, kind="0904", was_scope=scope, reason=f"{word}不归我们", by_name="系统", at=now
        ),
        emergency_rule=EmergencyRule.objects.create(scope=scope, name="另有险情", words=["决堤"]),
        alert=Alert.objects.create(scope=scope, demand=demand, because=f"{word}提醒", raised_at=now),
        urgent_report=UrgentReport.objects.create(
            demand=demand, number=f"{word}紧急〔2026〕1号", text=f"{word}紧急信息", made_by_name="系统", at=now
        ),
        markers={case.number, asker[-4:], concerned[-4:], nuisance[-4:], person.name},
        secrets={asker, concerned, nuisance},
    )  # fmt: skip
