"""Who is signed in, and how; what a person sees of their own account's security."""

from datetime import date, datetime

from pydantic import Field

from minfang.services.schemas.common import Schema


class PersonOut(Schema):
    id: int
    name: str
    kind: str
    title: str
    organization: str
    office: str
    district_code: str
    party_name: str
    roles: list[str]
    permissions: list[str]


class SessionOut(Schema):
    """``step``: what is still due (``second_factor``, ``enrol``, ``password``); ``notice``: why it ended."""

    signed_in: bool
    demo: bool
    person: PersonOut | None
    sandbox_url: str
    today: date
    step: str = ""
    name: str = ""
    ways: list[str] = Field(default_factory=list)
    notice: str = ""


class DemoAccount(Schema):
    username: str
    name: str
    role_label: str
    place: str
    face: str


class DemoSignIn(Schema):
    username: str


class PasswordSignIn(Schema):
    username: str = Field(max_length=200)
    password: str = Field(max_length=500)


class CodeIn(Schema):
    code: str = Field(max_length=20)


class TicketIn(Schema):
    ticket: str = Field(max_length=200)


class ChallengeOut(Schema):
    text: str


class CertificateIn(Schema):
    """``text`` as given, its SM2-with-SM3 signature (Base64 of DER), and PEM of certificate and issuers."""

    text: str = Field(max_length=300)
    signature: str = Field(max_length=400)
    certificate: str = Field(max_length=8000)
    chain: list[str] = Field(default_factory=list, max_length=4)


class ConfirmIn(Schema):
    way: str = Field(max_length=20)
    code: str = Field("", max_length=20)
    password: str = Field("", max_length=500)
    certificate: CertificateIn | None = None


class TotpSetup(Schema):
    secret: str
    uri: str
    picture: str


class PasswordChangeIn(Schema):
    old: str = Field(max_length=500)
    new: str = Field(max_length=500)


class PasswordRules(Schema):
    min_length: int
    classes: int
    history: int
    days: int


class SoftCertificate(Schema):
    """A key pair of the sandbox's CA for trying out certificate sign-in; never outside a demonstration."""

    holder: str
    certificate: str
    chain: list[str]
    private_key: str
    public_key: str


class OwnCertificate(Schema):
    id: int
    serial: str
    holder: str
    issuer: str
    not_after: datetime
    bound_at: datetime


class OwnSession(Schema):
    id: int
    started_at: datetime
    last_seen_at: datetime
    address: str
    agent: str
    how: str
    ended_at: datetime | None
    ended: str
    current: bool


class AccountSecurity(Schema):
    username: str
    has_password: bool
    password_changed_at: datetime | None
    password_until: datetime | None
    rules: PasswordRules
    second_factor_required: bool
    totp_since: datetime | None
    certificates: list[OwnCertificate]
    sessions: list[OwnSession]
