"""Which column becomes what: the mapping of a link, checked before it is kept."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from minfang.kernel.base.errors import FieldError, invalid
from minfang.supervision.links.models import Target
from minfang.supervision.links.times import AUTO, FORMATS

Column = Field(min_length=1, max_length=128)
NEEDED_OF_DEVICES = ("device_no", "device_id", "works", "sensor_type", "name")


class Shape(BaseModel):
    """No field that is not known."""

    model_config = ConfigDict(extra="forbid")


class ValueColumn(Shape):
    """One column of numbers, ``value * scale + offset``; ``metric`` where the column is one."""

    column: str = Column
    metric: str | None = None
    scale: float = 1.0
    offset: float = 0.0


class ReadingsMapping(Shape):
    """Rows that are readings: one value a row with its metric in a column or fixed, or several columns."""

    device: str | None = None
    device_constant: str | None = None
    device_by: Literal["device_id", "device_no"] = "device_id"
    device_codes: dict[str, str] = {}
    ts: str = Column
    ts_format: str = AUTO
    metric: str | None = None
    metric_codes: dict[str, str] = {}
    values: list[ValueColumn] = Field(min_length=1, max_length=60)
    quality: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        named = [self.device, self.ts, self.metric, *(value.column for value in self.values), self.quality]
        return list(dict.fromkeys(column for column in named if column))


class DevicesMapping(Shape):
    """Rows that are devices: our field → their column."""

    fields: dict[str, str]

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        return list(dict.fromkeys(self.fields.values()))


class EventsMapping(Shape):
    """Rows that are alarm events of another system; ``rest`` goes along as the raw message."""

    external_id: str = Column
    device: str = Column
    ts: str = Column
    ts_format: str = AUTO
    type: str | None = None
    level: str | None = None
    message: str | None = None
    rest: list[str] = []

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        named = [self.external_id, self.device, self.ts, self.type, self.level, self.message, *self.rest]
        return list(dict.fromkeys(column for column in named if column))


Mapping = ReadingsMapping | DevicesMapping | EventsMapping
KINDS: dict[str, type[Mapping]] = {
    Target.READINGS: ReadingsMapping,
    Target.DEVICES: DevicesMapping,
    Target.EVENTS: EventsMapping,
}


def parse(target: str, raw: dict[str, Any]) -> Mapping:
    """The checked mapping; refuses naming every wrong field."""
    try:
        found = KINDS[target].model_validate(raw)
    except ValidationError as error:
        raise invalid(
            [
                FieldError("mapping." + ".".join(str(part) for part in row["loc"]), "", "请选择字段。")
                for row in error.errors()
            ]
        ) from error
    if faults := _faults(found):
        raise invalid(faults)
    return found


def _faults(found: Mapping) -> list[FieldError]:
    if isinstance(found, DevicesMapping):
        missing = [name for name in NEEDED_OF_DEVICES if name not in found.fields]
        return [FieldError(f"mapping.fields.{name}", name, "请选择字段。") for name in missing]
    wrong = []
    if found.ts_format not in FORMATS:
        wrong.append(FieldError("mapping.ts_format", "时间格式", "请从列表中选择时间格式。"))
    if isinstance(found, ReadingsMapping):
        if not found.device and not found.device_constant:
            wrong.append(FieldError("mapping.device", "设备", "请选择设备字段，或指定一台设备。"))
        if not found.metric and not all(value.metric for value in found.values):
            wrong.append(FieldError("mapping.metric", "数据类型", "请选择类型字段，或给各数值字段指定类型。"))
        if found.metric and len(found.values) > 1:
            wrong.append(FieldError("mapping.values", "数值", "类型在字段中时，数值只能有一个字段。"))
    return wrong
