"""What templates name must exist in what was built."""

import gzip
import re
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2]
DIST = PRODUCT / "ui" / "static" / "dist"
CLASSES = re.compile(r'class="([^"]*)"')
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
# Hooks for scripts and for `:has()`, and words that only mean something inside a selector with others.
HOOKS = {"pick", "list", "busy", "help", "errors", "wide", "group", "peer"}


def templates():
    return [path for path in PRODUCT.rglob("templates/**/*.html") if "node_modules" not in path.parts]


def built(name):
    file = DIST / name
    if not file.exists():
        pytest.skip("the assets are not built: `npm run build`")
    return file.read_text(encoding="utf-8")


def test_every_class_in_a_template_is_in_the_style_sheet():
    desk, phone = (built(name).replace("\\", "") for name in ("desk.css", "phone.css"))
    missing = {}
    for path in templates():
        # A page of the phone face says so in its first line, if not by its folder.
        sheet = (
            phone if "phone" in (path.stem, *(folder.name for folder in path.parents)) or _on_the_phone(path) else desk
        )
        for found in CLASSES.findall(path.read_text(encoding="utf-8")):
            for name in TAGS.sub("…", found).split():
                if name not in HOOKS and "…" not in name and f".{name}" not in sheet:
                    missing.setdefault(name, str(path.relative_to(PRODUCT)))
    assert missing == {}


def _on_the_phone(path: Path) -> bool:
    return 'extends "ui/phone' in path.read_text(encoding="utf-8").partition("\n")[0]


def test_every_icon_in_a_template_is_in_the_sprite():
    sprite = built("icons.svg")
    missing = {
        name: str(path.relative_to(PRODUCT))
        for path in templates()
        for name in re.findall(r'(?:\{%\s*icon\s+|\bicon=)"([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
        if f'id="{name}"' not in sprite
    }
    assert missing == {}


def test_nothing_in_a_template_needs_a_weaker_policy():
    forbidden = re.compile(r'\s(style|on[a-z]+|hx-on[:\w-]*)="|<script(?![^>]*nonce)[^>]*>|javascript:', re.IGNORECASE)
    found = {
        str(path.relative_to(PRODUCT)): match.group(0)
        for path in templates()
        if (match := forbidden.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_search_fields_hear_an_input_method():
    assert [path.name for path in templates() if "keyup" in path.read_text(encoding="utf-8")] == []


def compressed(*names):
    return sum(len(gzip.compress(built(name).encode())) for name in names)


def test_what_a_page_loads_stays_small():
    assert compressed("desk.js") < 60 * 1024
    assert compressed("phone.js", "phone.css") < 30 * 1024


def test_nothing_stands_outside_the_blocks_of_a_child():
    """A template that extends another runs its blocks only: `{% url … as x %}` beside them sets nothing."""
    found = {}
    for path in templates():
        text = path.read_text(encoding="utf-8")
        if not text.startswith("{% extends"):
            continue
        depth = 0
        for tag in re.findall(r"\{%\s*(\w+)", text):
            depth += {"block": 1, "endblock": -1}.get(tag, 0)
            if depth == 0 and tag not in {"extends", "load", "endblock"}:
                found.setdefault(str(path.relative_to(PRODUCT)), tag)
    assert found == {}
