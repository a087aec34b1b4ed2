"""The trail of employers and zones in Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from niangjia.kernel.audit.labels import label_of, register_labels
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.audit.wording import changes, register_values
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Division
from niangjia.modules.organisations.web.wording import label

VERBS = {
    "organisations.employer.added": "登记单位",
    "organisations.employer.edited": "修改单位资料",
    "organisations.employer.closed": "单位注销",
    "organisations.employer.reopened": "恢复单位",
    "organisations.employer.linked": "关联工会",
    "organisations.employer.unlinked": "解除工会关联",
    "organisations.employer.union_ended": "所属工会合并或撤销",
    "organisations.employer.attempt_recorded": "记录组建工作",
    "organisations.zone.added": "设立片区",
    "organisations.zone.edited": "修改片区",
    "organisations.zone.closed": "撤销片区",
    "organisations.zone.staff_assigned": "安排片区工作者",
    "organisations.zone.staff_ended": "结束片区工作者安排",
    "organisations.zone.staff_handed_over": "移交片区工作",
    "organisations.zone.employers_assigned": "单位分入片区",
    "organisations.zone.employer_released": "单位移出片区",
}
# Facts beside the row's own columns, in the order in which they are read.
BESIDE = {
    "union": "工会",
    "from_on": "从",
    "until_on": "至",
    "outcome": "结果",
    "on": "日期",
    "next_on": "下次跟进",
    "zone_left": "移出片区",
    "staff": "工作者",
    "successor": "接手人",
    "employer": "单位",
    "employers": "家数",
}


def told(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Entries as the timeline shows them."""
    return [
        {"at": entry.at, "by": entry.actor_name, "text": label_of(entry.verb), "note": _note(entry)}
        for entry in entries
    ]


def _note(entry: AuditEntry) -> str:
    # A first entry repeats what the page shows anyway.
    said = [change.text for change in changes(entry)] if entry.before is not None else []
    after = entry.after or {}
    for key, name in BESIDE.items():
        if after.get(key):
            value = label(rules.Attempt, after[key]) if key == "outcome" else after[key]
            said.append(f"{name}：{value}")
    if entry.reason:
        said.append(f"原因：{entry.reason}")
    return "；".join(said)


def register() -> None:
    register_labels(VERBS)
    register_values(
        "organisations.employer",
        industry=lambda value: label(rules.Industry, value),
        nature=lambda value: label(rules.Nature, value),
        union_state=lambda value: label(rules.Coverage, value),
        division_id=lambda value: Division.objects.filter(pk=value).values_list("name", flat=True).first() or value,
    )
