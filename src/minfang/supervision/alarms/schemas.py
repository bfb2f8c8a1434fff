"""The parts of the pages about alarms."""

from datetime import datetime
from typing import Literal

from minfang.kernel.base.schemas import Schema


class AlarmRow(Schema):
    """One alarm in a list. ``due_at`` is the next limit: to confirm while new, else to handle."""

    number: str
    level: int
    level_label: str
    category: str
    category_label: str
    state: str
    state_label: str
    title: str
    works_id: int
    works_no: str
    works: str
    place: str
    device_no: str
    device: str
    district: str
    metric: str
    metric_label: str
    reading: str
    condition: str
    message: str
    opened_at: datetime
    last_at: datetime
    cleared_at: datetime | None
    closed_at: datetime | None
    count: int
    due_at: datetime | None
    due_kind: str
    overdue: bool
    suppressed_by: str
    suppressed_label: str
    verdict: str
    verdict_label: str
    dispatched_to: str
    tags: list[str]
    source: str
    version: int


class AlarmCount(Schema):
    """How many by a value; ``value`` is the code, ``label`` its word."""

    value: str
    label: str
    count: int


class AlarmList(Schema):
    """A page of alarms with the counts its filters show."""

    rows: list[AlarmRow]
    total: int
    page: int
    size: int
    categories: list[AlarmCount]
    now: datetime


class AlarmRate(Schema):
    """A share with its parts and the goal it is held against (handbook §9.3)."""

    part: int
    whole: int
    share: float | None
    goal: float


class AlarmSummary(Schema):
    """The strip above the list."""

    now: datetime
    works: int
    devices: int
    open: int
    by_level: list[AlarmCount]
    new: int
    new_overdue: int
    working: int
    working_by_level: list[AlarmCount]
    overdue: int
    handled: AlarmRate
    accurate: AlarmRate


class AlarmTotalsOut(Schema):
    """What stands beside every page of the office."""

    open: int
    red: int
    new: int
    unread: int


class AlarmHappening(Schema):
    """One row of the life of an alarm."""

    kind: str
    at: datetime
    person: str
    note: str
    state: str
    state_label: str
    level: int | None


class AlarmTold(Schema):
    """Whom, why, through what, with what result; also those who were not told."""

    id: int | None
    target: str
    name: str
    ground: str
    through: str
    result: str
    state: str
    at: datetime | None
    reason: str
    followed: int


class AlarmStep(Schema):
    """One step of the chain that led to the alarm."""

    code: str
    passed: bool
    text: str
    label: str


class AlarmPhotoOut(Schema):
    """One picture of the place."""

    id: int
    name: str
    by: str
    at: datetime
    url: str


class AlarmChoice(Schema):
    """Somebody or something to choose."""

    id: int
    name: str
    note: str


class AlarmDetail(Schema):
    """Everything of one alarm."""

    row: AlarmRow
    sentence: str
    instructions: str
    rule_code: str
    rule_name: str
    rule_version: int | None
    steps: list[AlarmStep]
    value: float | None
    threshold: float | None
    unit: str
    series_id: int | None
    raised_at: datetime
    confirm_due: datetime | None
    handle_due: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None
    arrive_by: datetime | None
    cause: str
    measure: str
    retest_value: float | None
    retest_at: datetime | None
    latest_value: float | None
    latest_at: datetime | None
    duplicate_of: str
    lead: str
    followers: int
    suppressed_reason: str
    life: list[AlarmHappening]
    told: list[AlarmTold]
    photos: list[AlarmPhotoOut]
    verbs: list[str]
    may_handle: bool
    disposers: list[AlarmChoice]
    offices: list[AlarmChoice]
    related: list[AlarmRow]


class AlarmCurvePoint(Schema):
    """One point of a curve: seconds since the epoch, least, mean, greatest."""

    t: float
    low: float
    mean: float
    high: float


class AlarmLine(Schema):
    """A threshold drawn across the curve; ``clear`` is where the condition is over."""

    level: int
    label: str
    value: float
    clear: float | None


class AlarmCurve(Schema):
    """The readings around an alarm with what the rule compared them to.

    ``reached`` is when it came to its level: later than ``raised`` where the alarm rose; ``hold_from`` is
    from when on the condition of that level had to hold.
    """

    unit: str
    name: str
    points: list[AlarmCurvePoint]
    lines: list[AlarmLine]
    hold_from: float | None
    raised: float
    reached: float
    first: AlarmCurvePoint | None


class AlarmActIn(Schema):
    """A verb with what it needs; ``version`` is the one the person saw."""

    verb: Literal["confirm", "dispatch", "start", "handle", "close", "ignore", "reopen"]
    version: int
    note: str = ""
    person_id: int | None = None
    office_id: int | None = None
    platform: bool = False
    arrive_by: datetime | None = None
    verdict: str = ""
    cause: str = ""
    measure: str = ""
    retest_value: float | None = None
    duplicate_of: str = ""


class AlarmTagsIn(Schema):
    """Tags to put on an alarm and to take off."""

    add: list[str] = []
    remove: list[str] = []


class AlarmPick(Schema):
    """One alarm of a batch, with the version the person saw."""

    number: str
    version: int


class AlarmBatchIn(Schema):
    """One verb on up to 200 alarms."""

    verb: Literal["confirm", "close", "ignore"]
    note: str = ""
    rows: list[AlarmPick]


class AlarmBatchRow(Schema):
    """What became of one alarm of a batch."""

    number: str
    done: bool
    message: str


class SilenceIn(Schema):
    """A silence to begin; places and rules by the numbers people use."""

    works: str = ""
    unit: str = ""
    device: str = ""
    rule: str = ""
    category: str = ""
    starts_at: datetime | None = None
    ends_at: datetime
    reason: str


class SilenceOut(Schema):
    """A silence in the list."""

    id: int
    words: str
    works: str
    category: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    reason: str
    by: str
    held: int
    active: bool
    may_end: bool


class AlarmPushRow(Schema):
    """One push to an outside platform, as it is tracked."""

    id: int
    number: str
    title: str
    works: str
    level: int
    target: str
    target_label: str
    kind: str
    state: str
    state_label: str
    reason: str
    external_id: str
    at: datetime
    settled_at: datetime | None
    tries: int
    handler: str
    may_resend: bool


class AlarmPushList(Schema):
    """A page of pushes with counts by platform and state."""

    rows: list[AlarmPushRow]
    total: int
    page: int
    size: int
    counts: list[AlarmCount]


class AlarmMessage(Schema):
    """One in-app message to me about alarms."""

    id: str
    title: str
    body: str
    at: datetime
    read: bool
    subject: str
    link: str


class PublicEventOut(Schema):
    """The alarm an event became, or why it became none."""

    code: int
    alarm: str
    problem: str
