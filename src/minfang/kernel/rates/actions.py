"""Count an act, and say when it was one too many."""

import re
import threading
import time
import tomllib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import F

from minfang.kernel.base import clock
from minfang.kernel.crypto import local
from minfang.kernel.iam import policy
from minfang.kernel.rates.models import RateCount

ROUTES = Path(__file__).parent / "definitions" / "routes.toml"
SECONDS = {"min": 60, "h": 3600, "day": 86400}


@dataclass(frozen=True)
class Kind:
    """Calls that are counted together. ``per`` is ``person`` or ``address``."""

    code: str
    label: str
    rate: str
    per: str
    store: str
    routes: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]

    def covers(self, method: str, path: str) -> bool:
        """Whether a call is of this kind."""
        return any(verb.fullmatch(method) and route.search(path) for verb, route in self.routes)


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds of the definition file."""
    found = []
    for row in tomllib.loads(ROUTES.read_text())["kind"]:
        pairs = (text.split(" ", 1) for text in row["routes"])
        routes = tuple((re.compile(verb), re.compile(route)) for verb, route in pairs)
        found.append(Kind(row["code"], row["label"], row["rate"], row["per"], row["store"], routes))
    return tuple(found)


def kind_of(method: str, path: str) -> Kind | None:
    """The kind a call is counted under."""
    return next((kind for kind in kinds() if kind.covers(method, path)), None)


def exceeded(kind: Kind, subject: str) -> int:
    """Count one act of a subject; 0 while it may, otherwise the seconds until it may again."""
    most, seconds = policy.rate(getattr(policy.current(), kind.rate))
    if kind.store == "memory":
        return too_many(f"{kind.code}|{subject}", most, seconds)
    return _in_database(kind, subject, most, seconds)


_recent: dict[str, deque[float]] = {}
_lock = threading.Lock()
MOST_SUBJECTS = 10_000


def too_many(key: str, most: int, seconds: int) -> int:
    """Count one act under this key in this process; 0 while it may, otherwise the seconds to wait."""
    now = time.monotonic()
    with _lock:
        if len(_recent) > MOST_SUBJECTS:
            _recent.clear()
        times = _recent.setdefault(key, deque())
        while times and times[0] <= now - seconds:
            times.popleft()
        if len(times) >= most:
            return max(1, int(times[0] + seconds - now) + 1)
        times.append(now)
    return 0


def forget() -> None:
    """Drop what is counted in memory."""
    with _lock:
        _recent.clear()


def _in_database(kind: Kind, subject: str, most: int, seconds: int) -> int:
    """Fixed windows: one row a subject and window, counted up by the database."""
    now = clock.now()
    window = datetime.fromtimestamp(now.timestamp() // seconds * seconds, clock.SHANGHAI)
    place = {"kind": kind.code, "subject": _digest(subject), "window": window}
    with transaction.atomic():
        if not RateCount.objects.filter(**place).update(count=F("count") + 1):
            try:
                with transaction.atomic():
                    RateCount.objects.create(**place, count=1)
            except IntegrityError:
                RateCount.objects.filter(**place).update(count=F("count") + 1)
        count = RateCount.objects.values_list("count", flat=True).get(**place)
    if count <= most:
        return 0
    return max(1, int((window + timedelta(seconds=seconds) - now).total_seconds()) + 1)


def _digest(subject: str) -> str:
    return local.hmac_sm3(local.purpose_key("rates"), subject.encode())[:16].hex()


def purge() -> int:
    """Remove counts of windows long past; returns how many."""
    old = RateCount.objects.filter(window__lt=clock.now() - timedelta(days=2))
    return old.delete()[0]
