from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0003_runs_from_and_numbers")]

    operations = [
        migrations.AddField(model_name="callback", name="next_at", field=models.DateTimeField(null=True)),
    ]
