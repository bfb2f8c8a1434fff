from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=100)),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=300)),
                ("fingerprint", models.CharField(max_length=64)),
                ("state", models.CharField(choices=[("RUNNING", "办理中"), ("DONE", "已办理")], default="RUNNING", max_length=8)),
                ("claim", models.CharField(max_length=32)),
                ("claimed_until", models.DateTimeField()),
                ("request_id", models.CharField(default="-", max_length=32)),
                ("status", models.PositiveIntegerField(null=True)),
                ("answer", models.BinaryField(default=b"")),
                ("created_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "idempotency_call",
                "constraints": [models.UniqueConstraint(fields=("owner", "key"), name="idempotency_call_key")],
            },
        ),
    ]
