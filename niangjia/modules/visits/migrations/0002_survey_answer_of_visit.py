"""A visit is counted with one survey: built beside the work that goes on."""

from django.db import migrations, models

INDEX = "survey_answer_of_visit"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("visits", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        f"drop index concurrently if exists {INDEX}",  # left invalid by a run that was cut off
                        (
                            f"create unique index concurrently {INDEX} on visits_surveyanswer (visit_id) "
                            "where visit_id is not null"
                        ),
                    ],
                    f"drop index concurrently if exists {INDEX}",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="surveyanswer",
                    constraint=models.UniqueConstraint(
                        fields=["visit"], condition=models.Q(visit__isnull=False), name=INDEX
                    ),
                )
            ],
        )
    ]
