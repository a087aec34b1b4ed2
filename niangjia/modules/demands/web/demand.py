"""One demand, as a page and in the drawer: its facts, its case, its papers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.queries.rights import has_right, roles_of
from niangjia.engines.casework.rules import RIGHTS, Stage, Verb
from niangjia.engines.casework.web.page import OfCase, of_case
from niangjia.engines.casework.web.wording import STAGE_TONES
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.modules.demands import actions
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import page as reading
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue
from niangjia.modules.demands.queries.demands import asker_shown, demand_in_sight, sent_that_day
from niangjia.modules.demands.queries.urgent_reports import urgent_of
from niangjia.modules.demands.rules import Channel, HowClosed, LetterKind, Nature, Party
from niangjia.modules.demands.web.facts import WORKS_ON_IT, to_edit
from niangjia.modules.demands.web.triage import to_confirm
from niangjia.ui.downloads import PICTURES, send_stored
from niangjia.ui.pages import actor_of

MORE = (
    ("edit", "修改诉求资料", "demand_edit", "pencil"),
    ("edit", "涉及人员", "demand_concerned", "users-group"),
    ("edit", "办结方式与追回金额", "demand_outcome", "coin"),
    ("edit", "关联职工或单位", "demand_links", "link"),
    ("attach", "添加附件", "demand_attach", "paperclip"),
    ("write", "出具文书", "letter_write", "file-text"),
    ("edit", "诉求人去世", "demand_asker_died", "user-x"),
)
"""What is done with the demand beside its case: by which right, where."""


@requires(None)
@require_GET
def demand(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    row = demand_in_sight(pk, actor)
    known, of = catalogue(), of_case(request, row.case)
    may = _rights(row, actor)
    concerned = reading.concerned_of(row)
    return render(
        request,
        "demands/demand.html",
        {
            "demand": row,
            "case": row.case,
            "of": of,
            "may": may,
            "nature": Nature(row.nature).label,
            "kind": known.label_of(row.kind),
            "asker": asker_shown(row),
            "sent_that_day": sent_that_day(row),
            "party": Party(row.party).label,
            "facts": _facts(row, known),
            "reveal_url": reverse("demands:demand_reveal", args=[pk]) if may["reveal"] else "",
            "concerned": reading.masked(concerned),
            "sums": _sums(concerned),
            "files": _files(row),
            "urgent": urgent_of(row, actor),
            "letters": [(letter, LetterKind(letter.kind).label) for letter in reading.letters_of(row)],
            "before": [_before(other, known) for other in reading.before_of(row, actor, now=now)],
            "merged": _merged(of, may_reveal=may["reveal"]),
            "triage": to_confirm(row, known) if may["edit"] else None,
            "urged": f"催办 {row.case.urged} 次",
            "more_acts": _more_acts(row, may),
            "recording_url": row.recording if row.recording.startswith(("https://", "http://")) else "",
        },
    )


def _rights(row: Demand, actor: Actor) -> dict[str, bool]:
    """What the page offers beside the acts on the case; the actions ask again."""
    path = str(row.case.scope.path)
    roles = roles_of(row.case, actor)
    works = bool(roles & WORKS_ON_IT)
    speaks = has_right(RIGHTS[Verb.REPLY], row.case, actor, kind_named(row.case.kind), roles)
    has_name = bool(row.asker_name or row.asker_phone)
    return {
        "edit": works or actor.may(Permission.DEMAND_HANDLE, path),
        "attach": works or actor.may(Permission.DEMAND_RECORD, path),
        "reveal": has_name and (works or actor.may(Permission.DEMAND_REVEAL, path)),
        "write": speaks,
    }


def _facts(row: Demand, known: Catalogue) -> list[tuple[str, str]]:
    """In the order in which one asks; what nobody said is left out."""
    case = row.case
    happened = row.happened_on.strftime("%Y-%m-%d") if row.happened_on else ""
    place = " ".join(filter(None, (row.division.name if row.division else "", row.place)))
    closed = HowClosed(row.how_closed).label if row.how_closed else ""
    suggested = row.suggested or {}
    words = "、".join(suggested.get("words", []))
    other = suggested.get("kind", "")
    return [
        (label, value)
        for label, value in (
            ("来源", Channel(row.channel).label),
            ("诉求类别", known.full_label_of(row.kind)),
            ("建议类别", f"{known.full_label_of(other)}（提到：{words}）" if other and other != row.kind else ""),
            ("发生地点", place),
            ("所属片区", row.zone.name if row.zone else ""),
            ("发生日期", happened),
            ("办结方式", closed),
            ("来文编号", " ".join(filter(None, (case.partner, case.partner_number)))),
            ("文号", row.paper_number),
            ("派到这里的原因", row.routed_because),
        )
        if value
    ]


def _sums(rows: list[Any]) -> dict[str, int]:
    return {
        "claimed": sum(row.claimed_fen or 0 for row in rows),
        "recovered": sum(row.recovered_fen or 0 for row in rows),
    }


def _files(row: Demand) -> list[dict[str, Any]]:
    return [
        {
            "name": kept.row.name,
            "url": reverse("demands:attachment", args=[kept.row.pk]),
            "size": kept.file.size if kept.file else None,
            "is_picture": bool(kept.file and kept.file.kind in PICTURES),
        }
        for kept in reading.attachments_of(row)
    ]


def _before(row: Demand, known: Catalogue) -> dict[str, Any]:
    stage = Stage(row.case.stage)
    return {
        "row": row, "kind": known.label_of(row.kind), "stage": stage.label, "tone": STAGE_TONES.get(stage, "neutral"),
        "url": row.case.get_absolute_url(),
    }  # fmt: skip


def _merged(of: OfCase, *, may_reveal: bool) -> list[dict[str, Any]]:
    """Those who asked the same: each gets an own reply and an own rating."""
    rows = reading.of_cases([case.pk for case in of.merged])
    return [
        {
            "case": case,
            "asker": asker_shown(rows[case.pk]),
            "reveal_url": reverse("demands:demand_reveal", args=[case.pk]) if may_reveal else "",
        }
        for case in of.merged
        if case.pk in rows
    ]


def _more_acts(row: Demand, may: dict[str, bool]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Lines of the menu beside those of the case: (label, address, sign) under a heading."""
    offered = [
        (label, reverse(f"demands:{name}", args=[row.pk]), sign)
        for right, label, name, sign in MORE
        if may[right] and not (name == "demand_asker_died" and row.is_asker_dead)
    ]
    return [("资料与文书", offered)] if offered else []


@requires(None)
@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever sees the demand; `pk` is the attachment's."""
    return send_stored(reading.attachment_in_sight(pk, actor_of(request)))


@requires(None)
@require_POST
def demand_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and phone as plain text, for their place in the page; who asked and why is in the trail by then."""
    to_edit(request, pk, Permission.DEMAND_REVEAL)
    revealed = actions.reveal_asker(
        pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now()
    )
    response = HttpResponse(" ".join(filter(None, revealed)), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
