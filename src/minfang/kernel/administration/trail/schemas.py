"""What the pages on the trail and on alarms show and send."""

from datetime import date, datetime

from minfang.kernel.base.schemas import Option, Schema


class TrailEntry(Schema):
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


class TrailPage(Schema):
    rows: list[TrailEntry]
    following: int
    total: int
    exact: bool


class TrailDifference(Schema):
    label: str
    before: str
    after: str


class TrailDetail(TrailEntry):
    category: str
    meaning: str
    actor_id: int | None
    port: int
    agent: str
    request_id: str
    reason: str
    differences: list[TrailDifference]
    chain: int
    sequence: int
    mac: str
    previous_mac: str
    history: str


class TrailCategory(Schema):
    code: str
    name: str
    events: list[Option]


class TrailCatalogue(Schema):
    categories: list[TrailCategory]


class TrailConditions(Schema):
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


class TrailExportIn(TrailConditions):
    reason: str


class TrailCheck(Schema):
    id: int
    started_at: datetime
    finished_at: datetime | None
    person: str
    total: int
    done: int
    sound: bool
    findings: list[str]


class TrailHead(Schema):
    day: date
    taken_at: datetime
    state: str
    entries: int


class TrailChain(Schema):
    number: int
    entries: int


class TrailChecks(Schema):
    checks: list[TrailCheck]
    heads: list[TrailHead]
    chains: list[TrailChain]
    heads_folder: str


class AlarmOut(Schema):
    id: int
    kind: str
    target: str
    summary: str
    details: list[TrailDifference]
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


class AlarmNote(Schema):
    note: str
