"""What the ledger shows: series with their latest values and alarms, curves, pages of history."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.registry.districts import district
from minfang.registry.models import Device, DeviceStatus, seen_by
from minfang.registry.models.works import Works
from minfang.registry.queries.asked import only_named
from minfang.supervision.alarms.models import Alarm, AlarmState, Level
from minfang.supervision.ledger import curves, wanted
from minfang.supervision.ledger.definitions import limits
from minfang.supervision.ledger.schemas import (
    LedgerAlarmOut,
    LedgerOption,
    LedgerOptions,
    LedgerSeriesList,
    LedgerSeriesOut,
    SeriesCurveOut,
    SeriesReadingOut,
    SeriesReadingPage,
)
from minfang.supervision.ledger.wanted import READ, Chosen, Stretch
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.metrics import Metric
from minfang.supervision.telemetry.models import Quality, Series

CATEGORIES = {
    "ENV": "环境",
    "GAS": "气体",
    "WATER": "涉水",
    "PROTECT": "防护设备",
    "VENT": "通风",
    "SECURITY": "安防",
    "POWER": "电源",
    "STRUCT": "结构",
    "DEVICE": "设备自身",
}
SORTS: dict[str, list[Any]] = {
    "place": ["device__works__name", "device__device_no", "metric"],
    "time": [F("latest__ts").asc(nulls_first=True), "pk"],
    "-time": [F("latest__ts").desc(nulls_last=True), "pk"],
    "value": [F("latest__value").asc(nulls_last=True), "pk"],
    "-value": [F("latest__value").desc(nulls_last=True), "pk"],
    "metric": ["metric", "device__device_no"],
}
PERIODS_UNTIL_OVERDUE = 3
COLUMNS = (
    "metric",
    *(f"device__{name}" for name in ("device_no", "name", "status", "position", "period_seconds")),
    *(f"device__works__{name}" for name in ("name", "district_code")),
    *("device__unit__name", "device__floor__code", "device__room__name"),
)
ALARM_COLUMNS = ("number", "level", "state", "title", "opened_at", "closed_at")
NEWEST = {name: F(f"latest__{name}") for name in ("ts", "value", "quality")}
QUALITIES, DEVICE_STATES = dict(Quality.choices), dict(DeviceStatus.choices)
LEVELS, ALARM_STATES = dict(Level.choices), dict(AlarmState.choices)
HISTORY = """
SELECT r.series_id, r.ts, r.value, r.quality, r.received_at
FROM unnest(%s::int[]) AS s(id) CROSS JOIN LATERAL (
    SELECT series_id, ts, value, quality, received_at FROM tel_reading
    WHERE series_id = s.id AND ts >= %s AND ts <= %s AND (ts < %s OR series_id > %s){where}
    ORDER BY ts DESC LIMIT %s
) r ORDER BY r.ts DESC, r.series_id LIMIT %s
"""


def series_list(access: Access, chosen: Chosen, sort: str, page: int, size: int) -> LedgerSeriesList:
    """A page of series; five queries, however many there are."""
    rows = wanted.series(access, chosen)
    total = rows.count()
    size, page = max(1, min(size, limits()["list_size"])), max(1, page)
    ordered = rows.order_by(*SORTS.get(sort, SORTS["place"]))
    found = list(_with_latest(only_named(ordered, slice((page - 1) * size, page * size))))
    now = clock.now()
    return LedgerSeriesList(items=_items(found, now), total=total, page=page, size=size, as_of=now)


def named(access: Access, listed: str) -> list[LedgerSeriesOut]:
    """Some series by their numbers, in that order."""
    asked = wanted.numbers(access, listed)
    found = {row.pk: row for row in _with_latest(Series.objects.filter(pk__in=asked))}
    return _items([found[number] for number in asked], clock.now())


def _with_latest(rows: QuerySet[Series]) -> QuerySet[Series]:
    alarms = Alarm.objects.filter(series=OuterRef("pk")).order_by("-opened_at", "-pk")
    places = ("device__works", "device__unit", "device__floor", "device__room")
    found = rows.select_related(*places).only(*COLUMNS)
    return found.annotate(alarm_id=Subquery(alarms.values("pk")[:1]), **NEWEST)


def _items(rows: list[Any], now: datetime) -> list[LedgerSeriesOut]:
    ids = [row.alarm_id for row in rows if row.alarm_id]
    alarms = Alarm.objects.only(*ALARM_COLUMNS).in_bulk(ids) if ids else {}
    return [_series(row, alarms.get(row.alarm_id), now) for row in rows]


def _series(row: Any, alarm: Alarm | None, now: datetime) -> LedgerSeriesOut:
    """A row with its newest reading beside it, not as an object that points back: with hundreds of rows
    the circles would be left to the collector.
    """
    device, metric = row.device, known(row.metric)
    period = device.period_seconds or metric.period
    silent = timedelta(seconds=period * PERIODS_UNTIL_OVERDUE)
    return LedgerSeriesOut(
        id=row.pk,
        metric=row.metric,
        metric_name=metric.name,
        unit=metric.unit,
        category=metric.category,
        kind=metric.kind,
        words=list(metric.words),
        works_id=device.works_id,
        works_name=device.works.name,
        district=district(device.works.district_code).name,
        place=place_of(device),
        device_id=device.pk,
        device_no=device.device_no,
        device_name=device.name,
        device_status=device.status,
        device_status_label=str(DEVICE_STATES[device.status]),
        ts=row.ts,
        value=row.value,
        value_words="" if row.value is None else metric.say(row.value),
        quality=row.quality,
        quality_label=str(QUALITIES.get(row.quality, "")),
        period_seconds=period,
        overdue=metric.kind != metrics.EVENT and (row.ts is None or now - row.ts > silent),
        normal_low=metric.normal_low,
        normal_high=metric.normal_high,
        alarm=_alarm(alarm) if alarm else None,
    )


def place_of(device: Device) -> str:
    """Where in its work a device hangs, in words."""
    parts = (device.floor, device.unit, device.room)
    return " ".join(str(part) for part in parts if part is not None) or device.position


def known(code: str) -> Metric:
    """The metric of a stored series; one that left the catalogue is shown by its code."""
    found = metrics.catalogue().get(code)
    return found or Metric(code, code, "", metrics.NUMBER, "DEVICE", 300, 900, 0, 0)


def _alarm(alarm: Alarm) -> LedgerAlarmOut:
    return LedgerAlarmOut(
        id=alarm.pk,
        number=alarm.number,
        level=alarm.level,
        level_label=str(LEVELS[alarm.level]),
        state_label=str(ALARM_STATES[alarm.state]),
        title=alarm.title,
        opened_at=alarm.opened_at,
        open=alarm.closed_at is None,
    )


def curve_list(
    access: Access, listed: str, since: datetime | None, until: datetime | None, points: int
) -> list[SeriesCurveOut]:
    """The curves of some series over the same time."""
    asked = wanted.numbers(access, listed)
    time = wanted.stretch(since, until, None, None, None)
    rows = Series.objects.select_related("device__works").in_bulk(asked)
    most = max(10, min(points, limits()["curve_points"]))
    return [_curve(rows[number], time, most) for number in asked]


def _curve(row: Series, time: Stretch, points: int) -> SeriesCurveOut:
    metric = known(row.metric)
    grain, (at, low, mean, high) = curves.curve(row.pk, time.since, time.until, points)
    return SeriesCurveOut(
        series_id=row.pk,
        label=f"{row.device.name} {metric.name}",
        metric=row.metric,
        unit=metric.unit,
        max_gap=metric.max_gap,
        normal_low=metric.normal_low,
        normal_high=metric.normal_high,
        grain=grain,
        at=at,
        low=low,
        mean=mean,
        high=high,
    )


def history(access: Access, listed: str, time: Stretch, behind: str, size: int) -> SeriesReadingPage:
    """A page of readings, the newest first, going on behind the last of the page before."""
    asked = wanted.numbers(access, listed)
    size = max(1, min(size, limits()["history_size"]))
    where, values = time.where()
    end, last = _behind(behind, time)
    sql = HISTORY.format(where=where)
    with connection.cursor() as cursor:
        cursor.execute(sql, [asked, time.since, end, end, last, *values, size + 1, size + 1])
        rows = list(cursor.fetchall())
    codes = dict(Series.objects.filter(pk__in=asked).values_list("pk", "metric"))
    items = [_reading(row, known(codes[row[0]])) for row in rows[:size]]
    more = len(rows) > size
    return SeriesReadingPage(
        items=items, next=f"{items[-1].ts.isoformat()}~{items[-1].series_id}" if more else ""
    )


def _behind(behind: str, time: Stretch) -> tuple[datetime, int]:
    """Readings at the end itself are out, as ``until`` says: none has a number greater than that."""
    if not behind:
        return time.until, 2**31 - 1
    instant, _, number = behind.partition("~")
    try:
        return datetime.fromisoformat(instant), int(number)
    except ValueError as error:
        raise invalid([FieldError("behind", "位置", "请重新打开列表。")]) from error


def _reading(row: Any, metric: Metric) -> SeriesReadingOut:
    series_id, ts, value, quality, received = row
    return SeriesReadingOut(
        series_id=series_id,
        ts=ts,
        value=value,
        value_words=metric.say(value),
        quality=quality,
        quality_label=str(QUALITIES[quality]),
        received_at=received,
        delay_seconds=int((received - ts).total_seconds()),
    )


def one(access: Access, series_id: int) -> LedgerSeriesOut:
    """One series."""
    if not wanted.series(access, Chosen()).filter(pk=series_id).exists():
        raise not_found("该数据序列")
    return named(access, str(series_id))[0]


def options(access: Access) -> LedgerOptions:
    """What can be filtered by, with how many series there are."""
    seen = Series.objects.filter(seen_by(access, READ, "device__works__"), device__retired_at=None)
    by_works = dict(seen.values_list("device__works").annotate(n=Count("pk")).order_by())
    by_metric = dict(seen.values_list("metric").annotate(n=Count("pk")).order_by())
    works = Works.objects.filter(pk__in=by_works).order_by("name")
    return LedgerOptions(
        works=[LedgerOption(value=str(row.pk), label=row.name, count=by_works[row.pk]) for row in works],
        metrics=[
            LedgerOption(value=code, label=known(code).name, count=n)
            for code, n in sorted(by_metric.items(), key=lambda pair: -pair[1])
        ],
        categories=[Option(value=code, label=name) for code, name in CATEGORIES.items()],
        statuses=[Option(value=str(value), label=str(label)) for value, label in DeviceStatus.choices],
        qualities=[Option(value=str(value), label=str(label)) for value, label in Quality.choices],
        levels=[Option(value=str(value), label=str(label)) for value, label in Level.choices],
        csv_rows=limits()["csv_rows"],
        xlsx_rows=limits()["xlsx_rows"],
    )
