from django.db import migrations


class Migration(migrations.Migration):
    """Numbers of cases are drawn from one sequence: nobody waits for another one's transaction."""

    dependencies = [("casework", "0001_initial")]

    operations = [migrations.RunSQL("create sequence casework_number", "drop sequence casework_number")]
