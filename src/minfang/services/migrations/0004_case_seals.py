"""Put a seal on the state and the days of every case there is."""

from django.db import migrations

from minfang.kernel.crypto.rowmac import row_mac
from minfang.services.case_seals import SealField

CHUNK = 1000
COVERED = (
    "internal_no", "matter_version_id", "applicant_id", "organization_id", "district_code", "status", "round",
    "instance_id", "submitted_at", "accepted_at", "promise_due", "legal_due", "clock_days", "due_on", "is_paused",
    "decision", "done_result", "closed_at",
)


def seal(apps, schema_editor):
    """Rows of the release before are taken as they stand."""
    Case = apps.get_model("services", "Case")
    batch = []
    for row in Case.objects.exclude(internal_no=None).only(*COVERED).iterator(chunk_size=CHUNK):
        row.mac = row_mac("svc_case", [getattr(row, name) for name in COVERED])
        batch.append(row)
        if len(batch) == CHUNK:
            Case.objects.bulk_update(batch, ["mac"])
            batch.clear()
    if batch:
        Case.objects.bulk_update(batch, ["mac"])


class Migration(migrations.Migration):
    dependencies = [("services", "0003_offices_of_messages")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="mac",
            field=SealField(default="", editable=False, max_length=64),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
