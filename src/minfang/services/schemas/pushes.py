"""The push monitor: platforms, messages, tries, contradictions."""

from datetime import datetime

from minfang.services.schemas.common import Page, Schema


class PushOut(Schema):
    """One message to an outside platform."""

    id: int
    platform: str
    platform_label: str
    dataset: str
    dataset_label: str
    sequence: int
    state: str
    state_label: str
    tries: int
    created_at: datetime
    delivered_at: datetime | None
    next_try_at: datetime | None
    last_error: str
    subject: str
    office: str = ""


class PlatformCard(Schema):
    """How one platform stands; ``rate`` counts deliveries of the last hour."""

    platform: str
    label: str
    counts: dict[str, int]
    oldest_seconds: int
    last_done_at: datetime | None
    last_error: str
    rate: int
    breaker: str
    breaker_label: str
    probe_at: datetime | None


class PushList(Page):
    rows: list[PushOut]
    platforms: list[PlatformCard]
    oldest_seconds: int
    contradictions: int


class PushTry(Schema):
    """One try with what was sent and answered; ``intact`` is ``None`` for tries older than the protection."""

    number: int
    started_at: datetime
    milliseconds: int
    outcome: str
    outcome_label: str
    status: int | None
    error: str
    request: str
    response: str
    intact: bool | None


class PushDetail(Schema):
    """A message with its tries; personal data are shown in part unless ``revealed``."""

    push: PushOut
    key: str
    revealed: bool
    tries: list[PushTry]


class PushReasonIn(Schema):
    reason: str


class ResentOut(Schema):
    count: int


class ContradictionOut(Schema):
    """An incoming message that was said differently later; ``changed`` names what differs."""

    id: int
    source: str
    external_id: str
    received_at: datetime
    repeated_at: datetime | None
    repeats: int
    first: str
    other: str
    settled_at: datetime | None
    note: str
