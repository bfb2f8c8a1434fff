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
    proposed_by: str
    person: str
    reason: str


class PolicyProposalIn(Schema):
    """A value one security administrator asks for."""

    key: str = Field(max_length=64)
    value: Value = Field(union_mode="smart")
    reason: str = Field(min_length=2, max_length=200)


class PolicyDecisionIn(Schema):
    note: str = Field(default="", max_length=200)


class PolicyProposal(Schema):
    """A proposal; ``mine`` says that the reader made it, ``sound`` that the product wrote it."""

    id: int
    key: str
    label: str
    unit: str
    before: Value
    value: Value
    reason: str
    state: str
    state_label: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str
    mine: bool
    may_decide: bool
    sound: bool


class PolicyProposals(Schema):
    """One page of them; ``waiting`` counts what waits for a second person, whatever is shown."""

    total: int
    page: int
    size: int
    waiting: int
    rows: list[PolicyProposal]
