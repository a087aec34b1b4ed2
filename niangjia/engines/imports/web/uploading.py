"""The first page: what is imported, the template for it, the file, the place."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.imports import actions
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import sheet_named, sheets_for
from niangjia.engines.imports.web.forms import UploadForm
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.files.kinds import XLSX
from niangjia.kernel.sheets.writing import TemplateColumn, write_template
from niangjia.ui import pages
from niangjia.ui.pages import actor_of
from niangjia.ui.places import directory


@requires(Permission.IMPORT_RUN)
@require_http_methods(["GET", "POST"])
def batch_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    sheets = sheets_for(actor)
    form = UploadForm(
        request.POST or None, request.FILES or None, actor=actor, sheets=sheets, initial=_initial(request)
    )
    if form.is_bound and form.is_valid():
        facts = form.cleaned_data
        try:
            batch = actions.upload_batch(
                sheet=facts["sheet"], scope_id=facts["place"], content=facts["file"], name=facts["file"].name,
                actor=actor, now=timezone.now(), options=_options(request, facts["sheet"]),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            return redirect("imports:batch", batch.pk)
    return render(
        request, "imports/batch_add.html", {"form": form, "sheets": sheets}, status=422 if form.errors else 200
    )


def _options(request: HttpRequest, sheet: str) -> dict[str, object]:
    """Where links begin, and what was allowed of that which this sheet offers."""
    allowed = set(request.POST.getlist("allow"))
    return {"origin": request.build_absolute_uri("/")} | {
        key: True for key, _ in sheet_named(sheet).options if f"{sheet}.{key}" in allowed
    }


def _initial(request: HttpRequest) -> dict[str, object]:
    """What the page one comes from imports, and where one works."""
    here = directory().here(request)
    usable = here is not None and actor_of(request).may(Permission.IMPORT_RUN, here.path)
    return {"sheet": request.GET.get("sheet", "members.member"), "place": here.id if here and usable else None}


@requires(Permission.IMPORT_RUN)
@require_GET
def place_options(request: HttpRequest) -> HttpResponse:
    """Organisations in sight for which the actor may import."""
    actor, text = actor_of(request), " ".join(request.GET.get("q", "").split())[:50]
    found = [place for place in directory().find(actor, text) if actor.may(Permission.IMPORT_RUN, place.path)]
    return pages.options(request, [(place.id, place.name, place.small_print) for place in found])


@requires(Permission.IMPORT_RUN)
@require_GET
def template(request: HttpRequest, sheet: str) -> HttpResponse:
    """The empty sheet with drop-downs; for those who may bring such rows."""
    try:
        declared = sheet_named(sheet)
    except KeyError:
        declared = None
    if declared is None or declared not in sheets_for(actor_of(request)):
        raise Missing("没有这种模板。")
    columns = [
        TemplateColumn(one.heading, one.required, one.choices, one.hint, one.example) for one in declared.columns
    ]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "template.xlsx"
        write_template(target, columns)
        response = HttpResponse(target.read_bytes(), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"{declared.title}模板.xlsx"
    )
    return response
