"""What applicants and the public send and see."""

from datetime import date, datetime
from typing import Any

from minfang.services.schemas.common import (
    Calculation,
    DocumentOut,
    Light,
    MaterialOut,
    MaterialRule,
    Page,
    ProblemField,
    Schema,
    SupplementOut,
    TimelineEntry,
)


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


class RatingOut(Schema):
    stage: str
    stage_label: str
    satisfaction: int | None
    tags: list[str]
    text: str
    rated_at: datetime | None


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
    may_withdraw: bool = False


class WithdrawIn(Schema):
    """Why an applicant takes their application back."""

    reason: str


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
