"""Small answers that many views give."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from niangjia.kernel.errors import Refused

Option = tuple[int | str, str, str]


def options(request: HttpRequest, found: Iterable[Option]) -> HttpResponse:
    """What a Picker offers: (id, text, small print)."""
    return render(request, "ui/parts/options.html", {"options": list(found)[:20]})


def put_refusal(form: object, refusal: Refused) -> None:
    """Show a rule's refusal in the form: beside its field if the form has it, else on top."""
    fields = getattr(form, "fields", {})
    form.add_error(refusal.field if refusal.field in fields else None, refusal.message)  # type: ignore[attr-defined]
