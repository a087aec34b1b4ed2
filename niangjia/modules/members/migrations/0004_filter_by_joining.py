from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0003_vacuum_early'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='membership',
            name='membership_scope_name',
        ),
        migrations.RemoveIndex(
            model_name='membership',
            name='membership_name_key',
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['scope', 'name_key', 'id'], include=('status', 'categories', 'joined_on'), name='membership_scope_name'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['name_key', 'id'], include=('scope', 'status', 'categories', 'joined_on'), name='membership_name_key'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['joined_on'], name='membership_joined_on'),
        ),
    ]
