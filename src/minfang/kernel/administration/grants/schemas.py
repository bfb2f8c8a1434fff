"""What the pages about grants and roles receive and send."""

from datetime import datetime

from ninja import Field

from minfang.kernel.administration.people.schemas import GrantStep
from minfang.kernel.base.schemas import Schema


class Proposal(GrantStep):
    """A proposal with the person it is about; ``mine`` says that the reader made it or it is about them."""

    person_id: int
    person: str
    username: str
    organization: str
    expires_at: datetime
    mine: bool
    may_decide: bool
    sound: bool


class ProposalPage(Schema):
    total: int
    page: int
    size: int
    waiting: int
    rows: list[Proposal]


class ProposalIn(Schema):
    """A change one security administrator asks for: ``ADD`` or ``REMOVE``."""

    person_id: int
    role: str = Field(max_length=32)
    organization_id: int
    change: str = Field(pattern="^(ADD|REMOVE)$")
    reason: str = Field(min_length=2, max_length=500)


class DecisionIn(Schema):
    note: str = Field(default="", max_length=500)


class Holding(Schema):
    """Who holds what."""

    grant_id: int
    person_id: int
    person: str
    username: str
    active: bool
    role: str
    role_code: str
    family_label: str
    office: str
    organization_id: int
    granted_at: datetime
    sound: bool


class HoldingPage(Schema):
    total: int
    page: int
    size: int
    rows: list[Holding]


class Permission(Schema):
    """A permission in words."""

    code: str
    name: str
    meaning: str


class RoleOut(Schema):
    """A role with what it allows and who holds it."""

    code: str
    name: str
    family: str
    family_label: str
    permissions: list[Permission]
    holders: list[str]
    holder_count: int
    sound: bool
