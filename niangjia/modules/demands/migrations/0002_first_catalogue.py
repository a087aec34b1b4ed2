"""诉求目录, version 1, as it is delivered."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import migrations
from django.utils import timezone

DELIVERED = Path(__file__).resolve().parents[1] / "catalogue.toml"


def enter(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    versions, kinds_of = apps.get_model("demands", "CatalogueVersion"), apps.get_model("demands", "Kind")
    if versions.objects.exists():
        return
    now = timezone.now()
    version = versions.objects.create(
        number=1, note="随系统交付", created_at=now, published_at=now, published_by_name="系统"
    )
    rows = []
    for group in tomllib.loads(DELIVERED.read_text(encoding="utf-8"))["group"]:
        kinds = group.pop("kind")
        rows += [kinds_of(version=version, **line) for line in (group, *kinds)]
    kinds_of.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("demands", "0001_initial")]

    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
