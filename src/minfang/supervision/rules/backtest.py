"""A rule tried on stored history through the same engine: what it would have raised (features 90, 91)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from minfang.supervision.rules import loading
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.engine import Engine
from minfang.supervision.rules.facts import Facts
from minfang.supervision.rules.plans import Compiled, compile_rule
from minfang.supervision.rules.schedule import instant, micros
from minfang.supervision.rules.signals import Signal, SignalKind
from minfang.supervision.telemetry.batches import Batch
from minfang.supervision.telemetry.queries import between

KEPT_EPISODES = 300
KEPT_DEVICES = 50


@dataclass(frozen=True)
class Judged:
    """An alarm of the ledger on a series: when it was open (µs), and what people found it to be."""

    series_id: int
    opened: int
    ended: int
    real: bool | None


Verdicts = Callable[[list[int], datetime, datetime], Iterable[Judged]]
Progress = Callable[[int], bool]
_verdicts: list[Verdicts] = []


def register_verdicts(fn: Verdicts) -> None:
    """The ledger of alarms tells what became of alarms on these series: ``fn(series ids, start, end)``."""
    _verdicts[:] = [fn]


@dataclass
class Episode:
    """One alarm it would have raised."""

    series: int
    level: int
    at: int
    value: float | None
    message: str
    cleared: int | None = None
    pushes: int = 1
    verdict: str = ""

    def touches(self, judged: Judged, end: int) -> bool:
        """Whether the two were open at the same time."""
        return (
            judged.series_id == self.series
            and judged.opened <= (self.cleared or end)
            and judged.ended >= self.at
        )


@dataclass
class Trial:
    """An engine with one version, and the alarms it made."""

    compiled: Compiled
    engine: Engine
    episodes: list[Episode] = field(default_factory=list)
    running: dict[int, Episode] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)

    def take(self, said: list[Signal]) -> None:
        """Follow what the engine says."""
        for signal in said:
            now = self.running.get(signal.series_id)
            if signal.kind is SignalKind.RAISE:
                episode = Episode(signal.series_id, signal.level, signal.at, signal.value, signal.message)
                self.running[signal.series_id] = episode
                self.episodes.append(episode)
            elif signal.kind is SignalKind.HELD_BACK:
                self.held[str(signal.reason)] += 1
            elif now is not None and signal.kind is SignalKind.CLEAR:
                now.cleared = signal.at
                del self.running[signal.series_id]
            elif now is not None:
                now.level, now.pushes = min(now.level, signal.level), now.pushes + 1


def run(
    definition: RuleDefinition,
    start: datetime,
    end: datetime,
    scope: set[int] | None = None,
    *,
    beside: RuleDefinition | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What a definition would have raised between two instants, and what ``beside`` (in force now) would
    have.

    ``scope`` limits it to these series. Readings are taken as if they had come in time; the readiness of
    the works is that of their history. ``progress`` is told the percentage and answers whether to go on.
    """
    known = loading.facts(remembering=False)
    if scope is not None:
        known.series = {number: row for number, row in known.series.items() if number in scope}
    trials = [_trial(one, known) for one in (definition, beside) if one is not None]
    series = sorted({number for trial in trials for number in _series(trial.compiled)})
    readings = 0
    for batch in _stored(series, start, end, progress):
        readings += len(batch)
        for trial in trials:
            trial.take(trial.engine.feed(batch))
    for trial in trials:
        trial.take(trial.engine.due(micros(end)))
    judged = [row for fn in _verdicts for row in fn(series, start, end)]
    reports = [_report(trial, known, judged, start, end) for trial in trials]
    found = {"readings": readings, "series": len(series), "judged": len(judged), **reports[0]}
    return {**found, "live": reports[1] if len(reports) > 1 else None}


class Stopped(Exception):
    """Somebody cancelled it."""


def _stored(series: list[int], start: datetime, end: datetime, progress: Progress | None) -> Iterator[Batch]:
    first, whole = micros(start), max(micros(end) - micros(start), 1)
    for batch in between(series, start, end):
        at = int(batch.ts.max())
        if progress is not None and not progress(min(99, (at - first) * 100 // whole)):
            raise Stopped
        yield Batch(
            batch.series,
            batch.ts,
            batch.value,
            batch.quality,
            batch.ts,
            batch.late,
            np.zeros(len(batch), np.bool_),
        )


def _trial(definition: RuleDefinition, known: Facts) -> Trial:
    compiled = compile_rule((1, 1, "", "", ""), definition, known, loading.frequencies())
    return Trial(compiled, Engine([compiled], (), known))


def _series(compiled: Compiled) -> set[int]:
    return set(compiled.plans) | {watch.series for watch in compiled.watches}


def _report(
    trial: Trial, known: Facts, judged: list[Judged], start: datetime, end: datetime
) -> dict[str, Any]:
    last, days = micros(end), max((end - start).total_seconds() / 86400, 1 / 24)
    verdicts, missed = _compare(trial.episodes, judged, last)
    by_device: dict[int, int] = defaultdict(int)
    for episode in trial.episodes:
        by_device[episode.series] += 1
    worst = sorted(by_device.items(), key=lambda item: (-item[1], item[0]))[:KEPT_DEVICES]
    return {
        "devices_watched": len(trial.compiled.plans),
        "alarms": len(trial.episodes),
        "per_day": round(len(trial.episodes) / days, 2),
        "open": len(trial.running),
        "pushes": sum(episode.pushes for episode in trial.episodes),
        "by_level": {str(k): v for k, v in sorted(Counter(e.level for e in trial.episodes).items())},
        "by_day": dict(sorted(Counter(f"{instant(e.at):%Y-%m-%d}" for e in trial.episodes).items())),
        "by_device": [{**_who(known, number), "alarms": n} for number, n in worst],
        "held": dict(trial.held),
        "verdicts": dict(verdicts),
        "missed": missed,
        "episodes": [_shown(known, episode) for episode in trial.episodes[:KEPT_EPISODES]],
    }


def _compare(episodes: list[Episode], judged: list[Judged], end: int) -> tuple[Counter[str], dict[str, int]]:
    """Each would-be alarm by the ledger's verdict, and the real and false ones it would not have raised."""
    of_series: dict[int, list[Judged]] = defaultdict(list)
    for row in judged:
        of_series[row.series_id].append(row)
    met: set[int] = set()
    counted: Counter[str] = Counter()
    for episode in episodes:
        near = [row for row in of_series[episode.series] if episode.touches(row, end)]
        met |= {id(row) for row in near}
        found = {row.real for row in near}
        episode.verdict = (
            "REAL" if True in found else "FALSE" if False in found else "OPEN" if near else "NEW"
        )
        counted[episode.verdict] += 1
    missed = Counter(
        "REAL" if row.real else "FALSE" for row in judged if row.real is not None and id(row) not in met
    )
    return counted, dict(missed)


def _who(known: Facts, series: int) -> dict[str, Any]:
    row = known.series[series]
    return {"device_no": row.device_no, "device": row.device, "place": row.place}


def _shown(known: Facts, episode: Episode) -> dict[str, Any]:
    return {
        **_who(known, episode.series),
        "level": episode.level,
        "at": instant(episode.at).isoformat(),
        "cleared": instant(episode.cleared).isoformat() if episode.cleared else None,
        "value": episode.value,
        "message": episode.message,
        "pushes": episode.pushes,
        "verdict": episode.verdict,
    }
