"""What a phone hands in, what may stand against it, and what is asked back when something changed meanwhile. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from niangjia.kernel.errors import Refused
from niangjia.modules.visits.rules import Aspect, Look, Outcome, VisitKindCode

MOST_ID = 2**63
LONGEST_WORD, LONGEST_SUMMARY, LONGEST_FINDING = 100, 4_000, 2_000
MOST_FINDINGS, MOST_SPOKEN_WITH, MOST_PHOTOS, MOST_COMPANIONS, MOST_PEOPLE = 30, 50, 30, 20, 100_000


@dataclass(frozen=True)
class FindingDraft:
    text: str
    outcome: int  # Outcome
    explanation: str = ""
    people: int = 1
    asker_name: str = ""
    asker_phone: str = ""
    by_employer: bool = False
    is_confidential: bool = False


@dataclass(frozen=True)
class Draft:
    """A visit as it was written at the employer. `draft` is made by the browser, once; sent twice it is handed in once.

    `chosen_over` answers a `Conflict`, by its subject ("planned", "employer", "form", "together", "visit"):
    {"mark": the mark that was shown, "kept": "mine" or "theirs", "aside": {label: words} of what was not kept}.
    """

    draft: UUID
    employer_id: int
    arrived_at: datetime
    kind: str = VisitKindCode.DAILY
    form_number: int = 0
    user_id: int | None = None  # None: the actor's own; somebody else's with the right to direct
    planned_id: int | None = None
    planned_version: int | None = None
    employer_mark: str = ""  # of `queries.employers.employer_mark`, as the phone knew it; "" doesn't compare
    stay_id: int | None = None
    companions: Sequence[int] = ()
    left_at: datetime | None = None
    device_now: datetime | None = None  # the phone's clock when it sent
    latitude: float | None = None
    longitude: float | None = None
    accuracy_metres: float | None = None
    observations: Mapping[int, tuple[int, str]] = field(default_factory=dict)  # Aspect: (Look, a word)
    spoken_with: Sequence[tuple[str, str, str]] = ()  # name, phone, post
    spoken_with_count: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    findings: Sequence[FindingDraft] = ()
    file_ids: Sequence[int] = ()
    chosen_over: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One thing that changed meanwhile; both sides in words by label. `mark` names what stands now."""

    title: str
    mark: str
    theirs: Mapping[str, str]
    mine: Mapping[str, str]


class Conflict(Refused):
    """Something changed while the phone was offline: both versions are shown, the officer chooses, nothing is lost."""

    def __init__(self, differences: Mapping[str, Difference]) -> None:
        titles = "、".join(one.title for one in differences.values())
        super().__init__("visit.conflict", f"您离线期间有变化：{titles}。请对照两边的内容，选择保留哪一个。")
        self.differences = dict(differences)

    @property
    def theirs(self) -> dict[str, Mapping[str, str]]:
        return {subject: one.theirs for subject, one in self.differences.items()}

    @property
    def mine(self) -> dict[str, Mapping[str, str]]:
        return {subject: one.mine for subject, one in self.differences.items()}


_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def tidy(text: str) -> str:
    return _UNSEEN.sub("", text).strip()


def tidied_draft(draft: Draft) -> Draft:
    """Without what no database or page can bear: control characters, numbers that aren't finite, no place at all."""
    finite = all(value is None or isfinite(value) for value in (draft.latitude, draft.longitude, draft.accuracy_metres))
    return replace(
        draft, summary=tidy(draft.summary),
        observations={aspect: (look, tidy(word)) for aspect, (look, word) in draft.observations.items()},
        spoken_with=[(tidy(name), tidy(phone), tidy(post)) for name, phone, post in draft.spoken_with],
        findings=[
            replace(
                one, text=tidy(one.text), explanation=tidy(one.explanation), asker_name=tidy(one.asker_name),
                asker_phone=tidy(one.asker_phone),
            )
            for one in draft.findings
        ],
        latitude=draft.latitude if finite else None, longitude=draft.longitude if finite else None,
        accuracy_metres=draft.accuracy_metres if finite else None,
    )  # fmt: skip


