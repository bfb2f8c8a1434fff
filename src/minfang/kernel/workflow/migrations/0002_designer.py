import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("iam", "0001_initial"),
        ("workflow", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MigrationBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("ordered_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "workflow_migration",
            },
        ),
        migrations.CreateModel(
            name="MigrationEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "待迁移"),
                            ("MOVED", "已迁移"),
                            ("REFUSED", "不符合"),
                            ("UNDONE", "已撤回"),
                        ],
                        default="WAITING",
                        max_length=8,
                    ),
                ),
                ("note", models.CharField(default="", max_length=500)),
                ("at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "workflow_migration_entry",
            },
        ),
        migrations.CreateModel(
            name="ProcessDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=60)),
                ("title", models.CharField(max_length=100)),
                ("graph", models.JSONField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("dropped", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "workflow_draft",
            },
        ),
        migrations.AddField(
            model_name="processdefinition",
            name="publisher",
            field=models.CharField(default="", max_length=60),
        ),
        migrations.AddField(
            model_name="processdefinition",
            name="reason",
            field=models.CharField(default="", max_length=500),
        ),
        migrations.AddField(
            model_name="migrationbatch",
            name="ordered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="migrationbatch",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflow.processdefinition"
            ),
        ),
        migrations.AddField(
            model_name="migrationbatch",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflow.processdefinition"
            ),
        ),
        migrations.AddField(
            model_name="migrationentry",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="workflow.migrationbatch",
            ),
        ),
        migrations.AddField(
            model_name="migrationentry",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflow.processinstance"
            ),
        ),
        migrations.AddField(
            model_name="processdraft",
            name="base",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflow.processdefinition",
            ),
        ),
        migrations.AddField(
            model_name="processdraft",
            name="changed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="processdraft",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="processdraft",
            name="published",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflow.processdefinition",
            ),
        ),
        migrations.AddConstraint(
            model_name="migrationentry",
            constraint=models.UniqueConstraint(fields=("batch", "instance"), name="workflow_migration_once"),
        ),
    ]
