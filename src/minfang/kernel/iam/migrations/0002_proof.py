"""What stands behind a sign-in; names given so far stay with their people, passwords age from now on."""

import django.db.models.deletion
import minfang.kernel.crypto.fields
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def keep_names(apps, _editor):
    """Every username belongs to its person for ever; of two alike the later is marked with its number."""
    person, used = apps.get_model("iam", "Person"), apps.get_model("iam", "UsedName")
    taken = set()
    for pk, username in person.objects.order_by("pk").values_list("pk", "username").iterator():
        name = "".join(username.split()).lower()
        if name in taken:
            name = f"{name[:52]}~{pk}"
        taken.add(name)
        if name != username:
            person.objects.filter(pk=pk).update(username=name)
        used.objects.create(name=name, person_id=pk)


def age_passwords(apps, _editor):
    """Nobody knows how old the passwords are: their term begins today."""
    apps.get_model("iam", "Person").objects.exclude(password="").exclude(password__startswith="!").update(
        password_changed_at=timezone.now()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('iam', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CertificateChallenge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=64, unique=True)),
                ('session_digest', models.CharField(max_length=64)),
                ('text', models.CharField(max_length=300)),
                ('made_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'iam_cert_challenge',
            },
        ),
        migrations.CreateModel(
            name='SecurityPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('value', models.JSONField()),
                ('mac', models.CharField(max_length=64)),
                ('set_at', models.DateTimeField()),
                ('set_by_id', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'iam_security_policy',
            },
        ),
        migrations.CreateModel(
            name='UsedName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True)),
                ('person_id', models.BigIntegerField()),
            ],
            options={
                'db_table': 'iam_used_name',
            },
        ),
        migrations.CreateModel(
            name='UsedTicket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('used_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'iam_used_ticket',
            },
        ),
        migrations.AddField(
            model_name='person',
            name='must_change_password',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='person',
            name='password_changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='BoundCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64, unique=True)),
                ('serial', models.CharField(max_length=64)),
                ('holder', models.CharField(max_length=100)),
                ('issuer', models.CharField(max_length=100)),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('bound_at', models.DateTimeField()),
                ('unbound_at', models.DateTimeField(null=True)),
                ('mac', models.CharField(max_length=64)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='certificates', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'iam_bound_certificate',
            },
        ),
        migrations.CreateModel(
            name='FormerPassword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=160)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_passwords', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'iam_former_password',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProofCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('NAME', '账号'), ('ADDRESS', '地址')], max_length=10)),
                ('subject', models.CharField(max_length=64)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField()),
                ('locked_until', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'iam_proof_counter',
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject'), name='iam_proof_counter_unique')],
            },
        ),
        migrations.CreateModel(
            name='TotpDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', minfang.kernel.crypto.fields.EncryptedTextField()),
                ('last_step', models.BigIntegerField(default=0)),
                ('made_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='totp', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'iam_totp_device',
            },
        ),
        migrations.CreateModel(
            name='StaffSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(default='', max_length=40)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('started_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('address', models.CharField(default='', max_length=64)),
                ('agent', models.CharField(default='', max_length=200)),
                ('how', models.CharField(max_length=50)),
                ('ended_at', models.DateTimeField(db_index=True, null=True)),
                ('end_kind', models.CharField(choices=[('SIGNED_OUT', '退出登录'), ('REPLACED', '在别处登录'), ('IDLE', '长时间无操作'), ('TOO_LONG', '超过一次登录最长时间'), ('ENDED', '被安全管理员结束'), ('CHANGED', '登录凭据或权限变更')], default='', max_length=12)),
                ('end_note', models.CharField(default='', max_length=200)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'iam_staff_session',
                'indexes': [models.Index(fields=['person', 'ended_at'], name='iam_staff_session_open')],
            },
        ),
        migrations.RunPython(keep_names, migrations.RunPython.noop),
        migrations.RunPython(age_passwords, migrations.RunPython.noop),
    ]
