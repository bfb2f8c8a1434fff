"""Switches that make a platform slow, failing or forgetful; countable, so that tests know what comes."""

import random
from dataclasses import asdict, dataclass, fields
from typing import Any

MODES = {
    "error": "返回 500",
    "timeout": "不处理、不答复",
    "reject": "拒绝（400）",
    "lost_answer": "处理后答复丢失",
    "wrong_signature": "签名错误（密码服务）",
    "expired_certificate": "证书过期（密码服务）",
    "clock_skew": "时钟偏差一小时（密码服务）",
}


class BadFault(ValueError):
    """A switch position that does not exist; the text says which, in Chinese."""


@dataclass
class Faults:
    """The switches of one platform.

    ``slow_seconds`` delays every answer. A call is hit while ``fail_next`` counts down, or in
    ``fail_percent`` of calls: evenly (50 means every second one), or by chance with ``seed``. ``mode`` is
    what then happens; a call without answer hangs for ``hang_seconds``. ``twice`` handles every call a
    second time, as a gateway that repeats it, and sends every receipt twice.
    """

    slow_seconds: float = 0.0
    fail_percent: int = 0
    fail_next: int = 0
    mode: str = "error"
    twice: bool = False
    hang_seconds: float = 30.0
    seed: int | None = None

    def check(self) -> None:
        """Refuse positions out of range."""
        if self.mode not in MODES:
            raise BadFault(f"没有这种故障：{self.mode}")
        if not 0 <= self.fail_percent <= 100:
            raise BadFault("失败比例应在 0–100 之间")
        if not 0 <= self.slow_seconds <= 120 or not 0 <= self.hang_seconds <= 600 or self.fail_next < 0:
            raise BadFault("秒数或次数超出范围")

    @classmethod
    def read(cls, values: dict[str, Any], base: "Faults | None" = None) -> "Faults":
        """Switches from JSON, the missing ones as in ``base``."""
        known = {field.name: field.type for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise BadFault(f"没有这个开关：{'、'.join(unknown)}")
        merged = {**asdict(base or cls()), **values}
        try:
            faults = cls(
                slow_seconds=float(merged["slow_seconds"]),
                fail_percent=int(merged["fail_percent"]),
                fail_next=int(merged["fail_next"]),
                mode=str(merged["mode"]),
                twice=bool(merged["twice"]),
                hang_seconds=float(merged["hang_seconds"]),
                seed=None if merged["seed"] is None else int(merged["seed"]),
            )
        except (TypeError, ValueError) as error:
            raise BadFault("开关的值类型不对") from error
        faults.check()
        return faults

    def as_dict(self) -> dict[str, Any]:
        """The switches as JSON."""
        return asdict(self)


class Switchboard:
    """Decides call by call whether a fault strikes. Counting starts anew when the switches are set."""

    def __init__(self, faults: Faults) -> None:
        self.set(faults)

    def set(self, faults: Faults) -> None:
        """Put the switches into new positions."""
        self.faults = faults
        self.seen = self.struck = 0
        self._chance = random.Random(faults.seed)  # noqa: S311

    def strikes(self) -> bool:
        """Whether this call is hit."""
        self.seen += 1
        hit = self._hit()
        self.struck += hit
        return hit

    def _hit(self) -> bool:
        faults = self.faults
        if faults.fail_next > 0:
            faults.fail_next -= 1
            return True
        if faults.seed is not None:
            return self._chance.randrange(100) < faults.fail_percent
        share = faults.fail_percent
        return self.seen * share // 100 > (self.seen - 1) * share // 100
