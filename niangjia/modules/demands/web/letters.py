"""Papers of a demand: chosen, drafted, printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.queries.openness import ensure_right
from niangjia.engines.casework.web.fields import WordsField
from niangjia.engines.casework.web.steps import after
from niangjia.kernel.access.guard import requires
from niangjia.kernel.documents.typesetting import typeset
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.files.kinds import PDF
from niangjia.modules.demands.actions.letters import make_letter, right_for
from niangjia.modules.demands.letter_texts import TO_THE_ASKER, WANTS_ANSWER, draft
from niangjia.modules.demands.models import Demand, Letter
from niangjia.modules.demands.queries.demands import demand_in_sight
from niangjia.modules.demands.queries.letters import letter_in_sight, matter_of
from niangjia.modules.demands.rules import LetterKind
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.pages import actor_of
from niangjia.ui.templatetags.ui import chinese_day

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "demands" / "letter.typ"


class LetterForm(forms.Form):
    to = forms.CharField(label="发给", max_length=100)
    body = WordsField(label="正文", max_length=5000, rows=12, help_text="已按诉求资料拟好，请核对修改。一行一段。")
    due_on = DayField(label="请在哪天前回复", required=False)

    def __init__(self, *given: Any, kind: LetterKind, **more: Any) -> None:
        super().__init__(*given, **more)
        if kind in TO_THE_ASKER:
            self.fields["to"].help_text = "姓名写全后，能看这件诉求的人都看得到。"
        if kind not in WANTS_ANSWER:
            del self.fields["due_on"]


@requires(None)
@require_http_methods(["GET", "POST"])
def letter_write(request: HttpRequest, pk: int) -> HttpResponse:
    """Without `?kind=` asks which paper; then its draft."""
    row, actor = demand_in_sight(pk, actor_of(request)), actor_of(request)
    wanted = request.POST.get("kind", "") or request.GET.get("kind", "")
    kind = LetterKind(wanted) if wanted in set(LetterKind) else None
    if kind is None:
        return _choose(request, row)
    ensure_right(row.case, right_for(kind), actor)
    form = LetterForm(request.POST or None, kind=kind, initial=_drafted(row, kind))
    if form.is_bound and form.is_valid() and _made(request, row, kind, form):
        return after(request, row.case)
    return render(
        request,
        "demands/letter_write.html",
        {"demand": row, "case": row.case, "kind": kind, "form": form, "back": row.case.get_absolute_url()},
        status=422 if form.errors else 200,
    )


def _choose(request: HttpRequest, row: Demand) -> HttpResponse:
    actor = actor_of(request)
    offered = [kind for kind in LetterKind if _may(row, kind, actor)]
    if not offered:
        raise NotPermitted("这件诉求的文书要由主办人或有相应权限的人出具。")
    return render(
        request,
        "demands/letter_choose.html",
        {"demand": row, "case": row.case, "kinds": offered, "back": row.case.get_absolute_url()},
    )


def _may(row: Demand, kind: LetterKind, actor: Any) -> bool:
    try:
        ensure_right(row.case, right_for(kind), actor)
    except NotPermitted:
        return False
    return True


def _drafted(row: Demand, kind: LetterKind) -> dict[str, Any]:
    matter = matter_of(row)
    return {"to": matter.asker if kind in TO_THE_ASKER else "", "body": draft(kind, matter)}


def _made(request: HttpRequest, row: Demand, kind: LetterKind, form: LetterForm) -> bool:
    said = form.cleaned_data
    try:
        letter = make_letter(
            row.pk, kind=kind, to=said["to"], body=said["body"], due_on=said.get("due_on"), actor=actor_of(request),
            now=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        pages.put_refusal(form, refusal)
        return False
    messages.success(request, f"已出具{kind.label}：{letter.number}。")
    return True


@requires(None)
@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """As it is printed."""
    row = letter_in_sight(pk, actor_of(request))
    return render(
        request,
        "demands/letter.html",
        _paper(row) | {"letter": row, "back": reverse("demands:demand", args=[row.demand_id])},
    )


@requires(None)
@require_GET
def letter_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    row = letter_in_sight(pk, actor_of(request))
    made = typeset(TEMPLATE, _paper(row), now=row.at)
    response = HttpResponse(made.content, content_type=PDF)
    name = f"{row.number}.pdf"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _paper(row: Letter) -> dict[str, Any]:
    return {
        "kind": LetterKind(row.kind).label,
        "number": row.number,
        "organisation": row.number.split("诉")[0] if "诉" in row.number else "",
        "to": row.to,
        "paragraphs": [line for line in row.body.split("\n") if line.strip()],
        "due": f"请于{chinese_day(row.due_on)}前书面回复。" if row.due_on else "",
        "day": chinese_day(timezone.localdate(row.at)),
    }
