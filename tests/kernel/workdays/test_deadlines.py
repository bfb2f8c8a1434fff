"""Time limits: start day not counted, pauses once, lights as the handbook's §4.9 has them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.deadlines import Deadline, Light, Pause
from minfang.kernel.workdays.sources import published

CAL = Calendar.of_days([(day, work) for day, (work, _) in published(2026).days.items()], (2026,))
STARTS = st.dates(date(2026, 1, 1), date(2026, 10, 1))
LIMITS = st.integers(1, 45)
UNITS = st.sampled_from(["working", "natural"])


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    found = []
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(STARTS)
        found.append((begin, begin + timedelta(days=draw(st.integers(0, 40)))))
    return tuple(found)


@st.composite
def deadlines(draw: st.DrawFn) -> Deadline:
    return Deadline(draw(STARTS), draw(LIMITS), draw(UNITS), draw(pauses()))


def test_the_day_of_acceptance_is_not_counted() -> None:
    deadline = Deadline(date(2026, 7, 6), 8)
    assert deadline.elapsed(CAL, date(2026, 7, 6)) == 0
    assert deadline.elapsed(CAL, date(2026, 7, 7)) == 1
    assert deadline.due(CAL) == date(2026, 7, 16)


def test_a_supplement_takes_its_days_out() -> None:
    plain = Deadline(date(2026, 6, 24), 8)
    paused = Deadline(date(2026, 6, 24), 8, suspensions=((date(2026, 6, 26), date(2026, 7, 3)),))
    assert CAL.between(plain.due(CAL), paused.due(CAL)) == 5
    assert paused.elapsed(CAL, date(2026, 7, 3)) == 2
    assert paused.elapsed(CAL, date(2026, 7, 6)) == 3


def test_an_open_supplement_stops_the_clock_and_shows_grey() -> None:
    deadline = Deadline(date(2026, 6, 24), 8, suspensions=((date(2026, 6, 26), None),))
    assert deadline.elapsed(CAL, date(2026, 9, 1)) == 2
    assert deadline.remaining(CAL, date(2026, 9, 1)) == 6
    assert deadline.light(CAL, date(2026, 9, 1)) is Light.GREY
    assert deadline.light(CAL, date(2026, 6, 25)) is Light.GREEN
    assert deadline.due(CAL, date(2026, 7, 3)) == date(2026, 7, 13)


@pytest.mark.parametrize(
    ("day", "light"),
    [
        (date(2026, 7, 13), Light.GREEN),
        (date(2026, 7, 14), Light.YELLOW),
        (date(2026, 7, 16), Light.YELLOW),
        (date(2026, 7, 17), Light.RED),
    ],
)
def test_lights_of_an_eight_day_promise(day: date, light: Light) -> None:
    assert Deadline(date(2026, 7, 6), 8).light(CAL, day) is light


def test_a_short_limit_warns_on_its_last_day_and_is_red_on_the_weekend_after() -> None:
    deadline = Deadline(date(2026, 7, 9), 1)
    assert deadline.due(CAL) == date(2026, 7, 10)
    assert deadline.light(CAL, date(2026, 7, 10)) is Light.YELLOW
    assert deadline.light(CAL, date(2026, 7, 11)) is Light.RED


def test_natural_days_ignore_holidays() -> None:
    assert Deadline(date(2026, 9, 30), 10, "natural").due(CAL) == date(2026, 10, 10)


def test_warnings_go_out_on_working_days_before_the_due_day() -> None:
    deadline = Deadline(date(2026, 9, 28), 4)
    assert deadline.due(CAL) == date(2026, 10, 9)
    assert deadline.days_before(CAL, 1) == date(2026, 10, 8)
    assert deadline.days_before(CAL, 3) == date(2026, 9, 29)


@given(deadlines())
def test_all_days_are_used_up_on_the_due_day_and_not_before(deadline: Deadline) -> None:
    due = deadline.due(CAL)
    assert deadline.elapsed(CAL, due) == deadline.allowed
    assert deadline.elapsed(CAL, due - timedelta(days=1)) == deadline.allowed - 1


@given(deadlines(), st.integers(0, 200), st.integers(0, 60))
def test_elapsed_is_monotonic_in_time(deadline: Deadline, first: int, more: int) -> None:
    today = deadline.start + timedelta(days=first)
    assert 0 <= deadline.elapsed(CAL, today) <= deadline.elapsed(CAL, today + timedelta(days=more))


@given(deadlines(), st.integers(0, 20))
def test_an_extension_adds_its_days(deadline: Deadline, extra: int) -> None:
    longer = Deadline(deadline.start, deadline.limit, deadline.unit, deadline.suspensions, extra)
    same = Deadline(deadline.start, deadline.limit + extra, deadline.unit, deadline.suspensions)
    assert longer.due(CAL) == same.due(CAL) >= deadline.due(CAL)


@given(deadlines(), pauses())
def test_another_pause_never_makes_it_due_earlier(deadline: Deadline, more: tuple[Pause, ...]) -> None:
    paused = Deadline(deadline.start, deadline.limit, deadline.unit, deadline.suspensions + more)
    assert paused.due(CAL) >= deadline.due(CAL)


@given(deadlines(), st.randoms(), st.integers(0, 120))
def test_pauses_split_repeated_and_shuffled_count_once(deadline: Deadline, rng: object, later: int) -> None:
    split: list[Pause] = []
    for begin, end in deadline.suspensions:
        assert end is not None
        middle = begin + (end - begin) // 2
        split += [(begin, middle), (middle, end), (begin, end)]
    rng.shuffle(split)  # type: ignore[attr-defined]
    twin = Deadline(deadline.start, deadline.limit, deadline.unit, tuple(split))
    today = deadline.start + timedelta(days=later)
    assert twin.due(CAL) == deadline.due(CAL)
    assert twin.elapsed(CAL, today) == deadline.elapsed(CAL, today)


@given(deadlines(), st.integers(0, 40))
def test_pauses_outside_the_running_time_change_nothing(deadline: Deadline, days: int) -> None:
    due = deadline.due(CAL)
    before = (deadline.start - timedelta(days=days), deadline.start)
    after = (due, due + timedelta(days=days))
    twin = Deadline(deadline.start, deadline.limit, deadline.unit, (*deadline.suspensions, before, after))
    assert twin.due(CAL) == due
