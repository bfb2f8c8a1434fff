"""``python -m bench``: measure, print a table, and add a line to ``bench/results/``.

Exit status 0 when everything was measured, met or not; 1 when something could not be measured.
``MINFANG_BENCH_CASES`` changes the number of cases (20 000). ``python -m bench latency`` measures one part
only, and keeps no record.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench import (
    clocks,
    cryptography,
    evidence,
    exchange,
    faces,
    files,
    flow,
    latency,
    links,
    pages,
    paper,
    registry,
    rules,
    telemetry,
)
from bench.measure import Result, table
from bench.world import World, world

ROOT = Path(__file__).resolve().parents[1]
CASES = 20_000
PARTS: tuple[Callable[[World], list[Result]], ...] = (
    cryptography.primitives,
    pages.save_form,
    paper.documents,
    pages.office_pages,
    faces.first_pages,
    files.upload,
    exchange.drain,
    evidence.trail,
    flow.verb,
    clocks.sweep,
    rules.feed,
    telemetry.committed,
    telemetry.messages,
    latency.alarms,
    latency.storm,
    registry.imports,
    registry.pages,
    links.full,
    links.ledger,
)


def main() -> int:
    """Measure everything; what fails is named and the rest is measured all the same."""
    cases, only = int(os.environ.get("MINFANG_BENCH_CASES", CASES)), sys.argv[1:]
    results: list[Result] = []
    failed: list[str] = []
    print(f"正在准备 {cases} 件办件……", flush=True)
    with world(cases) as place:
        results.append(
            Result("生成办件", place.seconds_to_fill, "s", 60.0 * cases / CASES, note=f"{cases} 件")
        )
        for part in (part for part in PARTS if not only or part.__module__.split(".")[1] in only):
            print(f"测量 {part.__module__}.{part.__name__}……", flush=True)
            try:
                results += part(place)
            except Exception as error:
                traceback.print_exc()
                failed.append(f"{part.__name__}: {error}")
    print("\n" + table(results))
    for line in failed:
        print(f"未能测量 {line}")
    if not only:
        _keep(results, failed, cases)
    return 1 if failed else 0


def _keep(results: list[Result], failed: list[str], cases: int) -> None:
    """One line of JSON a run."""
    now = datetime.now().astimezone()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    line = {
        "at": now.isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "cases": cases,
        "results": [result.row() for result in results],
        "failed": failed,
    }
    folder = ROOT / "bench" / "results"
    folder.mkdir(exist_ok=True)
    with (folder / f"{now:%Y-%m-%d}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"\n已记入 {folder / f'{now:%Y-%m-%d}.jsonl'}（{os.cpu_count()} 核，负载 {line['load']:.1f}）")


if __name__ == "__main__":
    sys.exit(main())
