"""Shapes of the live views. A value that is not of now carries ``stale`` and its age, never just a number."""

from datetime import datetime

from minfang.kernel.base.schemas import Schema


class LiveWhereOut(Schema):
    """Where the stream is; empty where there is none, then the browser asks every ``poll_seconds``."""

    url: str
    poll_seconds: int


class LiveChangeOut(Schema):
    kind: str
    works: int
    id: int


class LiveChangesOut(Schema):
    """What changed after an instant; ``since`` for the next question."""

    since: datetime
    changes: list[LiveChangeOut]
    more: bool


class LiveWorksOut(Schema):
    """A work in the list to choose from."""

    id: int
    works_no: str
    name: str
    district: str
    op_state: str
    op_state_name: str
    units: int
    devices: int
    online: int
    alarms: int
    level: int | None


class LivePointOut(Schema):
    """One series. ``age`` in seconds; ``level`` of the worst open alarm on it."""

    series_id: int
    device_id: int
    device: str
    place: str
    metric: str
    metric_name: str
    unit: str
    outside: bool
    value: float | None
    text: str
    ts: datetime | None
    age: int | None
    stale: bool
    doubtful: bool
    level: int | None


class LiveAlarmOut(Schema):
    id: int
    number: str
    title: str
    level: int
    state: str
    unit: str


class LiveFigureOut(Schema):
    """A figure of several sensors: ``tone`` ok, warn, late (worse) or hold (nothing known)."""

    tone: str
    text: str
    note: str
    points: list[LivePointOut]


class LiveScoreOut(Schema):
    code: str
    name: str
    value: int | None
    basis: str


class LiveUnitOut(Schema):
    """One protective unit in peace."""

    id: int | None
    name: str
    floor: str
    use: str
    level: int | None
    alarms: int
    devices: int
    online: int
    temperature: LiveFigureOut
    humidity: LiveFigureOut
    air: LiveFigureOut
    water: LiveFigureOut
    doors: LiveFigureOut
    ventilation: LiveFigureOut
    scores: list[LiveScoreOut]


class LiveHeadOut(Schema):
    """What stands above each view."""

    id: int
    works_no: str
    name: str
    district: str
    op_state: str
    op_state_name: str
    as_of: datetime
    devices: int
    online: int
    alarms: list[int]
    level: int | None


class LivePeaceOut(Schema):
    head: LiveHeadOut
    units: list[LiveUnitOut]
    worst: list[LiveAlarmOut]


class LivePanelOut(Schema):
    """One thing an emergency needs: ``tone`` as of a figure, ``limit`` what it is held against."""

    code: str
    name: str
    tone: str
    headline: str
    limit: str
    note: str
    points: list[LivePointOut]


class LiveUnitReadinessOut(Schema):
    id: int | None
    name: str
    floor: str
    use: str
    capacity: int | None
    isolation_h: float
    tone: str
    panels: list[LivePanelOut]


class LiveEmergencyOut(Schema):
    head: LiveHeadOut
    ready: int
    counted: int
    panels: list[LivePanelOut]
    units: list[LiveUnitReadinessOut]
    added: list[LivePointOut]
    worst: list[LiveAlarmOut]


class LiveMetricOut(Schema):
    code: str
    name: str
    unit: str
    category: str


class LiveCellOut(Schema):
    metric: str
    inside: list[LivePointOut]
    outside: list[LivePointOut]


class LiveRowOut(Schema):
    id: int | None
    name: str
    floor: str
    level: int | None
    cells: list[LiveCellOut]


class LiveMatrixOut(Schema):
    head: LiveHeadOut
    metrics: list[LiveMetricOut]
    rows: list[LiveRowOut]


class LiveTrendOut(Schema):
    """Means of equal spans from the first to the last instant; ``null`` where nothing was heard."""

    series_id: int
    values: list[float | None]


class LiveTrendsOut(Schema):
    start: datetime
    end: datetime
    trends: list[LiveTrendOut]
