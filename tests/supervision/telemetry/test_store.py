"""Readings reach the database once, the first value stays, and what is too old leaves."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.telemetry import US, a_series, forget, micros, readings

from minfang.kernel.base import clock
from minfang.supervision.telemetry import (
    copying,
    latest,
    metrics,
    partitions,
    queries,
    retention,
    rollups,
    store,
)
from minfang.supervision.telemetry.models import (
    Conflict,
    LatestValue,
    Reading,
    Rollup1h,
    Rollup5m,
    Series,
    Unrolled,
)

T0 = micros("2026-06-01T08:00:00+08:00")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    forget()
    yield
    forget()


def test_the_catalogue_holds_every_type_of_the_handbook() -> None:
    codes = set(metrics.catalogue())
    assert {"TEMP", "HUMI", "O2", "TVOC", "HCHO", "WATER", "TOXIC", "DP", "SETTLE"} <= codes
    assert metrics.get("HUMI").say(78.4) == "78.4 %RH"
    assert metrics.get("WATER").say(1) == "有水"
    assert all(metric.max_gap > metric.period for metric in metrics.catalogue().values())


def test_a_batch_is_stored_once_however_often_it_comes() -> None:
    one, two = a_series("a"), a_series("b")
    batch = readings([(two, T0, 2.0), (one, T0 + US, 1.5), (one, T0, 1.0)])
    first = store.write(batch)
    again = store.write(batch)
    assert (first.stored, first.duplicates) == (3, 0)
    assert (again.stored, again.duplicates, again.conflicts) == (0, 3, 0)
    assert list(Reading.objects.order_by("series_id", "ts").values_list("series_id", "value")) == [
        (one, 1.0),
        (one, 1.5),
        (two, 2.0),
    ]
    stored = Reading.objects.filter(series_id=one).order_by("ts").first()
    assert stored is not None
    assert stored.ts == datetime(2026, 6, 1, tzinfo=UTC)


def test_the_first_value_stays_and_the_other_one_is_kept_beside_it() -> None:
    one = a_series()
    store.write(readings([(one, T0, 1.0)]))
    written = store.write(readings([(one, T0, 9.0), (one, T0 + US, 2.0), (one, T0 + US, 3.0)]))
    assert (written.stored, written.conflicts) == (1, 2)
    assert sorted(Reading.objects.values_list("value", flat=True)) == [1.0, 2.0]
    assert sorted(Conflict.objects.values_list("kept", "refused")) == [(1.0, 9.0), (2.0, 3.0)]


def test_after_duplicates_the_short_way_is_tried_again() -> None:
    one = a_series()
    store.write(readings([(one, T0, 1.0)]))
    store.write(readings([(one, T0, 1.0)]))
    assert copying._careful == [True]
    store.write(readings([(one, T0 + US, 1.0)]))
    assert copying._careful == [False]
    assert store.write(readings([(one, T0 + 2 * US, 1.0)])).stored == 1


def test_the_latest_value_is_the_newest_by_time_not_the_last_to_come() -> None:
    one = a_series()
    store.write(readings([(one, T0 + 60 * US, 5.0)]))
    store.write(readings([(one, T0, 7.0)]))
    newest = LatestValue.objects.get(series_id=one)
    assert (newest.value, newest.ts) == (5.0, datetime(2026, 6, 1, 0, 1, tzinfo=UTC))


@pytest.mark.django_db(transaction=True)
def test_under_load_latest_values_wait_a_second_and_are_repaired_after_a_crash() -> None:
    ids = [a_series(f"d{n}") for n in range(3)]
    many = [(ids[0], T0, 1.0), (ids[1], T0, 1.0), (ids[2], T0, 1.0)]
    rules = latest.load("telemetry")["latest"]
    small = rules["small"]
    try:
        rules["small"] = 2
        latest._memory.flushed = latest.time.monotonic()
        with transaction.atomic():
            store.write(readings(many))
        assert LatestValue.objects.count() == 0
        late = latest.mark_late(readings([(ids[0], T0, 2.0), (ids[0], T0 + US, 2.0)])).late
        assert late.tolist() == [True, False]
    finally:
        rules["small"] = small
    forget()  # the process dies here
    latest.repair()
    assert LatestValue.objects.count() == 3
    assert latest.mark_late(readings([(ids[0], T0, 2.0)])).late.tolist() == [True]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_remembered() -> None:
    one = a_series()
    with pytest.raises(RuntimeError), transaction.atomic():
        store.write(readings([(one, T0, 1.0)]))
        raise RuntimeError
    assert Reading.objects.count() == LatestValue.objects.count() == 0
    assert latest.mark_late(readings([(one, T0, 1.0)])).late.tolist() == [False]


def test_roll_ups_are_exact_and_follow_late_readings() -> None:
    one = a_series()
    store.write(readings([(one, T0 + n * 60 * US, float(n)) for n in range(120)]))
    assert rollups.roll() > 0
    assert Rollup5m.objects.count() == 24
    hour = Rollup1h.objects.get(ts=datetime(2026, 6, 1, tzinfo=UTC))
    assert (hour.count, hour.total, hour.low, hour.high) == (60, sum(range(60)), 0.0, 59.0)
    store.write(readings([(one, T0 + 30 * US, 1000.0)]))
    rollups.roll()
    hour.refresh_from_db()
    assert (hour.count, hour.high) == (61, 1000.0)
    assert not Unrolled.objects.exists()


def test_marks_that_touch_are_rolled_up_together() -> None:
    at = datetime(2026, 6, 1, 8, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    merged = rollups.merge([(5, 9, at, at + minute), (1, 3, at + minute, at + 7 * minute)])
    assert merged == [(1, 9, at - minute, at + 9 * minute)]


def test_a_day_of_its_own_takes_over_what_waited() -> None:
    one = a_series()
    midnight = micros("2026-05-02T00:00:00+08:00")
    store.write(readings([(one, midnight - 1, 1.0), (one, midnight, 2.0), (one, midnight + 1, 3.0)]))
    day = date(2026, 5, 2)
    assert partitions.make([day]) == 1
    assert partitions.make([day]) == 0
    assert day in partitions.existing()
    assert sorted(Reading.objects.values_list("value", flat=True)) == [1.0, 2.0, 3.0]
    assert store.write(readings([(one, midnight, 2.0)])).duplicates == 1
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM tel_reading_20260502 ORDER BY 1")
        assert [row[0] for row in cursor.fetchall()] == [2.0, 3.0]


def test_old_readings_leave_with_their_month_and_fresh_imports_of_old_ones_stay() -> None:
    one = a_series()
    with clock.moved_to(datetime(2026, 7, 15, 12, tzinfo=clock.SHANGHAI)):
        assert partitions.oldest_kept("raw") == date(2025, 6, 1)
        old, kept = date(2025, 5, 31), date(2025, 6, 1)
        partitions.make([old, kept])
        store.write(readings([(one, micros("2025-05-31T12:00:00+08:00"), 1.0)]))
        store.write(readings([(one, micros("2025-06-01T00:00:00+08:00"), 2.0)]))
        long_ago = [(one, micros("1985-03-01T12:00:00"), 3.0)]
        store.write(readings(long_ago, received=micros("2026-07-01T00:00:00")))
        assert retention.forget_old()["days"] == 0  # its roll-up is still to be made
        rollups.roll()
        assert retention.forget_old()["days"] == 1
    assert partitions.existing() >= {kept}
    assert sorted(Reading.objects.values_list("value", flat=True)) == [2.0, 3.0]


def test_curves_and_stretches_of_history() -> None:
    one, two = a_series("a"), a_series("b")
    store.write(readings([(one, T0 + n * US, float(n)) for n in range(100)]))
    store.write(readings([(two, T0, 7.0)]))
    start = datetime(2026, 6, 1, tzinfo=UTC)
    points = queries.curve(one, start, start + timedelta(seconds=100), 10)
    assert next((low, mean, high) for _, low, mean, high in points) == (0.0, 4.5, 9.0)
    assert len(points) == 10
    batches = list(queries.between([one, two], start, start + timedelta(seconds=50), size=20))
    assert sum(len(batch) for batch in batches) == 51


key = st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from([1.0, 2.0]))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(key, min_size=1, max_size=30), cuts=st.lists(st.integers(1, 29), max_size=4))
def test_any_order_and_any_cut_stores_each_key_once_with_its_first_value(
    rows: list[tuple[int, int, float]], cuts: list[int]
) -> None:
    with transaction.atomic():
        ids = [a_series(f"h{n}") for n in range(3)]
        numbers = {n: ids[n] for n in range(3)}
        edges = [0, *sorted(set(cuts)), len(rows)]
        for low, high in itertools.pairwise(edges):
            if part := rows[low:high]:
                store.write(readings([(numbers[s], T0 + t * US, v) for s, t, v in part]))
        expected: dict[tuple[int, int], float] = {}
        for s, t, v in rows:
            expected.setdefault((numbers[s], T0 + t * US), v)
        found = {
            (r.series_id, round(r.ts.timestamp() * US)): r.value
            for r in Reading.objects.filter(series_id__in=ids)
        }
        assert found == expected
        newest = {s: max(t for (k, t) in expected if k == s) for s in {k for k, _ in expected}}
        rows_latest = LatestValue.objects.filter(series_id__in=ids).values_list("series_id", "ts")
        assert {s: round(ts.timestamp() * US) for s, ts in rows_latest} == newest
        transaction.set_rollback(True)
    assert not Series.objects.filter(device__device_id__startswith="h").exists()


def test_bits_of_a_value_survive() -> None:
    one = a_series()
    values = [0.1, -0.0, 1e-308, 1e308, 123456789.123456]
    store.write(readings([(one, T0 + n, value) for n, value in enumerate(values)]))
    stored = np.array(list(Reading.objects.order_by("ts").values_list("value", flat=True)))
    assert stored.tobytes() == np.array(values).tobytes()
