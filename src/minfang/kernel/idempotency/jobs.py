"""Forgetting old keys, and the watch over calls that take long."""

import logging
import threading

from django.db import connection

from minfang.kernel.base import periodic
from minfang.kernel.idempotency import actions, rules
from minfang.kernel.idempotency.actions import Claim

log = logging.getLogger(__name__)
PURGE_SECONDS = 1800


@periodic.every(PURGE_SECONDS)
def forget_old_calls() -> None:
    """Remove the rows nobody will ask for again."""
    actions.purge()


class Watch:
    """Renews the claims of calls that run longer than a third of a lease; one thread, only while needed."""

    def __init__(self) -> None:
        self._claims: set[Claim] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, claim: Claim) -> None:
        """A call begins."""
        with self._changed:
            self._claims.add(claim)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="idempotency", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, claim: Claim) -> None:
        """The call has ended."""
        with self._changed:
            self._claims.discard(claim)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._claims:
                    self._changed.wait()
                before = set(self._claims)
                self._changed.wait(rules.current().lease.total_seconds() / 3)
                still = before & self._claims
            if still:
                self._renew(list(still))

    @staticmethod
    def _renew(claims: list[Claim]) -> None:
        try:
            actions.renew(claims)
        except Exception:
            log.exception("could not renew %d claims", len(claims))
        finally:
            connection.close()


watch = Watch()
