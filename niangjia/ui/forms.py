"""How forms are drawn: one renderer for every form of the product."""

from __future__ import annotations

from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    pass
