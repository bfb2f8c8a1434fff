"""Wait only shortly for a row somebody else is working on, and try once more before giving up.

PostgreSQL ends a wait by ``lock_timeout`` and a deadlock by itself; a database without such a setting
waits until the other transaction is over, which changes nothing but the waiting time.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from minfang.kernel.base.errors import Refusal

LONGEST_WAIT_MS = 2000
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
ATTEMPTS = 2
Act = TypeVar("Act", bound=Callable[..., Any])


def wait_shortly() -> None:
    """Let this transaction wait at most :data:`LONGEST_WAIT_MS` milliseconds for any one lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}")


def in_the_way(error: OperationalError) -> bool:
    """Whether a statement failed only because somebody else had the row."""
    return getattr(error.__cause__, "sqlstate", "") in (LOCK_NOT_AVAILABLE, DEADLOCK)


def one_transaction(act: Act) -> Act:
    """Carry an action out in one transaction that waits shortly for locks and is tried twice.

    Inside a transaction of the caller it becomes a part of it, and the caller tries again.
    """

    @wraps(act)
    def carried_out(*args: Any, **kwargs: Any) -> Any:
        if connection.in_atomic_block:
            with transaction.atomic():
                return act(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    wait_shortly()
                    return act(*args, **kwargs)
            except OperationalError as error:
                if not in_the_way(error):
                    raise
                if attempt == ATTEMPTS:
                    raise busy() from error
        raise AssertionError("the last attempt returns or raises")

    return carried_out  # type: ignore[return-value]


def busy() -> Refusal:
    """Somebody else has had the row for too long."""
    return Refusal("BUSY", "该件正由他人办理，请稍候。", "几秒后刷新页面，核对最新状态再办。", status=409)
