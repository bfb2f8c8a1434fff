"""Small worlds for the engine: series with places, rules from a few words, readings from pairs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.engine import Engine
from minfang.supervision.rules.facts import Facts, SeriesFacts
from minfang.supervision.rules.plans import compile_rule
from minfang.supervision.rules.signals import Signal
from minfang.supervision.rules.states import StateRow
from minfang.supervision.telemetry.batches import Batch

US = 1_000_000
MIN = 60 * US
T0 = 1_751_900_400 * US  # 2025-07-07 23:00 in Shanghai, a Monday


def series(number: int, metric: str = "TEMP", **more: Any) -> SeriesFacts:
    """A device in room 3 of unit 2 of work 1."""
    place = {"unit_id": 2, "unit_no": "W-F02", "unit": "单元二", "room_id": 3, "room": "进风机房"}
    return SeriesFacts(
        **{  # type: ignore[arg-type]
            "series": number,
            "metric": metric,
            "works_id": 1,
            "works_no": "W",
            "works": "延平公用民防工程",
            "device_no": f"W-S-{metric}-{number:03}",
            "device": f"{metric}-{number}",
            "place": "延平公用民防工程 B1 单元二 进风机房",
            **place,
            **more,
        }
    )


def rule(test: dict[str, Any] | list[dict[str, Any]], **more: Any) -> RuleDefinition:
    """A rule whose one level is orange, unless ``levels`` are given; not merging, not repeating."""
    tests = test if isinstance(test, list) else [test]
    plain = {
        "metric": "TEMP",
        "levels": [{"level": 2, "when": [{"kind": "compare", **one} for one in tests]}],
        "message": "${place}${metric}${value}${unit_name}，超过${threshold}",
        "dedupe": {"kind": "NONE"},
        "repeat_minutes": None,
    }
    return RuleDefinition.model_validate({**plain, **more})


def facts(rows: Iterable[SeriesFacts], **more: Any) -> Facts:
    """What is known of these series."""
    return Facts.of(rows, **more)


class Watch:
    """An engine that can be stopped and started, with everything it said."""

    def __init__(self, definitions: Sequence[RuleDefinition], known: Facts, frequencies: Any = None) -> None:
        self.known, self.definitions = known, list(definitions)
        self.frequencies = frequencies or {}
        self.said: list[Signal] = []
        self.engine = self._build([])

    def _build(self, states: list[StateRow]) -> Engine:
        compiled = [
            compile_rule((n, n, f"R{n}", f"规则{n}", "ENV"), definition, self.known, self.frequencies)
            for n, definition in enumerate(self.definitions, 1)
        ]
        return Engine(compiled, states, self.known)

    def restart(self) -> None:
        """Stop; start from what would be in the database."""
        rows = json.loads(json.dumps([row.as_json() for row in self.engine.rows()]))
        self.known.memory = self.engine.memory()
        self.engine = self._build([StateRow(**row) for row in rows])

    def feed(self, readings: Sequence[tuple[Any, ...]]) -> list[Signal]:
        """Readings (series, µs, value[, quality[, backfill]])."""
        said = self.engine.feed(batch(readings))
        self.said += said
        return said

    def due(self, now: int) -> list[Signal]:
        """The clock moved on."""
        said = self.engine.due(now)
        self.said += said
        return said


def batch(readings: Sequence[tuple[Any, ...]]) -> Batch:
    """A batch of readings, sorted as the store wants it."""
    rows = sorted((*row, *(0, False)[len(row) - 3 :]) for row in readings)
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    ts = np.array(columns[1], np.int64)
    return Batch(
        np.array(columns[0], np.int32),
        ts,
        np.array(columns[2], np.float64),
        np.array(columns[3], np.int16),
        ts.copy(),
        np.zeros(len(ts), np.bool_),
        np.array(columns[4], np.bool_),
    )


def curve(
    number: int, minutes: float, values: Sequence[float], start: int = T0
) -> list[tuple[int, int, float]]:
    """One reading every ``minutes`` from ``start``."""
    return [(number, start + round(i * minutes * MIN), value) for i, value in enumerate(values)]


def told(signals: Iterable[Signal]) -> list[tuple[str, int, float]]:
    """Kind, level, minutes since T0."""
    return [
        (s.kind.value + (f":{s.reason}" if s.reason else ""), s.level, (s.at - T0) / MIN) for s in signals
    ]
