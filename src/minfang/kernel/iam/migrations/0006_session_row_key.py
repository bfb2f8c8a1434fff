"""Name sessions by a keyed digest of the cookie: sessions of the release before are over."""

from django.db import migrations, models

from minfang.kernel.base import clock

NOTE = "系统已升级"


def end_sessions(apps, schema_editor):
    """The rows of the release before hold cookie values in clear; none of them stays."""
    apps.get_model("sessions", "Session").objects.all().delete()
    StaffSession = apps.get_model("iam", "StaffSession")
    open_rows = StaffSession.objects.filter(ended_at=None)
    open_rows.update(ended_at=clock.now(), end_kind="CHANGED", end_note=NOTE)
    StaffSession.objects.update(row_key="")


class Migration(migrations.Migration):

    dependencies = [
        ("iam", "0005_alter_organization_kind"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RenameField(model_name="staffsession", old_name="session_key", new_name="row_key"),
        migrations.RunPython(end_sessions, migrations.RunPython.noop),
    ]
