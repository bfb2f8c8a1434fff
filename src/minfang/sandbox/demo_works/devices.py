"""Sensing devices of the demonstration: where each hangs, who made it, when it was put in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, zip_longest
from typing import Any

from minfang.registry import secrets
from minfang.registry.models import Device, DeviceBatch, Enterprise
from minfang.registry.sensor_types import GATEWAY, all_types
from minfang.sandbox.demo_works.plan import SEED, chance_of, definition
from minfang.sandbox.demo_works.structure import Built, Unit

FIRST_INSTALLED, LAST_INSTALLED = date(2019, 11, 1), date(2025, 9, 1)
RARE = ("LEL", "H2S", "NH3", "TOXIC", "RADON", "TVOC", "HCHO", "GEN", "SETTLE", "VIDEO")
RARE_EACH = 3


@dataclass(frozen=True)
class Slot:
    """A place for one device."""

    kind: str
    name: str
    unit: Unit
    room: str = ""
    equipment: str = ""
    door: int = -1
    outside: bool = False


def secret_of(device_id: str) -> str:
    """The secret of a demonstration device, so that the simulator can sign in as it."""
    return secrets.digest(f"demo/{SEED}/{device_id}")[:24]


def gateways(built: Built) -> list[Device]:
    """One gateway a floor."""
    made = []
    for floor in built.floors:
        first = next(unit for unit in built.units if unit.floor is floor)
        made.append(_device(built, Slot(GATEWAY, f"{floor.code} 网关", first, "值班室"), None))
    return made


def devices(built: list[Built], wanted: int) -> list[Device]:
    """As many sensors as are wanted beside the gateways, spread over the works by their size."""
    made = [gateway for one in built for gateway in gateways(one)]
    by_floor = {(row.works.works_no, row.floor.code): row for row in made if row.floor is not None}
    turns = chain.from_iterable(zip_longest(*(_turns(index, one) for index, one in enumerate(built))))
    for one, slot in (pair for turn in turns for pair in turn or ()):
        if len(made) >= wanted:
            return made
        made.append(_device(one, slot, by_floor[one.works.works_no, slot.unit.floor.code]))
    return devices_again(built, made, by_floor, wanted)


def devices_again(
    built: list[Built], made: list[Device], by_floor: dict[Any, Device], wanted: int
) -> list[Device]:
    """More devices than there are places (measurements): further ones at the same places."""
    while len(made) < wanted:
        for index, works in enumerate(built):
            for one, slot in chain.from_iterable(_turns(index, works)):
                if len(made) >= wanted:
                    break
                made.append(_device(one, slot, by_floor[one.works.works_no, slot.unit.floor.code]))
    return made


def _turns(index: int, one: Built) -> Iterator[list[tuple[Built, Slot]]]:
    """What a work is given in each round: what every unit has, once a work, then what units have in turn."""
    for unit in one.units:
        yield [(one, slot) for slot in _basic(unit)]
    main = one.units[0]
    yield [(one, slot) for slot in (*_once(index, one, main), *_before_the_door(main))]
    extras = [_extras(unit) for unit in one.units]
    for lap in range(len(extras[0])):
        yield [(one, found[(lap + 4 * turn + index) % len(found)]) for turn, found in enumerate(extras)]


def _basic(unit: Unit) -> list[Slot]:
    return [
        Slot("TEMP", "进风机房温度", unit, "进风机房"),
        Slot("HUMI", "掩蔽区湿度", unit, "掩蔽区"),
        Slot("CO2", "掩蔽区二氧化碳", unit, "掩蔽区"),
        Slot("WATER", f"{unit.entrances[0].name}水浸", unit, door=0),
    ]


def _once(index: int, one: Built, main: Unit) -> list[Slot]:
    found = [
        Slot("POWER", "市电电压", main, "值班室", "PWR"),
        Slot("TANK", "应急水箱水位", main, "掩蔽区", "TNK"),
        Slot("DOORST", f"{main.entrances[0].name}防护门启闭", main, door=0),
        Slot("TILT", f"{main.entrances[0].name}防护门倾角", main, door=0),
    ]
    for floor in one.floors:
        first = next(unit for unit in one.units if unit.floor is floor)
        found.append(Slot("SUMP", f"{floor.code} 1 号集水井液位", first, equipment="PMP"))
        found.append(Slot("CURR", f"{floor.code} 排污泵电流", first, equipment="PMP"))
    kinds = [RARE[(index * RARE_EACH + turn) % len(RARE)] for turn in range(RARE_EACH)]
    for kind in kinds:
        room, equipment = ("值班室", "GEN") if kind == "GEN" else ("掩蔽区", "")
        name = all_types()[kind].name
        found.append(Slot(kind, name if kind == "GEN" else f"掩蔽区{name}", main, room, equipment))
    return found


def _extras(unit: Unit) -> list[Slot]:
    return [
        Slot("FAN", "送风机运行", unit, "进风机房", "FAN"),
        Slot("CURR", "送风机电流", unit, "进风机房", "FAN"),
        Slot("DP", "掩蔽区微压差", unit, "掩蔽区", "PVL"),
        Slot("FILT_DUST", "油网滤尘器阻力", unit, "进风机房", "FLD"),
        Slot("FILT_TOX", "过滤吸收器阻力", unit, "滤毒室", "FLT"),
        Slot("O2", "掩蔽区氧气", unit, "掩蔽区"),
        Slot("INTRUDE", "滤毒室入侵", unit, "滤毒室"),
        Slot("CO", "掩蔽区一氧化碳", unit, "掩蔽区"),
        Slot("PM25", "掩蔽区PM2.5", unit, "掩蔽区"),
        Slot("WIND", "送风风速", unit, "进风机房", "FAN"),
        Slot("AIRP", "送风管风压", unit, "进风机房", "FAN"),
        Slot("TILT", f"{unit.entrances[1].name}防护门倾角", unit, door=1),
        Slot("DOORST", f"{unit.entrances[1].name}防护门启闭", unit, door=1),
        Slot("TEMP", "掩蔽区温度", unit, "掩蔽区"),
        Slot("HUMI", "进风机房湿度", unit, "进风机房"),
    ]


def _before_the_door(unit: Unit) -> list[Slot]:
    """What hangs outside the unit, to compare the air within with that before the door."""
    door = unit.entrances[0].name
    return [
        Slot("TEMP", f"{door}外温度", unit, door=0, outside=True),
        Slot("HUMI", f"{door}外湿度", unit, door=0, outside=True),
    ]


def _device(one: Built, slot: Slot, gateway: Device | None) -> Device:
    number = one.next(f"S-{slot.kind}")
    works, unit, kind = one.works, slot.unit, all_types()[slot.kind]
    equipment = unit.doors[slot.door] if slot.door >= 0 else unit.equipment.get(slot.equipment)
    code = f"{unit.floor.code}-{unit.row.position}-{number:02d}"
    device_id = f"{one.line.slug}-{slot.kind.lower()}-{number:03d}"
    device = Device(
        works=works,
        unit=unit.row,
        floor=unit.floor,
        room=unit.rooms.get(slot.room),
        entrance=unit.entrances[slot.door] if slot.door >= 0 else None,
        equipment=equipment,
        gateway=gateway,
        device_no=f"{works.works_no}-S-{slot.kind}-{number:03d}",
        device_id=device_id,
        sensor_type=slot.kind,
        name=slot.name,
        position=code,
        outside=slot.outside,
        period_seconds=kind.period,
        secret_digest=secrets.digest(secret_of(device_id)),
    )
    _history(device)
    return device


def _history(device: Device) -> None:
    """Maker, batch, installer, and when it was put in, calibrated and looked after."""
    chance, kind = chance_of(device.device_id), all_types()[device.sensor_type]
    makers = [row for row in definition()["maker"] if device.sensor_type in row["types"]]
    maker = chance.choice(makers)
    batch, produced = chance.choice(maker["batches"])
    soonest = max(FIRST_INSTALLED, date.fromisoformat(produced) + timedelta(days=60))
    device.installed_on = soonest + timedelta(days=chance.randrange((LAST_INSTALLED - soonest).days))
    device.life_months = kind.life
    device.calibration_months = kind.calibration
    device.maintenance_months = chance.choice([6, 12])
    device.calibrated_on = max(device.installed_on, date(2026, 1, 10) + timedelta(chance.randrange(300)))
    device.maintained_on = max(device.installed_on, date(2026, 4, 1) + timedelta(chance.randrange(220)))
    device.model = f"{batch[:2]}-{device.sensor_type}-{chance.choice('ABC')}"
    device._made = (maker["uscc"], batch, chance.choice(definition()["installer"])["uscc"])  # type: ignore[attr-defined]


def name_makers(made: list[Device]) -> None:
    """Companies and batches by the codes the plan gave them."""
    companies = {row.uscc: row for row in Enterprise.objects.all()}
    batches = {(row.maker_id, row.batch_no): row for row in DeviceBatch.objects.all()}
    for device in made:
        maker, batch, installer = device._made  # type: ignore[attr-defined]
        device.maker, device.installer = companies[maker], companies[installer]
        device.batch = batches[companies[maker].pk, batch]
