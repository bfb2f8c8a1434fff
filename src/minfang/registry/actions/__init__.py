"""Everything that changes works and devices; other rooms import from here."""

from minfang.registry.actions.devices import (
    calibrate,
    change_device,
    change_status,
    create_device,
    maintain,
    new_secret,
    replace_device,
)
from minfang.registry.actions.works import change_lifecycle, change_op_state, change_works, create_works

__all__ = [
    "calibrate",
    "change_device",
    "change_lifecycle",
    "change_op_state",
    "change_status",
    "change_works",
    "create_device",
    "create_works",
    "maintain",
    "new_secret",
    "replace_device",
]
