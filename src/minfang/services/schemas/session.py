"""Who is signed in, and how."""

from datetime import date

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
    signed_in: bool
    demo: bool
    person: PersonOut | None
    sandbox_url: str
    today: date


class DemoAccount(Schema):
    username: str
    name: str
    role_label: str
    place: str
    face: str


class DemoSignIn(Schema):
    username: str


class PasswordSignIn(Schema):
    username: str
    password: str
