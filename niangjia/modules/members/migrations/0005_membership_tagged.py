"""Those who have tags, in the order of names: built beside the work that goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("members", "0004_joining")]
    operations = [
        AddIndexConcurrently(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("categories", []), _negated=True),
                fields=["name_key", "id"],
                include=("scope", "status", "categories", "joined_on"),
                name="membership_tagged",
            ),
        )
    ]
