"""What a phone sent, as a draft. It comes from anywhere and may say anything: what can't be read is refused by its field."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from niangjia.kernel.errors import Refused
from niangjia.modules.visits.drafts import Draft, FindingDraft

LONGEST, DEEPEST = 400_000, 60
BIGGEST = 2**31 - 1
MOST_ROWS, LONGEST_TEXT, LONGEST_ASIDE = 200, 4_000, 2_000
SUBJECTS = ("planned", "employer", "form", "together", "visit")


def draft_in(payload: str) -> Draft:
    """Raises Refused."""
    said = _mapping(_loaded(payload), "")
    employer_id = _number(said, "employer_id")
    if employer_id is None:
        raise Refused("visit.employer", "没有说是哪个单位，请从单位名单里重新选择。", "employer_id")
    arrived_at = _moment(said, "arrived_at")
    if arrived_at is None:
        raise Refused("visit.arrived_at", "还没有到达时间，请补填。", "arrived_at")
    return Draft(
        draft=_uuid(said.get("draft")),
        employer_id=employer_id,
        arrived_at=arrived_at,
        kind=_text(said.get("kind") or "daily", 30),
        form_number=_number(said, "form_number") or 0,
        planned_id=_number(said, "planned_id"),
        planned_version=_number(said, "planned_version"),
        employer_mark=_text(said.get("employer_mark"), 20),
        stay_id=_number(said, "stay_id"),
        companions=tuple(_whole(one, "companions") for one in _rows(said, "companions")),
        left_at=_moment(said, "left_at"),
        device_now=_moment(said, "device_now"),
        latitude=_degrees(said.get("latitude")),
        longitude=_degrees(said.get("longitude")),
        accuracy_metres=_degrees(said.get("accuracy_metres")),
        observations=_observations(said),
        spoken_with=_spoken_with(said),
        spoken_with_count=_number(said, "spoken_with_count"),
        answers=_mapping(said.get("answers") or {}, "answers"),
        summary=_text(said.get("summary"), LONGEST_TEXT + 1),
        findings=tuple(_finding(row) for row in _rows(said, "findings")),
        chosen_over=_chosen(said),
    )


def _loaded(payload: str) -> Any:
    if len(payload) > LONGEST:
        raise Refused("visit.payload", "这份走访写得太长，交不上来，请精简。", "")
    try:
        found = json.loads(payload, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise Refused("visit.payload", "稿件没有完整送到，请再交一次。", "") from None
    return _clean(found, 0)


def _clean(value: Any, depth: int) -> Any:
    """Without what no column of the database takes."""
    if depth > DEEPEST:
        raise Refused("visit.payload", "稿件没有完整送到，请再交一次。", "")
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\x00", "")).encode(errors="replace").decode()
    if isinstance(value, list):
        return [_clean(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {_clean(key, depth + 1): _clean(one, depth + 1) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _odd(field: str) -> Refused:
    return Refused("visit.payload", "有一处内容看不懂，请改一改再交。", field)


def _mapping(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _odd(field)
    return value


def _rows(said: Mapping[str, Any], field: str) -> list[Any]:
    rows = said.get(field) or []
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise _odd(field)
    return rows


def _text(value: Any, most: int) -> str:
    return str(value)[:most] if isinstance(value, (str, int, float)) else ""


def _whole(value: Any, field: str) -> int:
    """Refused rather than guessed: a wrong number points to another employer."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= BIGGEST:
        raise _odd(field)
    return value


def _number(said: Mapping[str, Any], field: str) -> int | None:
    value = said.get(field)
    return None if value in (None, "") else _whole(value, field)


def _degrees(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > BIGGEST:
        return None
    return float(value)


def _moment(said: Mapping[str, Any], field: str) -> datetime | None:
    value = said.get(field)
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
        aware = found if found.tzinfo else timezone.make_aware(found)
        return aware.astimezone(timezone.get_default_timezone())
    except (ValueError, OverflowError):
        raise Refused("visit.time", "时间看不懂，请重新填写。", field) from None


def _uuid(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise Refused("visit.draft", "稿件的编号不对，请回到走访首页重新打开这份稿件。", "draft") from None


def _observations(said: Mapping[str, Any]) -> dict[int, tuple[int, str]]:
    found = {}
    for aspect, row in _mapping(said.get("observations") or {}, "observations").items():
        seen = _mapping(row, "observations")
        if seen.get("look") in (None, ""):
            continue
        if not (aspect.isascii() and aspect.isdecimal() and len(aspect) < 5):  # noqa: PLR2004 - digits
            raise _odd("observations")
        found[int(aspect)] = (_whole(seen["look"], "observations"), _text(seen.get("word"), 100))
    return found


def _spoken_with(said: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    rows = [_mapping(row, "spoken_with") for row in _rows(said, "spoken_with")]
    met = [tuple(_text(row.get(name), 50).strip() for name in ("name", "phone", "post")) for row in rows]
    return tuple((name or "未留姓名", phone, post) for name, phone, post in met if name or phone or post)


def _finding(row: Any) -> FindingDraft:
    said = _mapping(row, "findings")
    return FindingDraft(
        text=_text(said.get("text"), LONGEST_TEXT),
        outcome=_number(said, "outcome") or 0,
        explanation=_text(said.get("explanation"), LONGEST_TEXT),
        people=_number(said, "people") or 1,
        asker_name=_text(said.get("asker_name"), 50),
        asker_phone=_text(said.get("asker_phone"), 30),
        by_employer=said.get("by_employer") is True,
        is_confidential=said.get("is_confidential") is True,
    )


def _chosen(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    chosen = {}
    for subject, one in _mapping(said.get("chosen_over") or {}, "chosen_over").items():
        row = _mapping(one, "chosen_over")
        if subject not in SUBJECTS or row.get("kept") not in {"mine", "theirs"}:
            raise _odd("chosen_over")
        aside = _mapping(row.get("aside") or {}, "chosen_over")
        chosen[subject] = {
            "mark": _text(row.get("mark"), 64),
            "kept": row["kept"],
            "aside": {
                _text(label, 60): _text(words, LONGEST_ASIDE) for label, words in list(aside.items())[:MOST_ROWS]
            },
        }
    return chosen
