"""What a browser's session has proven: by which factors, since when, and when last confirmed.

Kept in the server-side session under one key, so that it costs no query of its own. Instants are seconds.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import HttpRequest

from minfang.kernel.base import clock
from minfang.kernel.iam import policy

KEY = "proof"


@dataclass
class Proof:
    """The state of one session.

    ``factors`` are ``password``, ``totp``, ``certificate``, ``platform`` or ``demo``; ``complete`` says that
    they suffice for this person. ``confirmed`` is the last confirmation of identity, ``used`` the last act
    that relied on it.
    """

    started: float
    seen: float
    how: str
    factors: list[str] = field(default_factory=list)
    complete: bool = False
    confirmed: float = 0.0
    used: float = 0.0

    def is_fresh(self, now: float) -> bool:
        """Whether identity was confirmed lately: each act prolongs it, up to a limit (policy 再次确认)."""
        limits = policy.current()
        age = now - self.confirmed
        idle = now - max(self.confirmed, self.used)
        return idle <= limits.fresh_minutes * 60 and age <= limits.fresh_limit_minutes * 60


def now_seconds() -> float:
    """The present instant in seconds."""
    return clock.now().timestamp()


def of(request: HttpRequest) -> Proof | None:
    """What this request's session has proven; ``None`` when nobody has begun to sign in."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    return Proof(**kept) if kept else None


def keep(request: HttpRequest, proof: Proof) -> None:
    """Write the state back into the session."""
    request.session[KEY] = asdict(proof)
