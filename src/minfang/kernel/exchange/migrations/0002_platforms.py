import django.db.models.deletion
from django.db import migrations, models

import minfang.kernel.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("iam", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            "outboxmessage",
            "organization",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="iam.organization"),
        ),
        migrations.AddField("outboxmessage", "asked_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "outboxmessage", models.Index(fields=["connector", "state", "id"], name="exchange_outbox_queue")
        ),
        migrations.AddIndex(
            "outboxmessage", models.Index(fields=["connector", "-id"], name="exchange_outbox_latest")
        ),
        migrations.AddField("deliveryattempt", "mac", models.CharField(default="-", max_length=64)),
        migrations.AddField("inboxmessage", "other_payload", minfang.kernel.crypto.fields.EncryptedJSONField()),
        migrations.AddField("inboxmessage", "repeated_at", models.DateTimeField(null=True)),
        migrations.AddField("inboxmessage", "settled_at", models.DateTimeField(null=True)),
        migrations.AddField("inboxmessage", "note", models.CharField(default="", max_length=500)),
        migrations.CreateModel(
            name="Platform",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("connector", models.CharField(max_length=32, unique=True)),
                ("state", models.CharField(choices=[("CLOSED", "正常"), ("OPEN", "已暂停"), ("PROBING", "试探中")], default="CLOSED", max_length=8)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("lanes", models.JSONField(default=list)),
                ("openings", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("probe_at", models.DateTimeField(null=True)),
                ("last_success_at", models.DateTimeField(null=True)),
                ("last_failure_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
            ],
            options={"db_table": "exchange_platform"},
        ),
        migrations.CreateModel(
            name="InboundNonce",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=32)),
                ("nonce", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "exchange_nonce",
                "constraints": [models.UniqueConstraint(fields=("source", "nonce"), name="exchange_nonce_once")],
            },
        ),
    ]
