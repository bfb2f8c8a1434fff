"""What reaches the open browsers: announcements of the database, and pictures of the works they look at.

One thread for all viewers. PostgreSQL's own: LISTEN. Without it the pictures still come, once a second.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError, close_old_connections, connection

from minfang.registry.models import Works
from minfang.supervision.live import views
from minfang.supervision.telemetry import notify

log = logging.getLogger(__name__)
TURN_SECONDS = 1.0
LEAST_SECONDS = 2.0  # a picture is drawn at most this often
MOST_SECONDS = 15.0  # and at least this often: values grow old without a sign
FINGERPRINTS = """
SELECT w.id, w.op_state, max(l.received_at), count(l.series_id) FROM reg_works w
LEFT JOIN reg_device d ON d.works_id = w.id LEFT JOIN tel_series s ON s.device_id = d.id
LEFT JOIN tel_latest l ON l.series_id = s.id WHERE w.id = ANY(%s) GROUP BY w.id, w.op_state
"""


class Feed:
    """``watched`` says what is looked at, ``tell`` and ``show`` hand over; all may be called here."""

    def __init__(
        self,
        watched: Callable[[], dict[int, set[str]]],
        tell: Callable[[str, int, int], None],
        show: Callable[[int, str, str], None],
    ) -> None:
        self._watched, self._tell, self._show = watched, tell, show
        self._listening: Any = None
        self._seen: dict[int, tuple[Any, ...]] = {}
        self._drawn: dict[int, float] = {}
        self._touched: set[int] = set()

    def run(self, stop: threading.Event) -> None:
        """Listen and draw until told to stop."""
        while not stop.is_set():
            try:
                close_old_connections()
                self.listen(TURN_SECONDS)
                self.draw(time.monotonic())
            except (DatabaseError, psycopg.Error):
                log.exception("the live stream lost the database")
                self.close()
                stop.wait(TURN_SECONDS)
        self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def listen(self, seconds: float) -> None:
        """Pass on what is announced within ``seconds``; equal announcements are passed on once."""
        end = time.monotonic() + seconds
        if connection.vendor != "postgresql":
            time.sleep(seconds)
            return
        if self._listening is None:
            self._listening = connection.get_new_connection(connection.get_connection_params())
            self._listening.autocommit = True
            self._listening.execute(notify.LISTEN)
        told: set[str] = set()
        while (left := end - time.monotonic()) > 0:
            for note in self._listening.notifies(timeout=left, stop_after=1):
                if note.payload not in told:
                    told.add(note.payload)
                    self._pass_on(note.payload)

    def _pass_on(self, payload: str) -> None:
        try:
            said = json.loads(payload)
            kind, works_id, object_id = str(said["kind"]), int(said["works"]), int(said["id"])
        except (ValueError, KeyError, TypeError):
            log.warning("an announcement nobody understands: %.100s", payload)
            return
        self._touched.add(works_id)
        self._tell(kind, works_id, object_id)

    def draw(self, now: float) -> int:
        """New pictures of the works that changed; how many works were drawn.

        One query for all works looked at, and those of a snapshot for each that changed, however many look.
        """
        watched = self._watched()
        if not watched:
            self._seen.clear()
            self._touched.clear()
            return 0
        due = [works_id for works_id in self._changed(watched) if self._may_draw(works_id, now)]
        for works in Works.objects.filter(pk__in=due) if due else ():
            for name, view in views.make(works, watched[works.pk]).items():
                self._show(works.pk, name, view.model_dump_json())
            self._drawn[works.pk] = now
            self._touched.discard(works.pk)
        return len(due)

    def _changed(self, watched: dict[int, set[str]]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(FINGERPRINTS, [list(watched)])
            prints = {row[0]: row[1:] for row in cursor.fetchall()}
        for works_id, names in watched.items():
            mark = (prints.get(works_id), tuple(sorted(names)))
            if self._seen.get(works_id) != mark:
                self._seen[works_id] = mark
                self._touched.add(works_id)
        return list(watched)

    def _may_draw(self, works_id: int, now: float) -> bool:
        age = now - self._drawn.get(works_id, float("-inf"))
        return age >= MOST_SECONDS or (works_id in self._touched and age >= LEAST_SECONDS)
