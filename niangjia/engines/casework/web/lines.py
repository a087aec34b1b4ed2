"""Lines of the timeline in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.engines.casework.web.wording import ICONS
from niangjia.kernel.files.models import StoredFile
from niangjia.ui.downloads import PICTURES

LONG = 160
"""Longer texts fold after so many characters."""


@dataclass(frozen=True)
class FileShown:
    name: str
    url: str
    size: int
    is_picture: bool


@dataclass(frozen=True)
class Line:
    at: datetime
    label: str
    by: str
    detail: str  # what the verb carries: from where to where, what was heard
    text: str
    start: str  # of a long text; '' where it isn't
    stage: str  # the new one, where it moved
    icon: str
    tone: str
    for_asker: bool
    files: list[FileShown]


def line_shown(case: Case, entry: Entry, names: Mapping[int, str], files: Mapping[int, StoredFile]) -> Line:
    icon, tone = ICONS.get(entry.verb, ("point", ""))
    place = names.get(entry.scope_id, "") if entry.scope_id else ""
    text = entry.text.strip()
    return Line(
        at=entry.at,
        label=Verb(entry.verb).label,
        by=" · ".join(filter(None, (entry.user_name, place))),
        detail=DETAILS[entry.verb](entry.data) if entry.verb in DETAILS else "",
        text=text,
        start=f"{text[:LONG]}…" if len(text) > LONG else "",
        stage=Stage(entry.data["to"]).label if "to" in entry.data else "",
        icon=icon,
        tone=tone,
        for_asker=entry.for_asker,
        files=files_shown(case, entry.file_ids, files),
    )


def files_shown(case: Case, ids: Sequence[int], files: Mapping[int, StoredFile]) -> list[FileShown]:
    return [
        FileShown(found.name, reverse("casework:file", args=[case.pk, pk]), found.size, found.kind in PICTURES)
        for pk in ids
        if (found := files.get(pk))
    ]


def _moved(data: Mapping[str, Any]) -> str:
    before, after, user = data.get("from_name", ""), data.get("to_name", ""), data.get("user_name", "")
    way = f"{before} → {after}" if before and after and before != after else after
    return " ".join(filter(None, (way, user)))


def _heard(data: Mapping[str, Any]) -> str:
    if not data.get("is_reached", True):
        return f"没有联系上（第 {data.get('tries', 1)} 次）"
    said = {True: "本人认可，已解决", False: "本人不认可，继续办理"}.get(data.get("is_satisfied"), "")  # type: ignore[arg-type]
    rating = f"{data['rating']} 分" if data.get("rating") else ""
    return "，".join(filter(None, (said, rating)))


def _merged(data: Mapping[str, Any]) -> str:
    if data.get("number"):
        return f"并入 {data['number']}"
    return f"并入本件：{'、'.join(data.get('numbers', []))}" if data.get("numbers") else ""


def _split(data: Mapping[str, Any]) -> str:
    return f"拆出 {'、'.join(data.get('numbers', []))}"


def _elsewhere(data: Mapping[str, Any]) -> str:
    return f"可以去：{data['elsewhere']}" if data.get("elsewhere") else ""


def _name(data: Mapping[str, Any]) -> str:
    return str(data.get("name", ""))


DETAILS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    Verb.ROUTE: _moved,
    Verb.ASSIGN: _moved,
    Verb.HAND_OVER: _moved,
    Verb.HAND_BACK: _moved,
    Verb.CALL_BACK: _heard,
    Verb.RATE: _heard,
    Verb.MERGE: _merged,
    Verb.SPLIT: _split,
    Verb.REFUSE: _elsewhere,
    Verb.LET_LOOK: _name,
}
