"""Reading a table, view or query by pages, in an order that can be gone on with."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.sql.expression import FromClause

from minfang.kernel.base import clock
from minfang.supervision.links import engines, positions, statements, times
from minfang.supervision.links.mapping import parse
from minfang.supervision.links.models import DataLink, DataSource, SyncKind
from minfang.supervision.links.readers.base import Page, Reader

DATED = (SyncKind.INCR_DATE, SyncKind.PARTIAL_FULL)


class DatabaseReader(Reader):
    """One run over a database; each page is a short read-only transaction of its own.

    FULL goes by the unique key, INCR_ID by the id, the dated kinds by (date, key), so that rows with equal
    dates are neither lost at the end of a page nor read for ever. Without a key FULL reads in one stream.
    """

    def __init__(self, link: DataLink, source: DataSource) -> None:
        self.link, self.source = link, source
        self.home = times.zone(link.time_zone)
        found = parse(link.target, link.mapping)
        self.form = getattr(found, "ts_format", times.AUTO)
        mark = [link.watermark_column] if link.watermark_column and link.sync_kind != SyncKind.FULL else []
        keys = [] if link.sync_kind == SyncKind.INCR_ID else list(link.key_columns)
        self.order = list(dict.fromkeys([*mark, *keys]))
        self.columns = list(dict.fromkeys([*found.columns, *self.order]))
        self.from_the_start = not self.order
        self.stack = ExitStack()
        self.connection: Connection
        self.rows: FromClause

    def __enter__(self) -> "DatabaseReader":
        self.rows = statements.rows_of(self.link, self.columns)
        self.connection = self.stack.enter_context(engines.connected(self.source))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def prepare(self) -> dict[str, Any]:
        link, found = self.link, {"rows": 0}
        if link.sync_kind == SyncKind.FULL:
            return found
        newest = self._scalar(select(func.max(self.rows.c[self.order[0]])))
        if newest is None:
            return found
        now = times.like(newest, self._now(), self.home, self.form) if link.sync_kind in DATED else None
        lower = self._lower(newest, now)
        kept = {
            name: positions.keep(value)
            for name, value in (("lower", lower), ("cap", now))
            if value is not None
        }
        return {**found, **kept}

    def _lower(self, newest: Any, now: Any) -> Any:
        link = self.link
        if link.sync_kind == SyncKind.PARTIAL_FULL:
            return times.earlier(now, (link.range_hours or 24) * 3600)
        if not link.watermark:
            return None
        mark = positions.back(link.watermark)
        if link.sync_kind == SyncKind.INCR_DATE:
            return times.earlier(mark, link.overlap)
        return mark - link.overlap if isinstance(mark, int) else mark

    def _now(self) -> datetime:
        """The clock of the source, which decides what is recent there."""
        if self.connection.dialect.name == "mysql":
            found = self._scalar(select(func.utc_timestamp()))
            return found.replace(tzinfo=UTC) if isinstance(found, datetime) else clock.now()
        found = self._scalar(select(func.current_timestamp()))
        return found if isinstance(found, datetime) and found.tzinfo else clock.now()

    def _scalar(self, statement: Any) -> Any:
        found = self.connection.execute(statement).scalar()
        self.connection.rollback()
        return found

    def _begin(self, position: dict[str, Any]) -> list[ColumnElement[bool]]:
        if "lower" not in position:
            return [self.rows.c[word].is_not(None) for word in self.order[:1]] if self._incremental else []
        mark, lower = self.rows.c[self.order[0]], positions.back(position["lower"])
        by_id = self.link.sync_kind == SyncKind.INCR_ID and not self.link.overlap
        return [mark > lower if by_id else mark >= lower]

    @property
    def _incremental(self) -> bool:
        return self.link.sync_kind != SyncKind.FULL

    def pages(self, position: dict[str, Any]) -> Iterator[Page]:
        if not self.order:
            yield from self._stream(position)
            return
        place = [self.columns.index(word) for word in self.order]
        ordered = [self.rows.c[word] for word in self.order]
        while True:
            conditions = self._begin(position)
            if "at" in position:
                conditions.append(statements.after(ordered, [positions.back(one) for one in position["at"]]))
            asked = statements.page(self.rows, self.columns, self.order, conditions, self.link.page_size)
            rows = [tuple(row) for row in self.connection.execute(asked)]
            self.connection.rollback()
            if not rows:
                return
            first = position["rows"] + 1
            at = [positions.keep(rows[-1][n]) for n in place]
            position = {**position, "at": at, "rows": position["rows"] + len(rows)}
            yield Page(rows, first, position, self._mark(at[0], position))

    def _mark(self, newest: dict[str, Any], position: dict[str, Any]) -> dict[str, Any]:
        """How far the watermark goes: never beyond the clock of the source; a row of 2099 stops nothing."""
        if not self._incremental or "cap" not in position:
            return newest if self._incremental else {}
        found, cap = positions.back(newest), positions.back(position["cap"])
        return newest if found <= cap else dict(position["cap"])

    def _stream(self, position: dict[str, Any]) -> Iterator[Page]:
        """Everything in one read, for relations without a key; an interrupted run begins anew."""
        asked = select(*[self.rows.c[word] for word in self.columns])
        result = self.connection.execution_options(yield_per=self.link.page_size).execute(asked)
        number = 0
        for part in result.partitions():
            rows = [tuple(row) for row in part]
            number += len(rows)
            yield Page(rows, number - len(rows) + 1, {**position, "rows": number})

    def count(self, position: dict[str, Any], whole: bool = False) -> int | None:
        conditions = self._begin(position)
        if self.order and "at" in position and not whole:
            ordered = [self.rows.c[word] for word in self.order]
            behind = statements.after(ordered, [positions.back(one) for one in position["at"]])
            conditions.append(~behind)
        return int(self._scalar(statements.count(self.rows, conditions)))

    def without_mark(self) -> int:
        if not self._incremental:
            return 0
        return int(self._scalar(statements.count(self.rows, [self.rows.c[self.order[0]].is_(None)])))
