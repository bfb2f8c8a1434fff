"""Sources that can only be read from front to back: which rows of them a run takes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.supervision.links import positions, times
from minfang.supervision.links.mapping import parse
from minfang.supervision.links.models import DataLink, DataSource, SyncKind
from minfang.supervision.links.readers.base import Page, Reader, Row

DATED = (SyncKind.INCR_DATE, SyncKind.PARTIAL_FULL)


class ScannedReader(Reader):
    """Takes the rows behind the watermark while it reads all; row numbers stand in for a missing column."""

    def __init__(self, link: DataLink, source: DataSource) -> None:
        self.link, self.source = link, source
        self.home = times.zone(link.time_zone)
        found = parse(link.target, link.mapping)
        self.form = getattr(found, "ts_format", times.AUTO)
        mark = [link.watermark_column] if link.watermark_column and link.sync_kind != SyncKind.FULL else []
        self.columns = list(dict.fromkeys([*found.columns, *mark]))
        self.mark = self.columns.index(mark[0]) if mark else None
        self.instant = times.reader(self.form, self.home)

    def prepare(self) -> dict[str, Any]:
        link, kind = self.link, self.link.sync_kind
        if kind == SyncKind.PARTIAL_FULL:
            moment = int(clock.now().timestamp() * 1_000_000) - (link.range_hours or 24) * 3_600_000_000
            return {"rows": 0, "lower": {"n": moment}}
        if kind == SyncKind.FULL or not link.watermark:
            return {"rows": 0}
        lower = int(positions.back(link.watermark))
        step = link.overlap * (1_000_000 if kind == SyncKind.INCR_DATE else 1)
        return {"rows": 0, "lower": {"n": lower - step}}

    def number(self, row: Row, ordinal: int) -> int | None:
        """What a row is compared by: microseconds, an id, or its number."""
        if self.mark is None:
            return ordinal
        value = row[self.mark]
        if value in (None, ""):
            return None
        try:
            return self.instant(value) if self.link.sync_kind in DATED else int(value)
        except (ValueError, TypeError) as error:
            raise Refusal(
                "MARK_UNREADABLE",
                f"第 {ordinal} 行的增量字段“{value}”无法识别。",
                "请检查增量字段和时间格式。",
                status=422,
            ) from error

    def chosen(self, numbered: Iterator[tuple[int, Row]], position: dict[str, Any]) -> Iterator[Page]:
        """Pages of the rows this run takes; ``numbered`` gives every row with its number."""
        lower = positions.back(position["lower"]) if "lower" in position else None
        strict = self.link.sync_kind == SyncKind.INCR_ID
        taken: list[Row] = []
        newest, ordinal, first = position.get("newest"), position["rows"], 0
        for ordinal, row in numbered:
            found = self.number(row, ordinal) if self.link.sync_kind != SyncKind.FULL else ordinal
            if found is None or (lower is not None and (found <= lower if strict else found < lower)):
                continue
            first = first or ordinal
            taken.append(row)
            newest = found if newest is None else max(newest, found)
            if len(taken) >= self.link.page_size:
                yield self._page(taken, first, position, ordinal, newest)
                taken, first = [], 0
        if taken:
            yield self._page(taken, first, position, ordinal, newest)

    def _page(
        self, taken: list[Row], first: int, position: dict[str, Any], ordinal: int, newest: int | None
    ) -> Page:
        now = int(clock.now().timestamp() * 1_000_000)
        capped = min(newest, now) if newest is not None and self.link.sync_kind in DATED else newest
        mark = {} if self.link.sync_kind == SyncKind.FULL or capped is None else {"n": capped}
        return Page(taken, first, {**position, "rows": ordinal, "newest": newest}, mark)

    def without_mark(self) -> int:
        return 0


def mark_words(link: DataLink, stored: dict[str, Any]) -> str:
    """A watermark of a scanned source in words."""
    if not stored:
        return ""
    if link.sync_kind not in DATED or "n" not in stored:
        return positions.words(stored)
    return datetime.fromtimestamp(stored["n"] / 1_000_000, times.zone(link.time_zone)).isoformat(
        " ", "seconds"
    )
