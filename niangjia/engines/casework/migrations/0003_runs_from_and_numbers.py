from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_kept_from_users")]

    operations = [
        migrations.AddField("case", "runs_from", models.DateTimeField(null=True)),
        migrations.RemoveField("numberseries", "next"),
        migrations.AddField("numberseries", "begins_after", models.BigIntegerField(default=0), preserve_default=False),
        migrations.RunSQL("create sequence casework_number", "drop sequence casework_number"),
    ]
