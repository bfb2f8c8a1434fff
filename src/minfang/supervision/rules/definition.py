"""What an alarm rule says: a closed grammar that people fill in word by word (handbook §9.3, features 90,
91).

A definition is data. It cannot reach code, and a definition that passes here can be compiled. One rule
watches one metric in a scope of devices and has one to four levels (1 red … 4 blue); a level is reached
when any of its tests has been true for its hold time, and left when none is and each has been beyond its
clear value for its clear hold. All times are event times in seconds; thresholds are in the unit of the
metric.
"""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DAY_MINUTES = 24 * 60
YEAR_SECONDS = 366 * 86400
MOST_MINUTES = 90 * DAY_MINUTES


class AlarmLevel(IntEnum):
    """``level`` of handbook §9.2; a smaller number is graver."""

    RED = 1
    ORANGE = 2
    YELLOW = 3
    BLUE = 4


LEVEL_NAMES = {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"}
LEVEL_WEIGHTS = {1: "重大", 2: "较重", 3: "一般", 4: "提示"}


class Operator(StrEnum):
    """How a value is compared; BETWEEN and OUTSIDE use both bounds, which belong to the inside."""

    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    EQ = "eq"
    NE = "ne"
    BETWEEN = "between"
    OUTSIDE = "outside"


TWO_BOUNDS = (Operator.BETWEEN, Operator.OUTSIDE)


class Place(StrEnum):
    """Within which neighbourhood another sensor counts."""

    EQUIPMENT = "EQUIPMENT"
    ROOM = "ROOM"
    UNIT = "UNIT"
    WORKS = "WORKS"


class Part(BaseModel):
    """Base of all parts: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DesignValue(Part):
    """A bound taken from ``Equipment.design`` of the device, e.g. ``1.1×Ie``; ``fallback`` where it is not
    recorded.
    """

    design: str = Field(min_length=1, max_length=40)
    factor: float = Field(default=1.0, allow_inf_nan=False)
    plus: float = Field(default=0.0, allow_inf_nan=False)
    fallback: float | None = Field(default=None, allow_inf_nan=False)


Number = Annotated[float, Field(allow_inf_nan=False)]
Bound = Number | DesignValue
Seconds = Annotated[int, Field(ge=0, le=YEAR_SECONDS)]
Span = Annotated[int, Field(ge=1, le=YEAR_SECONDS)]


class Held(Part):
    """What every test has: how long it must be true, and how long it must be over before it is over."""

    hold_seconds: Seconds = 0
    clear_hold_seconds: Seconds = 0


class Comparing(Held):
    """A comparison of one value; ``clear`` is the value from which it counts as over (回差)."""

    op: Operator
    value: Bound
    upper: Bound | None = None
    clear: Bound | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if (self.op in TWO_BOUNDS) != (self.upper is not None):
            raise ValueError("介于与超出范围要有上下两个值，其他比较只有一个值")
        numbers = isinstance(self.value, float) and isinstance(self.upper, float)
        if numbers and self.upper < self.value:  # type: ignore[operator]
            raise ValueError("上限不能小于下限")
        if self.clear is not None and self.op not in (Operator.GT, Operator.GE, Operator.LT, Operator.LE):
            raise ValueError("只有大于、小于类比较可设解除值")
        self._clear_side()
        return self

    def _clear_side(self) -> None:
        if not (isinstance(self.clear, float) and isinstance(self.value, float)):
            return
        upward = self.op in (Operator.GT, Operator.GE)
        if (upward and self.clear > self.value) or (not upward and self.clear < self.value):
            raise ValueError("解除值应在触发值的正常一侧")


class Compare(Comparing):
    """The value of the reading itself."""

    kind: Literal["compare"] = "compare"


class Frequent(Comparing):
    """True when the comparison came true N times within a span.

    ``frequency`` names a stored frequency threshold several rules may use; ``times``/``span_seconds`` are the
    rule's own. ``each`` counts readings or crossings; ``in_a_row`` wants no normal reading in between.
    """

    kind: Literal["frequent"] = "frequent"
    frequency: str | None = Field(default=None, max_length=30)
    times: int | None = Field(default=None, ge=2, le=1000)
    span_seconds: Span | None = None
    each: Literal["reading", "crossing"] = "reading"
    in_a_row: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        own = self.times is not None and self.span_seconds is not None
        if own == (self.frequency is not None):
            raise ValueError("请选用一个频次阈值，或自行填写次数与时长")
        return self


class Change(Held):
    """Rate of change: how far the value moved within a span, kept in sixtieth parts of it."""

    kind: Literal["change"] = "change"
    direction: Literal["up", "down", "either"] = "either"
    by: Bound
    span_seconds: Annotated[int, Field(ge=60, le=YEAR_SECONDS)]


class Other(Part):
    """What another metric at the same place must say, not older than ``fresh_seconds``."""

    metric: str = Field(min_length=1, max_length=12)
    op: Operator
    value: Bound
    upper: Bound | None = None
    place: Place = Place.UNIT
    fresh_seconds: Span = 900

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if (self.op in TWO_BOUNDS) != (self.upper is not None):
            raise ValueError("介于与超出范围要有上下两个值，其他比较只有一个值")
        return self


class Together(Comparing):
    """This metric and another one at the same place both hold."""

    kind: Literal["together"] = "together"
    other: Other


class Several(Comparing):
    """At least ``at_least`` devices of this metric at the same place hold at once, this one among them."""

    kind: Literal["several"] = "several"
    at_least: int = Field(ge=2, le=50)
    place: Place = Place.UNIT
    fresh_seconds: Span = 900


class Silent(Part):
    """No data: nothing for ``periods`` times the interval the device should report in."""

    kind: Literal["silent"] = "silent"
    periods: float = Field(default=3.0, ge=1, le=1000)


Test = Annotated[Compare | Frequent | Change | Together | Several | Silent, Field(discriminator="kind")]


class LevelRule(Part):
    """One level with the tests of which any reaches it."""

    level: int = Field(ge=1, le=4)
    when: tuple[Test, ...] = Field(min_length=1, max_length=4)


class Scope(Part):
    """Which devices of the metric; empty lists mean all. The numbers are those people use."""

    works: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    management_level: Literal["CITY_DIRECT", "DISTRICT"] | None = None
    special_rooms: bool | None = None
    rooms_named: str = Field(default="", max_length=30)
    equipment: tuple[str, ...] = ()
    excluded_works: tuple[str, ...] = ()
    excluded_units: tuple[str, ...] = ()
    excluded_devices: tuple[str, ...] = ()


class OverrideLevel(Part):
    """Other values for the first test of a level; what is left out stays."""

    level: int = Field(ge=1, le=4)
    value: Number | None = None
    upper: Number | None = None
    clear: Number | None = None
    hold_seconds: Seconds | None = None


class Override(Part):
    """Other values for one device, unit or work; a device beats its unit, a unit its work."""

    target: Literal["device", "unit", "works"]
    number: str = Field(min_length=1, max_length=50)
    off: bool = False
    levels: tuple[OverrideLevel, ...] = ()


class DayKind(StrEnum):
    """监测时段 (handbook §9.2), by the official calendar with its exchanged days."""

    EVERYDAY = "EVERYDAY"
    WORKDAY = "WORKDAY"
    NON_WORKDAY = "NON_WORKDAY"


class Window(Part):
    """Minutes of a day, [start, end); an end at or before the start lies on the next day.

    A window across midnight belongs to the day on which it begins.
    """

    start: int = Field(ge=0, lt=DAY_MINUTES)
    end: int = Field(ge=0, le=DAY_MINUTES)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start == self.end:
            raise ValueError("起止时间不能相同；全天请填 00:00–24:00")
        return self


class Schedule(Part):
    """When the rule may raise: kind of day and minute windows."""

    days: DayKind = DayKind.EVERYDAY
    windows: tuple[Window, ...] = Field(
        default=(Window(start=0, end=DAY_MINUTES),), min_length=1, max_length=12
    )


class Dedupe(Part):
    """去重规则: merge within a span, or fire once in N occurrences within it (fire first, then count)."""

    kind: Literal["NONE", "TIME_WINDOW", "COUNT"] = "TIME_WINDOW"
    minutes: int = Field(default=30, ge=1, le=60 * 24 * 31)
    times: int = Field(default=3, ge=2, le=1000)
    first: bool = True


class HandlingStep(Part):
    """Who hears next when an alarm is not confirmed (or handled) within ``after`` minutes; with ``workdays``
    in working days of 24 × 60 minutes.
    """

    after: int = Field(ge=1, le=MOST_MINUTES)
    unless: Literal["CONFIRM", "HANDLE"] = "CONFIRM"
    target: Literal["MANAGING_UNIT", "DISTRICT", "CITY_DUTY", "CITY_DUTY_LEADER", "CITY_PLATFORM"]
    workdays: bool = False


class Handling(Part):
    """Who is told at a level, by which way, how long they have, who hears next and what to do (handbook
    §9.3); times in minutes. What is left out stays as usual for the level.

    ``workdays`` counts the limits in working days of 24 × 60 minutes; ``confirm_workdays`` and
    ``handle_workdays`` say it for one of them. No ``escalate`` steps (rather than None) means nobody hears
    next; ``escalate_to`` is the older way to name one step. ``measure`` is what whoever handles it shall do.
    """

    level: int = Field(ge=1, le=4)
    receivers: tuple[
        Literal["CITY_PLATFORM", "CITY", "DISTRICT", "MANAGING_UNIT", "SMS", "PHONE", "INBOX"], ...
    ] = ()
    organizations: tuple[str, ...] = Field(default=(), max_length=20)
    confirm_minutes: int | None = Field(default=None, ge=1, le=MOST_MINUTES)
    handle_minutes: int | None = Field(default=None, ge=1, le=MOST_MINUTES)
    workdays: bool = False
    confirm_workdays: bool | None = None
    handle_workdays: bool | None = None
    escalate_to: Literal["", "CITY_DUTY_LEADER", "CITY_DUTY", "DISTRICT"] = ""
    escalate: tuple[HandlingStep, ...] | None = Field(default=None, max_length=6)
    measure: str = Field(default="", max_length=200)

    @field_validator("escalate")
    @classmethod
    def _each_step_once(cls, steps: tuple[HandlingStep, ...] | None) -> tuple[HandlingStep, ...] | None:
        if steps is not None and len({(step.target, step.unless) for step in steps}) != len(steps):
            raise ValueError("同一情形（未确认或未处置）下，同一对象只能升级一次")
        return steps

    @model_validator(mode="after")
    def _handled_after_confirmed(self) -> Self:
        both = self.confirm_minutes is not None and self.handle_minutes is not None
        if both and self.handle_minutes < self.confirm_minutes:  # type: ignore[operator]
            raise ValueError("处置时限不能短于确认时限")
        return self


class OpStateName(StrEnum):
    """平急状态 (handbook §9.2)."""

    PEACE = "PEACE"
    TRANSITION = "TRANSITION"
    EMERGENCY = "EMERGENCY"


class RuleDefinition(Part):
    """A whole rule."""

    metric: str = Field(min_length=1, max_length=12)
    scope: Scope = Scope()
    overrides: tuple[Override, ...] = Field(default=(), max_length=2000)
    levels: tuple[LevelRule, ...] = Field(min_length=1, max_length=4)
    schedule: Schedule = Schedule()
    op_states: tuple[OpStateName, ...] = Field(default=tuple(OpStateName), min_length=1)
    dedupe: Dedupe = Dedupe()
    message: str = Field(min_length=1, max_length=300)
    repeat_minutes: int | None = Field(default=30, ge=1, le=60 * 24 * 31)
    silence_clear_seconds: Span | None = None
    trust_doubtful: bool = False
    handling: tuple[Handling, ...] = Field(default=(), max_length=4)
    valid_from: date | None = None
    valid_to: date | None = None

    @field_validator("levels")
    @classmethod
    def _each_level_once(cls, levels: tuple[LevelRule, ...]) -> tuple[LevelRule, ...]:
        if len({level.level for level in levels}) != len(levels):
            raise ValueError("同一级别只能出现一次")
        return tuple(sorted(levels, key=lambda level: level.level))

    @field_validator("op_states")
    @classmethod
    def _each_state_once(cls, states: tuple[OpStateName, ...]) -> tuple[OpStateName, ...]:
        return tuple(state for state in OpStateName if state in states)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("生效止期早于起期")
        silent = [isinstance(test, Silent) for level in self.levels for test in level.when]
        if any(silent) and not all(silent):
            raise ValueError("无数据判断请单独成一条规则")
        if len({own.level for own in self.handling}) != len(self.handling):
            raise ValueError("同一级别的推送与时限只能设一次")
        return self
