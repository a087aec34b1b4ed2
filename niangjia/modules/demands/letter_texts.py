"""The papers of the trade: what each says before somebody changes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from niangjia.modules.demands.rules import LetterKind


@dataclass(frozen=True)
class Matter:
    """What a paper speaks of. Days are days in China; nothing here names the asker in full."""

    number: str
    title: str
    channel: str
    received_on: date
    asker: str
    organisation: str
    handler: str = ""
    employer: str = ""
    accepted_on: date | None = None
    answer_due_on: date | None = None
    people: int = 1
    claimed: str = ""
    answer: str = ""
    refused_because: str = ""
    elsewhere: str = ""
    extended_days: int = 0


SERIES: Mapping[LetterKind, str] = {
    LetterKind.ACCEPTED: "诉告", LetterKind.REFUSED: "诉告", LetterKind.EXTENDED: "诉告", LetterKind.ANSWER: "诉答",
    LetterKind.HAND_OVER: "诉转", LetterKind.ASSIGN: "诉交", LetterKind.SUPERVISE: "诉督", LetterKind.LEGAL_AID: "诉援",
}  # fmt: skip
"""The word in a paper's number: 北溪县总工会诉告〔2026〕12号."""

TO_THE_ASKER = frozenset({LetterKind.ACCEPTED, LetterKind.REFUSED, LetterKind.EXTENDED, LetterKind.ANSWER})
WANTS_ANSWER = frozenset({LetterKind.HAND_OVER, LetterKind.ASSIGN, LetterKind.SUPERVISE, LetterKind.LEGAL_AID})
"""To another office: a day is named by which it answers."""

LONGEST_ORGANISATION = 24


def number_prefix(kind: LetterKind, organisation: str, year: int) -> str:
    return f"{organisation[:LONGEST_ORGANISATION]}{SERIES[kind]}〔{year}〕"


def written_day(on: date | datetime) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def draft(kind: LetterKind, m: Matter) -> str:
    """Paragraphs, one a line."""
    asked = f"{written_day(m.received_on)}通过{m.channel}反映的“{m.title}”（编号 {m.number}）"
    about = f"{written_day(m.received_on)}，我单位收到诉求“{m.title}”（编号 {m.number}）{_sizes(m)}。"
    paragraphs = {
        LetterKind.ACCEPTED: [
            f"您{asked}，经审查属于工会受理范围，现已受理{_by(m)}。",
            f"我们将在{written_day(m.answer_due_on)}前答复您。" if m.answer_due_on else "我们会按时限答复您。",
            "办理期间需要您补充材料的，我们会与您联系。您也可以凭编号查询进度、补充情况。",
        ],
        LetterKind.REFUSED: [
            f"您{asked}，经审查不予受理，理由如下：",
            m.refused_because or "（请写明理由和依据）",
            f"您可以向以下单位反映：{m.elsewhere}。" if m.elsewhere else "（请写明可以去哪里办）",
        ],
        LetterKind.EXTENDED: [
            f"您{asked}，因情况较复杂，不能在原定期限内办结，经批准延长{m.extended_days or '　'}个工作日"
            + (f"，将在{written_day(m.answer_due_on)}前答复您。" if m.answer_due_on else "。"),
            "延期给您带来不便，请您谅解。",
        ],
        LetterKind.ANSWER: [
            f"您{asked}，现答复如下：",
            m.answer or "（请写明查明的情况、处理结果和依据）",
            "您对答复有不同意见的，可以在 14 天内申请重新办理。",
        ],
        LetterKind.HAND_OVER: [
            about,
            "经研究，该诉求属于贵单位职责范围，现转请办理，并请将办理结果书面回复我单位。",
        ],
        LetterKind.ASSIGN: [
            about,
            "现交由你单位办理。请按时限与诉求人联系、核实情况、依法依规处理，并将办理结果报我单位。",
        ],
        LetterKind.SUPERVISE: [
            about,
            "该诉求尚未按时办结，现予督办。请立即查明原因，加快办理，并书面说明进展和办结时间。",
        ],
        LetterKind.LEGAL_AID: [
            about,
            f"诉求人{m.asker}需要法律援助，现转介贵中心，请依法审查并给予帮助，办理情况请告知我单位。",
        ],
    }[kind]
    return "\n".join(paragraphs)


def _by(m: Matter) -> str:
    return f"，由{m.organisation}{m.handler}办理" if m.handler else f"，由{m.organisation}办理"


def _sizes(m: Matter) -> str:
    said = [
        f"涉及{m.employer}" if m.employer else "", f"{m.people}人" if m.people > 1 else "",
        f"金额{m.claimed}元" if m.claimed else "",
    ]  # fmt: skip
    kept = [one for one in said if one]
    return f"，{'、'.join(kept)}" if kept else ""
