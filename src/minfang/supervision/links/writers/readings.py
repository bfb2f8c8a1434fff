"""Rows become readings: mapped, checked, stored, and counted again in the store."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection

from minfang.kernel.base import clock
from minfang.supervision.arrival.commit import commit
from minfang.supervision.links import schedule, times
from minfang.supervision.links.mapping import ReadingsMapping, parse
from minfang.supervision.links.models import DataLink
from minfang.supervision.links.writers.base import Outcome, Writer, device_names
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.batches import Batch, build
from minfang.supervision.telemetry.definitions import load
from minfang.supervision.telemetry.index import learn, series_index

Taken = tuple[int, int, float, int]  # series, microseconds, value, quality
READ_BACK = """
SELECT count(*) FROM unnest(%s::int[], %s::bigint[]) AS due(s, t)
JOIN tel_reading r ON r.series_id = due.s AND r.ts = 'epoch'::timestamptz + t * interval '1 microsecond'
WHERE r.ts BETWEEN 'epoch'::timestamptz + %s * interval '1 microsecond'
               AND 'epoch'::timestamptz + %s * interval '1 microsecond'
"""
WORDS = {"开": 1.0, "关": 0.0, "是": 1.0, "否": 0.0, "true": 1.0, "false": 0.0, "on": 1.0, "off": 0.0}


class Unfit(Exception):
    """A value that cannot be taken, with a code and the reason in words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class ReadingsWriter(Writer):
    """One series for each (device, metric); unknown devices and metrics are refused row by row."""

    def __init__(self, link: DataLink, columns: list[str]) -> None:
        super().__init__(link, columns)
        found = parse(link.target, link.mapping)
        assert isinstance(found, ReadingsMapping)
        self.mapping, self.per_row = found, len(found.values)
        self.devices = device_names(self.office, found.device_by)
        self.instant = times.reader(found.ts_format, times.zone(link.time_zone))
        self.series: dict[tuple[str, str], int] = {}
        rules = load("telemetry")["time"]
        self.oldest = {
            False: times.micros(datetime.fromisoformat(rules["oldest"]), times.zone(link.time_zone)),
            True: times.micros(datetime.fromisoformat(rules["oldest_history"]), times.zone(link.time_zone)),
        }
        self.ahead = int(rules["future_minutes"] * 60_000_000)

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        self.series = series_index()
        now = (clock.now() - times.EPOCH) // times.MICROSECOND
        outcome = Outcome(read=len(rows) * self.per_row)
        taken = self._mapped(rows, first, history, now, outcome)
        if taken:
            self._store(taken, now, history, outcome)
        return outcome

    def say(self, row: tuple[Any, ...]) -> tuple[list[str], str]:
        """What a row would become in words, and why it is refused; nothing is stored."""
        self.series = series_index()
        now = (clock.now() - times.EPOCH) // times.MICROSECOND
        take, texts = self._taker(self.oldest[True], now + self.ahead), []
        try:
            taken = [take(row, n) for n in range(self.per_row)]
        except Unfit as unfit:
            return [], unfit.reason
        names = {number: pair for pair, number in self.series.items()}
        for one in taken:
            if one is not None:
                device, metric = names[one[0]]
                at, what = datetime.fromtimestamp(one[1] / 1e6, schedule.HOME), metrics.get(metric)
                texts.append(f"{device} {at:%Y-%m-%d %H:%M:%S} {what.name} {what.say(one[2])}")
        return texts, ""

    def _mapped(
        self, rows: list[tuple[Any, ...]], first: int, history: bool, now: int, outcome: Outcome
    ) -> list[Taken]:
        taken: list[Taken] = []
        take = self._taker(self.oldest[history], now + self.ahead)
        for number, row in enumerate(rows, first):
            for n in range(self.per_row):
                try:
                    one = take(row, n)
                except Unfit as unfit:
                    outcome.failed += 1
                    outcome.refusals.append(self.refuse(number, row, unfit.code, unfit.reason))
                    continue
                if one is None:
                    outcome.dropped += 1
                else:
                    taken.append(one)
        return taken

    def _taker(self, oldest: int, newest: int) -> Callable[[tuple[Any, ...], int], Taken | None]:
        """A function that makes one reading of a row; None for an empty value."""
        at = {name: place for place, name in enumerate(self.columns)}
        values = [
            (at[value.column], value.metric, value.scale, value.offset) for value in self.mapping.values
        ]
        clock_at, quality_at = at[self.mapping.ts], at.get(self.mapping.quality or "")

        def take(row: tuple[Any, ...], n: int) -> Taken | None:
            place, metric, scale, offset = values[n]
            raw = row[place]
            if raw is None or raw == "":
                return None
            instant = self._instant(row[clock_at], oldest, newest)
            series = self._series(row, metric, at)
            quality = 0 if quality_at is None else _quality(row[quality_at])
            return series, instant, _number(raw) * scale + offset, quality

        return take

    def _instant(self, value: Any, oldest: int, newest: int) -> int:
        try:
            instant = self.instant(value)
        except (ValueError, TypeError, OverflowError) as error:
            raise Unfit("TIME", f"时间“{value}”无法识别。") from error
        if instant > newest:
            raise Unfit("FUTURE", f"时间“{value}”在将来，请检查对方时钟或时区。")
        if instant < oldest:
            raise Unfit("PAST", f"时间“{value}”过早，设备可能没有校时。")
        return instant

    def _series(self, row: tuple[Any, ...], metric: str | None, at: dict[str, int]) -> int:
        mapping = self.mapping
        named = mapping.device_constant or str(row[at[mapping.device or ""]])
        device = self.devices.get(mapping.device_codes.get(named, named))
        if device is None:
            raise Unfit("DEVICE", f"设备“{named}”未登记，或不在本单位管辖范围。")
        if metric is None:
            word = str(row[at[mapping.metric or ""]])
            metric = mapping.metric_codes.get(word, word)
        found = self.series.get((device, metric))
        if found is None:
            if metric not in metrics.catalogue():
                raise Unfit("METRIC", f"数据类型“{metric}”未知，请在字段映射中对应到类型码。")
            self.series = learn({(device, metric)})
            found = self.series[(device, metric)]
        return found

    def _store(self, taken: list[Taken], now: int, history: bool, outcome: Outcome) -> None:
        series, ts, value, quality = zip(*taken, strict=True)
        batch = build(series, ts, value, quality, [now] * len(taken), history)
        written = commit(batch, f"link:{self.link.pk}")
        outcome.written += written.stored
        outcome.duplicates += len(taken) - written.stored - written.conflicts
        outcome.failed += written.conflicts
        if written.conflicts:
            text = f"{written.conflicts} 个数值与已入库的同一时刻数值不同，保留先到的；详见数据冲突记录。"
            outcome.refusals.append(self.refuse(0, (), "CONFLICT", text))
        outcome.due, outcome.found = len(batch), _found(batch)


