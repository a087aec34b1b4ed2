"""What import-linter can't see: doors of rooms, foreign keys across borders, forbidden ways around the scope."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.db import models

from niangjia.kernel.access.scoped import FailClosedModel, ScopedManager, ScopedModel

HOUSE = Path(__file__).resolve().parents[2] / "niangjia"
DOORS = {"actions", "queries", "events", "permissions", "testing"}
TIERS = {"organisations": 0, "members": 1, "places": 2, "funds": 2, "demands": 3, "exchange": 4, "insight": 4}
ROOM_FILES = {
    "__init__", "actions", "api", "apps", "commands", "events", "jobs", "metrics", "models", "permissions",
    "queries", "rules", "seed", "sheets", "synthetic", "testing", "migrations", "templates", "tests", "web", "static",
}  # fmt: skip
# A file in a room that is none of the above says here what it is.
NAMED_FILES = {
    "demands/catalogue": "诉求目录 as every installation begins with it",
    "demands/hotspots": "many people with one matter at one place: words, places, groups, bursts; pure",
    "demands/letter_texts": "what each paper says before somebody changes it: pure",
    "demands/privacy": "what an asker agrees to, word for word and version by version",
    "demands/emergency_rules": "when a demand is an emergency: pure, with the rules a new place begins with",
    "demands/triage": "what a message is about, learnt from officers: pure but for its two tables",
    "demands/routing_rules": "whose line of the map wins, and who of several gets it: pure",
    "exchange/sending": "one signed POST to a partner",
    "members/privacy": "what a worker agrees to, word for word and version by version",
    "organisations/divisions": "the divisions of the demo, facts of a public standard",
    "visits/drafts": "what a phone hands in, and what is asked back when something changed: pure",
    "visits/journal_models": "meetings, reports and the year's choice; `models` names them",
    "visits/place_rules": "what is made of where the phone was: pure",
    "visits/journal_rules": "whose task stands how, who may judge, who wins: pure",
    "insight/journal": "the report of visits and demands over a time",
    "insight/papers": "meetings, quarters, years and the journal as papers in official form",
    "organisations/handover": "the registry of what an officer who leaves hands over",
    "visits/questions": "what a form may ask, and what its answers lead to: pure",
    "visits/planning": "who is gone to in a week, when and why: pure",
    "visits/delivered_forms": "the forms of the eight kinds of visit as delivered: pure",
}
BANNED = {"utils", "helpers", "common", "misc", "base", "core", "services", "manager", "managers", "lib"}
PRESCRIBED = {"kernel/pooled/base.py"}  # Django looks for a backend there and nowhere else


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("niangjia", cache_dir=None)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if len(parts) > 3 and parts[1] == "modules" else None


def test_a_room_is_entered_by_its_doors() -> None:
    wrong = []
    for importer in graph().modules:
        for imported in graph().find_modules_directly_imported_by(importer):
            room = room_of(imported)
            if room is None or room == room_of(importer) or importer.startswith("niangjia.config"):
                continue
            door = imported.split(".")[3]
            is_test = ".tests" in importer or importer.endswith((".testing", ".seed")) or ".seed." in importer
            allowed = DOORS if is_test else DOORS - {"testing"}
            # The demonstration fills many rooms by COPY: its parts know each other, and its test looks at every row.
            if importer.endswith((".seed", ".synthetic", ".commands")) or ".seed." in importer:
                allowed = allowed | {"seed", "synthetic"}
            if importer.endswith(".tests.test_seed"):
                allowed = allowed | {"seed", "synthetic", "models", "rules"}
            if door not in allowed:
                wrong.append(f"{importer} → {imported}")
    assert not wrong


def test_foreign_keys_point_down_and_leave_no_way_back() -> None:
    wrong = []
    rooms = [config for config in apps.get_app_configs() if config.name.startswith("niangjia.")]
    for config in rooms:
        for model in config.get_models():
            for field in model._meta.get_fields():
                if not isinstance(field, models.ForeignKey):
                    continue
                other = field.related_model._meta.app_config
                if other is config or not other.name.startswith("niangjia."):
                    continue
                if field.remote_field.related_name != "+":
                    wrong.append(f"{model.__name__}.{field.name} leaves a reverse name on {other.label}")
                up = config.name.startswith("niangjia.kernel") and ".modules." in other.name
                beside = ".modules." in config.name and ".modules." in other.name
                if up or (beside and TIERS.get(other.label, 9) >= TIERS.get(config.label, 9)):
                    wrong.append(f"{model.__name__}.{field.name} points up or beside, to {other.label}")
    assert not wrong


def test_every_row_of_a_room_is_read_through_a_scope() -> None:
    """Public dictionaries and the tallies, which are summed by path, are named one by one."""
    plain = {
        "Division", "Platform", "DeliverySite", "MemberTally", "MemberFlow", "CatalogueVersion", "Kind", "AskerLink", "Heard",
    }  # fmt: skip
    found = {
        model.__name__
        for config in apps.get_app_configs()
        if config.name.startswith("niangjia.modules.")
        for model in config.get_models()
        if not issubclass(model, FailClosedModel)
    }
    assert found == plain


def test_scoped_models_name_the_right_that_shows_them() -> None:
    for model in apps.get_models():
        if issubclass(model, ScopedModel):
            assert model.seen_with, model
        if issubclass(model, FailClosedModel):
            assert isinstance(model._default_manager, ScopedManager), model


FORBIDDEN_ATTRIBUTES = {
    "_base_manager": "reads around the scope",
    "_default_manager": "reads around the scope",
    "get_object_for_this_type": "reads around the scope",
}


def test_nobody_walks_around_the_scope() -> None:
    wrong = [
        f"{path.relative_to(HOUSE)}:{node.lineno} {node.attr}: {FORBIDDEN_ATTRIBUTES[node.attr]}"
        for path, tree in trees()
        if "tests" not in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES
    ]
    assert not wrong


def test_unscoped_reads_give_a_reason_in_words() -> None:
    wrong = []
    for path, tree in trees():
        if "tests" in path.parts:
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr == "unscoped":
                reason = next((word.value for word in node.keywords if word.arg == "reason"), None)
                spelt = isinstance(reason, ast.Constant) and len(str(reason.value)) >= 8
                if not (spelt or isinstance(reason, ast.Name)):
                    wrong.append(f"{path.relative_to(HOUSE)}:{node.lineno}")
    assert not wrong


def test_views_never_read_unscoped() -> None:
    wrong = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path, tree in trees()
        if "web" in path.parts and "tests" not in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "unscoped"
    ]
    assert not wrong


def test_time_and_actor_are_passed_in() -> None:
    """Actions, queries and rules don't ask the clock; the edges do."""
    wrong = []
    for path, tree in trees():
        inner = {"rules.py", "actions.py", "queries.py"} & {path.name} or {"actions", "queries"} & set(path.parts)
        if not inner or "tests" in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asked = f"{node.value.id}.{node.attr}"
                if asked in {"timezone.now", "datetime.now", "date.today", "datetime.utcnow", "datetime.today"}:
                    wrong.append(f"{path.relative_to(HOUSE)}:{node.lineno} {asked}")
    assert not wrong


