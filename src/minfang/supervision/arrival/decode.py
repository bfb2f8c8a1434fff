"""From messages to columns: what a device says (handbook §9.5) becomes readings or a refusal."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from minfang.kernel.base.clock import SHANGHAI
from minfang.supervision.arrival.devices import Directory
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.batches import US, Batch, build
from minfang.supervision.telemetry.definitions import load
from minfang.supervision.telemetry.models import Doubt

TIME = load("telemetry")["time"]
AHEAD = int(TIME["future_minutes"] * 60 * US)
SKEW = int(TIME["skew_minutes"] * 60 * US)
BACKFILL = int(TIME["backfill_hours"] * 3600 * US)
OLDEST = round(datetime.fromisoformat(TIME["oldest"]).timestamp() * US)
OLDEST_HISTORY = round(datetime.fromisoformat(TIME["oldest_history"]).timestamp() * US)
HUGE = 1e300
DEPTH = 4


class Unusable(Exception):
    """A message that is no reading; ``reason`` in a few words, ``detail`` helps to find the sender."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}")
        self.reason, self.detail = reason, detail


@dataclass(slots=True)
class Reject:
    """A reading for quarantine."""

    device_id: str
    metric: str
    ts: str
    value: str
    reason: str
    hint: str
    received: int


@dataclass(slots=True)
class Letter:
    """A message for the dead letters."""

    subject: str
    reason: str
    detail: str
    payload: bytes
    device_id: str = ""


@dataclass
class Collector:
    """Gathers readings of many messages; ``batch`` makes the columns."""

    directory: Directory
    history: bool = False
    series: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    _subject: str = ""

    def __len__(self) -> int:
        return len(self.series)

    def batch(self) -> Batch:
        """The columns, sorted."""
        return build(self.series, self.ts, self.value, self.quality, self.received, self.history)

    def message(self, payload: bytes, received: int, subject: str = "", sender: str = "") -> None:
        """Take one message; never raises: what cannot be used becomes a letter."""
        size = len(self.series)
        try:
            self._subject = subject
            self._take(orjson.loads(payload), received, sender, 0)
        except orjson.JSONDecodeError as error:
            self.letters.append(Letter(subject, "不是 JSON", str(error), payload, sender))
            return
        except Unusable as bad:
            self.letters.append(Letter(subject, bad.reason, bad.detail, payload, sender))
        if len(self.series) > size and not self.history:
            self._judge_clock(size, received)

    def _judge_clock(self, start: int, received: int) -> None:
        """A message whose newest reading is far from its receipt: the device's clock is doubtful."""
        away = received - max(self.ts[start:])
        if SKEW < away <= BACKFILL:
            for n in range(start, len(self.quality)):
                if received - self.ts[n] <= BACKFILL:
                    self.quality[n] = max(self.quality[n], 2)

    def _take(self, content: Any, received: int, sender: str, depth: int) -> None:
        if type(content) is not dict:
            raise Unusable("报文格式不对", "应为一个对象")
        if "batch" in content:
            parts = content["batch"]
            if type(parts) is not list or depth >= DEPTH:
                raise Unusable("报文格式不对", "batch 应为数组，且不得层层嵌套")
            for part in parts:
                self._part(part, received, sender, depth + 1)
            return
        device_id = content.get("deviceId")
        if type(device_id) is not str:
            raise Unusable("报文缺少 deviceId")
        if sender and device_id != sender and not self.directory.speaks_for(sender, device_id):
            raise Unusable("设备与主题不符", f"{sender} 报送了 {device_id} 的读数")
        readings = content.get("readings")
        if readings is None:
            self.reading(device_id, content, received)
            return
        if type(readings) is not list:
            raise Unusable("报文格式不对", "readings 应为数组")
        for reading in readings:
            if type(reading) is not dict:
                raise Unusable("报文格式不对", "readings 中应为对象")
            self.reading(device_id, reading, received)

    def _part(self, part: Any, received: int, sender: str, depth: int) -> None:
        """One of several messages in one: what is wrong with it is no fault of the others."""
        try:
            self._take(part, received, sender, depth)
        except Unusable as bad:
            told = part.get("deviceId") if type(part) is dict else ""
            payload = orjson.dumps(part)
            self.letters.append(Letter(self._subject, bad.reason, bad.detail, payload, str(told)[:64]))

    def reading(self, device_id: str, said: dict[str, Any], received: int) -> None:
        """Take one reading. Raises ``Unusable`` where nobody knows the device."""
        metric = said.get("type")
        number = self.directory.series.get((device_id, metric))  # type: ignore[arg-type]
        if number is None:
            number = self._unknown(device_id, metric, said, received)
            if number is None:
                return
        value, ts = said.get("value"), said.get("ts")
        kind = type(value)
        if (kind is not float and kind is not int) or not -HUGE < value < HUGE:  # type: ignore[operator]
            value = self._switch(metric, value)
            if value is None:
                self._reject(device_id, said, received, Doubt.KIND, "数值应为数字，不要加引号")
                return
        try:
            at = instant(ts)
        except (ValueError, TypeError, OverflowError):
            self._reject(device_id, said, received, Doubt.TIME, "时间应为带时区的 ISO 8601 或毫秒数")
            return
        if at > received + AHEAD or at < (OLDEST_HISTORY if self.history else OLDEST):
            self._time(device_id, said, at, received)
            return
        quality = said.get("quality", 0)
        self.series.append(number)
        self.ts.append(at)
        self.value.append(value)  # type: ignore[arg-type]
        self.quality.append(quality if type(quality) is int and 0 <= quality <= 3 else 2)
        self.received.append(received)

    def _unknown(self, device_id: str, metric: Any, said: dict[str, Any], received: int) -> int | None:
        if not self.directory.knows(device_id):
            raise Unusable("未登记设备", device_id[:64])
        if type(metric) is not str or metric not in metrics.catalogue():
            self._reject(device_id, said, received, Doubt.METRIC, "类型码不在目录中")
            return None
        return self.directory.learn(device_id, metric)

    def _switch(self, metric: Any, value: Any) -> float | None:
        """True and False are values of a switch or an event, of nothing else."""
        if type(value) is bool and metrics.get(metric).kind != metrics.NUMBER:
            return float(value)
        return None

    def _time(self, device_id: str, said: dict[str, Any], at: int, received: int) -> None:
        reason = Doubt.FUTURE if at > received else Doubt.PAST
        hint = "请校准设备时钟"
        for factor, words in ((1000, "疑似把秒当作毫秒报送"), (1 / 1000, "疑似把微秒当作毫秒报送")):
            if abs(at * factor - received) < BACKFILL * 366:
                hint = words
        self._reject(device_id, said, received, reason, hint)

    def _reject(self, device_id: str, said: dict[str, Any], received: int, reason: str, hint: str) -> None:
        self.rejects.append(
            Reject(
                device_id[:64],
                str(said.get("type"))[:20],
                str(said.get("ts"))[:60],
                str(said.get("value"))[:60],
                reason,
                hint,
                received,
            )
        )


def instant(ts: Any) -> int:
    """Microseconds of what a device wrote: ISO 8601 (Shanghai where no zone is named) or milliseconds."""
    if type(ts) is str:
        moment = datetime.fromisoformat(ts)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        return round(moment.timestamp() * US)
    if type(ts) is int or type(ts) is float:
        return int(ts * 1000)
    raise TypeError
