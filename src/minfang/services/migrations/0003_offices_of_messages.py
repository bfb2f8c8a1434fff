from django.db import migrations



def name_offices(apps, schema_editor):
    """Give every message about a case the office of its case; others stay city-wide."""
    message, case = apps.get_model("exchange", "OutboxMessage"), apps.get_model("services", "Case")
    rows = case.objects.exclude(internal_no=None).exclude(organization=None)
    for number, office in rows.values_list("internal_no", "organization_id").iterator(chunk_size=2000):
        message.objects.filter(subject=f"case:{number}", organization=None).update(organization_id=office)


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0002_clocks"),
        ("exchange", "0002_platforms"),
    ]

    operations = [migrations.RunPython(name_offices, migrations.RunPython.noop)]