def test_files_are_named_for_what_is_in_them() -> None:
    wrong = [
        name for path, _ in trees() if path.stem in BANNED and (name := str(path.relative_to(HOUSE))) not in PRESCRIBED
    ]
    for room in (HOUSE / "modules").iterdir():
        if not (room / "models.py").exists():
            continue
        for entry in room.iterdir():
            name = f"{room.name}/{entry.stem}"
            if entry.stem not in ROOM_FILES and entry.name != "__pycache__" and name not in NAMED_FILES:
                wrong.append(name)
    assert not wrong


LONG_FUNCTIONS = {"people_of": "one loop without calls, because a city is four million turns of it"}


def test_functions_and_files_stay_short() -> None:
    """The tail decides whether a house is pleasant: no function over 60 lines, no file over 500 (data and seeds apart)."""
    long_ones = []
    for path, tree in trees():
        data = path.stem in {"divisions", "synthetic", "seed", "rules"} or "tests" in path.parts
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 500 and not data:
            long_ones.append(f"{path.relative_to(HOUSE)}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 60 and node.name not in LONG_FUNCTIONS:
                    long_ones.append(f"{path.relative_to(HOUSE)}:{node.lineno} {node.name}: {length} lines")
    assert not long_ones


@pytest.mark.parametrize("heavy", ["sklearn", "numpy", "rjieba", "playwright"])
def test_web_processes_load_nothing_heavy(heavy: str) -> None:
    code = f"import niangjia.config.wsgi, sys; sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, cwd=HOUSE.parent, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-500:]


def test_templates_never_write_the_forbidden_word() -> None:
    wrong = [
        str(path.relative_to(HOUSE))
        for pattern in ("*.html", "*.py", "*.js")
        for path in HOUSE.rglob(pattern)
        if "案件" in path.read_text(encoding="utf-8") and "tests" not in path.parts and "dist" not in path.parts
    ]
    assert not wrong
