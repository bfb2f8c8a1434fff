"""What can be made to happen in a work, and how strongly it is under way at an instant."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from minfang.sandbox.devices.noise import Floats

FLOOD, BLACKOUT, CO_RISE, FAN_FAILURE, FALSE_ALARMS, GATEWAY_DOWN, STORM, EMERGENCY = (
    "flood",
    "blackout",
    "co",
    "fan",
    "false",
    "gateway",
    "storm",
    "emergency",
)
# name and words, seconds it lasts when nothing is said, seconds until it is fully there
SCENARIOS: dict[str, tuple[str, str, float, float]] = {
    FLOOD: ("进水", "集水井液位上涨越过高液位，水浸先后触发，湿度升高", 1800, 420),
    BLACKOUT: ("停电", "市电归零，UPS 放电，柴油电站启动，风机与水泵停", 1200, 5),
    CO_RISE: ("CO 升高", "一氧化碳在十分钟内升到三级以上，氧气略降", 1500, 600),
    FAN_FAILURE: ("风机故障", "风机启动后电流升至 1.6 倍，风速风压跌落", 1800, 60),
    FALSE_ALARMS: ("误报批次", "同一批次的设备反复越过阈值又回落", 1800, 5),
    GATEWAY_DOWN: ("网关离线", "网关断线期间缓存，恢复后按原时间补传", 600, 1),
    STORM: ("风暴 20 000", "全部设备在数秒内发出约 20 000 条越限数据", 60, 1),
    EMERGENCY: ("应急运行", "关门、启动滤毒通风、超压、水箱注水，采样加密", 0, 1500),
}


@dataclass(frozen=True)
class Effect:
    """One happening: in a work (all where empty) and unit (all where empty), between two instants (s).

    ``number`` names it on the control page.
    """

    kind: str
    works_no: str = ""
    unit: str = ""
    since: float = 0.0
    until: float = float("inf")
    target: str = ""
    number: int = 0

    def touches(self, works_no: str, unit: str) -> bool:
        """Whether devices at that place notice it."""
        return self.works_no in ("", works_no) and (not self.unit or not unit or self.unit == unit)

    def strength(self, t: Floats) -> Floats:
        """0 outside, rising to 1 within, falling back at twice the pace afterwards."""
        ramp = SCENARIOS[self.kind][3]
        risen = np.clip((np.minimum(t, self.until) - self.since) / ramp, 0.0, 1.0)
        after = np.clip((t - self.until) / (ramp / 2.0), 0.0, 1.0) if np.isfinite(self.until) else 0.0
        return np.asarray(risen * (1.0 - after))

    def as_dict(self) -> dict[str, Any]:
        """For the control page."""
        ends = self.until if np.isfinite(self.until) else None
        return {**asdict(self), "until": ends, "name": SCENARIOS[self.kind][0]}


def level(effects: Iterable[Effect], kind: str, works_no: str, unit: str, t: Floats) -> Floats:
    """How strongly this kind of happening is felt at a place, 0 to 1."""
    total = np.zeros_like(t)
    for effect in effects:
        if effect.kind == kind and effect.touches(works_no, unit):
            total = np.maximum(total, effect.strength(t))
    return total
