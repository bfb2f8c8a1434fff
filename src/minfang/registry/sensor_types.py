"""The types of sensing devices and what is usual for each (handbook §9.1)."""

from dataclasses import dataclass
from functools import cache

from minfang.registry.definitions import load

GATEWAY = "GATEWAY"


@dataclass(frozen=True, slots=True)
class SensorType:
    """A type of device: ``period`` between reports in peace (s), ``life`` and ``calibration`` in months."""

    code: str
    name: str
    category: str
    period: int
    life: int
    calibration: int


@cache
def all_types() -> dict[str, SensorType]:
    """Every type by its code, in the order of the handbook."""
    return {code: SensorType(code, **row) for code, row in load("sensor_types")["type"].items()}


def name_of(code: str) -> str:
    """The name of a type; a code that is none stands for itself."""
    found = all_types().get(code)
    return found.name if found else code
