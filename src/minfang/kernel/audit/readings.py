"""Readings: seeing personal data or the trail is an event, once in a while for one person and one object.

Opening the same page again within ``AUDIT_READING_MINUTES`` is the same reading. Each process remembers for
itself what it recorded lately, so reading stays fast: at most one entry a process and period is made.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import transaction

from minfang.kernel.audit.actions import Actor, name_of, record

REMEMBERED = 20_000
_recent: OrderedDict[tuple[str, Any, str], float] = OrderedDict()
_lock = Lock()


def record_reading(action: str, *, person: Actor | None, target: Any, summary: str, reason: str = "") -> None:
    """Record that ``person`` has seen ``target``, unless this process did so a few minutes ago."""
    key = (action, person.pk if person else None, name_of(target))
    if time.monotonic() < _recent.get(key, 0.0):
        return
    with transaction.atomic():
        record(action, person=person, target=target, summary=summary, reason=reason)
        transaction.on_commit(lambda: _remember(key))


def _remember(key: tuple[str, Any, str]) -> None:
    with _lock:
        _recent[key] = time.monotonic() + settings.AUDIT_READING_MINUTES * 60
        _recent.move_to_end(key)
        while len(_recent) > REMEMBERED:
            _recent.popitem(last=False)


def forget() -> None:
    """Remember nothing: for tests."""
    _recent.clear()
