from django.db import migrations, models

STATES = [
    ("RUNNING", "办理中"),
    ("SUSPENDED", "特别程序"),
    ("CANCELLING", "正在报批撤销"),
    ("VOIDING", "正在报批作废"),
    ("CLOSED", "已办结"),
    ("CANCELLED", "已撤销"),
    ("VOIDED", "已作废"),
]
ITEM_STATES = [
    ("OPEN", "待办"),
    ("DONE", "已办"),
    ("RETURNED", "退回"),
    ("WITHDRAWN", "被撤回"),
    ("ASKED", "转补正"),
    ("CANCELLED", "已撤销"),
    ("SKIPPED", "无须再办"),
    ("REMOVED", "已减签"),
]
RUNNING = models.Q(state__in=["RUNNING", "SUSPENDED", "CANCELLING"], closed_at__isnull=True)
CLOSED = models.Q(state__in=["CLOSED", "CANCELLED", "VOIDED"], closed_at__isnull=False)


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_designer")]

    operations = [
        migrations.RemoveConstraint("processinstance", "workflow_instance_closed"),
        migrations.AddField("processinstance", "resumes", models.CharField(default="", max_length=10)),
        migrations.AddField("workitem", "visit", models.PositiveIntegerField(default=0)),
        migrations.AddField("workitem", "duty", models.CharField(default="", max_length=10)),
        migrations.AddField("workitem", "added_to", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "workitem", "held", models.BooleanField(default=False, verbose_name="等待他人先签")
        ),
        migrations.AlterField(
            "processinstance",
            "state",
            models.CharField(choices=STATES, default="RUNNING", max_length=10),
        ),
        migrations.AlterField(
            "workitem", "state", models.CharField(choices=ITEM_STATES, default="OPEN", max_length=10)
        ),
        migrations.AddConstraint(
            "processinstance",
            models.CheckConstraint(
                condition=RUNNING | CLOSED | models.Q(state="VOIDING"),
                name="workflow_instance_closed",
            ),
        ),
    ]
