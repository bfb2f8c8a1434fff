"""The arithmetic of the models against a recount done the plain way."""

from datetime import UTC, date, datetime, timedelta
from statistics import fmean, pstdev, quantiles

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minfang.supervision.anomalies.asking import Period, period_of, read_period
from minfang.supervision.anomalies.statistics import (
    Counts,
    age_share,
    firings,
    judge,
    months_later,
    most_within,
    percentile,
)

START = datetime(2026, 7, 1, tzinfo=UTC)
PRIOR = {"alpha": 2, "beta": 8}
RULE = {"sample": 30, "sigmas": 2.0, "share": 0.30, "ratio": 1.5, "smoothed": True}
calmly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
counts = st.builds(Counts, st.integers(0, 80), st.integers(0, 80))


@calmly
@given(st.lists(st.integers(0, 72 * 60), max_size=30))
def test_the_busiest_window_is_that_of_a_recount(minutes: list[int]) -> None:
    moments = [START + timedelta(minutes=m) for m in minutes]
    naive = max((sum(0 <= (b - a) / timedelta(hours=24) < 1 for b in moments) for a in moments), default=0)
    assert most_within(moments, timedelta(hours=24)) == naive


@calmly
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), counts, max_size=10))
def test_marks_are_those_of_a_recount(groups: dict[str, Counts]) -> None:
    peers = {key: key[0] for key in groups}
    found = judge(groups, peers, RULE, PRIOR)
    rates = {k: (c.false + 2) / (c.false + c.real + 10) for k, c in groups.items()}
    enough = [k for k, c in groups.items() if c.false + c.real >= 30]
    for key, one in groups.items():
        among = [rates[k] for k in enough if k[0] == key[0]]
        among = among if len(among) > 1 else [rates[k] for k in enough]
        marked = False
        if one.false + one.real >= 30:
            deviation = pstdev(among)
            far = deviation > 0 and rates[key] > fmean(among) + 2 * deviation + 1e-12
            marked = far or (rates[key] > 0.3 and rates[key] > 1.5 * fmean(among) + 1e-12)
        assert found[key].flagged == marked
        assert found[key].small == (one.false + one.real < 30)


@calmly
@given(st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_the_percentile_is_the_usual_one(values: list[int]) -> None:
    assert percentile(values, 0.9) == pytest.approx(quantiles(values, n=10, method="inclusive")[8])


def test_a_handful_of_alarms_proves_little() -> None:
    assert Counts(3, 0).raw == 1.0
    assert Counts(3, 0).smoothed(2, 8) == pytest.approx(5 / 13)
    assert Counts().raw is None


@calmly
@given(st.integers(2, 400), st.integers(1, 5000))
def test_an_alarm_that_repeats_fires_as_often_as_it_counts(count: int, minutes: int) -> None:
    last = START + timedelta(minutes=minutes)
    found = firings(START, last, count)
    assert len(found) == count
    assert found[0] == START
    assert abs(found[-1] - last) < timedelta(seconds=1)


def test_months_end_on_their_last_day() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 12, 15), 13) == date(2028, 1, 15)
    assert age_share(date(2021, 7, 14), 60, date(2026, 7, 14)) == 1.0
    assert age_share(None, 60, date(2026, 7, 14)) is None


@calmly
@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)), st.sampled_from(["month", "quarter", "year"]))
def test_a_period_is_read_as_it_is_written(day: date, span: str) -> None:
    period = period_of(span, day)
    since, until = period.bounds
    assert since.date() <= day < until.date()
    assert read_period(span, period.label) == period
    assert period.moved(5).moved(-5) == period
    assert isinstance(period, Period)
