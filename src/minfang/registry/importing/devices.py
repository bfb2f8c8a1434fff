"""Rows of a file as devices."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from minfang.registry.columns import DEVICES
from minfang.registry.importing.lines import Line, Scope, by_names, compare, refer
from minfang.registry.models import Device, DeviceBatch, Enterprise, Floor, ProtectiveUnit, Room, Works
from minfang.registry.sensor_types import GATEWAY, all_types, name_of

KEY = "device_no"
TITLES = {column.name: column.title for column in DEVICES}
WIRE = re.compile(r"[A-Za-z0-9_-]{1,64}")
Names = dict[str, Any]


@dataclass
class Known:
    """What rows may refer to: read once for the whole file."""

    works: dict[str, Works]
    stored: dict[str, Device]
    wires: dict[str, str]
    companies: Names
    units: dict[int, Names] = field(default_factory=lambda: defaultdict(dict))
    floors: dict[int, Names] = field(default_factory=lambda: defaultdict(dict))
    rooms: dict[int, Names] = field(default_factory=lambda: defaultdict(dict))
    gateways: dict[int, Names] = field(default_factory=lambda: defaultdict(dict))
    batches: dict[tuple[int, str], DeviceBatch] = field(default_factory=dict)


def resolve(lines: list[Line], scope: Scope) -> None:
    """Tell of every row which device it makes or changes; gateways first, for the others refer to them."""
    known = _known(lines, scope)
    first: dict[str, int] = {}
    for line in lines:
        wire = line.values.get("device_id")
        if wire is not None and first.setdefault(wire, line.number) != line.number:
            line.wrong(TITLES["device_id"], f"与第 {first[wire]} 行重复。")
    for line in sorted(lines, key=lambda one: one.values.get("sensor_type") != GATEWAY):
        _one(line, known)
        if not line.problems and line.row is not None and line.row.sensor_type == GATEWAY:
            known.gateways[line.row.works_id].update(
                {line.row.device_no: line.row, line.row.device_id: line.row}
            )


def _known(lines: list[Line], scope: Scope) -> Known:
    numbers = {line.values["works"] for line in lines if "works" in line.values}
    works = {row.works_no: row for row in Works.objects.filter(scope.works, works_no__in=numbers)}
    keys = [row.pk for row in works.values()]
    devices = [line.values[KEY] for line in lines if KEY in line.values]
    wires = [line.values["device_id"] for line in lines if "device_id" in line.values]
    found = Known(
        works,
        {
            row.device_no: row
            for row in Device.objects.filter(device_no__in=devices).select_related(
                "works", "unit", "floor", "room", "gateway", "maker", "batch", "installer"
            )
        },
        dict(Device.objects.filter(device_id__in=wires).values_list("device_id", "device_no")),
        by_names(Enterprise.objects.all(), "name", "uscc"),
        batches={(row.maker_id, row.batch_no): row for row in DeviceBatch.objects.all()},
    )
    _places(found, keys)
    return found


def _places(known: Known, keys: list[int]) -> None:
    for into, model, names in (
        (known.units, ProtectiveUnit, ("unit_no", "name")),
        (known.floors, Floor, ("code", "name")),
        (known.rooms, Room, ("room_no", "name")),
    ):
        by_works = defaultdict(list)
        for row in model._default_manager.filter(works_id__in=keys):
            by_works[row.works_id].append(row)
        for pk, rows in by_works.items():
            into[pk] = by_names(rows, *names)
    gateways = Device.objects.filter(works_id__in=keys, sensor_type=GATEWAY, retired_at=None)
    for gateway in gateways:
        names_of = {gateway.device_no: gateway, gateway.device_id: gateway}
        known.gateways[gateway.works_id].update(names_of)


def _one(line: Line, known: Known) -> None:
    wanted = dict(line.values)
    works = refer(line, TITLES["works"], wanted.get("works"), known.works.get, "您可管理的工程")
    stored = known.stored.get(wanted.get(KEY, ""))
    if works is None:
        return
    wanted["works"] = works
    _place(line, wanted, works, known)
    _makers(line, wanted, known)
    _check(line, stored, wanted, known)
    if line.problems:
        return
    if stored is None:
        line.row = _new(wanted)
    else:
        compare(line, stored, wanted)


def _place(line: Line, wanted: dict[str, Any], works: Works, known: Known) -> None:
    for name, what, names in (
        ("unit", "该工程的防护单元", known.units),
        ("floor", "该工程的楼层", known.floors),
        ("gateway", "该工程的网关", known.gateways),
    ):
        wanted[name] = refer(line, TITLES[name], wanted.get(name), names[works.pk].get, what)
    unit, room = wanted["unit"], wanted.get("room")
    rooms = known.rooms[works.pk]
    found = rooms.get(room or "")
    if room and found is None and unit is not None:
        in_unit = Room.objects.filter(works=works, unit=unit)
        rooms.update({f"{unit.pk}/{row.name}": row for row in in_unit})
        found = rooms.get(f"{unit.pk}/{room}")
    wanted["room"] = refer(line, TITLES["room"], room, lambda _: found, "该单元的房间")


def _makers(line: Line, wanted: dict[str, Any], known: Known) -> None:
    for name, what in (("maker", "生产厂家"), ("installer", "安装单位")):
        wanted[name] = refer(line, TITLES[name], wanted.get(name), known.companies.get, what)
    number, maker = wanted.get("batch"), wanted["maker"]
    if number is None:
        return
    if maker is None:
        line.wrong(TITLES["batch"], "填写批次号时须同时填写生产厂家。")
        return
    batch = known.batches.get((maker.pk, number))
    if batch is None:
        batch = DeviceBatch(maker=maker, batch_no=number, model=wanted.get("model") or "")
        known.batches[maker.pk, number] = batch
    wanted["batch"] = batch


def _check(line: Line, stored: Device | None, wanted: dict[str, Any], known: Known) -> None:
    wire, number = wanted.get("device_id"), wanted.get(KEY)
    if wire and not WIRE.fullmatch(wire):
        line.wrong(TITLES["device_id"], "只能用字母、数字、- 和 _，最多 64 个。")
    if wire and known.wires.get(wire, number) != number:
        line.wrong(TITLES["device_id"], f"已由设备 {known.wires[wire]} 使用。")
    if wanted.get("gateway") is not None and wanted.get("sensor_type") == GATEWAY:
        line.wrong(TITLES["gateway"], "网关本身不经网关上报。")
    if stored is None:
        return
    if stored.works_id != wanted["works"].pk:
        line.wrong(TITLES["works"], f"该设备已登记在 {stored.works.works_no}，不能改到别的工程。")
    if wanted.get("sensor_type") not in (None, stored.sensor_type):
        line.wrong(
            TITLES["sensor_type"], f"已登记为“{name_of(stored.sensor_type)}”，不能改类型，请更换设备。"
        )
    if stored.retired_at is not None:
        line.wrong(TITLES[KEY], "该设备已更换退役。")


def _new(wanted: dict[str, Any]) -> Device:
    kind = all_types()[wanted["sensor_type"]]
    usual = {
        "life_months": kind.life,
        "calibration_months": kind.calibration,
        "period_seconds": kind.period,
    }
    return Device(**{**usual, **{name: value for name, value in wanted.items() if value is not None}})
