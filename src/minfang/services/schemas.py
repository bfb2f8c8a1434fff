"""What the services API says: the shapes its faces build on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Schema as NinjaSchema
from pydantic import ModelWrapValidatorHandler, model_validator


class Schema(NinjaSchema):
    """A part of a page. Made of plain values and finished parts, it looks nothing up in the database."""

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: ModelWrapValidatorHandler[Any], info: Any) -> Any:
        """Without the look-ups for database rows that ninja puts around every value, finished parts too."""
        return handler(values)


class ProblemField(Schema):
    path: str
    label: str
    message: str


class Problem(Schema):
    """Every refusal: stable code, Chinese message, next step, wrong fields, trace number."""

    code: str
    message: str
    hint: str
    fields: list[ProblemField]
    trace_id: str


class Option(Schema):
    value: str
    label: str


class Light(Schema):
    """Deadline light: colour GREEN/YELLOW/RED/GREY/NONE, with the words shown beside it."""

    colour: str
    text: str
    remaining: int | None = None


class MaterialRule(Schema):
    """One line of the material checklist, resolved for the present form data."""

    code: str
    name: str
    required: bool
    formats: list[str]
    max_mb: int
    waiver: str
    waiver_label: str
    hint: str
    generated: bool


class GuideOut(Schema):
    """The guide (办事指南) of a matter."""

    code: str
    name: str
    short_name: str
    kind_label: str
    summary: str
    legal_basis: list[str]
    conditions: list[str]
    accepting_office: str
    promise_days: int
    legal_days: int
    fee: str
    result: str
    steps: list[str]
    materials: list[MaterialRule]
    questions: list[dict[str, str]]
    online: bool


class MatterCard(Schema):
    code: str
    name: str
    short_name: str
    kind_label: str
    promise_days: int
    online: bool
    icon: str


class FormOut(Schema):
    """A published form definition; immutable, so browsers may keep it."""

    code: str
    version: int
    definition: dict[str, Any]


class FileOut(Schema):
    id: UUID
    name: str
    size: int
    media_type: str
    extension: str


class MaterialOut(Schema):
    """A handed-in material."""

    id: int
    code: str
    round: int
    file: FileOut | None
    waiver: str
    waiver_label: str
    waiver_reference: str
    state: str
    state_label: str
    remark: str
    added_at: datetime


class DocumentOut(Schema):
    """A document of the case (notice, decision, certificate, signed application)."""

    id: int
    doc_type: str
    title: str
    number: str
    state: str
    state_label: str
    issued_at: datetime | None
    verify_url: str
    file: FileOut | None
    sealed: bool


class TimelineEntry(Schema):
    """One thing that happened, in words the reader understands."""

    at: datetime
    title: str
    detail: str
    who: str
    kind: str


class SupplementItem(Schema):
    """What has to be completed: a form field or a material."""

    kind: str
    path: str
    label: str
    request: str


class SupplementOut(Schema):
    round: int
    items: list[SupplementItem]
    note: str
    issued_at: datetime
    due: date
    answered_at: datetime | None
    remaining_days: int


class RatingOut(Schema):
    stage: str
    stage_label: str
    satisfaction: int | None
    tags: list[str]
    text: str
    rated_at: datetime | None


class ExplainLine(Schema):
    """One line of a calculation, e.g. 48,620.00 × 10 % = 4,862.00."""

    label: str
    base: str
    ratio: str
    result: str
    basis: str


class Calculation(Schema):
    """How a computed value came about."""

    path: str
    total: str
    unit: str
    lines: list[ExplainLine]
    notes: list[str]
    rule_version: str
    basis: str


class StepState(Schema):
    """Progress of one form step: how many required values are missing or wrong."""

    key: str
    title: str
    filled: int
    errors: int
    state: str


class PortalCaseRow(Schema):
    id: int
    matter_code: str
    matter_name: str
    project_name: str
    internal_no: str
    apply_no: str
    status: str
    status_label: str
    light: Light
    updated_at: datetime
    submitted_at: datetime | None
    next_action: str


class Page(Schema):
    """Paging facts of every list."""

    total: int
    page: int
    size: int


class PortalCaseList(Page):
    rows: list[PortalCaseRow]


class DraftIn(Schema):
    """A draft save: ``seen_version`` is the version the page was read at."""

    data: dict[str, Any]
    step: str = ""
    seen_version: int


class DraftSaved(Schema):
    """The answer to a draft save: computed values and what is still wrong, nothing refused."""

    version: int
    saved_at: datetime
    data: dict[str, Any]
    dropped: list[str]
    calculations: list[Calculation]
    steps: list[StepState]
    materials: list[MaterialRule]


class CheckOut(Schema):
    errors: list[ProblemField]
    warnings: list[ProblemField]


class PortalCase(Schema):
    """Everything the applicant sees of one case."""

    id: int
    version: int
    matter_code: str
    matter_name: str
    form_code: str
    form_version: int
    internal_no: str
    apply_no: str
    status: str
    status_label: str
    editable: bool
    project_name: str
    office_name: str
    data: dict[str, Any]
    prefilled: dict[str, str]
    step: str
    steps: list[StepState]
    calculations: list[Calculation]
    materials: list[MaterialOut]
    material_rules: list[MaterialRule]
    supplement: SupplementOut | None
    light: Light
    promise_due: date | None
    legal_due: date | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    updated_at: datetime
    signature: dict[str, Any] | None
    documents: list[DocumentOut]
    timeline: list[TimelineEntry]
    progress: dict[str, Any]
    ratings: list[RatingOut]
    decision: str


class NewCaseIn(Schema):
    """``again`` asks for a new draft although one of this matter is open."""

    matter: str
    again: bool = False


class NewCaseOut(Schema):
    id: int
    existing: bool
    updated_at: datetime


class SubmitIn(Schema):
    seen_version: int


class SubmitOut(Schema):
    id: int
    internal_no: str
    status: str
    status_label: str
    message: str


class SignStartOut(Schema):
    redirect: str


class SignFinishIn(Schema):
    state: str
    ticket: str


class WaiverIn(Schema):
    kind: str


class RatingIn(Schema):
    stage: str
    satisfaction: int
    tags: list[str] = []
    text: str = ""


class AreaTrialIn(Schema):
    """Land uses and areas for the trial calculation of the required shelter area."""

    land_use: list[dict[str, Any]]
    build_nature: str = "NEW"


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


class MessageOut(Schema):
    id: str
    title: str
    body: str
    subject: str
    link: str
    at: datetime
    read: bool


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


class PushOut(Schema):
    """One message to an outside platform."""

    id: int
    platform: str
    platform_label: str
    dataset: str
    dataset_label: str
    sequence: int
    state: str
    state_label: str
    tries: int
    created_at: datetime
    delivered_at: datetime | None
    next_try_at: datetime | None
    last_error: str
    subject: str


class PushList(Page):
    rows: list[PushOut]
    counts: list[dict[str, Any]]
    oldest_seconds: int


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


class ActIn(Schema):
    """A verb of an officer. ``seen_version`` is the instance version the page was read at."""

    item_id: int
    verb: str
    outcome: str = ""
    target: str = ""
    opinion: str = ""
    seen_version: int
    supplement_items: list[SupplementItem] = []
    transfer_to: int | None = None


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


class RedirectOut(Schema):
    redirect: str


class SearchHit(Schema):
    kind: str
    title: str
    detail: str
    link: str


class VerificationOut(Schema):
    """What the public page says of a document."""

    found: bool
    valid: bool
    state: str
    state_label: str
    title: str
    number: str
    holder: str
    organization: str
    issued_at: datetime | None
    seal: dict[str, Any]
    superseded_by: str
    checked_at: datetime
