"""Small answers that many views give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused

Option = tuple[int | str, str, str]


def actor_of(request: HttpRequest) -> Actor:
    """Who asks: the middleware put it there, where Django's types know nothing of it."""
    return cast("Actor", request.actor)  # type: ignore[attr-defined]


def options(request: HttpRequest, found: Iterable[Option]) -> HttpResponse:
    """What a Picker offers: (id, text, small print)."""
    return render(request, "ui/parts/options.html", {"options": list(found)[:20]})


def number_in(text: str) -> int:
    """An id or a place from an address that somebody may have typed; 0 for what is no such number."""
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0


def page_around(request: HttpRequest) -> SplitResult:
    """The address of the page of which htmx asks for a part."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return urlsplit("")


def put_refusal(form: object, refusal: Refused) -> None:
    """Show a rule's refusal in the form: beside its field if the form has it, else on top."""
    fields = getattr(form, "fields", {})
    form.add_error(refusal.field if refusal.field in fields else None, refusal.message)  # type: ignore[attr-defined]


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    act: str,
    back: str,
    crumb: str = "",
    crumb_url: str = "",
    note: str = "",
    said: str = "",
    kind: str = "primary",
    chosen: Iterable[object] = (),
    template: str = "ui/form_page.html",
) -> HttpResponse:
    """A form as a page or in the drawer; with mistakes in it, 422.

    `act` stands on the button, `back` is where giving up leads, `crumb` the page above (at `back` unless said),
    `note` under the title, `said` over the fields; `chosen` are the rows that it is for.
    """
    context = {
        "form": form, "title": title, "act": act, "back": back, "crumb": crumb, "crumb_url": crumb_url or back,
        "note": note, "said": said, "kind": kind, "chosen": list(chosen),
    }  # fmt: skip
    return render(request, template, context, status=422 if form.errors else 200)


def sent(form: forms.Form, act: Callable[[dict[str, Any]], object]) -> bool:
    """True once the form was sent and the act done; a rule's refusal stands in the form."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        act(dict(form.cleaned_data))
    except Refused as refusal:
        put_refusal(form, refusal)
        return False
    return True
