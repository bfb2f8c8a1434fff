"""Devices near the end of their life, due for maintenance or calibration, low on power (§9.4, feature 97)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.registry.models import Device
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Column, Figure, Model
from minfang.supervision.anomalies.rates import number
from minfang.supervision.anomalies.statistics import age_share, months_later
from minfang.supervision.anomalies.wording import percent, sensor_name

FIELDS = (
    "pk",
    "device_no",
    "name",
    "sensor_type",
    "works__name",
    "installed_on",
    "life_months",
    "maintained_on",
    "maintenance_months",
    "calibrated_on",
    "calibration_months",
    "battery",
)


@dataclass(frozen=True)
class Due:
    """A day something has to be done by, and how many days are left (0 or less: it is due)."""

    what: str
    day: date
    left: int

    @property
    def stage(self) -> int | None:
        """The narrowest of the configured days before (30, 7, 0) that is reached; ``None`` before all."""
        reached = [days for days in criteria()["devices"]["due_days"] if self.left <= days]
        return min(reached) if reached else None

    @property
    def words(self) -> str:
        """``保养 3 天后到期``."""
        if self.left > 0:
            return f"{self.what} {self.left} 天后到期"
        return f"{self.what}今日到期" if self.left == 0 else f"{self.what}已过期 {-self.left} 天"


def due(what: str, last: date | None, installed: date | None, months: int | None, today: date) -> Due | None:
    """When something is next due, from the last time or the day of installation."""
    since = last or installed
    if since is None or not months:
        return None
    day = months_later(since, months)
    return Due(what, day, (day - today).days)


def figures(asked: Asked) -> list[Figure]:
    """Every device in use with something to say about its upkeep."""
    found = (_figure(row) for row in asked.devices().order_by("device_no").values(*FIELDS))
    return [figure for figure in found if figure is not None]


def _figure(row: dict[str, Any]) -> Figure | None:
    rule, today = criteria()["devices"], clock.today()
    share = age_share(row["installed_on"], row["life_months"], today)
    cycle = row["calibration_months"] or rule["calibration_months"].get(row["sensor_type"])
    upkeep = due("保养", row["maintained_on"], row["installed_on"], row["maintenance_months"], today)
    calibration = due("标定", row["calibrated_on"], row["installed_on"], cycle, today)
    reasons = []
    if share is not None and share >= rule["life_share"]:
        reasons.append(f"已用有效时长的 {percent(share)}")
    reasons += [one.words for one in (upkeep, calibration) if one is not None and one.stage is not None]
    if row["battery"] is not None and row["battery"] < rule["battery"]:
        reasons.append(f"电量 {row['battery']}%")
    if not reasons:
        return None
    return Figure(
        key=str(row["pk"]),
        label=row["name"],
        sub=f"{row['works__name']} · {row['device_no']}",
        cells={
            "type": sensor_name(row["sensor_type"]),
            "life": share,
            "months": row["life_months"],
            "maintenance": str(upkeep.day) if upkeep else None,
            "calibration": str(calibration.day) if calibration else None,
            "battery": row["battery"],
        },
        behind=1,
        bar=share,
        limit=rule["life_share"],
        flagged=True,
        reason="；".join(reasons),
        link=f"/office/devices/{row['pk']}",
    )


def rows(asked: Asked, key: str, only: str) -> QuerySet[Device]:
    """The device of a figure."""
    return asked.devices().filter(pk=number(key) or 0)


def columns(asked: Asked) -> list[Column]:
    """Its columns."""
    return [
        Column("type", "类型"),
        Column("life", "已用时长占比", "percent"),
        Column("months", "有效时长（月）", "count"),
        Column("maintenance", "保养到期"),
        Column("calibration", "标定到期"),
        Column("battery", "电量（%）", "count"),
    ]


def how() -> list[str]:
    """The criteria in words."""
    rule = criteria()["devices"]
    days = "、".join(f"{day} 天" if day else "当日" for day in rule["due_days"])
    cycles = "、".join(
        f"{sensor_name(code)} {months} 个月" for code, months in rule["calibration_months"].items()
    )
    return [
        f"使用时长（自安装之日起）达到有效时长的 {percent(rule['life_share'])} 起列出。",
        f"保养、标定到期前 {days}及过期后列出；自上次保养（标定）起算，没有记录的自安装之日起算。",
        f"未登记标定周期的按类型：{cycles}。电量低于 {rule['battery']}% 列出。",
    ]


UPKEEP = Model("devices", "设备保养", "已用时长占比", columns, how, figures, rows, behind="devices")
