"""A rule as the editor writes it, on labelled readings of a real machine."""

import csv
from datetime import datetime
from pathlib import Path

from tests.supervision.rules.support import MIN, Watch, facts, rule, series

from minfang.kernel.base.clock import SHANGHAI
from minfang.supervision.rules.schedule import micros

FILE = Path(__file__).parents[2] / "data" / "rules" / "machine_temperature.csv"
FAILURE = ("2013-12-15 17:50:00", "2013-12-17 17:00:00")


def moment(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


def test_a_band_tuned_on_another_series_finds_the_failure_of_a_machine() -> None:
    with FILE.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    values = {moment(row["timestamp"]): (float(row["value"]) - 32) / 1.8 for row in rows}
    held = {"hold_seconds": 7200}
    band = rule(
        [{"op": "gt", "value": 27, "clear": 26, **held}, {"op": "lt", "value": 16, "clear": 17, **held}]
    )
    watch = Watch([band], facts([series(1, period=900)]))
    said = watch.feed([(1, ts, value) for ts, value in sorted(values.items())])
    start, end = (moment(text) for text in FAILURE)
    first = next(s for s in said if s.kind == "RAISE" and s.value is not None and s.value < 16)
    assert start <= first.at <= end
    assert first.at - start < 25 * 60 * MIN
