"""The rule engine alone: readings a second on one core, with two hundred rules over twenty thousand series.

The shipped rules watch everywhere, the others are variants of them for one district each.
"""

import time
from typing import Any

import numpy as np

from bench.measure import Result
from bench.world import World

SERIES, RULES = 20_000, 200
WARM, MINUTES, SPELL_READINGS = 60, 300, 20
TARGET = 2_000_000.0
SHARES = ((0.0, "无越限"), (0.001, "千分之一越限"), (0.01, "百分之一越限"))
DISTRICTS = [f"3101{n:02d}" for n in range(1, 17)]
US = 1_000_000


def feed(_: World) -> list[Result]:
    """Every series speaks at the period of its metric; what leaves its bounds stays out for a while."""
    return [_one(share, name) for share, name in SHARES]


def _one(share: float, name: str) -> Result:
    engine, calm, wild, period = _engine()
    chance = np.random.default_rng(7)
    start, used, count, looked, said = time.time_ns() // 1000, 0.0, 0, 0, 0
    left = np.zeros(SERIES, np.int64)
    for minute in range(WARM + MINUTES):
        speaks = (np.arange(SERIES) + minute) % period == 0
        left[speaks] -= left[speaks] > 0
        left[speaks & (left == 0) & (chance.random(SERIES) < share / SPELL_READINGS)] = SPELL_READINGS
        batch = _batch(speaks, start + minute * 60 * US, left > 0, calm, wild)
        before = engine.counted.looked_at
        begun = time.process_time()
        signals = engine.feed(batch)
        engine.changed()
        if minute >= WARM:
            used += time.process_time() - begun
            count += len(batch)
            looked += engine.counted.looked_at - before
            said += len(signals)
    rate = count / used
    note = f"{rate / 1e6:.2f} 百万条/秒，{RULES} 条规则，细看 {looked / count:.1%}，{said} 个信号"
    target = 1e6 / TARGET if share < SHARES[-1][0] else None
    return Result(f"规则判断 100 万条，{name}", 1e6 / rate, "s", target, None, None, "", note)


def _batch(speaks: Any, ts: int, out: Any, calm: Any, wild: Any) -> Any:
    from minfang.supervision.telemetry.batches import build

    series = np.flatnonzero(speaks)
    at = np.full(len(series), ts)
    value = np.where(out, wild, calm)[series]
    return build(series + 1, at, value, np.zeros(len(series), np.int16), at)


def variants() -> list[dict[str, Any]]:
    """The shipped rules and, up to two hundred, variants of them for one district each."""
    from minfang.supervision.rules.actions.publishing import shipped

    rows = [row for row in shipped() if row.get("enabled", True)]
    found = list(rows)
    for n in range(RULES - len(rows)):
        row, district = rows[n % len(rows)], DISTRICTS[n % len(DISTRICTS)]
        definition = {**row["definition"], "scope": {"districts": [district]}}
        found.append(
            {**row, "code": f"{row['code']}-{n}", "name": f"{row['name']} {n}", "definition": definition}
        )
    return found


def _engine() -> tuple[Any, Any, Any, Any]:
    """The engine, and for each series a calm value, a wild one and its period in minutes."""
    from minfang.supervision.rules import checking
    from minfang.supervision.rules.engine import Engine
    from minfang.supervision.rules.facts import Facts
    from minfang.supervision.rules.plans import compile_rule

    rows = [row for row in variants() if not row["code"].endswith("-EM")]
    known = Facts.of(_series(sorted({row["definition"]["metric"] for row in rows})))
    named = {"DAY-3": (3, 86_400), "DAY-5": (5, 86_400)}
    compiled = []
    for n, row in enumerate(rows, 1):
        identity = (n, n, row["code"], row["name"], row["category"])
        compiled.append(compile_rule(identity, checking.parse(row["definition"]), known, named))
    low, high = np.full(SERIES, -np.inf), np.full(SERIES, np.inf)
    for rule in compiled:
        for plan in rule.plans.values():
            at = plan.facts.series - 1
            low[at] = max([low[at], *(test.low for test in plan.tests)])
            high[at] = min([high[at], *(test.high for test in plan.tests)])
    period = np.array([max(1, row.period // 60) for row in known.series.values()])
    return Engine(compiled, (), known), *_values(low, high), period


def _values(low: Any, high: Any) -> tuple[Any, Any]:
    bounded = np.isfinite(low) & np.isfinite(high)
    calm = np.where(bounded, (low + high) / 2, np.where(np.isfinite(low), low + 1, high - 1))
    calm = np.where(np.isfinite(calm), calm, 0.0)
    wild = np.where(np.isfinite(high), high * 1.3 + 1, low * 0.7 - 1)
    return calm, np.where(np.isfinite(wild), wild, 0.0)


def _series(metrics: list[str]) -> list[Any]:
    """As many of each metric, ten to a work."""
    from minfang.supervision.rules.facts import SeriesFacts
    from minfang.supervision.telemetry.metrics import catalogue as known

    catalogue = known()
    return [
        SeriesFacts(
            series=n + 1,
            metric=metrics[n % len(metrics)],
            works_id=n // 10,
            works_no=f"W-{n // 10}",
            works="测量用工程",
            device_no=f"D-{n}",
            device="传感器",
            room_id=n // 5,
            unit_id=n // 10,
            district=DISTRICTS[n // 10 % len(DISTRICTS)],
            place="测量用工程",
            period=catalogue[metrics[n % len(metrics)]].period,
        )
        for n in range(SERIES)
    ]
