"""Append to a chain: take a free end, keep it until the transaction is over, move it with each entry.

There are several chains so that transactions do not wait for one another. PostgreSQL's own ways are
``SKIP LOCKED`` and one statement that locks the end, moves it and inserts the entry; where a database lacks
them, the first end is waited for and the same is done in two statements (``_append_plainly``).

A thread goes on with the end it used last: unless somebody moved it, an entry costs one round trip.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from minfang.kernel.audit.chain import COVERED, FIRST, linker, microseconds
from minfang.kernel.audit.fields import json_text
from minfang.kernel.audit.models import AuditChain, AuditEvent

WAIT_SECONDS = 10.0
PAUSE_SECONDS = 0.005


class TrailBusy(DatabaseError):
    """All ends are held by others for longer than anybody should hold one."""


@dataclass(frozen=True)
class End:
    """Where a chain stands in this transaction.

    It is kept among the transaction's commit hooks, which the framework drops together with the savepoint
    that is rolled back; so what is remembered goes back exactly as far as the table does.
    """

    chain: int
    sequence: int
    mac: str

    def __call__(self) -> None:
        """At commit: this thread may go on from here."""
        _last.end = self


_last = threading.local()


def ensure() -> None:
    """Make the ends the configuration asks for; those that are there stay as they are."""
    there = set(AuditChain.objects.values_list("number", flat=True))
    for number in range(1, settings.AUDIT_CHAINS + 1):
        if number not in there:
            AuditChain.objects.get_or_create(number=number, defaults={"last_mac": FIRST})


def append(event: AuditEvent) -> None:
    """Give the entry its place and its link and write it."""
    known = _held() or _used_last()
    if (known is None or not _write_after(known, event)) and not _write_after(_take(), event):
        raise TrailBusy("the end of the chain moved while it was held")
    transaction.on_commit(End(event.chain, event.sequence, event.mac))


def _held() -> End | None:
    """The end this transaction already holds."""
    for hook in reversed(connection.run_on_commit):
        if isinstance(hook[1], End):
            return hook[1]
    return None


def _used_last() -> End | None:
    """Where this thread left a chain; worth a try where a locked end is skipped and not waited for."""
    if connection.vendor != "postgresql":
        return None
    found: End | None = getattr(_last, "end", None)
    return found


def _take() -> End:
    """Lock a free end. Nobody queues for a lock here, so no two can wait for each other for ever."""
    skip = connection.features.has_select_for_update_skip_locked
    limit = time.monotonic() + WAIT_SECONDS
    while True:
        rows = AuditChain.objects.filter(number__gt=0).select_for_update(skip_locked=skip)
        row = (
            rows.order_by("last_sequence", "number")
            .values_list("number", "last_sequence", "last_mac")[:1]
            .first()
        )
        if row is not None:
            return End(*row)
        if time.monotonic() > limit:
            raise TrailBusy("no end of the audit chains is free")
        time.sleep(PAUSE_SECONDS)


def _write_after(end: End, event: AuditEvent) -> bool:
    """Whether the entry could be written after ``end``; not so when the end has moved meanwhile."""
    event.chain, event.sequence, event.previous_mac = end.chain, end.sequence + 1, end.mac
    event.mac = linker().link(end.mac, values(event))
    if connection.vendor == "postgresql":
        return _append_at_once(end, event)
    return _append_plainly(end, event)


def values(event: AuditEvent) -> list[Any]:
    """What the link covers."""
    return [
        event.chain,
        event.sequence,
        microseconds(event.at),
        event.actor_id or 0,
        event.actor_name,
        event.actor_office,
        event.role,
        event.address,
        event.port,
        event.agent,
        event.request_id,
        event.action,
        event.target,
        event.summary,
        json_text(event.before),
        json_text(event.after),
        event.reason,
        event.result,
    ]


_COLUMNS = (*COVERED, "mac", "previous_mac")
_APPEND = f"""
WITH free AS (
  SELECT number FROM audit_chain WHERE number = %s AND last_sequence = %s AND last_mac = %s
  FOR UPDATE SKIP LOCKED
), moved AS (
  UPDATE audit_chain SET last_sequence = last_sequence + 1, last_mac = %s
  FROM free WHERE audit_chain.number = free.number RETURNING audit_chain.number
)
INSERT INTO audit_event ({", ".join(f'"{name}"' for name in _COLUMNS)})
SELECT {", ".join(["%s"] * len(_COLUMNS))} FROM moved RETURNING id
"""  # noqa: S608


def _append_at_once(end: End, event: AuditEvent) -> bool:
    row = values(event)
    row[2], row[3] = event.at, event.actor_id
    with connection.cursor() as cursor:
        cursor.execute(
            _APPEND, [end.chain, end.sequence, end.mac, event.mac, *row, event.mac, event.previous_mac]
        )
        made = cursor.fetchone()
    if made is None:
        return False
    event.pk = made[0]
    return True


def _append_plainly(end: End, event: AuditEvent) -> bool:
    place = AuditChain.objects.filter(number=end.chain, last_sequence=end.sequence, last_mac=end.mac)
    if not place.update(last_sequence=event.sequence, last_mac=event.mac):
        return False
    event.save(force_insert=True)
    return True
