"""诉求码: a square for a wall, by which whoever scans it says a demand at this place. Nothing of it is kept: it is signed."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import urlencode

import segno
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.kernel.documents.typesetting import typeset
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.files.kinds import PDF
from niangjia.kernel.ltree import end_of
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.web.phone.places import LONGEST_SPOT, Place, written
from niangjia.modules.organisations.queries.at import current_organisation
from niangjia.modules.organisations.queries.joining import Union, union_shown
from niangjia.ui.pages import actor_of
from niangjia.ui.templatetags.ui import chinese_day

POSTER = Path(__file__).resolve().parents[1] / "templates" / "demands" / "place_poster.typ"


class PlaceForm(forms.Form):
    spot = forms.CharField(label="张贴处", max_length=LONGEST_SPOT, help_text="如：东门驿站、二车间公告栏。")


@requires(Permission.DEMAND_RECORD)
@require_GET
def place_code(request: HttpRequest) -> HttpResponse:
    form, union = PlaceForm(request.GET or None), _union(request)
    address = _address(request, union, form.cleaned_data["spot"]) if form.is_valid() else ""
    return render(
        request,
        "demands/place_code.html",
        {
            "form": form,
            "union": union,
            "qr": segno.make(address, error="m", micro=False).svg_data_uri(border=0) if address else "",
            "poster": f"{reverse('demands:place_poster')}?{urlencode(form.cleaned_data)}" if address else "",
        },
    )


@requires(Permission.DEMAND_RECORD)
@require_GET
def place_poster(request: HttpRequest) -> HttpResponse:
    form, union = PlaceForm(request.GET), _union(request)
    if not form.is_valid():
        raise Refused("place_code.spot", "请先填写张贴处。")
    spot = form.cleaned_data["spot"]
    drawn = io.BytesIO()
    square = segno.make(_address(request, union, spot), error="m", micro=False)
    square.save(drawn, kind="svg", border=0, xmldecl=False, nl=False)
    now = timezone.now()
    document = typeset(
        POSTER,
        {
            "union": union.name, "qr": drawn.getvalue().decode(), "spot": spot, "telephone": union.telephone,
            "printed": chinese_day(timezone.localdate(now)),
        },
        now=now,
    )  # fmt: skip
    response = HttpResponse(document.content, content_type=PDF)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"诉求码-{spot}.pdf") or "attachment"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _union(request: HttpRequest) -> Union:
    """Where one works now, if demands may be taken down there; else the first such place."""
    actor, at = actor_of(request), current_organisation(request)
    paths = actor.paths(Permission.DEMAND_RECORD)
    if at is not None and actor.may(Permission.DEMAND_RECORD, at.scope.path):
        paths = (at.scope.path,)
    found = union_shown(end_of(paths[0])) if paths else None
    if found is None:
        raise Missing
    return found


def _address(request: HttpRequest, union: Union, spot: str) -> str:
    token = written(Place(union.id, spot))
    return request.build_absolute_uri(f"{reverse('ask:by_code')}?{urlencode({'place': token})}")