def _found(batch: Batch) -> int:
    """How many keys of a batch the store holds, asked of the store itself."""
    bounds = [int(batch.ts.min()), int(batch.ts.max())]
    with connection.cursor() as cursor:
        cursor.execute(READ_BACK, [_array(batch.series.tolist()), _array(batch.ts.tolist()), *bounds])
        return int(cursor.fetchone()[0])


def _array(numbers: list[int]) -> str:
    """An array literal; several times quicker than letting the driver quote each element."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _number(raw: Any) -> float:
    try:
        value = (
            WORDS[raw.strip().lower()]
            if isinstance(raw, str) and raw.strip().lower() in WORDS
            else float(raw)
        )
    except (ValueError, TypeError) as error:
        raise Unfit("VALUE", f"数值“{str(raw)[:40]}”不是数字。") from error
    if not math.isfinite(value):
        raise Unfit("VALUE", f"数值“{raw}”不是有限的数字。")
    return value


def _quality(raw: Any) -> int:
    try:
        found = int(raw) if raw not in (None, "") else 0
    except (ValueError, TypeError) as error:
        raise Unfit("QUALITY", f"质量“{raw}”无法识别。") from error
    if found not in (0, 1, 2, 3):
        raise Unfit("QUALITY", f"质量“{raw}”不在 0–3 之间。")
    return found
