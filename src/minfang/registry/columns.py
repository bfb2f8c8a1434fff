"""The columns works, their parts and devices have in Excel files: the same going out and coming in."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from minfang.registry import wartime
from minfang.registry.definitions import load
from minfang.registry.models import (
    DeviceStatus,
    EntranceRank,
    Lifecycle,
    ManagementLevel,
    OpState,
    WorksKind,
)
from minfang.registry.sensor_types import all_types

TEXT, NUMBER, WHOLE, DATE, CHOICE = "text", "number", "whole", "date", "choice"


@dataclass(frozen=True)
class Column:
    """One column: ``name`` the field, ``title`` its heading, ``other`` headings that are understood too."""

    name: str
    title: str
    kind: str = TEXT
    required: bool = False
    other: tuple[str, ...] = ()
    choices: str = ""
    hint: str = ""
    longest: int = 200
    lowest: float = 0
    highest: float = 9_999_999_999
    exported: bool = False
    by: str = ""  # a reference is written by this field of what it refers to

    @property
    def labels(self) -> dict[str, str]:
        """Codes and what they are called, where only some values are allowed."""
        return choices_of(self.choices) if self.choices else {}


@cache
def choices_of(name: str) -> dict[str, str]:
    """The values of an enumeration with their names; callers must not change what they get."""
    uses = load("wartime")["uses"]
    found: dict[str, Any] = {
        "kind": dict(WorksKind.choices),
        "level": dict(ManagementLevel.choices),
        "lifecycle": dict(Lifecycle.choices),
        "op_state": dict(OpState.choices),
        "status": dict(DeviceStatus.choices),
        "wartime_use": {code: wartime.use_name(code) for code in uses},
        "peacetime_use": load("works")["peacetime_use"],
        "type": {code: kind.name for code, kind in all_types().items()},
        "rank": dict(EntranceRank.choices),
        "category": {code: one["name"] for code, one in load("works")["equipment"]["categories"].items()},
        "yes_no": {"YES": "是", "NO": "否"},
    }
    return {str(code): str(label) for code, label in found[name].items()}


WORKS = (
    Column("works_no", "工程编号", required=True, hint="RF-310106-GY-2009-0003", longest=30),
    Column("name", "工程名称", required=True),
    Column("kind", "类别", CHOICE, required=True, choices="kind"),
    Column("management_level", "管理层级", CHOICE, required=True, choices="level"),
    Column("district_code", "区", required=True, other=("区划代码", "所在区"), hint="静安区 或 310106"),
    Column("street", "街镇", longest=60),
    Column("address", "地址"),
    Column("longitude", "经度", NUMBER, lowest=120, highest=122.5),
    Column("latitude", "纬度", NUMBER, lowest=30, highest=32),
    Column("built_year", "建成年份", WHOLE, lowest=1900, highest=2100),
    Column("wartime_use", "战时用途", CHOICE, choices="wartime_use"),
    Column("peacetime_use", "平时用途", CHOICE, choices="peacetime_use"),
    Column("protection_class", "防护类别", longest=10),
    Column("resistance_level", "抗力级别", longest=20),
    Column("chemical_level", "防化级别", longest=4),
    Column("building_area", "建筑面积", NUMBER, other=("建筑面积（㎡）",)),
    Column("usable_area", "使用面积", NUMBER, other=("使用面积（㎡）",)),
    Column("shelter_area", "掩蔽面积", NUMBER, other=("掩蔽面积（㎡）",)),
    Column("managing_unit", "管理单位"),
    Column("owner", "所有权人"),
    Column("contractor", "承建单位"),
    Column("lifecycle", "状态", CHOICE, choices="lifecycle"),
    Column("op_state", "平急状态", CHOICE, choices="op_state", exported=True),
)
DEVICES = (
    Column("device_no", "设备编号", required=True, hint="RF-310106-GY-2009-0003-S-TEMP-001", longest=50),
    Column("device_id", "通信标识", required=True, hint="字母、数字、-、_", longest=64),
    Column("works", "工程编号", required=True, longest=30, by="works_no"),
    Column("name", "名称", required=True, other=("设备名称",), longest=80),
    Column("sensor_type", "类型", CHOICE, required=True, other=("传感器类型",), choices="type"),
    Column("unit", "防护单元", hint="单元编号或名称", longest=60),
    Column("floor", "楼层", hint="B1", longest=60),
    Column("room", "房间", hint="房间编号或名称", longest=60),
    Column("gateway", "网关", hint="网关的设备编号", longest=64, by="device_no"),
    Column("position", "位置", longest=80),
    Column("maker", "生产厂家", other=("厂家",)),
    Column("batch", "批次号", longest=40),
    Column("installer", "安装单位"),
    Column("model", "型号", longest=80),
    Column("installed_on", "安装日期", DATE, hint="2025-06-30"),
    Column("life_months", "有效时长", WHOLE, other=("有效时长（月）",), lowest=1, highest=600, hint="月"),
    Column("calibration_months", "标定周期", WHOLE, other=("标定周期（月）",), lowest=1, highest=600),
    Column("maintenance_months", "保养周期", WHOLE, other=("保养周期（月）",), lowest=1, highest=600),
    Column("period_seconds", "采样间隔", WHOLE, other=("采样间隔（秒）",), lowest=1, highest=2_592_000),
    Column("status", "设备状态", CHOICE, choices="status", exported=True),
    Column("last_seen_at", "最近上报", exported=True),
)
OF_WORKS = Column(
    "works", "工程编号", required=True, longest=30, hint="RF-310106-GY-2009-0003", by="works_no"
)
UNIT = Column("unit", "防护单元", other=("单元编号",), hint="单元编号或名称", longest=60, by="unit_no")
FLOOR = Column("floor", "楼层", hint="B1", longest=60)
FLOORS = (
    OF_WORKS,
    Column("code", "层号", required=True, hint="B1", longest=10),
    Column("name", "名称", required=True, longest=60),
    Column("level", "层序", WHOLE, required=True, lowest=-20, highest=20, hint="地下一层为 -1"),
)
UNITS = (
    OF_WORKS,
    Column("unit_no", "单元编号", required=True, hint="工程编号-F01", longest=40),
    Column("name", "名称", required=True, longest=60),
    Column("position", "序号", WHOLE, lowest=1, highest=999),
    FLOOR,
    Column("wartime_use", "战时用途", CHOICE, choices="wartime_use"),
    Column("chemical_level", "防化级别", longest=4),
    Column("building_area", "建筑面积", NUMBER, other=("建筑面积（㎡）",)),
    Column("shelter_area", "掩蔽面积", NUMBER, other=("掩蔽面积（㎡）",)),
    Column("capacity", "掩蔽人数", WHOLE, highest=1_000_000),
)
ROOMS = (
    OF_WORKS,
    Column("room_no", "房间编号", required=True, hint="单元编号-R001", longest=50),
    Column("name", "名称", required=True, longest=60),
    UNIT,
    FLOOR,
    Column("special", "专用房", CHOICE, choices="yes_no"),
)
ENTRANCES = (
    OF_WORKS,
    Column("entrance_no", "口部编号", required=True, hint="工程编号-K01", longest=40),
    Column("name", "名称", required=True, longest=60),
    UNIT,
    Column("rank", "类型", CHOICE, choices="rank"),
)
EQUIPMENT = (
    OF_WORKS,
    Column("equipment_no", "设备编号", required=True, hint="工程编号-FAN-001", longest=50),
    Column("name", "名称", required=True, longest=80),
    Column("category", "设备类", CHOICE, required=True, choices="category"),
    UNIT,
    Column("room", "房间", hint="房间编号或名称", longest=60, by="room_no"),
    Column("entrance", "口部", hint="口部编号或名称", longest=60, by="entrance_no"),
    Column("maker", "生产厂家", other=("厂家",)),
    Column("installed_on", "安装日期", DATE, hint="2025-06-30"),
    Column("life_months", "设计寿命（月）", WHOLE, lowest=1, highest=1200),
    Column("maintained_on", "上次保养", DATE),
    Column("maintenance_months", "保养周期（月）", WHOLE, lowest=1, highest=600),
    *(
        Column(f"design.{name}", label, NUMBER, lowest=-100_000, highest=10_000_000)
        for name, label in load("works")["equipment"]["design"].items()
    ),
)
SHEETS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "works": ("工程", WORKS),
    "devices": ("传感设备", DEVICES),
    "floor": ("楼层", FLOORS),
    "unit": ("防护单元", UNITS),
    "room": ("房间", ROOMS),
    "entrance": ("口部", ENTRANCES),
    "equipment": ("设施设备", EQUIPMENT),
}
