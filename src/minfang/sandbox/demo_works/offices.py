"""Offices and companies of the demonstration's works."""

from datetime import date

from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.models import Organization
from minfang.registry.models import DeviceBatch, Enterprise, EnterpriseRole
from minfang.sandbox.demo_works.plan import definition


def ensure_offices() -> None:
    """Those that watch and keep works; people are then given to them."""
    for row in definition()["office"]:
        parent = Organization.objects.get(code=row["parent"]) if "parent" in row else None
        iam.ensure_organization(
            row["code"],
            name=row["name"],
            short_name=row["short_name"],
            kind=row["kind"],
            district_code=row["district"],
            parent=parent,
            uscc=row.get("uscc", ""),
        )


def ensure_companies() -> None:
    """Makers with their batches, contractors, installers and owners."""
    for part, role in (
        ("maker", EnterpriseRole.MAKER),
        ("contractor", EnterpriseRole.CONTRACTOR),
        ("installer", EnterpriseRole.INSTALLER),
        ("owner", EnterpriseRole.OWNER),
    ):
        for row in definition()[part]:
            values = {"name": row["name"], "roles": [role]}
            company, _ = Enterprise.objects.get_or_create(uscc=row["uscc"], defaults=values)
            for number, day in row.get("batches", ()):
                DeviceBatch.objects.get_or_create(
                    maker=company, batch_no=number, defaults={"produced_on": date.fromisoformat(day)}
                )
