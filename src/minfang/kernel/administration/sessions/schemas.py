"""What the page about sessions receives."""

from datetime import datetime

from minfang.kernel.base.schemas import Schema


class OpenSession(Schema):
    """A member of staff signed in at one place; ``own`` is the reader's present session."""

    id: int
    person: str
    username: str
    place: str
    family_label: str
    address: str
    agent: str
    how: str
    started_at: datetime
    last_seen_at: datetime
    own: bool


class SessionPage(Schema):
    total: int
    page: int
    size: int
    rows: list[OpenSession]
