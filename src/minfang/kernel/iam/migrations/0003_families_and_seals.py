"""Keep the kinds of account apart by constraint, seal the rows that decide access, and let two persons grant."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import minfang.kernel.base.clock
from minfang.kernel.crypto.rowmac import row_mac

FAMILIES = [("BUSINESS", "业务人员"), ("SYSTEM", "系统管理"), ("SECURITY", "安全管理"), ("AUDIT", "审计管理")]
ADMINISTRATORS = {"sys_admin": "SYSTEM", "sec_admin": "SECURITY", "auditor": "AUDIT"}
SEALED = {
    "Role": ("code", "family", "permissions"),
    "RoleGrant": ("person_id", "role_id", "organization_id", "family"),
    "Person": ("id", "username", "password", "kind", "family", "is_active", "organization_id", "party_id"),
}


def settle_families(apps, schema_editor):
    """Every role its family, every grant its role's, every person that of their grants."""
    Role, RoleGrant, Person = (apps.get_model("iam", name) for name in ("Role", "RoleGrant", "Person"))
    for code, family in ADMINISTRATORS.items():
        Role.objects.filter(code=code).update(family=family)
        RoleGrant.objects.filter(role__code=code).update(family=family)
    held = {}
    for person, family in RoleGrant.objects.values_list("person_id", "family"):
        held.setdefault(person, set()).add(family)
    mixed = [person for person, families in held.items() if len(families) > 1]
    if mixed:
        names = "、".join(Person.objects.filter(pk__in=mixed).values_list("username", flat=True))
        raise RuntimeError(f"以下账号同时持有不同类别的管理角色，请先收回其一再升级：{names}")
    for person, families in held.items():
        Person.objects.filter(pk=person).update(family=families.pop())


def seal(apps, schema_editor):
    """Put a seal on every row there is."""
    for name, columns in SEALED.items():
        model = apps.get_model("iam", name)
        for row in model.objects.all().iterator():
            mac = row_mac(model._meta.db_table, [getattr(row, column) for column in columns])
            model.objects.filter(pk=row.pk).update(mac=mac)


def two_columns(name, table, column):
    return migrations.RunSQL(
        f"ALTER TABLE iam_role_grant ADD CONSTRAINT {name} FOREIGN KEY ({column}, family) REFERENCES {table} (id, family)",
        f"ALTER TABLE iam_role_grant DROP CONSTRAINT {name}",
    )


def column(model, name, field):
    return migrations.AddField(model_name=model, name=name, field=field)


def family():
    return models.CharField(choices=FAMILIES, default="BUSINESS", max_length=10)


def mac():
    return models.CharField(default="", editable=False, max_length=64)


def moment():
    return models.DateTimeField(default=minfang.kernel.base.clock.now)


def reference(to, **more):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **more)


class Migration(migrations.Migration):

    dependencies = [
        ("iam", "0002_proof"),
    ]

    operations = [
        migrations.AlterModelOptions(name="person", options={"verbose_name": "账号"}),
        migrations.AlterModelOptions(name="role", options={"verbose_name": "角色"}),
        migrations.AlterModelOptions(name="rolegrant", options={"verbose_name": "授权"}),
        column("person", "created_at", moment()),
        column("person", "enabled_at", moment()),
        column("person", "disabled_reason", models.CharField(default="", max_length=200)),
        column("person", "family", family()),
        column("person", "mac", mac()),
        column("role", "family", family()),
        column("role", "mac", mac()),
        column("rolegrant", "family", family()),
        column("rolegrant", "granted_at", moment()),
        column("rolegrant", "mac", mac()),
        migrations.CreateModel(
            name="GrantRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mac", mac()),
                ("change", models.CharField(choices=[("ADD", "授予"), ("REMOVE", "收回")], max_length=6)),
                ("reason", models.CharField(max_length=500)),
                ("state", models.CharField(choices=[("WAITING", "待复核"), ("APPROVED", "已生效"), ("REFUSED", "未同意"), ("WITHDRAWN", "已撤回"), ("EXPIRED", "已过期")], db_index=True, default="WAITING", max_length=10)),
                ("proposed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("note", models.CharField(default="", max_length=500)),
                ("open_key", models.CharField(max_length=64, unique=True)),
                ("decided_by", reference(settings.AUTH_USER_MODEL, null=True, related_name="+")),
                ("organization", reference("iam.organization", related_name="+")),
                ("person", reference(settings.AUTH_USER_MODEL, related_name="grant_requests")),
                ("proposed_by", reference(settings.AUTH_USER_MODEL, related_name="+")),
                ("role", reference("iam.role", related_name="+")),
            ],
            options={"verbose_name": "授权申请", "db_table": "iam_grant_request"},
        ),
        migrations.AddConstraint(
            model_name="grantrequest",
            constraint=models.CheckConstraint(condition=models.Q(("person", models.F("proposed_by")), _negated=True), name="iam_grant_not_own"),
        ),
        migrations.AddConstraint(
            model_name="grantrequest",
            constraint=models.CheckConstraint(condition=models.Q(models.Q(("state", "APPROVED"), _negated=True), models.Q(("decided_by__isnull", False), models.Q(("decided_by", models.F("proposed_by")), _negated=True), models.Q(("decided_by", models.F("person")), _negated=True)), _connector="OR"), name="iam_grant_two_persons"),
        ),
        migrations.RunPython(settle_families, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(fields=("id", "family"), name="iam_person_family"),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(fields=("id", "family"), name="iam_role_family"),
        ),
        two_columns("iam_grant_person_family", "iam_person", "person_id"),
        two_columns("iam_grant_role_family", "iam_role", "role_id"),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
