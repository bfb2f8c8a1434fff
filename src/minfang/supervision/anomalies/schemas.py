"""The shapes of the anomaly pages."""

from datetime import date, datetime

from minfang.kernel.base.schemas import Option, Schema


class AnomalyColumn(Schema):
    code: str
    title: str
    format: str
    only: str


class AnomalyBucket(Schema):
    period: str
    false: int
    judged: int


class AnomalyFindingOut(Schema):
    """What the office of the reader did about a figure."""

    id: int
    state: str
    state_label: str
    outcome: str
    assigned: str
    due_on: date | None
    overdue: bool
    note: str
    person: str
    at: datetime


class AnomalyFigure(Schema):
    """One line of a model."""

    key: str
    label: str
    sub: str
    group: str
    cells: dict[str, str | float | int | None]
    behind: int
    bar: float | None
    limit: float | None
    flagged: bool
    small: bool
    reason: str
    link: str
    trend: list[AnomalyBucket]
    finding: AnomalyFindingOut | None


class AnomalyTable(Schema):
    """What a model says of a period."""

    model: str
    title: str
    period: str
    span: str
    spans: list[str]
    ways: list[Option]
    by: str
    bar: str
    how: list[str]
    columns: list[AnomalyColumn]
    rows: list[AnomalyFigure]
    total: int
    flagged: int
    open: int
    page: int
    size: int
    as_of: datetime
    may_act: bool


class AnomalyModel(Schema):
    """A model and how many figures it marks now."""

    code: str
    title: str
    flagged: int


class AnomalyOptions(Schema):
    """What can be filtered by."""

    districts: list[Option]
    works: list[Option]
    sensors: list[Option]


class AnomalyRows(Schema):
    """Rows behind a figure."""

    columns: list[str]
    rows: list[list[str]]
    links: list[str]
    total: int
    page: int
    size: int


class AnomalyActIn(Schema):
    """What an office does about a figure: ``TASK`` begins a check, ``HANDLE`` and ``IGNORE`` end it.

    A check is assigned to an office and there, where one is named, to a person, for so many working days.
    """

    key: str
    verb: str
    note: str = ""
    office_id: int | None = None
    person_id: int | None = None
    workdays: int | None = None
    outcome: str = ""


class AnomalyTaskStep(Schema):
    """One thing that happened to a check."""

    verb: str
    words: str
    person: str
    at: datetime
    note: str
    outcome: str
    assigned: str
    due_on: date | None


class AnomalyTask(Schema):
    """A check of an anomaly; ``steps`` are given with one check, not in lists."""

    id: int
    model: str
    model_title: str
    label: str
    period: str
    reason: str
    state: str
    state_label: str
    outcome: str
    outcome_label: str
    office: str
    assigned: str
    assigned_office_id: int | None
    assignee_id: int | None
    due_on: date | None
    overdue: bool
    note: str
    person: str
    at: datetime
    version: int
    verbs: list[str]
    steps: list[AnomalyTaskStep]


class AnomalyTaskList(Schema):
    """A page of checks; ``open`` and ``late`` of all one sees."""

    rows: list[AnomalyTask]
    total: int
    page: int
    size: int
    open: int
    late: int


class AnomalyTaskIn(Schema):
    """A step of a check: ``ASSIGN``, ``REPORT``, ``HANDLE`` or ``IGNORE``; ``version`` is the one seen."""

    verb: str
    version: int
    note: str = ""
    office_id: int | None = None
    person_id: int | None = None
    workdays: int | None = None
    outcome: str = ""


class AnomalyPerson(Schema):
    """Somebody a check may be assigned to."""

    id: int
    name: str


class AnomalyOffice(Schema):
    """An office a check may be assigned to."""

    id: int
    name: str
    people: list[AnomalyPerson]


class AnomalyDue(Schema):
    """The day so many working days from now."""

    workdays: int
    on: date


class AnomalyTaskChoices(Schema):
    """What a check can be assigned to and until when, and what it can find."""

    offices: list[AnomalyOffice]
    workdays: int
    due: list[AnomalyDue]
    outcomes: list[Option]


class AnomalyLimit(Schema):
    """The limit of the repeat model for a category. ``own``: it has one of its own; ``version`` 0: never
    changed; ``shipped``: the delivered one is in force."""

    category: str
    label: str
    times: int
    hours: float
    open_hours: float
    own: bool
    shipped: bool
    version: int
    changed_by: str
    changed_at: datetime | None
    note: str


class AnomalyLimitChange(Schema):
    """One change of a limit."""

    label: str
    words: str
    note: str
    person: str
    at: datetime


class AnomalyLimits(Schema):
    """All limits with their changes, the newest first."""

    rows: list[AnomalyLimit]
    changes: list[AnomalyLimitChange]
    may_configure: bool


class AnomalyLimitIn(Schema):
    """A new limit; without numbers the shipped one counts again."""

    version: int
    note: str
    times: int | None = None
    hours: float | None = None
    open_hours: float | None = None
