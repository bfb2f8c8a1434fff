"""What pages, exports and other rooms read of works and devices."""

from minfang.registry.queries.devices import device_detail, device_list, device_rows, devices_asked
from minfang.registry.queries.options import options
from minfang.registry.queries.works import works_asked, works_detail, works_list, works_rows

__all__ = [
    "device_detail",
    "device_list",
    "device_rows",
    "devices_asked",
    "options",
    "works_asked",
    "works_detail",
    "works_list",
    "works_rows",
]
