"""Writing the alarms of a year in bulk, with the rows of their lives, pushes and readings."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from minfang.kernel.base import clock
from minfang.registry.models import Device, Works
from minfang.sandbox.demo_alarms import curves
from minfang.sandbox.demo_alarms.makers import Maker, definition, ensure_series
from minfang.sandbox.demo_alarms.ramps import Proof
from minfang.sandbox.demo_alarms.rows import life
from minfang.sandbox.demo_alarms.told import Teller
from minfang.supervision.alarms.models import Alarm, AlarmEvent, DayNumber
from minfang.supervision.alarms.numbering import next_numbers
from minfang.supervision.rules.actions.remembering import keep as remember

OVER = timedelta(hours=12)
FULL_AFTER = timedelta(days=5)


@transaction.atomic
def ensure() -> int:
    """Make the history unless there are alarms already; returns how many were made."""
    if Alarm.objects.exists() or not Device.objects.exists():
        return 0
    ensure_series()
    maker, used = Maker(), set[int]()
    opened = [made for row in definition()["open"]["rows"] if (made := maker.open(row, used)) is not None]
    rows = [alarm for alarm, _ in opened]
    rows += list(_closed(maker, Counter(row.works_id for row in rows)))
    _number(rows)
    _write(maker, rows, opened)
    return len(rows)


def _write(maker: Maker, rows: list[Alarm], opened: list[tuple[Alarm, Proof]]) -> None:
    levels = [maker.levels[id(row)] for row in rows]
    teller = Teller(maker.now, maker.calendar)
    for alarm, proof in opened:
        teller.tell(alarm, proof.first.level)
    Alarm.objects.bulk_create(rows, batch_size=500)
    happened = (event for row, first in zip(rows, levels, strict=True) for event in life(row, first))
    AlarmEvent.objects.bulk_create(happened, batch_size=1000)
    teller.write()
    remember(proof.state for alarm, proof in opened if alarm.cleared_at is None)
    curves.store_all(opened, maker.now, maker.dice)


def _number(rows: list[Alarm]) -> None:
    """Numbers in the order they were raised, by day; days nobody counted on yet are counted at once."""
    by_day: dict[date, list[Alarm]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.raised_at):
        by_day[clock.day_of(row.raised_at)].append(row)
    counted = set(DayNumber.objects.values_list("day", flat=True))
    fresh = [DayNumber(day=day, last=len(alarms)) for day, alarms in by_day.items() if day not in counted]
    DayNumber.objects.bulk_create(fresh)
    for day, alarms in by_day.items():
        numbers = next_numbers(day, len(alarms)) if day in counted else None
        for n, alarm in enumerate(alarms):
            alarm.number = numbers[n] if numbers else f"YJ{day:%Y%m%d}{n + 1:04d}"


def _months(now: datetime) -> list[tuple[datetime, datetime]]:
    """The months of the history, this one first: from their first instant to their last that is over."""
    day, found = clock.day_of(now).replace(day=1), list[tuple[datetime, datetime]]()
    end = max(now - OVER, _start(day))
    for _ in range(1 + int(definition()["history"]["months"])):
        found.append((_start(day), end))
        end = _start(day)
        day = (day - timedelta(days=1)).replace(day=1)
    return found


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


def _closed(maker: Maker, opened: Counter[int]) -> Iterator[Alarm]:
    """What was judged and closed: as many a month in every work, but for the busy one; then what was
    planted."""
    told, months = definition()["history"], _months(maker.now)
    places = list(Works.objects.order_by("works_no"))
    bad = _bad_contractor(places)
    for turn, place in enumerate(places):
        for back, span in enumerate(months):
            wanted = _monthly(place, turn, back, maker.now) - (0 if back else opened[place.pk])
            share = told["false_share"]
            if back and place.contractor_id == bad:
                share = told["contractor"]["false_share"]
            for _ in range(wanted):
                yield from _one(maker, place, span, maker.dice.random() < share)
    yield from _planted(maker, months[1:])


def _monthly(place: Works, turn: int, back: int, now: datetime) -> int:
    told = definition()["history"]
    if back:
        usual = told["monthly"] if back <= told["recent_months"] else told["earlier"]
        return int(usual) + (0, 1, 0, -1)[(turn + back) % 4]
    share = min(1.0, (now - _months(now)[0][0]) / FULL_AFTER)
    times = told["busy_times"] if told["busy_works"] in place.name else 1
    return round(told["monthly"] * times * share)


def _one(maker: Maker, place: Works, span: tuple[datetime, datetime], false: bool) -> list[Alarm]:
    found = maker.sound[place.pk]
    kinds = [kind for code, kind in maker.kinds.items() if found.get(code) and kind["weight"]]
    if not kinds:
        return []
    code = maker.dice.choices(kinds, [kind["weight"] for kind in kinds])[0]["rule"]
    return maker.closed(code, maker.dice.choice(found[code]), _moment(maker, span), false=false)


def _moment(maker: Maker, span: tuple[datetime, datetime]) -> datetime:
    return span[0] + (span[1] - span[0]) * maker.dice.random()


def _bad_contractor(places: list[Works]) -> int | None:
    counted = Counter(place.contractor_id for place in places if place.contractor_id)
    return min(counted, key=lambda pk: (counted[pk], pk), default=None)


def _planted(maker: Maker, months: list[tuple[datetime, datetime]]) -> Iterator[Alarm]:
    told: dict[str, Any] = definition()["history"]
    weak = {row["batch"] for row in told["planted"]}
    whole = [span for span in months if span[0].year == months[0][0].year]
    for row in (*told["planted"], *told["beside"]):
        batch = row.get("batch")
        fits = maker.of(
            row["rule"],
            lambda s, batch=batch: (  # type: ignore[misc]
                s.device.batch is not None
                and (s.device.batch.batch_no == batch if batch else s.device.batch.batch_no not in weak)
            ),
        )
        for n in range(row["alarms"] if fits else 0):
            false = n < row.get("false", 1)
            at = _moment(maker, whole[n % len(whole)])
            yield from maker.closed(row["rule"], fits[n % len(fits)], at, false=false)
