"""Archives of older entries; their rows are as frozen as the entries were."""

from django.db import migrations, models

from minfang.kernel.audit import append_only


def close(apps, schema_editor):
    append_only.freeze(schema_editor.connection, "audit_archive")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0005_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditArchive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('before', models.DateField()),
                ('entries', models.BigIntegerField()),
                ('content', models.TextField()),
                ('signature', models.TextField()),
                ('certificate', models.TextField()),
                ('timestamp', models.TextField(default='')),
            ],
            options={'db_table': 'audit_archive', 'ordering': ['pk']},
        ),
        migrations.RunPython(close, migrations.RunPython.noop),
    ]
