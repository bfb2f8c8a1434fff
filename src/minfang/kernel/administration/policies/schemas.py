"""What the page about the security policy receives and sends."""

from datetime import datetime

from ninja import Field

from minfang.kernel.base.schemas import Schema

Value = bool | int | str


class PolicyLine(Schema):
    """One value of the policy with its bounds; ``delivered`` is what it was before anybody changed it."""

    key: str
    group: str
    label: str
    unit: str
    value: Value
    delivered: Value
    least: int | None
    most: int | None


class PolicyStep(Schema):
    """One change of the past."""

    at: datetime
    key: str
    label: str
    before: Value | None
    after: Value | None
    person: str
    reason: str


class PolicyChange(Schema):
    value: Value = Field(union_mode="smart")
    reason: str = Field(min_length=2, max_length=200)
