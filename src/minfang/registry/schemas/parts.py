"""Parts of works as forms show and change them."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from minfang.kernel.base.schemas import Option, Schema
from minfang.registry.schemas.works import Area

PartCode = Literal["floor", "unit", "room", "entrance", "equipment"]


class PartFacts(Schema):
    """What is written of a part; each kind takes the fields it has, ``design`` by the definitions."""

    name: str = Field("", max_length=80)
    level: int | None = Field(None, ge=-20, le=20)
    position: int | None = Field(None, ge=1, le=999)
    floor_id: int | None = None
    unit_id: int | None = None
    room_id: int | None = None
    entrance_id: int | None = None
    wartime_use: str = ""
    chemical_level: str = Field("", max_length=4)
    building_area: Area
    shelter_area: Area
    capacity: int | None = Field(None, ge=0, le=1_000_000)
    special: bool = False
    rank: str = "MAIN"
    category: str = ""
    maker_id: int | None = None
    installed_on: date | None = None
    life_months: int | None = Field(None, ge=1, le=1200)
    maintained_on: date | None = None
    maintenance_months: int | None = Field(None, ge=1, le=600)
    design: dict[str, float] = Field(default_factory=dict)


class PartIn(PartFacts):
    """A new part, or a part corrected, on the page of the version of the work that was seen."""

    no: str = Field("", max_length=50)
    seen_version: int
    reason: str = Field("", max_length=200)


class PartStateIn(Schema):
    """Give a part up, or take it back."""

    retired: bool
    reason: str = Field("", max_length=200)
    seen_version: int


class PartOut(PartFacts):
    """A part as it is stored; ``retired_at`` says since when it is given up."""

    id: int
    no: str
    retired_at: datetime | None


class PartCategory(Option):
    """A kind of equipment with the design values it may have."""

    design: list[Option]


class PartsOut(Schema):
    """All parts of a work, those given up too, and what their forms offer."""

    version: int
    floors: list[PartOut]
    units: list[PartOut]
    rooms: list[PartOut]
    entrances: list[PartOut]
    equipment: list[PartOut]
    ranks: list[Option]
    categories: list[PartCategory]
