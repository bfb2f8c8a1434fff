"""The shapes of the indicator pages."""

from datetime import datetime

from minfang.kernel.base.schemas import Schema


class IndicatorScope(Schema):
    """The city's own works, or a district's. ``devices`` 0: not connected yet."""

    code: str
    label: str
    works: int
    devices: int


class IndicatorPoint(Schema):
    month: str
    value: float | None


class IndicatorCard(Schema):
    """One indicator; ``value`` null is no figure, ``met`` null where there is no target or no figure."""

    code: str
    title: str
    unit: str
    format: str
    basis: str
    better: str
    target: float | None
    value: float | None
    met: bool | None
    now: bool
    behind: int
    trend: list[IndicatorPoint]


class IndicatorWorksRow(Schema):
    """One work with the values of the cards in their order; null is no figure."""

    works_no: str
    works: str
    values: list[float | None]


class IndicatorBoard(Schema):
    """A scope's indicators in a month."""

    scope: str
    label: str
    month: str
    scopes: list[IndicatorScope]
    cards: list[IndicatorCard]
    works: list[IndicatorWorksRow]
    as_of: datetime
    may_configure: bool


class IndicatorRows(Schema):
    """Rows behind an indicator."""

    columns: list[str]
    rows: list[list[str]]
    links: list[str]
    total: int
    page: int
    size: int
    conditions: list[str]


class IndicatorChoice(Schema):
    """One indicator in the configuration of a scope."""

    code: str
    title: str
    unit: str
    format: str
    basis: str
    better: str
    shown: bool
    target: float | None
    default_target: float | None


class IndicatorChoiceIn(Schema):
    code: str
    shown: bool
    target: float | None = None


class IndicatorChoicesIn(Schema):
    """The whole configuration of a scope in its order."""

    choices: list[IndicatorChoiceIn]
