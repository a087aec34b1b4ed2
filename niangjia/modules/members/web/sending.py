"""What the pages of this room share: a form that is sent, and the way back to the member."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    act: str,
    back: str,
    said: str = "",
    kind: str = "primary",
    chosen: list[str] | None = None,
) -> HttpResponse:
    """A form as a page or in the drawer; with mistakes in it, 422."""
    return render(
        request,
        "members/form.html",
        {"form": form, "title": title, "act": act, "back": back, "said": said, "kind": kind, "chosen": chosen or []},
        status=422 if form.errors else 200,
    )
