"""What filters and forms of works and devices offer, within what a person may see."""

from typing import Any

from django.db.models import QuerySet

from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.registry import districts, wartime
from minfang.registry.definitions import load
from minfang.registry.models import (
    Device,
    DeviceBatch,
    DeviceStatus,
    Enterprise,
    EnterpriseRole,
    Lifecycle,
    ManagementLevel,
    OpState,
    Works,
    WorksKind,
)
from minfang.registry.schemas import RegistryOptions
from minfang.registry.sensor_types import all_types


def options(access: Access) -> RegistryOptions:
    """Enumerations as they are; districts, keepers and makers as far as they occur in what is seen."""
    seen = Works.objects.visible_to(access)
    codes = set(seen.order_by().values_list("district_code", flat=True).distinct())
    if Works.objects.visible_to(access, "works.manage").exists():
        codes = {one.code for one in districts.all_districts()}
    devices = Device.objects.visible_to(access).order_by()
    companies = list(Enterprise.objects.all())
    keepers = Organization.objects.filter(kind=OrganizationKind.MAINTENANCE_RESPONSIBLE)
    if not any(row.kind == OrganizationKind.MUNICIPAL_OFFICE for row in _offices(access)):
        keepers = keepers.filter(kept_works__in=seen).distinct()
    return RegistryOptions(
        districts=[Option(value=d.code, label=d.name) for d in districts.all_districts() if d.code in codes],
        kinds=_choices(WorksKind),
        levels=_choices(ManagementLevel),
        lifecycles=_choices(Lifecycle),
        op_states=_choices(OpState),
        statuses=_choices(DeviceStatus),
        types=[Option(value=code, label=kind.name) for code, kind in all_types().items()],
        wartime_uses=[Option(value=c, label=wartime.use_name(c)) for c in load("wartime")["uses"]],
        peacetime_uses=[Option(value=c, label=t) for c, t in load("works")["peacetime_use"].items()],
        keepers=[Option(value=str(row.pk), label=row.short_name) for row in keepers.order_by("code")],
        makers=_companies(companies, EnterpriseRole.MAKER),
        installers=_companies(companies, EnterpriseRole.INSTALLER),
        contractors=_companies(companies, EnterpriseRole.CONTRACTOR),
        owners=_companies(companies, EnterpriseRole.OWNER),
        batches=_batches(devices),
    )


def _offices(access: Access) -> QuerySet[Organization]:
    return Organization.objects.filter(pk__in=access.offices_for("works.read"))


def _choices(kind: Any) -> list[Option]:
    return [Option(value=value, label=str(label)) for value, label in kind.choices]


def _companies(rows: list[Enterprise], role: EnterpriseRole) -> list[Option]:
    return [Option(value=str(row.pk), label=row.name) for row in rows if role in row.roles]


def _batches(devices: QuerySet[Device]) -> list[Option]:
    wanted = DeviceBatch.objects.filter(devices__in=devices).distinct().select_related("maker")
    return [Option(value=str(row.pk), label=f"{row.batch_no} {row.maker.name}") for row in wanted]
