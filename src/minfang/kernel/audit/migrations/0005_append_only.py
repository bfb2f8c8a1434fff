"""Every entry has its place; nobody changes or removes one."""

from django.db import migrations, models

from minfang.kernel.audit import append_only


def close(apps, schema_editor):
    append_only.close(schema_editor.connection)


def open_again(apps, schema_editor):
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0004_carry_over'),
    ]

    operations = [
        migrations.AlterField('auditevent', 'chain', models.SmallIntegerField()),
        migrations.AlterField('auditevent', 'sequence', models.BigIntegerField()),
        migrations.AddConstraint(
            'auditevent', models.UniqueConstraint(fields=('chain', 'sequence'), name='audit_event_place')
        ),
        migrations.RunPython(close, open_again),
    ]
