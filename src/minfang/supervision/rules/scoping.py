"""Which devices a rule watches, and where a device, unit or work has numbers of its own."""

from collections.abc import Mapping

from minfang.supervision.rules.definition import Override, OverrideLevel, RuleDefinition, Scope
from minfang.supervision.rules.facts import SeriesFacts


class InScope:
    """Whether a device belongs to a rule; a number that is named must match, empty lists match all."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        wanted = {
            "works_no": scope.works,
            "unit_no": scope.units,
            "device_no": scope.devices,
            "district": scope.districts,
            "equipment_category": scope.equipment,
        }
        unwanted = {
            "works_no": scope.excluded_works,
            "unit_no": scope.excluded_units,
            "device_no": scope.excluded_devices,
        }
        self._wanted = [(name, frozenset(numbers)) for name, numbers in wanted.items() if numbers]
        self._unwanted = [(name, frozenset(numbers)) for name, numbers in unwanted.items() if numbers]

    def __call__(self, row: SeriesFacts) -> bool:
        """For one device."""
        scope = self.scope
        if any(getattr(row, name) not in numbers for name, numbers in self._wanted):
            return False
        if any(getattr(row, name) in numbers for name, numbers in self._unwanted):
            return False
        if scope.management_level and scope.management_level != row.management_level:
            return False
        if scope.special_rooms is not None and scope.special_rooms != row.special:
            return False
        return scope.rooms_named in row.room


Overrides = Mapping[tuple[str, str], list[Override]]


def override_for(overrides: Overrides, row: SeriesFacts) -> tuple[bool, dict[int, OverrideLevel]]:
    """Whether the rule is off here, and other numbers by level; a device beats its unit, a unit its work."""
    off: bool = False
    levels: dict[int, OverrideLevel] = {}
    for target, number in (("works", row.works_no), ("unit", row.unit_no), ("device", row.device_no)):
        for override in overrides.get((target, number), ()):
            off = override.off
            levels |= {level.level: level for level in override.levels}
    return off, levels


def overrides_by_target(definition: RuleDefinition) -> dict[tuple[str, str], list[Override]]:
    """What is set otherwise, by what it is set for."""
    found: dict[tuple[str, str], list[Override]] = {}
    for override in definition.overrides:
        found.setdefault((override.target, override.number), []).append(override)
    return found
