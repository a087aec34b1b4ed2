"""Pages come off the index alone only while the visibility map is fresh: vacuum long before a fifth has changed."""

from django.db import migrations

TABLES = ("members_membership", "members_person", "members_membertally")


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"alter table {table} set (autovacuum_vacuum_scale_factor = 0.005, "
            "autovacuum_vacuum_insert_scale_factor = 0.005, autovacuum_analyze_scale_factor = 0.01)",
            f"alter table {table} reset (autovacuum_vacuum_scale_factor, "
            "autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor)",
        )
        for table in TABLES
    ]
