"""Which series and which readings are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.iam.access import Access
from minfang.registry.models import seen_by
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.ledger.definitions import limits
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import Quality, Series

READ = "iot.read"


@dataclass(frozen=True)
class Chosen:
    """Conditions on series; empty means all. ``level`` is that of an open alarm, 0 for any."""

    works: int | None = None
    metric: str = ""
    category: str = ""
    status: str = ""
    level: int | None = None
    keyword: str = ""
    device: int | None = None


@dataclass(frozen=True)
class Stretch:
    """Conditions on readings: from, to (out), between two values, of some quality."""

    since: datetime
    until: datetime
    low: float | None = None
    high: float | None = None
    quality: int | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The conditions beside series and time, as SQL with its values."""
        asked = {
            "value >= %s": self.low,
            "value <= %s": self.high,
            "quality = %s": self.quality,
        }
        given = {words: value for words, value in asked.items() if value is not None}
        return "".join(f" AND {words}" for words in given), list(given.values())


def stretch(
    since: datetime | None, until: datetime | None, low: float | None, high: float | None, quality: int | None
) -> Stretch:
    """Checked conditions; without times the last day."""
    end = until or clock.now()
    begin = since or end - timedelta(days=1)
    faults = []
    if begin >= end:
        faults.append(FieldError("until", "结束时间", "结束时间须晚于开始时间。"))
    if low is not None and high is not None and low > high:
        faults.append(FieldError("high", "数值上限", "数值上限不能小于下限。"))
    if quality is not None and quality not in Quality.values:
        faults.append(FieldError("quality", "质量", "质量须为 0–3。"))
    if faults:
        raise invalid(faults)
    return Stretch(begin, end, low, high, quality)


def series(access: Access, chosen: Chosen, permission: str = READ) -> QuerySet[Series]:
    """The series a person may see that are asked for."""
    rows = Series.objects.filter(seen_by(access, permission, "device__works__"), device__retired_at=None)
    plain = {
        "device__works": chosen.works,
        "metric": chosen.metric,
        "device__status": chosen.status,
        "device": chosen.device,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if chosen.category:
        codes = [one.code for one in metrics.catalogue().values() if one.category == chosen.category]
        rows = rows.filter(metric__in=codes)
    if chosen.level is not None:
        alarms = Alarm.objects.filter(series=OuterRef("pk"), closed_at=None)
        rows = rows.filter(Exists(alarms.filter(level=chosen.level) if chosen.level else alarms))
    if chosen.keyword:
        rows = rows.filter(_named(chosen.keyword))
    return rows


def _named(keyword: str) -> Q:
    found = Q()
    for name in ("device__name", "device__device_no", "device__works__name", "device__position"):
        found |= Q(**{f"{name}__icontains": keyword})
    return found


def numbers(access: Access, listed: str, permission: str = READ) -> list[int]:
    """The numbers of named series (``3,17``); refuses more than can be shown together, and those not seen."""
    try:
        asked = list(dict.fromkeys(int(part) for part in listed.split(",") if part.strip()))
    except ValueError as error:
        raise invalid([FieldError("series", "数据序列", "请从列表中选择。")]) from error
    if not asked or len(asked) > limits()["together"]:
        text = f"请选择 1–{limits()['together']} 个数据序列。"
        raise invalid([FieldError("series", "数据序列", text)])
    seen = set(series(access, Chosen(), permission).filter(pk__in=asked).values_list("pk", flat=True))
    if len(seen) != len(asked):
        raise not_found("该数据序列")
    return asked
