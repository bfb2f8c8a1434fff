"""Numbers of works and devices: the next one free, by the patterns of the definitions."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from minfang.kernel.base.errors import Refusal
from minfang.registry import lifecycle
from minfang.registry.definitions import load
from minfang.registry.models import Device, Works

TRIES = 5
Row = TypeVar("Row", bound=models.Model)


def next_works_no(district: str, kind: str, year: int, state: str) -> str:
    """The next number of a work of this kind, district and year (handbook §8.3)."""
    pattern = load("works")["number"]["works"]
    known = {"district": district, "kind": kind, "year": year}
    stem = pattern.split("{seq")[0].format(**known)
    taken = Works.objects.filter(
        models.Q(works_no__startswith=stem) | models.Q(works_no__startswith=_z(stem))
    )
    number = pattern.format(**known, seq=_highest(taken, "works_no") + 1)
    return lifecycle.numbered(number, state)


def next_device_no(works_no: str, kind: str) -> str:
    """The next number of a device of this type in a work."""
    pattern = load("works")["number"]["device"]
    stem = pattern.split("{seq")[0].format(works_no=works_no, type=kind)
    taken = Device.objects.filter(device_no__startswith=stem)
    return str(pattern.format(works_no=works_no, type=kind, seq=_highest(taken, "device_no") + 1))


def _z(stem: str) -> str:
    return lifecycle.prefix() + stem


def _highest(taken: Any, field: str) -> int:
    tails = (number.rsplit("-", 1)[-1] for number in taken.values_list(field, flat=True))
    return max((int(tail) for tail in tails if tail.isdigit()), default=0)


def save_numbered(make: Callable[[], Row], path: str, *, given: bool) -> Row:
    """Save what ``make`` builds; when somebody took the same number meanwhile, build it anew.

    ``given``: the person gave the number, so a second one is a mistake of theirs.
    """
    for _ in range(1 if given else TRIES):
        row = make()
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                return row
        except IntegrityError:
            continue
    raise Refusal(
        "NUMBER_TAKEN", "该编号或通信标识已有其他工程、设备使用。", "请核对编号，或留空由系统编号。"
    )
