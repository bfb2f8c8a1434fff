"""Waking the worker the moment a message is committed.

PostgreSQL's NOTIFY is delivered at commit and never for a transaction that fails. It is only a
shortcut: nothing is lost without it. A sleeping worker looks by itself too: after a second, and the longer
nothing was found the more rarely. Where the database cannot tell, everybody looks every second.
"""

import time
from types import TracebackType
from typing import Any

import psycopg
from django.db import DatabaseError, connection

CHANNEL = "minfang_outbox"
POLL_SECONDS = 1.0
QUIET_SECONDS = 8.0


def announce(lane: str = "") -> None:
    """Tell sleeping workers, when the current transaction commits, that there is something to send.

    ``lane`` says for whom (``connectors.lane_of``), so that nobody else looks; without it everybody does.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, lane])


class Listener:
    """Waits for announcements on a connection of its own; falls back to plain waiting."""

    def __init__(self) -> None:
        self._connection: Any = None

    @property
    def deaf(self) -> bool:
        """Whether nobody could have told us anything."""
        return self._connection is None

    def __enter__(self) -> "Listener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        self._connection = connection.get_new_connection(connection.get_connection_params())
        self._connection.autocommit = True
        self._connection.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float = POLL_SECONDS) -> set[str]:
        """Wait at most ``seconds`` for an announcement; the lanes that were named, ``""`` for all."""
        started = time.monotonic()
        if connection.vendor == "postgresql":
            try:
                if self._connection is None:
                    self._open()
                return {told.payload for told in self._connection.notifies(timeout=seconds, stop_after=1)}
            except (DatabaseError, psycopg.Error):
                self._close()
        time.sleep(max(0.0, seconds - (time.monotonic() - started)))
        return set()
