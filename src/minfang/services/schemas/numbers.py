"""Number rules and the ledger as the system administrator sees them."""

from datetime import date, datetime

from minfang.services.schemas.common import Option, Page, Schema


class NumberRuleOut(Schema):
    """One version of a rule; ``next`` is what it would give today for the chosen region."""

    code: str
    name: str
    pattern: str
    reset: str
    reset_label: str
    effective_from: date
    in_force: bool
    issued: int
    next: str


class NumberRulesOut(Schema):
    rules: list[NumberRuleOut]
    regions: list[Option]
    resets: list[Option]
    segments: list[Option]


class RuleTrialIn(Schema):
    """A pattern to be tried: what is wrong with it, what it would print."""

    pattern: str
    reset: str
    region: str = "310000"


class RuleTrialOut(Schema):
    faults: list[str]
    sample: str


class RuleVersionIn(Schema):
    code: str
    pattern: str
    reset: str
    effective_from: date
    reason: str


class LedgerLine(Schema):
    number: str
    rule: str
    rule_name: str
    scope: str
    target: str
    state: str
    state_label: str
    issued_at: datetime
    reason: str


class LedgerOut(Page):
    lines: list[LedgerLine]
    states: list[Option]


class SeriesOut(Schema):
    """One series of one period: how far it counted, what waits, what is void, what the ledger lacks."""

    series: str
    period: str
    last: int
    reserved: list[int]
    voided: list[int]
    missing: list[int]


class ReserveIn(Schema):
    code: str
    region: str
    count: int
    reason: str


class ReservedOut(Schema):
    numbers: list[str]


class VoidIn(Schema):
    number: str
    reason: str
