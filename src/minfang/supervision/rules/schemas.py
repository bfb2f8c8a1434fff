"""Shapes of the rule pages."""

from datetime import datetime
from typing import Any

from ninja import Field

from minfang.kernel.base.schemas import Option, Schema

Definition = dict[str, Any]
"""``definition.RuleDefinition`` as JSON; checked where it is used, so every fault is told at its word."""


class RuleRow(Schema):
    id: int
    code: str
    name: str
    category: str
    category_name: str
    metric: str
    metric_name: str
    sentence: str
    scope: str
    levels: list[int]
    state: str
    off_reason: str
    version: int | None
    draft: int | None
    live_now: bool
    alarms: int | None
    false_share: float | None
    changed_at: datetime


class RuleList(Schema):
    total: int
    rows: list[RuleRow]
    has_figures: bool


class RuleLine(Schema):
    key: str
    label: str
    text: str


class RuleVersionOut(Schema):
    number: int
    state: str
    edit: int
    definition: Definition
    lines: list[RuleLine]


class RuleVersionEntry(Schema):
    number: int
    state: str
    reason: str
    created_by: str
    published_by: str
    published_at: datetime | None
    retired_at: datetime | None


class RuleDetail(RuleRow):
    live: RuleVersionOut | None
    editing: RuleVersionOut | None
    versions: list[RuleVersionEntry]


class NewRuleIn(Schema):
    code: str = Field(max_length=40)
    name: str = Field(max_length=80)
    category: str = Field(max_length=10)
    metric: str = Field("TEMP", max_length=12)
    definition: Definition | None = None


class RuleDraftIn(Schema):
    edit: int
    name: str = Field(max_length=80)
    definition: Definition


class RuleFromIn(Schema):
    version: int | None = None


class RulePublishIn(Schema):
    edit: int
    over: int | None
    reason: str = Field(max_length=200)


class RuleSwitchIn(Schema):
    enabled: bool
    reason: str = Field(max_length=200)


class RuleCopyIn(Schema):
    code: str = Field(max_length=40)
    name: str = Field(max_length=80)


class RuleCompareLine(RuleLine):
    text: str = ""
    old: str
    new: str
    changed: bool


class RuleCompareOut(Schema):
    old: int
    new: int
    lines: list[RuleCompareLine]


class RuleMetric(Schema):
    code: str
    name: str
    unit: str
    kind: str
    category: str
    low: float
    high: float
    words: list[str]


class FrequencyOut(Schema):
    code: str
    name: str
    times: int
    span_seconds: int
    version: int
    used_by: list[str]


class FrequencyIn(Schema):
    code: str = Field(max_length=30)
    name: str = Field(max_length=60)
    times: int
    span_seconds: int
    version: int | None = None


class RuleStep(Schema):
    after: int
    unless: str
    target: str
    workdays: bool


class RuleUsual(Schema):
    """How alarms of a level are handled where the rule says nothing; times in minutes."""

    level: int
    receivers: list[str]
    sms: bool
    code_platform: bool
    confirm_minutes: int | None
    confirm_workdays: bool
    handle_minutes: int | None
    handle_workdays: bool
    escalate: list[RuleStep]


class RuleOptions(Schema):
    categories: list[Option]
    metrics: list[RuleMetric]
    districts: list[Option]
    design: list[Option]
    placeholders: list[Option]
    receivers: list[Option]
    steps: list[Option]
    usual: list[RuleUsual]
    frequencies: list[FrequencyOut]


class RulePreviewIn(Schema):
    definition: Definition
    device_no: str = Field("", max_length=50)


class RuleFault(Schema):
    path: str
    label: str
    message: str


class RuleLiveDay(Schema):
    date: str
    workday: bool
    provisional: bool
    spans: list[list[int]]


class RuleTestNow(Schema):
    level: int
    words: str
    now: bool


class RuleTold(Schema):
    """Who would hear; ``people`` on duty there, None for a platform."""

    target: str
    office: str
    people: int | None


class RuleStepAt(Schema):
    at: str
    unless: str
    told: list[RuleTold]


class RuleReach(Schema):
    """Whom an alarm of a level raised now would reach, and until when it had to be confirmed and handled."""

    level: int
    told: list[RuleTold]
    ways: str
    confirm_by: str
    handle_by: str
    steps: list[RuleStepAt]


class RuleSample(Schema):
    device_no: str
    device: str
    place: str
    value: str
    message: str
    tests: list[RuleTestNow]
    reach: list[RuleReach] = []


class RuleDeviceChoice(Schema):
    device_no: str
    name: str
    place: str


class RulePreviewOut(Schema):
    faults: list[RuleFault]
    lines: list[RuleLine]
    days: list[RuleLiveDay]
    devices: int
    choices: list[RuleDeviceChoice] = []
    unresolved: list[str]
    sample: RuleSample | None


class BacktestIn(Schema):
    definition: Definition
    start: datetime
    end: datetime


class BacktestOut(Schema):
    id: int
    mine: bool
    state: str
    progress: int
    starts_at: datetime
    ends_at: datetime
    ordered_by: str
    ordered_at: datetime
    error: str
    alarms: int | None
    now: datetime


class BacktestDetail(BacktestOut):
    report: dict[str, Any] | None
