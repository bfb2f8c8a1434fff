"""What is broken today: each room reports what a person has to look at, in words, with the way to it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

log = logging.getLogger(__name__)
BAD, WARN = "BAD", "WARN"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. ``advice`` says what to do, ``link`` leads there."""

    area: str
    title: str
    detail: str = ""
    advice: str = ""
    severity: str = WARN
    count: int = 1
    since: datetime | None = None
    link: str = ""


Source = Callable[[], Iterable[Finding]]
_sources: dict[str, Source] = {}


def source(area: str) -> Callable[[Source], Source]:
    """Decorator: this function is asked whenever somebody wants to know what is broken."""

    def add(function: Source) -> Source:
        _sources[f"{area}:{function.__module__}.{function.__qualname__}"] = function
        return function

    return add


def today() -> list[Finding]:
    """Everything that is broken now, the worst first. A source that fails is itself a finding."""
    found: list[Finding] = []
    for name, ask in sorted(_sources.items()):
        try:
            found.extend(ask())
        except Exception:
            log.exception("finding source %s failed", name)
            area = name.partition(":")[0]
            found.append(Finding(area, f"“{area}”检查未能完成", advice="请查看运行日志。", severity=BAD))
    return sorted(found, key=lambda finding: (finding.severity != BAD, finding.area, finding.title))
