"""What the page about keys receives and sends. No key, wrapped or not, is ever part of it."""

from datetime import datetime

from ninja import Field

from minfang.kernel.base.schemas import Schema


class KeyOut(Schema):
    """One data key and the life it has; ``mine`` tells that the reader asked for its destruction."""

    id: int
    purpose: str
    purpose_label: str
    algorithm: str
    state: str
    state_label: str
    wrapped_by: str
    check_value: str
    created_at: datetime
    created_by: str
    age_days: int
    state_changed_at: datetime
    state_changed_by: str
    asked_at: datetime | None
    asked_by: str
    asked_reason: str
    mine: bool


class CertificateOut(Schema):
    """A certificate the platform relies on; ``warning`` says in Chinese when something is to be done."""

    use: str
    name: str
    serial: str
    issuer: str
    not_before: datetime
    not_after: datetime
    days_left: int
    warning: str


class KeyPage(Schema):
    """``service`` is what wraps the keys now; ``trouble`` why it cannot be asked."""

    service: str
    service_label: str
    trouble: str
    keys: list[KeyOut]
    certificates: list[CertificateOut]


class KeyUse(Schema):
    """How many values or files a key still holds."""

    id: int
    count: int


class KeyUsage(Schema):
    """Counted when asked; ``derived`` are values of the first format, before there were keys."""

    uses: list[KeyUse]
    derived: int


class RotateIn(Schema):
    purpose: str = Field(max_length=20)


class DestructionIn(Schema):
    reason: str = Field(min_length=2, max_length=500)
