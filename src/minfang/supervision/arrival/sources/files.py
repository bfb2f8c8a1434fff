"""Stock history from a CSV file: resumable, repeatable, with every refused row named."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from minfang.kernel.base import clock
from minfang.supervision.arrival.commit import Position, commit
from minfang.supervision.arrival.decode import Collector, Unusable
from minfang.supervision.arrival.devices import Directory
from minfang.supervision.arrival.models import SourceState
from minfang.supervision.telemetry import partitions
from minfang.supervision.telemetry.batches import US
from minfang.supervision.telemetry.models import Doubt

KIND = "file"
ROWS = 20_000
FIELDS = ("device", "metric", "time", "value", "quality")
NEEDED = FIELDS[:4]
CONSTANT = "@"


class BadMap(Exception):
    """The mapping does not fit the file; the message says what to write."""


@dataclass(frozen=True)
class Refused:
    """A row that was not taken: its line in the file, why, and what it held."""

    line: int
    reason: str
    content: str


@dataclass
class Report:
    """What became of a file."""

    read: int = 0
    skipped: int = 0
    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def parse_map(text: str) -> dict[str, str]:
    """``time=timestamp,value=v,device=@dev-1,metric=@TEMP``: a column, or @ and a word for all rows."""
    pairs = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    unknown, missing = set(pairs) - set(FIELDS), set(NEEDED) - set(pairs)
    if unknown or missing:
        strange = f"；不认识：{'、'.join(sorted(unknown))}" if unknown else ""
        raise BadMap(f"--map 须写明 {'、'.join(NEEDED)}（可选 quality）{strange}")
    return pairs


def source_name(path: Path, mapping: Mapping[str, str]) -> str:
    """A file is known by how it begins, how it is read and what it is called: more rows at its end go on."""
    with path.open("rb") as file:
        head = file.read(4096)
    words = "\0".join(f"{key}={mapping[key]}" for key in sorted(mapping))
    digest = hashlib.sha256(head[:200] + words.encode()).hexdigest()[:10]
    return f"{KIND}/{path.name[:20]}/{digest}"


def import_csv(
    path: Path,
    mapping: Mapping[str, str],
    zone: ZoneInfo = clock.SHANGHAI,
    on_refused: Callable[[Refused], None] = lambda _: None,
    on_progress: Callable[[Report], None] = lambda _: None,
    again: bool = False,
) -> Report:
    """Store what the file holds from where it was left; ``again`` begins at its start, which doubles nothing.

    The position is written with the rows: an interrupted import goes on behind the last row that is stored.
    Times without a zone are of ``zone``. Raises ``BadMap`` where a column is not in the file.
    """
    name, report, directory = source_name(path, mapping), Report(), Directory()
    state = SourceState.objects.filter(source=name).first()
    report.skipped = 0 if again or state is None else int(state.position or 0)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = enumerate(csv.reader(file), start=1)
        columns = _columns(next(rows, (0, []))[1], mapping)
        rest = islice(rows, report.skipped, None)
        while part := list(islice(rest, ROWS)):
            _store(_Part(part, columns, zone, on_refused, report), directory, name)
            on_progress(report)
    partitions.make_ahead()
    return report


def _columns(header: list[str], mapping: Mapping[str, str]) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for key, column in mapping.items():
        if column.startswith(CONSTANT):
            found[key] = column[1:]
        elif column in header:
            found[key] = header.index(column)
        else:
            raise BadMap(f"文件中没有列“{column}”，现有：{'、'.join(header[:20])}")
    return found


@dataclass
class _Part:
    rows: list[tuple[int, list[str]]]
    columns: dict[str, int | str]
    zone: ZoneInfo
    on_refused: Callable[[Refused], None]
    report: Report

    def said(self) -> Iterator[tuple[int, list[str], dict[str, str]]]:
        """Each row by field; a short row has empty ones."""
        for line, row in self.rows:
            yield (
                line,
                row,
                {
                    key: where if isinstance(where, str) else row[where].strip() if where < len(row) else ""
                    for key, where in self.columns.items()
                },
            )

    def refuse(self, line: int, row: list[str], reason: str) -> None:
        """Count and tell."""
        self.report.refused += 1
        self.report.reasons[reason] = self.report.reasons.get(reason, 0) + 1
        self.on_refused(Refused(line, reason, ",".join(row)))


def _store(part: _Part, directory: Directory, name: str) -> None:
    collector, report = Collector(directory, history=True), part.report
    received = round(clock.now().timestamp() * US)
    for line, row, said in part.said():
        before = len(collector.rejects)
        try:
            collector.reading(said["device"], _reading(said, part.zone), received)
        except Unusable as bad:
            part.refuse(line, row, f"{bad.reason} {bad.detail}".strip())
        except ValueError:
            part.refuse(line, row, "时间或数值无法识别")
        if len(collector.rejects) > before:
            reject = collector.rejects[-1]
            part.refuse(line, row, f"{Doubt(reject.reason).label}，{reject.hint}")
    report.read += len(part.rows)
    position = Position(str(report.skipped + report.read), len(part.rows), kind=KIND)
    written = commit(collector.batch(), name, position, watch=False)
    report.stored += written.stored
    report.duplicates += written.duplicates
    report.conflicts += written.conflicts


def _reading(said: Mapping[str, str], zone: ZoneInfo) -> dict[str, object]:
    at = said["time"]
    moment: object = int(at) if at.isdigit() else datetime.fromisoformat(at)
    if isinstance(moment, datetime):
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
    quality = said.get("quality", "0") or "0"
    return {
        "type": said["metric"],
        "ts": moment,
        "value": float(said["value"]),
        "quality": int(quality),
    }
