"""Works as lists and pages show them, within what a person may see."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.registry import districts, lifecycle, wartime
from minfang.registry.access import works_of
from minfang.registry.definitions import load
from minfang.registry.models import (
    Device,
    DeviceStatus,
    Equipment,
    Lifecycle,
    ManagementLevel,
    OpState,
    ProtectiveUnit,
    Works,
    WorksKind,
    place_words,
)
from minfang.registry.queries.asked import WorksAsked, counts, part
from minfang.registry.queries.events import works_events
from minfang.registry.schemas import EquipmentOut, WorksDetail, WorksList, WorksPlace, WorksRow, WorksUnit

SORTS = {
    "number": ["works_no"],
    "name": ["name", "works_no"],
    "area": ["-building_area", "works_no"],
    "year": ["-built_year", "works_no"],
    "devices": ["-device_count", "works_no"],
    "offline": ["-offline_count", "works_no"],
}


def district_name(code: str) -> str:
    """The name of a district; the code where there is none."""
    try:
        return districts.district(code).name
    except LookupError:
        return code


def _devices(**more: Any) -> Any:
    rows = Device.objects.filter(works=OuterRef("pk"), retired_at=None, **more).order_by()
    return Coalesce(Subquery(rows.values("works").annotate(n=Count("pk")).values("n")), 0)


def works_asked(access: Access, asked: WorksAsked, *, without: str = "") -> QuerySet[Works]:
    """The works asked for; ``without`` leaves one filter out, to count what it could be set to."""
    rows: QuerySet[Works] = Works.objects.visible_to(access)
    if asked.keyword:
        word = asked.keyword.strip()
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(works_no__icontains=word)
            | Q(prev_no__icontains=word)
            | Q(address__icontains=word)
        )
    wanted = {
        "district_code": asked.district,
        "kind": asked.kind,
        "management_level": asked.level,
        "lifecycle": asked.lifecycle,
        "op_state": asked.op_state,
        "managing_unit_id": asked.keeper,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value and name != without})


def _counted(rows: QuerySet[Works]) -> QuerySet[Works]:
    units = ProtectiveUnit.objects.filter(works=OuterRef("pk")).order_by()
    return rows.select_related("managing_unit").annotate(
        unit_count=Coalesce(Subquery(units.values("works").annotate(n=Count("pk")).values("n")), 0),
        device_count=_devices(),
        online_count=_devices(status__in=[DeviceStatus.ONLINE, DeviceStatus.LOW_BATTERY]),
        offline_count=_devices(status=DeviceStatus.OFFLINE),
    )


def works_rows(access: Access, asked: WorksAsked) -> QuerySet[Works]:
    """All rows asked for in their order."""
    return _counted(works_asked(access, asked)).order_by(*SORTS.get(asked.sort, SORTS["number"]))


def works_list(access: Access, asked: WorksAsked) -> WorksList:
    """One page of works, and how many there are of each state."""
    rows = works_rows(access, asked)
    by_life = works_asked(access, asked, without="lifecycle")
    by_state = works_asked(access, asked, without="op_state")
    return WorksList(
        rows=[WorksRow(**row_of(works)) for works in part(rows, asked.page, asked.size)],
        total=works_asked(access, asked).count(),
        by_lifecycle=counts(by_life, "lifecycle", dict(Lifecycle.choices)),
        by_op_state=counts(by_state, "op_state", dict(OpState.choices)),
    )


def row_of(works: Any) -> dict[str, Any]:
    """A counted work as a row."""
    return {
        "id": works.pk,
        "works_no": works.works_no,
        "name": works.name,
        "kind": works.kind,
        "kind_label": WorksKind(works.kind).label,
        "management_level": works.management_level,
        "management_label": ManagementLevel(works.management_level).label,
        "district_code": works.district_code,
        "district_name": district_name(works.district_code),
        "street": works.street,
        "address": works.address,
        "lifecycle": works.lifecycle,
        "lifecycle_label": Lifecycle(works.lifecycle).label,
        "op_state": works.op_state,
        "op_state_label": OpState(works.op_state).label,
        "managing_unit": works.managing_unit.short_name if works.managing_unit else "",
        "building_area": _number(works.building_area),
        "built_year": works.built_year,
        "units": works.unit_count,
        "devices": works.device_count,
        "online": works.online_count,
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def works_detail(access: Access, works_id: int) -> WorksDetail:
    """A work with all that stands in it and what it went through."""
    works_of(access, works_id, "works.read")
    rows = Works.objects.filter(pk=works_id).select_related("managing_unit", "owner", "contractor")
    works: Any = _counted(rows).get()
    uses = load("works")["peacetime_use"]
    return WorksDetail(
        **row_of(works),
        **{name: getattr(works, name) for name in PLAIN},
        usable_area=_number(works.usable_area),
        shelter_area=_number(works.shelter_area),
        wartime_use_label=wartime.use_name(works.wartime_use),
        peacetime_use_label=uses.get(works.peacetime_use, works.peacetime_use),
        owner=str(works.owner or ""),
        contractor=str(works.contractor or ""),
        floors=[WorksPlace(id=f.pk, no=f.code, name=f.name) for f in works.floors.all()],
        unit_list=_units(works),
        equipment=equipment_of(works.equipment.select_related("unit", "room", "entrance")),
        events=works_events(works.pk),
        next_lifecycles=[
            Option(value=one, label=lifecycle.label(one))
            for one in lifecycle.next_lifecycles(works.lifecycle)
        ],
        grave=load("works")["lifecycle"]["grave"],
        next_op_states=[
            Option(value=one, label=str(OpState(one).label))
            for one in lifecycle.next_op_states(works.op_state)
        ],
        may_manage=Works.objects.visible_to(access, "works.manage").filter(pk=works_id).exists(),
    )


PLAIN = (
    "prev_no",
    "longitude",
    "latitude",
    "wartime_use",
    "peacetime_use",
    "protection_class",
    "resistance_level",
    "chemical_level",
    "managing_unit_id",
    "owner_id",
    "contractor_id",
    "version",
)


def _units(works: Works) -> list[WorksUnit]:
    rooms, entrances = list(works.rooms.all()), list(works.entrances.all())
    devices = dict(
        works.devices.filter(retired_at=None).order_by().values_list("unit_id").annotate(n=Count("pk"))
    )
    return [
        WorksUnit(
            id=unit.pk,
            unit_no=unit.unit_no,
            name=unit.name,
            floor_id=unit.floor_id,
            floor=str(unit.floor or ""),
            wartime_use=wartime.use_name(unit.wartime_use),
            chemical_level=unit.chemical_level,
            building_area=_number(unit.building_area),
            shelter_area=_number(unit.shelter_area),
            capacity=unit.capacity,
            rooms=[
                WorksPlace(id=r.pk, no=r.room_no, name=r.name, unit_id=unit.pk, special=r.special)
                for r in rooms
                if r.unit_id == unit.pk
            ],
            entrances=[
                WorksPlace(id=e.pk, no=e.entrance_no, name=e.name, note=e.get_rank_display())
                for e in entrances
                if e.unit_id == unit.pk
            ],
            devices=devices.get(unit.pk, 0),
        )
        for unit in works.units.select_related("floor")
    ]


def equipment_of(rows: Iterable[Equipment]) -> list[EquipmentOut]:
    """Equipment with its design values in words."""
    return [
        EquipmentOut(
            id=row.pk,
            equipment_no=row.equipment_no,
            category=row.category,
            name=row.name,
            unit=str(row.unit or ""),
            place=place_words("", None, None, row.room or row.entrance).strip(),
            installed_on=row.installed_on,
            design=design_of(row),
        )
        for row in rows
    ]


def design_of(row: Equipment) -> list[Option]:
    """The design values of a piece, with unit."""
    labels = load("works")["equipment"]["design"]
    known = ((labels[name], value) for name, value in row.design.items() if name in labels)
    return [Option(value=f"{value}", label=label) for label, value in known]
