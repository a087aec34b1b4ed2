"""The years whose tables are known when the product is installed, and the mark by which clocks are kept."""

import uuid
from typing import Any

from django.db import migrations
from django.utils import timezone

from niangjia.kernel.worktime.holidays import KNOWN, read_notice


def enter_known_years(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    year_of, day_of, mark = (apps.get_model("worktime", name) for name in ("CalendarYear", "CalendarDay", "Mark"))
    now = timezone.now()
    for year, (source, text) in KNOWN.items():
        row, is_new = year_of.objects.get_or_create(
            year=year, defaults={"source": source, "published_at": now, "published_by_name": "随系统提供"}
        )
        if is_new:
            day_of.objects.bulk_create(
                day_of(on=day.on, year=row, is_working=day.is_working, name=day.name) for day in read_notice(year, text)
            )
    mark.objects.get_or_create(pk=1, defaults={"value": uuid.uuid4().hex})


class Migration(migrations.Migration):
    dependencies = [
        ("worktime", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(enter_known_years, migrations.RunPython.noop),
    ]
