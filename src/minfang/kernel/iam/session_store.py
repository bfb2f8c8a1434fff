"""Where sessions are kept: a row is named by a keyed digest of the cookie, never by the cookie itself.

Whoever reads the database finds nothing to send as a cookie (security handbook B.9).
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db

from minfang.kernel.crypto import local

DIGITS = 40


def row_key(session_key: str) -> str:
    """The name of a session's row: 160 bits of HMAC-SM3 over the cookie value, in hexadecimal digits."""
    return local.hmac_sm3(local.purpose_key("session"), session_key.encode()).hex()[:DIGITS]


def delete_row(key: str) -> None:
    """Remove a session by the name of its row, as lists of sessions hold it."""
    db.SessionStore.get_model_class().objects.filter(session_key=key).delete()


class SessionStore(db.SessionStore):
    """Django's database sessions, their rows named by :func:`row_key`."""

    def _get_session_from_db(self) -> Any:
        cookie = self.session_key
        by_name: Any = db.SessionStore(row_key(cookie)) if cookie else None
        found = by_name._get_session_from_db() if by_name is not None else None
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Whether there is a session for this cookie value."""
        return super().exists(row_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row as it is written."""
        row = super().create_model_instance(data)
        row.session_key = row_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Remove the session of this cookie value; without one, this session."""
        cookie = session_key or self.session_key
        if cookie:
            delete_row(row_key(cookie))

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        """As :meth:`exists`."""
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        """As :meth:`create_model_instance`."""
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        """As :meth:`delete`."""
        await sync_to_async(self.delete)(session_key)
