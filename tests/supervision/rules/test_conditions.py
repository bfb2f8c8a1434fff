"""Every kind of condition, the calendar, readiness, merging and mistrust, reading by reading."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.supervision.rules.support import MIN, T0, US, Watch, curve, facts, rule, series, told

from minfang.kernel.base.clock import SHANGHAI
from minfang.kernel.workdays.calendar import Calendar
from minfang.supervision.rules import rule_files
from minfang.supervision.rules.definition import RuleDefinition, Schedule
from minfang.supervision.rules.schedule import LiveTimes, micros

EXAMPLES = Path(__file__).parents[2] / "data" / "rules"


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


def said(definition: RuleDefinition, values: list[float], minutes: float = 5, **known: Any) -> list[Any]:
    watch = Watch([definition], facts([series(1, definition.metric)], **known))
    return told(watch.feed(curve(1, minutes, values)))


@pytest.mark.feature(90)
def test_an_alarm_explains_itself_and_fills_in_its_message() -> None:
    watch = Watch([rule({"op": "gt", "value": 35, "clear": 34, "hold_seconds": 900})], facts([series(1)]))
    (raised,) = watch.feed(curve(1, 5, [35.2, 35.9, 36.2, 36.4]))
    assert raised.message == "延平公用民防工程 B1 单元二 进风机房温度36.4℃，超过35"
    assert raised.readings == tuple((T0 + n * 5 * MIN, v) for n, v in enumerate([35.2, 35.9, 36.2, 36.4]))
    assert [(step.code, step.passed) for step in raised.steps] == [
        (code, True) for code in ("QUALITY", "SCHEDULE", "OP_STATE", "THRESHOLD", "HOLD", "DEDUPE")
    ]
    assert raised.steps[4].text == "自 07-07 23:00 起连续 4 个采样 ≥ 15 分钟"


@pytest.mark.parametrize(
    ("test", "values", "expected"),
    [
        ({"op": "gt", "value": 30}, [30, 31, 30], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        ({"op": "ge", "value": 30}, [29, 30, 29], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        ({"op": "lt", "value": 5, "clear": 6}, [5, 4, 5.5, 6], [("RAISE", 2, 5.0), ("CLEAR", 2, 15.0)]),
        ({"op": "le", "value": 5}, [6, 5, 6], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        ({"op": "ne", "value": 1}, [1, 0, 1], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        ({"op": "between", "value": 5, "upper": 6}, [7, 5.5, 4], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        ({"op": "outside", "value": 5, "upper": 6}, [5, 7, 6], [("RAISE", 2, 5.0), ("CLEAR", 2, 10.0)]),
        (
            {"kind": "frequent", "op": "gt", "value": 1, "times": 2, "span_seconds": 900},
            [2, 0, 2, 0, 0, 0],
            [("RAISE", 2, 10.0), ("CLEAR", 2, 15.0)],
        ),
        (
            {"kind": "frequent", "op": "gt", "value": 1, "times": 2, "span_seconds": 900, "in_a_row": True},
            [2, 0, 2, 0],
            [],
        ),
        (
            {"kind": "change", "direction": "up", "by": 3, "span_seconds": 600},
            [1, 2, 5, 5, 5, 5],
            [("RAISE", 2, 10.0), ("CLEAR", 2, 20.0)],
        ),
    ],
)
def test_each_kind_of_condition(test: dict[str, Any], values: list[float], expected: list[Any]) -> None:
    assert said(rule(test), values) == expected


def test_a_hold_runs_out_and_data_stop_without_a_new_reading() -> None:
    hold = Watch([rule({"op": "gt", "value": 30, "hold_seconds": 240})], facts([series(1)]))
    hold.feed([(1, T0, 31.0)])
    assert told(hold.due(T0 + 3 * MIN)) == []
    assert told(hold.due(T0 + 5 * MIN)) == [("RAISE", 2, 4.0)]
    silent = Watch([rule({"kind": "silent", "periods": 3})], facts([series(1, period=300)]))
    silent.feed(curve(1, 5, [20.0, 20.0]))
    assert told(silent.due(T0 + 19 * MIN)) == []
    assert told(silent.due(T0 + 20 * MIN)) == [("RAISE", 2, 20.0)]
    assert told(silent.feed([(1, T0 + 40 * MIN, 20.0)])) == [("CLEAR", 2, 40.0)]


def silence(period: int = 300) -> Watch:
    return Watch([rule({"kind": "silent", "periods": 3})], facts([series(1, period=period)]))


def test_nobody_is_silent_before_he_was_listened_to() -> None:
    watch = silence()
    watch.feed(curve(1, 5, [20.0, 20.0]))
    watch.restart()
    watch.engine.listen(T0 + 60 * MIN)
    assert told(watch.due(T0 + 74 * MIN)) == []
    assert told(watch.feed([(1, T0 + 74 * MIN, 20.0)])) == []
    assert told(watch.due(T0 + 88 * MIN)) == []
    assert told(watch.due(T0 + 90 * MIN)) == [("RAISE", 2, 89.0)]
    assert told(watch.feed([(1, T0 + 95 * MIN, 20.0)])) == [("CLEAR", 2, 95.0)]


def test_who_never_speaks_again_is_missed_three_periods_after_listening_began() -> None:
    watch = silence()
    watch.feed(curve(1, 5, [20.0, 20.0]))
    watch.restart()
    watch.engine.listen(T0 + 60 * MIN)
    assert told(watch.due(T0 + 80 * MIN)) == [("RAISE", 2, 75.0)]


def test_an_alarm_of_silence_stands_over_a_restart_and_clears_with_the_next_reading() -> None:
    watch = silence()
    watch.feed(curve(1, 5, [20.0, 20.0]))
    assert told(watch.due(T0 + 30 * MIN)) == [("RAISE", 2, 20.0)]
    watch.restart()
    watch.engine.listen(T0 + 60 * MIN)
    assert told(watch.due(T0 + 61 * MIN)) == []
    assert watch.engine.rows()[0].phase == "ACTIVE"
    assert told(watch.feed([(1, T0 + 62 * MIN, 20.0)])) == [("CLEAR", 2, 62.0)]


def test_what_lay_between_the_readings_of_a_backlog_is_no_silence_either() -> None:
    watch = silence()
    watch.engine.listen(T0 + 60 * MIN)
    assert told(watch.feed([(1, T0, 20.0), (1, T0 + 40 * MIN, 20.0)])) == []
    assert told(watch.feed([(1, T0 + 70 * MIN, 20.0)])) == []


def test_a_gap_longer_than_the_metric_allows_begins_the_hold_anew() -> None:
    watch = Watch([rule({"op": "gt", "value": 30, "hold_seconds": 3600})], facts([series(1)]))
    assert watch.feed([*curve(1, 5, [31.0] * 5), *curve(1, 5, [31.0] * 12, T0 + 40 * MIN)]) == []
    assert told(watch.feed(curve(1, 5, [31.0, 31.0], T0 + 100 * MIN))) == [("RAISE", 2, 100.0)]


def test_two_points_in_one_unit_are_graver_than_one() -> None:
    wet = rule(
        [],
        metric="WATER",
        levels=[
            {"level": 2, "when": [{"kind": "compare", "op": "eq", "value": 1}]},
            {
                "level": 1,
                "when": [{"kind": "several", "op": "eq", "value": 1, "at_least": 2, "fresh_seconds": 1800}],
            },
        ],
    )
    other = series(3, "WATER", unit_id=9)
    watch = Watch([wet], facts([series(1, "WATER"), series(2, "WATER"), other]))
    told_of = [
        (s.series_id, s.kind, s.level)
        for s in watch.feed([(1, T0, 1.0), (3, T0 + MIN, 1.0), (2, T0 + 2 * MIN, 1.0)])
    ]
    assert told_of == [(1, "RAISE", 2), (3, "RAISE", 2), (1, "RISE", 1), (2, "RAISE", 1)]


def test_a_pump_that_does_not_start_needs_both_sensors() -> None:
    test = {
        "kind": "together",
        "op": "ge",
        "value": {"design": "start_mm"},
        "hold_seconds": 300,
        "other": {
            "metric": "CURR",
            "op": "lt",
            "value": {"design": "rated_a", "factor": 0.1},
            "place": "EQUIPMENT",
        },
    }
    design = {"start_mm": 1000, "rated_a": 5.6}
    rows = [series(n, m, equipment_id=7, design=design, period=60) for n, m in ((1, "SUMP"), (2, "CURR"))]
    watch = Watch([rule([], metric="SUMP", levels=[{"level": 3, "when": [test]}])], facts(rows))
    running = [(2, T0 + n * MIN, 5.0) for n in range(10)]
    assert watch.feed([*curve(1, 1, [1100.0] * 10), *running]) == []
    stopped = [(2, T0 + n * MIN, 0.0) for n in range(10, 20)]
    assert told(watch.feed([*curve(1, 1, [1100.0] * 10, T0 + 10 * MIN), *stopped])) == [("RAISE", 3, 15.0)]


def test_thresholds_follow_the_design_of_the_equipment_and_own_settings_of_a_device() -> None:
    by_design = rule({"op": "gt", "value": {"design": "rated_a", "factor": 1.1}}, metric="CURR")
    rows = [
        series(1, "CURR", design={"rated_a": 10}),
        series(2, "CURR", design={"rated_a": 20}),
        series(3, "CURR"),
    ]
    watch = Watch([by_design], facts(rows))
    assert [s.series_id for s in watch.feed([(n, T0, 12.0) for n in (1, 2, 3)])] == [1]
    own = rule(
        {"op": "gt", "value": 30},
        overrides=[
            {"target": "works", "number": "W", "levels": [{"level": 2, "value": 40}]},
            {"target": "unit", "number": "W-F02", "levels": [{"level": 2, "value": 35}]},
            {"target": "device", "number": "W-S-TEMP-002", "levels": [{"level": 2, "value": 32}]},
            {"target": "device", "number": "W-S-TEMP-003", "off": True},
        ],
    )
    rows = [series(1), series(2), series(3), series(4, unit_no="W-F03")]
    watch = Watch([own], facts(rows))
    assert [s.series_id for s in watch.feed([(n, T0, 33.0) for n in (1, 2, 3, 4)])] == [2]


@pytest.mark.feature(91)
def test_windows_across_midnight_and_exchanged_workdays() -> None:
    calendar = Calendar({date(2025, 9, 28): True, date(2025, 10, 1): False})
    nights = LiveTimes(
        Schedule.model_validate({"days": "WORKDAY", "windows": [{"start": 1320, "end": 360}]}), calendar
    )
    live = {
        "2025-09-27 23:00:00": False,  # Saturday
        "2025-09-28 21:59:59": False,
        "2025-09-28 22:00:00": True,  # a Sunday that is worked
        "2025-09-29 05:59:59": True,
        "2025-09-29 06:00:00": False,
        "2025-09-30 23:59:59": True,
        "2025-10-01 05:00:00": True,  # belongs to the evening before
        "2025-10-01 22:30:00": False,  # holiday
    }
    assert {text: nights.is_live(at(text)) for text in live} == live
    assert nights.next_change(at("2025-09-27 12:00:00")) == at("2025-09-28 22:00:00")
    every_minute = [at("2025-09-28 21:00:00") + n * MIN for n in range(4 * 1440)]
    spans = list(nights.spans(every_minute[0], every_minute[-1]))
    assert [any(a <= ts < b for a, b in spans) for ts in every_minute[:-1]] == [
        nights.is_live(ts) for ts in every_minute[:-1]
    ]


def test_outside_its_hours_it_is_held_back_and_raised_when_they_begin() -> None:
    office = rule(
        {"op": "gt", "value": 30}, schedule={"windows": [{"start": 0, "end": 360}]}
    )  # from midnight
    watch = Watch([office], facts([series(1)]))
    assert told(watch.feed(curve(1, 5, [31.0] * 15))) == [("HELD_BACK:SCHEDULE", 2, 0.0), ("RAISE", 2, 60.0)]


def test_readiness_that_changes_inside_a_hold() -> None:
    peace = rule({"op": "gt", "value": 30, "hold_seconds": 1200}, op_states=["PEACE"])
    known = facts([series(1)])
    known.readiness.begin(1, "PEACE")
    watch = Watch([peace], known)
    watch.feed(curve(1, 5, [31.0, 31.0]))
    watch.engine.readiness_changed(1, T0 + 10 * MIN, "EMERGENCY")
    assert told(watch.feed(curve(1, 5, [31.0] * 4, T0 + 10 * MIN))) == [("HELD_BACK:OP_STATE", 2, 20.0)]
    watch.engine.readiness_changed(1, T0 + 28 * MIN, "PEACE")
    assert told(watch.feed(curve(1, 5, [31.0], T0 + 30 * MIN))) == [("RAISE", 2, 28.0)]


def test_merging_within_a_span_and_by_count() -> None:
    up_and_down = [31.0, 29.0] * 5
    within = rule({"op": "gt", "value": 30}, dedupe={"kind": "TIME_WINDOW", "minutes": 25})
    kinds = [kind for kind, _, _ in said(within, up_and_down)]
    assert kinds == [
        "RAISE",
        "CLEAR",
        "HELD_BACK:DEDUPE",
        "HELD_BACK:DEDUPE",
        "RAISE",
        "CLEAR",
        "HELD_BACK:DEDUPE",
    ]
    first = rule({"op": "gt", "value": 30}, dedupe={"kind": "COUNT", "times": 2, "minutes": 600})
    kinds = [kind for kind, _, _ in said(first, up_and_down) if kind != "CLEAR"]
    assert kinds == ["RAISE", "HELD_BACK:COUNT", "RAISE", "HELD_BACK:COUNT", "RAISE"]
    third = rule(
        {"op": "gt", "value": 30}, dedupe={"kind": "COUNT", "times": 3, "minutes": 600, "first": False}
    )
    kinds = [kind for kind, _, _ in said(third, up_and_down) if kind != "CLEAR"]
    assert kinds == ["HELD_BACK:COUNT", "HELD_BACK:COUNT", "RAISE", "HELD_BACK:COUNT", "HELD_BACK:COUNT"]


def test_what_is_not_believed_or_came_a_day_late_only_leaves_a_trace() -> None:
    watch = Watch([rule({"op": "gt", "value": 30})], facts([series(1)]))
    assert told(watch.feed([(1, T0, 31.0, 2), (1, T0 + MIN, 31.0, 3)])) == [("HELD_BACK:QUALITY", 2, 0.0)]
    assert told(watch.feed([(1, T0 + 2 * MIN, 31.0, 0, True)])) == [("HELD_BACK:BACKFILL", 2, 2.0)]
    assert told(watch.feed([(1, T0 + 3 * MIN, 31.0, 0, False)])) == [("RAISE", 2, 3.0)]


def test_it_is_said_again_while_it_lasts_and_an_event_is_over_when_it_does_not_come_again() -> None:
    lasting = rule({"op": "gt", "value": 30}, repeat_minutes=30)
    assert said(lasting, [31.0] * 14) == [("RAISE", 2, 0.0), ("REPEAT", 2, 30.0), ("REPEAT", 2, 60.0)]
    intruder = rule({"op": "ge", "value": 1}, metric="INTRUDE", silence_clear_seconds=600)
    watch = Watch([intruder], facts([series(1, "INTRUDE")]))
    watch.feed([(1, T0, 1.0)])
    assert told(watch.due(T0 + 3600 * US)) == [("CLEAR", 2, 10.0)]


def test_rules_may_be_tested_as_files() -> None:
    for file in sorted(EXAMPLES.glob("*.toml")):
        results = rule_files.check(file.read_text(encoding="utf-8"))
        assert results
        assert [result for result in results if result.faults] == []
    wrong = rule_files.check(
        (EXAMPLES / "temperature.toml").read_text(encoding="utf-8").replace("@900", "@600")
    )
    assert wrong[0].faults == ["应有而没有：RAISE 3 @600", "不应有：RAISE 3 @900"]
