"""However the stream is cut, stopped or timed, the engine says the same, and what a naive one says."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.supervision.rules.support import MIN, T0, Watch, curve, facts, rule, series, told

from minfang.kernel.workdays.calendar import Calendar

GAP = 15  # minutes, the temperature's longest
TESTS = [(3, 30.0, 29.0, 10, 0), (2, 35.0, 34.0, 15, 5), (1, 40.0, 40.0, 0, 0)]


def naive(
    readings: list[tuple[int, float]], tests: list[tuple[int, float, float, int, int]], end: int
) -> Any:
    """Every minute everything from the beginning; levels rise, and clear when none is left."""
    on, raised, said = [False] * len(tests), None, []
    for now in range(end + 1):
        past = [(at, value) for at, value in readings if at <= now]
        if not past:
            continue
        fresh = now - past[-1][0] <= GAP
        for i, (_, threshold, clear, hold, clear_hold) in enumerate(tests):
            wanted = (lambda v, c=clear: v <= c) if on[i] else (lambda v, t=threshold: v > t)
            run: list[int] = []
            for at, value in reversed(past):
                if not wanted(value) or (run and run[-1] - at > GAP):
                    break
                run.append(at)
            if run and fresh and now - run[-1] >= (clear_hold if on[i] else hold):
                on[i] = not on[i]
        level = min((test[0] for test, lit in zip(tests, on, strict=True) if lit), default=None)
        if level is None and raised is not None:
            said.append(("CLEAR", raised, float(now)))
            raised = None
        elif level is not None and (raised is None or level < raised):
            said.append(("RAISE" if raised is None else "RISE", level, float(now)))
            raised = level
    return said


def three_levels() -> Any:
    return rule(
        [],
        levels=[
            {
                "level": level,
                "when": [
                    {
                        "kind": "compare",
                        "op": "gt",
                        "value": value,
                        "clear": clear,
                        "hold_seconds": hold * 60,
                        "clear_hold_seconds": clear_hold * 60,
                    }
                ],
            }
            for level, value, clear, hold, clear_hold in TESTS
        ],
    )


steps = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from([20.0, 29.5, 31.0, 34.5, 36.0, 41.0])),
    min_size=1,
    max_size=40,
)


def laid_out(found: list[tuple[int, float]]) -> list[tuple[int, float]]:
    at, rows = 0, []
    for gap, value in found:
        at += gap
        rows.append((at, value))
    return rows


@settings(max_examples=100, deadline=None)
@given(steps)
def test_it_says_what_a_naive_engine_says_that_looks_at_everything_every_minute(
    found: list[tuple[int, float]],
) -> None:
    rows = laid_out(found)
    end = rows[-1][0] + 30
    watch = Watch([three_levels()], facts([series(1)]))
    watch.feed([(1, T0 + at * MIN, value) for at, value in rows])
    watch.due(T0 + end * MIN)
    assert told(watch.said) == naive(rows, TESTS, end)


def many_rules() -> list[Any]:
    """One rule of every kind, all at once on the same works."""
    return [
        three_levels(),
        rule(
            {"op": "gt", "value": 30, "hold_seconds": 600}, repeat_minutes=20, dedupe={"kind": "TIME_WINDOW"}
        ),
        rule({"op": "gt", "value": 30}, dedupe={"kind": "COUNT", "times": 3, "minutes": 90}),
        rule(
            {
                "kind": "frequent",
                "op": "gt",
                "value": 30,
                "times": 3,
                "span_seconds": 3600,
                "each": "crossing",
            }
        ),
        rule(
            {"kind": "frequent", "op": "gt", "value": 30, "times": 2, "span_seconds": 3600, "in_a_row": True}
        ),
        rule({"kind": "change", "direction": "either", "by": 6, "span_seconds": 1800}),
        rule({"kind": "several", "op": "gt", "value": 30, "at_least": 2, "hold_seconds": 300}),
        rule(
            {
                "kind": "together",
                "op": "gt",
                "value": 30,
                "other": {"metric": "HUMI", "op": "gt", "value": 30, "fresh_seconds": 600},
            }
        ),
        rule({"kind": "silent", "periods": 3}, dedupe={"kind": "TIME_WINDOW", "minutes": 120}),
        rule({"op": "gt", "value": 30}, silence_clear_seconds=900),
        rule(
            {"op": "gt", "value": 30},
            schedule={"windows": [{"start": 1430, "end": 20}, {"start": 60, "end": 70}]},
        ),
        rule({"op": "gt", "value": 30}, op_states=["PEACE"]),
    ]


ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 12),
        st.sampled_from([20.0, 29.5, 31.0, 36.0, 41.0]),
        st.sampled_from([0, 0, 0, 2]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=60,
)


def stream(found: list[Any]) -> list[tuple[int, int, float, int, bool]]:
    """In order of (time, series), each key once; series 3 measures humidity."""
    at, rows = 0, {}
    for number, gap, value, quality, backfill in found:
        at += gap
        rows[at, number] = (number, T0 + at * MIN, value, quality, backfill)
    return [rows[key] for key in sorted(rows)]


def world() -> Any:
    known = facts([series(1), series(2), series(3, "HUMI")], calendar=Calendar())
    known.readiness.begin(1, "PEACE")
    known.readiness.change(1, T0 + 60 * MIN, "EMERGENCY")
    known.readiness.change(1, T0 + 100 * MIN, "PEACE")
    return known


def order(signals: list[Any]) -> list[Any]:
    """The same instants may be told in either order by different rules."""
    return sorted(signals, key=lambda s: (s.series_id, s.rule_id, s.at, s.kind))


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 2**32))
def test_any_cut_of_the_stream_any_restart_and_any_timer_give_the_same_signals(
    found: list[Any], seed: int
) -> None:
    chance, rows = random.Random(seed), stream(found)
    whole = Watch(many_rules(), world())
    whole.feed(rows)
    pieces = Watch(many_rules(), world())
    at = 0
    while at < len(rows):
        step = chance.randint(1, 7)
        pieces.feed(rows[at : at + step])
        at += step
        if chance.random() < 0.5:
            pieces.restart()
        if chance.random() < 0.5 and at < len(rows) and rows[at - 1][1] < rows[at][1]:
            pieces.due(chance.randint(rows[at - 1][1], rows[at][1] - 1))
    end = rows[-1][1] + 300 * MIN
    whole.due(end)
    pieces.due(end)
    assert order(pieces.said) == order(whole.said)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_restart_at_every_nth_reading_changes_nothing(n: int) -> None:
    chance = random.Random(n)
    rows = stream(
        [
            (chance.randint(1, 3), chance.randint(0, 9), chance.choice([20.0, 31.0, 41.0]), 0, False)
            for _ in range(150)
        ]
    )
    whole, halting = Watch(many_rules(), world()), Watch(many_rules(), world())
    whole.feed(rows)
    for number, row in enumerate(rows):
        halting.feed([row])
        if number % n == 0:
            halting.restart()
    assert whole.said
    assert order(halting.said) == order(whole.said)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 2**32))
def test_late_and_repeated_readings_move_nothing(found: list[Any], seed: int) -> None:
    chance, rows = random.Random(seed), stream(found)
    clean, troubled = Watch(many_rules(), world()), Watch(many_rules(), world())
    seen: list[Any] = []
    newest: dict[int, int] = {}
    for row in rows:
        clean.feed([row])
        troubled.feed([row])
        seen.append(row)
        newest[row[0]] = row[1]
        old = chance.choice(seen)
        troubled.feed([(old[0], min(old[1] + chance.choice([0, -7 * MIN]), newest[old[0]]), 41.0)])
    assert order(troubled.said) == order(clean.said)
    assert troubled.engine.counted.late == len(rows)


def test_most_readings_are_only_looked_at_by_columns() -> None:
    watch = Watch([three_levels()], facts([series(n) for n in range(1, 101)]))
    watch.feed([row for n in range(1, 101) for row in curve(n, 5, [21.0] * 10)])
    assert (watch.engine.counted.readings, watch.engine.counted.looked_at) == (1000, 0)
