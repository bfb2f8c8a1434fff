"""Whose works and devices a person may change; what lies outside looks as if it did not exist."""

from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization
from minfang.registry.models import Device, Works
from minfang.registry.models.works import CITY_WIDE, OF_A_DISTRICT


def works_of(access: Access, works_id: int, permission: str, *, lock: bool = False) -> Works:
    """A work within the scope in which ``permission`` is held."""
    rows = Works.objects.visible_to(access, permission)
    rows = rows.select_for_update(of=("self",)) if lock else rows.select_related("managing_unit")
    found = rows.filter(pk=works_id).first()
    if found is None:
        raise not_found("该工程")
    return found


def device_of(access: Access, device_id: int, permission: str, *, lock: bool = False) -> Device:
    """A device within the scope in which ``permission`` is held."""
    rows = Device.objects.visible_to(access, permission).select_related("works")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    found = rows.filter(pk=device_id).first()
    if found is None:
        raise not_found("该设备")
    return found


def places(access: Access, permission: str = "works.manage") -> tuple[bool, set[str], set[int]]:
    """Where a person may put works: everywhere, in these districts, or with these keepers."""
    offices = Organization.objects.filter(pk__in=access.offices_for(permission)).select_related("parent")
    found = [row.office for row in offices]
    return (
        any(office.kind in CITY_WIDE for office in found),
        {office.district_code for office in found if office.kind in OF_A_DISTRICT},
        {office.pk for office in found if office.kind not in (*CITY_WIDE, *OF_A_DISTRICT)},
    )


def require_place(access: Access, district: str, keeper_id: int | None) -> None:
    """Refuse a work that would lie outside what this person looks after."""
    everywhere, districts, keepers = places(access)
    if not (everywhere or district in districts or keeper_id in keepers):
        raise invalid([FieldError("district_code", "区", "只能填写本单位管辖的区。")])
