"""Chains and their ends, daily heads, checks, and the further fields of an event."""

from django.db import migrations, models

import minfang.kernel.audit.fields


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_security_alarm'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('number', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('last_sequence', models.BigIntegerField(default=0)),
                ('last_mac', models.CharField(max_length=64)),
            ],
            options={'db_table': 'audit_chain'},
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('taken_at', models.DateTimeField()),
                ('content', models.TextField()),
                ('signature', models.TextField()),
                ('certificate', models.TextField()),
                ('timestamp', models.TextField(default='')),
            ],
            options={'db_table': 'audit_head', 'ordering': ['day']},
        ),
        migrations.CreateModel(
            name='AuditCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('person_id', models.BigIntegerField(null=True)),
                ('person_name', models.CharField(default='系统', max_length=50)),
                ('total', models.BigIntegerField(default=0)),
                ('done', models.BigIntegerField(default=0)),
                ('findings', models.JSONField(default=list)),
                ('sound', models.BooleanField(default=False)),
            ],
            options={'db_table': 'audit_check', 'ordering': ['-id']},
        ),
        migrations.AddField('auditevent', 'chain', models.SmallIntegerField(default=0), preserve_default=False),
        migrations.AddField('auditevent', 'sequence', models.BigIntegerField(null=True)),
        migrations.AddField('auditevent', 'role', models.CharField(default='', max_length=100)),
        migrations.AddField('auditevent', 'port', models.IntegerField(default=0)),
        migrations.AddField('auditevent', 'agent', models.CharField(default='', max_length=200)),
        migrations.AlterField('auditevent', 'request_id', models.CharField(db_index=True, default='', max_length=32)),
        migrations.AlterField('auditevent', 'before', minfang.kernel.audit.fields.JsonText(null=True)),
        migrations.AlterField('auditevent', 'after', minfang.kernel.audit.fields.JsonText(null=True)),
        migrations.AddIndex(
            'auditevent', models.Index(fields=['actor_id', 'id'], name='audit_event_actor')
        ),
        migrations.AddIndex(
            'auditevent', models.Index(fields=['address'], name='audit_event_address')
        ),
    ]
