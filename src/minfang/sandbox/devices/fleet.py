"""What the simulator knows of a device: its place, its kind, its design values. Plain data, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from minfang.sandbox.devices import noise


@dataclass(frozen=True)
class Spot:
    """One device. ``unit`` is empty for what belongs to the whole work, ``gateway`` where it has none."""

    device_id: str
    works_no: str
    kind: str
    metrics: tuple[str, ...]
    period: int = 300
    unit: str = ""
    outside: bool = False
    name: str = ""
    works_name: str = ""
    use: str = "PARKING"
    batch: str = ""
    gateway: str = ""
    design: Mapping[str, float] = field(default_factory=dict, hash=False)

    @cached_property
    def seed(self) -> int:
        """What makes this device differ from its neighbours."""
        return noise.seed_of(self.device_id)

    @cached_property
    def place_seed(self) -> int:
        """What devices of one unit have in common."""
        return noise.seed_of(self.works_no, self.unit)

    def rated(self, name: str, otherwise: float) -> float:
        """A design value, e.g. the rated current in A."""
        return float(self.design.get(name, otherwise))


@dataclass(frozen=True)
class Fleet:
    """All devices, by work and by what sends for them."""

    spots: tuple[Spot, ...]

    @cached_property
    def by_id(self) -> dict[str, Spot]:
        """Devices by the name they have on the wire."""
        return {spot.device_id: spot for spot in self.spots}

    @cached_property
    def works(self) -> dict[str, list[Spot]]:
        """Devices by work."""
        found: dict[str, list[Spot]] = {}
        for spot in self.spots:
            found.setdefault(spot.works_no, []).append(spot)
        return found
