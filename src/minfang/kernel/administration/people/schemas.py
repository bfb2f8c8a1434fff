"""What the pages about accounts receive and send."""

from datetime import datetime

from ninja import Field

from minfang.kernel.base.schemas import Option, Schema

Reason = Field(min_length=2, max_length=200)


class HeldRole(Schema):
    """A role an account holds for an office; ``sound`` is false for one the product did not write."""

    grant_id: int
    code: str
    name: str
    office: str
    sound: bool


class AccountRow(Schema):
    """An account in the list; personal numbers are masked."""

    id: int
    username: str
    name: str
    title: str
    kind: str
    kind_label: str
    organization: str
    family: str
    family_label: str
    roles: list[str]
    state: str
    state_label: str
    reason: str
    mobile: str
    last_sign_in: datetime | None
    created_at: datetime


class AccountPage(Schema):
    total: int
    page: int
    size: int
    rows: list[AccountRow]


class GrantStep(Schema):
    """A proposal of the past or present about this account."""

    id: int
    change: str
    change_label: str
    role: str
    office: str
    state: str
    state_label: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


class Account(AccountRow):
    """One account with its roles, how it signs in, and the history of its roles."""

    organization_id: int | None
    id_no: str
    must_change_password: bool
    password_changed_at: datetime | None
    second_factors: list[str]
    held: list[HeldRole]
    history: list[GrantStep]


class AccountOptions(Schema):
    """What the filters and the form offer."""

    organizations: list[Option]
    offices: list[Option]
    roles: list[Option]


class AccountIn(Schema):
    """A new account; it begins without any role."""

    username: str = Field(min_length=2, max_length=64)
    name: str = Field(min_length=1, max_length=50)
    organization_id: int
    title: str = Field(default="", max_length=50)
    mobile: str = Field(default="", max_length=20, pattern=r"^[0-9+\- ]*$")
    reason: str = Reason


class AccountChange(Schema):
    """Corrections; what is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=50)
    organization_id: int | None = None
    title: str | None = Field(default=None, max_length=50)
    mobile: str | None = Field(default=None, max_length=20, pattern=r"^[0-9+\- ]*$")
    reason: str = Reason


class AccountReason(Schema):
    reason: str = Reason


class OneTimePassword(Schema):
    """Shown once; the server does not keep it."""

    account: Account
    password: str


class PersonalNumbers(Schema):
    """The full numbers of an account, after a reason was given."""

    mobile: str
    id_no: str
