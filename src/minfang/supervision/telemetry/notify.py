"""Telling open browsers that something about a work changed.

PostgreSQL's NOTIFY is delivered at commit and never for a transaction that fails. It carries names only,
never contents: who may read them is asked where they are read. A database without it needs no other code
than this module, which then does nothing; browsers still ask by themselves.
"""

import json

from django.db import connection

CHANNEL = "minfang_live"
LISTEN = "LISTEN minfang_live"
ALARM = "alarm"
WORKS = "works"
DEVICE = "device"


def touch(kind: str, works_id: int, object_id: int = 0) -> None:
    """Say, when the current transaction commits, that an object of this kind in this work changed.

    ``kind`` is :data:`ALARM`, :data:`WORKS` (readiness) or :data:`DEVICE`. In a storm one call a work without
    ``object_id`` is enough: viewers then read the list anew. Equal calls in one transaction are sent once.
    """
    if connection.vendor == "postgresql":
        told = json.dumps({"kind": kind, "works": works_id, "id": object_id}, separators=(",", ":"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, told])