def ensure_draft(draft: Draft) -> None:
    """Raises Refused for what no form lets through, but a phone may send."""
    ids = (draft.employer_id, draft.planned_id, draft.stay_id, draft.user_id, *draft.companions, *draft.file_ids)
    if not all(one is None or 0 < one < MOST_ID for one in ids):
        raise Refused("visit.ids", "交来的内容里有认不出的编号，请回到单位名单重新选择。")
    if any(not name for name, _, _ in draft.spoken_with):
        raise Refused("visit.spoken_with", "谈话对象要有姓名；不方便留名的请只填人数。", "spoken_with")
    seen = draft.observations
    if set(seen) - set(Aspect) or {look for look, _ in seen.values()} - set(Look):
        raise Refused("visit.observations", "“五看”里有不认识的选项，请重新选择。", "observations")
    if len(draft.summary) > LONGEST_SUMMARY:
        raise Refused("visit.summary", f"走访小结最多 {LONGEST_SUMMARY} 字，请精简。", "summary")
    for name, rows, most, said in (
        ("findings", draft.findings, MOST_FINDINGS, "条发现，请合并同类的"),
        ("spoken_with", draft.spoken_with, MOST_SPOKEN_WITH, "位谈话对象，其余的请只填人数"),
        ("file_ids", draft.file_ids, MOST_PHOTOS, "张照片，请去掉几张"),
        ("companions", draft.companions, MOST_COMPANIONS, "位同行人员，请减少"),
    ):
        if len(rows) > most:
            raise Refused(f"visit.{name}", f"一次走访最多 {most} {said}。", name)
    if draft.spoken_with_count is not None and not 0 <= draft.spoken_with_count <= MOST_PEOPLE // 10:
        raise Refused("visit.spoken_with_count", "谈话人数不对，请重新填写。", "spoken_with_count")
    for number, finding in enumerate(draft.findings, 1):
        _ensure_finding(number, finding)


def _ensure_finding(number: int, finding: FindingDraft) -> None:
    where = f"第 {number} 条发现"
    if not finding.text.strip():
        raise Refused("finding.text", f"{where}没有写内容，请写下说了什么，或删掉这一条。", "findings")
    if len(finding.text) > LONGEST_FINDING or len(finding.explanation) > LONGEST_FINDING:
        raise Refused("finding.text", f"{where}太长，最多 {LONGEST_FINDING} 字。", "findings")
    if finding.outcome not in set(Outcome):
        raise Refused("finding.outcome", f"{where}请选择：现场解释、转为诉求，或留作记录。", "findings")
    if finding.outcome == Outcome.EXPLAINED and not finding.explanation.strip():
        raise Refused("finding.explanation", f"{where}请写下当场怎样解释的。", "findings")
    if not 1 <= finding.people <= MOST_PEOPLE:
        raise Refused("finding.people", f"{where}的涉及人数不对，请重新填写。", "findings")


# --- the phone's clock ---

CLOCK_TOLERANCE = timedelta(minutes=2)
"""Sending takes a while on a bad line; less than this isn't the clock."""

MOST_OFF = timedelta(seconds=2**31 - 1)
"""As far as it is kept: a phone that lives in another century is put right all the same."""

LATEST_HAND_IN = timedelta(days=30)
EARLIEST = timedelta(days=20 * 366)


def put_right(draft: Draft, now: datetime) -> tuple[Draft, int]:
    """The draft by the server's clock, and by how many seconds the phone's was ahead. Raises Refused.

    Naught within tolerance, or when the phone didn't say what its clock showed.
    """
    off = draft.device_now - now if draft.device_now else timedelta()
    if abs(off) <= CLOCK_TOLERANCE:
        off = timedelta()
    try:
        arrived_at = draft.arrived_at - off
        left_at = draft.left_at - off if draft.left_at else None
    except OverflowError:
        raise Refused("visit.ahead", "到达时间不对，请改正后再交。", "arrived_at") from None
    if max(arrived_at, left_at or arrived_at) > now + CLOCK_TOLERANCE:
        raise Refused(
            "visit.ahead", "走访时间在将来。请在手机设置里打开“自动设置时间”，改正到达时间后再交。", "arrived_at"
        )
    if left_at is not None and not timedelta() <= left_at - arrived_at <= timedelta(days=1):
        raise Refused("visit.left", "离开时间要在到达之后、二十四小时以内，请改正。", "left_at")
    if now - arrived_at > EARLIEST:
        raise Refused("visit.early", "到达时间太早，请核对年份。", "arrived_at")
    return replace(draft, arrived_at=arrived_at, left_at=left_at), int(
        max(-MOST_OFF, min(MOST_OFF, off)).total_seconds()
    )


def ensure_not_late(arrived_at: datetime, now: datetime) -> None:
    """For whoever hands in his own. Raises Refused."""
    if now - arrived_at > LATEST_HAND_IN:
        raise Refused(
            "visit.late",
            f"这是 {LATEST_HAND_IN.days} 天以前的走访，不能自己补交。请核对日期；确实漏记的，请分管走访的同事代为补记。",
            "arrived_at",
        )


# --- the same draft again ---


def mark_of(draft: Draft) -> str:
    """Of what the draft says: sent again unchanged it is the same. Photos get other numbers when they are sent again."""
    said = {
        name: value
        for name, value in asdict(draft).items()
        if name not in {"draft", "device_now", "file_ids", "chosen_over", "employer_mark", "planned_version"}
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]
