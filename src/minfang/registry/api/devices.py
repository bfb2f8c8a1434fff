"""Devices in the office: list, page, changes, calibration, replacement, secrets, export."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja import Schema as Filters

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.registry import actions, queries, workbooks
from minfang.registry.actions.reading import exported
from minfang.registry.api.works import attachment
from minfang.registry.queries.asked import DevicesAsked
from minfang.registry.schemas import (
    DeviceActIn,
    DeviceChange,
    DeviceDetail,
    DeviceIn,
    DeviceList,
    DeviceReplaceIn,
    DeviceSecret,
    DeviceStatusIn,
    DeviceWithSecret,
)

router = Router(tags=["设备"], auth=[requires("iot.read")])
MANAGE = [requires("works.manage")]
HANDLE = [requires("iot.handle")]
ONE = {200: DeviceDetail, **PROBLEMS}
MADE = {200: DeviceWithSecret, **PROBLEMS}


class DeviceFilters(Filters):
    """Filters of the list, all shareable in the address."""

    keyword: str = ""
    type: str = ""
    status: str = ""
    works: int = 0
    unit: int = 0
    maker: int = 0
    batch: int = 0
    installer: int = 0
    district: str = ""
    retired: bool = False
    sort: str = "number"
    page: int = 1
    size: int = 20


@router.get("", response={200: DeviceList, **PROBLEMS}, operation_id="list_devices")
def list_devices(request: HttpRequest, filters: DeviceFilters = Query(...)) -> DeviceList:  # noqa: B008
    """Devices within what I may see, with how many there are in each state and of each type."""
    return queries.device_list(access_of(request), DevicesAsked(**filters.dict()))


@router.get("/export.xlsx", operation_id="export_devices", auth=[requires("iot.export")])
def export_devices(request: HttpRequest, filters: DeviceFilters = Query(...)) -> HttpResponse:  # noqa: B008
    """The filtered list as a file that may be corrected and imported again."""
    access = access_of(request)
    require_fresh(request)
    rows = queries.device_rows(access, DevicesAsked(**filters.dict()))
    content = workbooks.export("devices", rows[: workbooks.MOST])
    exported(access, "devices", filters.dict())
    return attachment(content, "devices.xlsx")


@router.get("/{int:device_id}", response=ONE, operation_id="get_device")
def get_device(request: HttpRequest, device_id: int) -> DeviceDetail:
    """One device with its facts, its life and what it went through."""
    return queries.device_detail(access_of(request), device_id)


@router.post("", response=MADE, operation_id="create_device", auth=MANAGE)
def create_device(request: HttpRequest, body: DeviceIn) -> DeviceWithSecret:
    """Enter a device; its secret is shown this once."""
    access = access_of(request)
    device, secret = actions.create_device(access, body)
    return DeviceWithSecret(device=queries.device_detail(access, device.pk), secret=secret)


@router.put("/{int:device_id}", response=ONE, operation_id="change_device", auth=MANAGE)
def change_device(request: HttpRequest, device_id: int, body: DeviceChange) -> DeviceDetail:
    """Correct the facts of a device."""
    access = access_of(request)
    actions.change_device(access, device_id, body)
    return queries.device_detail(access, device_id)


@router.post("/{int:device_id}/status", response=ONE, operation_id="change_device_status", auth=HANDLE)
def change_device_status(request: HttpRequest, device_id: int, body: DeviceStatusIn) -> DeviceDetail:
    """Take a device out of service, or back into it."""
    access = access_of(request)
    actions.change_status(access, device_id, body)
    return queries.device_detail(access, device_id)


@router.post("/{int:device_id}/calibrate", response=ONE, operation_id="calibrate_device", auth=HANDLE)
def calibrate_device(request: HttpRequest, device_id: int, body: DeviceActIn) -> DeviceDetail:
    """A device was calibrated."""
    access = access_of(request)
    actions.calibrate(access, device_id, body)
    return queries.device_detail(access, device_id)


@router.post("/{int:device_id}/maintain", response=ONE, operation_id="maintain_device", auth=HANDLE)
def maintain_device(request: HttpRequest, device_id: int, body: DeviceActIn) -> DeviceDetail:
    """A device was looked after."""
    access = access_of(request)
    actions.maintain(access, device_id, body)
    return queries.device_detail(access, device_id)


@router.post("/{int:device_id}/replace", response=MADE, operation_id="replace_device", auth=MANAGE)
def replace_device(request: HttpRequest, device_id: int, body: DeviceReplaceIn) -> DeviceWithSecret:
    """A new device at the place of this one; its secret is shown this once."""
    access = access_of(request)
    device, secret = actions.replace_device(access, device_id, body)
    return DeviceWithSecret(device=queries.device_detail(access, device.pk), secret=secret)


@router.post(
    "/{int:device_id}/secret",
    response={200: DeviceSecret, **PROBLEMS},
    operation_id="renew_device_secret",
    auth=MANAGE,
)
def renew_device_secret(request: HttpRequest, device_id: int) -> DeviceSecret:
    """A new secret, shown this once."""
    require_fresh(request)
    return DeviceSecret(secret=actions.new_secret(access_of(request), device_id))
