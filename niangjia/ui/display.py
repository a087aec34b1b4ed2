"""How one person wants the screen: colours, size of text, spacing. Kept in cookies, so the first byte is right."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

YEAR = 365 * 24 * 3600
CHOICES = {"theme": ("light", "dark"), "text": ("normal", "large"), "rows": ("roomy", "dense")}


@dataclass(frozen=True)
class Display:
    theme: str = "light"
    text: str = "normal"
    rows: str = "roomy"

    @property
    def theme_name(self) -> str:
        return "union-dark" if self.theme == "dark" else "union"


def display_of(request: HttpRequest) -> Display:
    chosen = {key: request.COOKIES.get(key, "") for key in CHOICES}
    return Display(**{key: value for key, value in chosen.items() if value in CHOICES[key]})
