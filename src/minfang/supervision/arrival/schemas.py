"""What the office is told of what arrives."""

from datetime import datetime

from ninja import Field, Schema


class ArrivalSourceOut(Schema):
    """One way by which readings come, with what became of them since it was first heard."""

    source: str
    name: str
    kind: str
    state: str
    state_label: str
    error: str
    messages: int
    readings: int
    stored: int
    duplicates: int
    conflicts: int
    late: int
    quarantined: int
    dead: int
    waiting: int
    oldest_waiting_at: datetime | None
    worker: str
    seen_at: datetime | None


class ArrivalOut(Schema):
    """How everything that arrives stands; ``missing`` came in and is nowhere to be found."""

    now: datetime
    sources: list[ArrivalSourceOut]
    workers: int
    readings: int
    stored: int
    duplicates: int
    waiting: int
    oldest_waiting_at: datetime | None
    missing: int
    refused_today: int
    conflicts_today: int
    letters_today: int


class DeadLetterOut(Schema):
    """A message nobody could use; ``text`` is its beginning as far as it can be read."""

    id: int
    source: str
    subject: str
    reason: str
    detail: str
    text: str
    size: int
    count: int
    first_at: datetime
    last_at: datetime


class DeadLetterList(Schema):
    """A page of unusable messages, the newest first."""

    items: list[DeadLetterOut]
    total: int
    page: int
    size: int


class RefusedReadingOut(Schema):
    """A reading in quarantine as it came, why, and what to do about it."""

    id: int
    device_id: str
    metric: str
    ts: str
    value: str
    reason: str
    reason_label: str
    hint: str
    source: str
    received_at: datetime


class RefusedReadingList(Schema):
    """A page of readings that were not believed, the newest first."""

    items: list[RefusedReadingOut]
    total: int
    page: int
    size: int


class ThirdSystemOut(Schema):
    """A third system that may report events."""

    code: str
    name: str
    enabled: bool
    made_at: datetime
    renewed_at: datetime
    events: int
    last_event_at: datetime | None


class ThirdSystemIn(Schema):
    """A third system to let in; ``code`` is what it sends as ``X-Source``."""

    code: str = Field(max_length=28)
    name: str = Field(max_length=60)


class ThirdSystemSwitchIn(Schema):
    """Whether its events are heard."""

    enabled: bool


class ThirdSystemKeyOut(Schema):
    """The key of a third system; it is shown this once."""

    code: str
    key: str


class ThirdEventOut(Schema):
    """An event of a third system: the alarm that came of it, or why none did."""

    id: int
    source: str
    external_id: str
    kind: str
    alarm: str
    problem: str
    received_at: datetime


class ThirdEventList(Schema):
    """A page of events, the newest first."""

    items: list[ThirdEventOut]
    total: int
    page: int
    size: int
