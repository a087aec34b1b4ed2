"""The components of the desk; a builtin library, so templates need no {% load %}."""

from __future__ import annotations

from django import template

register = template.Library()
