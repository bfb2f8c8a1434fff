"""What the pages on the trail and on alarms show and send."""

from datetime import date, datetime

from minfang.kernel.base.schemas import Option, Schema


class EventRow(Schema):
    id: int
    at: datetime
    actor: str
    office: str
    role: str
    action: str
    action_name: str
    target: str
    summary: str
    result: str
    address: str


class EventPage(Schema):
    rows: list[EventRow]
    following: int
    total: int
    exact: bool


class Difference(Schema):
    label: str
    before: str
    after: str


class EventDetail(EventRow):
    category: str
    meaning: str
    actor_id: int | None
    port: int
    agent: str
    request_id: str
    reason: str
    differences: list[Difference]
    chain: int
    sequence: int
    mac: str
    previous_mac: str
    history: str


class CategoryOut(Schema):
    code: str
    name: str
    events: list[Option]


class Catalogue(Schema):
    categories: list[CategoryOut]


class Conditions(Schema):
    since: date | None = None
    until: date | None = None
    actor: str = ""
    category: str = ""
    action: str = ""
    target: str = ""
    result: str = ""
    address: str = ""
    request_id: str = ""
    words: str = ""


class ExportIn(Conditions):
    reason: str


class CheckOut(Schema):
    id: int
    started_at: datetime
    finished_at: datetime | None
    person: str
    total: int
    done: int
    sound: bool
    findings: list[str]


class HeadOut(Schema):
    day: date
    taken_at: datetime
    state: str
    entries: int


class ChainOut(Schema):
    number: int
    entries: int


class ChecksOut(Schema):
    checks: list[CheckOut]
    heads: list[HeadOut]
    chains: list[ChainOut]
    heads_folder: str


class AlarmOut(Schema):
    id: int
    kind: str
    target: str
    summary: str
    details: list[Difference]
    count: int
    raised_at: datetime
    last_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str


class AlarmPage(Schema):
    rows: list[AlarmOut]
    total: int
    open: int
    page: int
    size: int


class NoteIn(Schema):
    note: str
