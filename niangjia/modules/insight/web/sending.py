"""A paper as the file that was asked for."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from niangjia.kernel.documents.official import Paper, as_pdf
from niangjia.kernel.documents.word import as_word
from niangjia.kernel.files.kinds import PDF

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def send_paper(request: HttpRequest, paper: Paper, *, now: datetime) -> HttpResponse:
    """`?format=docx`, else a PDF."""
    is_word = request.GET.get("format") == "docx"
    content = as_word(paper, now=now) if is_word else as_pdf(paper, now=now).content
    response = HttpResponse(content, content_type=DOCX if is_word else PDF)
    name = f"{paper.title}.{'docx' if is_word else 'pdf'}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
