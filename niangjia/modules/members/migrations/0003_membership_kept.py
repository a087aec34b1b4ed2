"""The few memberships that are kept, by place: built beside the work that goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("members", "0002_vacuum_early")]
    operations = [
        AddIndexConcurrently(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("status", 2)),
                fields=["scope", "name_key", "id"],
                include=("status", "categories", "joined_on"),
                name="membership_kept",
            ),
        )
    ]
