"""Works as pages show and change them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from minfang.kernel.base.schemas import Option, Schema

Area = Annotated[Decimal | None, Field(default=None, ge=0, le=Decimal("9999999999"), decimal_places=2)]


class FacetCount(Schema):
    """One value of a filter with how many rows have it."""

    value: str
    label: str
    count: int


class WorksRow(Schema):
    """A work in a list."""

    id: int
    works_no: str
    name: str
    kind: str
    kind_label: str
    management_level: str
    management_label: str
    district_code: str
    district_name: str
    street: str
    address: str
    lifecycle: str
    lifecycle_label: str
    op_state: str
    op_state_label: str
    managing_unit: str
    building_area: float | None
    built_year: int | None
    units: int
    devices: int
    online: int


class WorksList(Schema):
    """A page of works with how many there are of each kind."""

    rows: list[WorksRow]
    total: int
    by_lifecycle: list[FacetCount]
    by_op_state: list[FacetCount]


class WorksPlace(Schema):
    """A floor, room or entrance."""

    id: int
    no: str
    name: str
    unit_id: int | None = None
    floor_id: int | None = None
    special: bool = False
    note: str = ""


class WorksUnit(Schema):
    """A protective unit with its rooms and entrances."""

    id: int
    unit_no: str
    name: str
    floor_id: int | None
    floor: str
    wartime_use: str
    chemical_level: str
    building_area: float | None
    shelter_area: float | None
    capacity: int | None
    rooms: list[WorksPlace]
    entrances: list[WorksPlace]
    devices: int


class EquipmentOut(Schema):
    """A built-in piece of a work with its design values in words."""

    id: int
    equipment_no: str
    category: str
    name: str
    unit: str
    place: str
    installed_on: date | None
    design: list[Option]


class RegistryEvent(Schema):
    """One change of a work or a device: what it was, what it became, who and why."""

    id: int
    kind: str
    kind_label: str
    at: datetime
    person: str
    reason: str
    changes: list["FieldChange"]


class FieldChange(Schema):
    field: str
    label: str
    before: str
    after: str


class WorksDetail(WorksRow):
    """A work with all that stands in it."""

    prev_no: str
    longitude: float | None
    latitude: float | None
    wartime_use: str
    wartime_use_label: str
    peacetime_use: str
    peacetime_use_label: str
    protection_class: str
    resistance_level: str
    chemical_level: str
    usable_area: float | None
    shelter_area: float | None
    managing_unit_id: int | None
    owner_id: int | None
    owner: str
    contractor_id: int | None
    contractor: str
    version: int
    floors: list[WorksPlace]
    unit_list: list[WorksUnit]
    equipment: list[EquipmentOut]
    events: list[RegistryEvent]
    next_lifecycles: list[Option]
    grave: list[str]
    next_op_states: list[Option]
    may_manage: bool


class WorksIn(Schema):
    """What is written of a work; the number of a new one is given where it is left empty."""

    works_no: str = Field("", max_length=30)
    name: str = Field(max_length=200)
    kind: str
    management_level: str
    district_code: str
    street: str = Field("", max_length=60)
    address: str = Field("", max_length=200)
    longitude: float | None = Field(None, ge=120.0, le=122.5)
    latitude: float | None = Field(None, ge=30.0, le=32.0)
    built_year: int | None = Field(None, ge=1900, le=2100)
    wartime_use: str = ""
    peacetime_use: str = ""
    protection_class: str = Field("", max_length=10)
    resistance_level: str = Field("", max_length=20)
    chemical_level: str = Field("", max_length=4)
    building_area: Area
    usable_area: Area
    shelter_area: Area
    managing_unit_id: int | None = None
    owner_id: int | None = None
    contractor_id: int | None = None
    lifecycle: str = "IN_USE"

    def facts(self) -> dict[str, Any]:
        """The fields of the work, without number and state of life, which have rules of their own."""
        return self.dict(include=set(WorksIn.model_fields) - {"works_no", "lifecycle"})


class WorksChange(WorksIn):
    """A change of a work on the page of the version that was seen."""

    seen_version: int
    reason: str = Field("", max_length=200)


class LifecycleIn(Schema):
    """A step in the life of a work."""

    to: str
    reason: str = Field("", max_length=200)
    seen_version: int


class OpStateIn(Schema):
    """A change of readiness (平急状态)."""

    to: str
    reason: str = Field(max_length=200)
    seen_version: int


class RegistryOptions(Schema):
    """What filters and forms offer, within what the person may see."""

    districts: list[Option]
    kinds: list[Option]
    levels: list[Option]
    lifecycles: list[Option]
    op_states: list[Option]
    statuses: list[Option]
    types: list[Option]
    wartime_uses: list[Option]
    peacetime_uses: list[Option]
    keepers: list[Option]
    makers: list[Option]
    installers: list[Option]
    contractors: list[Option]
    owners: list[Option]
    batches: list[Option]
