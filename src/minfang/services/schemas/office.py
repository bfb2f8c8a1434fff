"""What officers send and see."""

from datetime import date, datetime
from typing import Any

from minfang.services.schemas.common import (
    Calculation,
    DocumentOut,
    Light,
    MaterialOut,
    MaterialRule,
    MessageOut,
    Page,
    Schema,
    SupplementItem,
    SupplementOut,
    TimelineEntry,
)
from minfang.services.schemas.pushes import PushOut


class OfficeCaseRow(Schema):
    id: int
    item_id: int | None
    internal_no: str
    apply_no: str
    matter_code: str
    matter_name: str
    project_name: str
    applicant_name: str
    district_code: str
    district_name: str
    node: str
    node_name: str
    handler: str
    status: str
    status_label: str
    light: Light
    promise_due: date | None
    submitted_at: datetime | None
    closed_at: datetime | None


class OfficeCaseList(Page):
    """A page of cases; ``conditions`` say in words which figure of a statistics page it stands behind."""

    rows: list[OfficeCaseRow]
    sort: str
    conditions: list[str] = []


class DeskCounts(Schema):
    todo: int
    today_new: int
    red: int
    yellow: int
    green: int
    grey: int
    none: int
    done_this_month: int
    on_time_rate: float | None
    waiting: int
    waiting_detail: list[dict[str, Any]]
    office_open: int


class DueDay(Schema):
    day: date
    label: str
    count: int


class UrgentCase(Schema):
    row: OfficeCaseRow
    stuck: str
    action: str


class Desk(Schema):
    """The officer's first page: what is mine and most urgent."""

    greeting: str
    now: datetime
    counts: DeskCounts
    urgent: list[UrgentCase]
    due_days: list[DueDay]
    recent: list[dict[str, Any]]
    messages: list[MessageOut]


class Verb(Schema):
    """One thing this person may do now with this case; ``tone`` primary first, danger last."""

    verb: str
    outcome: str
    target: str
    label: str
    tone: str
    opinion_required: bool
    needs: list[str]


class ComparedRow(Schema):
    """One form value over the rounds; ``kind`` is '' / MODIFIED / ADDED / REMOVED."""

    path: str
    label: str
    unit: str
    values: list[str]
    kind: str
    check: str
    check_level: str


class ComparedGroup(Schema):
    key: str
    title: str
    changes: int
    rows: list[ComparedRow]


class OpinionOut(Schema):
    """A finished step with its opinion."""

    item_id: int
    node: str
    node_name: str
    round: int
    who: str
    who_title: str
    outcome: str
    outcome_label: str
    opinion: str
    opened_at: datetime | None
    closed_at: datetime | None
    state: str
    seat: str = ""


class SignerOut(Schema):
    """Somebody I added to a step who has not signed yet."""

    item_id: int
    name: str
    seat: str
    node_name: str


class DeadlineOut(Schema):
    """The deadline block at the top of a case page."""

    light: Light
    used: int | None
    limit: int
    accepted_on: date | None
    promise_due: date | None
    legal_due: date | None
    paused_days: int


class OfficeCase(Schema):
    """Everything an officer sees of one case."""

    id: int
    version: int
    internal_no: str
    apply_no: str
    matter_code: str
    matter_name: str
    project_name: str
    applicant_name: str
    contact: str
    office_name: str
    district_name: str
    status: str
    status_label: str
    deadline: DeadlineOut
    drawing: dict[str, Any]
    current: dict[str, Any]
    rounds: int
    groups: list[ComparedGroup]
    change_count: int
    calculations: list[Calculation]
    facts: list[dict[str, str]]
    materials: list[MaterialOut]
    material_rules: list[MaterialRule]
    missing_materials: list[str]
    opinions: list[OpinionOut]
    timeline: list[TimelineEntry]
    documents: list[DocumentOut]
    pushes: list[PushOut]
    supplement: SupplementOut | None
    item_id: int | None
    item_version: int | None
    verbs: list[Verb]
    blocked_reason: str
    phrases: list[str]
    suggested_opinion: str
    signers: list[SignerOut] = []
    asked: str = ""


class ActIn(Schema):
    """A verb of an officer. ``seen_version`` is the instance version the page was read at.

    ``office_to`` is the office a case is handed to, ``when`` where an added signer stands (``before``,
    ``after``, ``parallel``), ``until`` the day a special procedure is expected to be over.
    """

    item_id: int
    verb: str
    outcome: str = ""
    target: str = ""
    opinion: str = ""
    seen_version: int
    supplement_items: list[SupplementItem] = []
    transfer_to: int | None = None
    office_to: int | None = None
    when: str = ""
    until: date | None = None


class ActOut(Schema):
    message: str
    status: str
    status_label: str
    next_case: OfficeCaseRow | None


class MaterialReviewIn(Schema):
    state: str
    remark: str = ""


class PhraseIn(Schema):
    text: str


class Colleague(Schema):
    id: int
    name: str
    title: str


class OfficeChoice(Schema):
    """An office a case may be handed to from its present step."""

    id: int
    name: str
    people: list[str]


class SearchHit(Schema):
    kind: str
    title: str
    detail: str
    link: str
