"""Writing many rows in one statement whose text never changes: the values travel as one JSON document.

This is PostgreSQL's way (``json_to_recordset``, ``UPDATE … FROM … RETURNING``). Elsewhere: ``executemany`` of
the same rows, and a query for what follows them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage

_KEEP = """
INSERT INTO exchange_attempt (id, message_id, number, started_at, milliseconds, outcome, status, error,
                              request, response, mac)
SELECT id, message_id, number, started_at, milliseconds, outcome, status, error,
       decode(request, 'hex'), decode(response, 'hex'), mac
FROM json_to_recordset(%s::json) AS attempt (
    id bigint, message_id bigint, number integer, started_at timestamptz, milliseconds integer, outcome text,
    status integer, error text, request text, response text, mac text)
"""
_PLAIN = ("id", "message_id", "number", "started_at", "milliseconds", "outcome", "status", "error", "mac")

_DONE = """
UPDATE exchange_outbox AS message
SET state = 'DONE', answer = decode(delivered.answer, 'hex'), done_at = %s, last_error = '', asked_at = NULL
FROM json_to_recordset(%s::json) AS delivered (id bigint, answer text)
WHERE message.id = delivered.id
RETURNING message.connector, (
    SELECT later.connector FROM exchange_outbox AS later
    WHERE later.lane_id = message.lane_id AND later.sequence > message.sequence
      AND later.state NOT IN ('DONE', 'CANCELLED')
    ORDER BY later.sequence LIMIT 1)
"""


def _hexadecimal(model: type[Any], column: str, value: Any, pk: int) -> str:
    """The sealed form of a value as JSON can carry it."""
    sealed = model._meta.get_field(column).sealed(value, pk)
    return bytes(sealed.stored if hasattr(sealed, "stored") else sealed).hex()


def keep_attempts(attempts: Iterable[DeliveryAttempt]) -> None:
    """Insert tries that have their numbers; request and response are sealed for their rows."""
    rows = []
    for attempt in attempts:
        row = {name: getattr(attempt, name) for name in _PLAIN}
        for name in ("request", "response"):
            row[name] = _hexadecimal(DeliveryAttempt, name, getattr(attempt, name), attempt.pk)
        rows.append(row)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [orjson.dumps(rows).decode()])


def mark_done(delivered: Sequence[tuple[int, dict[str, Any]]], now: datetime) -> set[tuple[str, str]]:
    """Mark messages delivered, each with its answer sealed for its row.

    Returns pairs of connectors: that of a message, and that of the first unsettled one after it in its lane.
    """
    rows = [{"id": pk, "answer": _hexadecimal(OutboxMessage, "answer", said, pk)} for pk, said in delivered]
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [now, orjson.dumps(rows).decode()])
        return {(own, following) for own, following in cursor.fetchall() if following is not None}
