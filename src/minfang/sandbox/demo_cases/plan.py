"""Which cases the demonstration shows: who has what on their desk, and two years of closed ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from minfang.kernel.base import clock
from minfang.kernel.workdays.calendar import Calendar
from minfang.sandbox.demo_cases import bulk
from minfang.sandbox.demo_cases.copying import Detail
from minfang.sandbox.demo_cases.team import PUDONG, PUTUO, Office

FIRST_DAY = date(2025, 1, 6)
"""Number rules are in force from 2025 on."""
YEARS = 2
PROMISE, ACCEPT = 8, 5
NOW_AGO = timedelta(minutes=6)

GAPS = {
    "SUBMIT": (0, 3),
    "PREREVIEW": (0, 1),
    "ACCEPT": (0, 2),
    "ASK": (0, 2),
    "ANSWER": (2, 9),
    "REVIEW": (1, 3),
    "SUSPEND": (1, 2),
    "SEAL": (0, 0),
    "FETCH": (0, 4),
}
"""Working days from the step before, fewest and most; otherwise none or one."""


@dataclass(frozen=True)
class Line:
    """One case to be shown: its stage, its office, who handles it, and when it was begun or falls due."""

    stage: str
    office: Office
    handler: int = 0
    left: int | None = None
    """Working days left of the clock that runs (negative: overdue); ``None`` for a closed case."""
    begun: date | None = None
    applicant: str = ""
    detail: Detail = Detail.NOTICES


def lines(count: int, city: Office, others: list[Office], chance: random.Random) -> list[Line]:
    """``count`` cases: the applicant's own four, the desks, then closed ones."""
    found = [*_own(city), *_city_desks(city), *_district_desks(others, chance)]
    while len(found) < count // 12:
        found += _district_desks(others, chance)
    found += _closed(max(count - len(found), 0), city, others, chance)
    return found[:count]


def _own(city: Office) -> list[Line]:
    """The applicant's own four: a draft, a supplement, one in review, one delivered."""
    own = {"applicant": "gu.shuyan", "detail": Detail.FULL}
    ago = bulk.calendar().add(clock.today(), -32)
    return [
        Line("DRAFT", city, left=4, **own),  # type: ignore[arg-type]
        Line("SUPPLEMENT", city, left=1, **own),  # type: ignore[arg-type]
        Line("REVIEW", city, left=2, **own),  # type: ignore[arg-type]
        Line("DELIVERED", city, begun=ago, **own),  # type: ignore[arg-type]
    ]


def _city_desks(city: Office) -> list[Line]:
    """Every officer of the city has something to do; the first handler has eighteen."""
    full = Detail.FULL
    found = [
        *[Line("REVIEW", city, left=left, detail=full) for left in (-1, 1, 3, 4, 5, 6)],
        *[Line("REVIEW2", city, left=left, detail=full) for left in (1, 5)],
        *[Line("RETURNED", city, left=left, detail=full) for left in (2,)],
        *[Line("ACCEPTING", city, left=left, detail=full) for left in (2, 3, 4)],
        Line("ACCEPTING2", city, left=4, detail=full),
        Line("FINISH", city, left=3, detail=full),
        Line("FINISH2", city, left=4, detail=full),
        *[Line("SPECIAL", city, left=4, detail=full) for _ in range(2)],
    ]
    others = [
        *[Line("PREREVIEW", city, left=left) for left in (3, 4, 4, 5, 5)],
        *[Line("REVIEW", city, 1, left) for left in (1, 4, 6)],
        *[Line("CHECK", city, 0, left) for left in (1, 3, 4)],
        Line("CHECK2", city, 1, 2),
        *[Line("APPROVE", city, 0, left) for left in (2, 3)],
        Line("APPROVE2", city, 1, 1),
        *[Line("CERT", city, 0, left) for left in (2, 3)],
        Line("SUPPLEMENT", city, 0, 2),
        Line("SUPPLEMENT", city, 1, 3),
        Line("PREREVIEW_FAILED", city, 0, 3),
        Line("DONE", city, 0, 4),
    ]
    return found + others


DISTRICT_STAGES = (
    ("PREREVIEW", 3),
    ("ACCEPTING", 3),
    ("REVIEW", 4),
    ("REVIEW2", 2),
    ("CHECK", 2),
    ("APPROVE", 2),
    ("FINISH", 1),
    ("CERT", 1),
    ("SUPPLEMENT", 2),
    ("RETURNED", 1),
    ("PREREVIEW_FAILED", 1),
)


def _district_desks(offices: list[Office], chance: random.Random) -> list[Line]:
    """Three cases in every district; more where a demonstration account works."""
    stages, weights = [name for name, _ in DISTRICT_STAGES], [weight for _, weight in DISTRICT_STAGES]
    found = []
    for office in offices:
        told = {PUTUO: 9, PUDONG: 7}.get(office.organization.district_code, 2)
        detail = Detail.NOTICES if told > 3 else Detail.LISTED
        always = ["ACCEPTING", "REVIEW", "PREREVIEW", "CHECK", "APPROVE"][: min(told, 5)] if told > 3 else []
        drawn = [*always, *chance.choices(stages, weights, k=told - len(always))]
        for stage in drawn:
            left = chance.choice([1, 2, 3, 3, 4, 4] if stage in EARLY else [-1, 1, 2, 3, 4, 5, 6])
            found.append(Line(stage, office, left=left, detail=detail))
    return found


EARLY = ("PREREVIEW", "ACCEPTING", "SUPPLEMENT", "PREREVIEW_FAILED")
CLOSED_STAGES = (("DELIVERED", 60), ("DELIVERED2", 24), ("NOT_ACCEPTED", 7), ("DENIED", 5), ("DONE", 4))


def _closed(count: int, city: Office, others: list[Office], chance: random.Random) -> Iterator[Line]:
    """Closed cases, more of them lately, a third with the city."""
    today = clock.today()
    first = max(FIRST_DAY, today - timedelta(days=365 * YEARS))
    span = (today - first).days - 45
    stages, weights = [name for name, _ in CLOSED_STAGES], [weight for _, weight in CLOSED_STAGES]
    for position in range(count):
        office = city if position % 3 == 0 else chance.choice(others)
        stage = chance.choices(stages, weights)[0]
        recent = position % 9 == 0
        ago = chance.randint(24, 45) if recent else 45 + int(span * chance.random() ** 1.4)
        if stage == "DONE" and not recent:
            stage = "DELIVERED"
        yield Line(
            stage,
            office,
            chance.randrange(len(office.handlers)),
            begun=today - timedelta(days=ago),
            detail=Detail.LISTED if recent else Detail.DECISION,
        )


# --- when ----------------------------------------------------------------------------------------------


def beats_of(line: Line, names: list[str], chance: random.Random) -> tuple[datetime, ...]:
    """The moments of a case's beats, in working hours, none of them in the future."""
    calendar = bulk.calendar()
    if line.begun is not None:
        days = _forward(calendar, line.begun, names, chance)
    else:
        days = _around(calendar, line.left or 0, names, chance)
    moments = [_moment(day, name, chance) for day, name in zip(days, names, strict=True)]
    for index in range(1, len(moments)):
        floor = moments[index - 1] + timedelta(
            minutes=2 if names[index] == "SEAL" else chance.randint(11, 55)
        )
        if names[index] == "SEAL" or moments[index] < floor:
            moments[index] = floor
    latest = clock.now() - NOW_AGO
    for index in range(len(moments) - 1, -1, -1):
        moments[index] = min(moments[index], latest)
        latest = moments[index] - timedelta(minutes=3)
    return tuple(moments)


def _moment(day: date, name: str, chance: random.Random) -> datetime:
    start = time(9, 5) if name not in ("DRAFT", "SUBMIT", "ANSWER") else time(8, 40)
    minutes = chance.randint(0, 420)
    at = datetime.combine(day, start, clock.SHANGHAI) + timedelta(
        minutes=minutes, seconds=chance.randint(0, 50)
    )
    return at + timedelta(minutes=60) if at.hour == 12 else at


def _gap(name: str, chance: random.Random) -> int:
    low, high = GAPS.get(name, (0, 1))
    return chance.randint(low, high)


def _workday(calendar: Calendar, day: date) -> date:
    return day if calendar.is_workday(day) else calendar.add(day, 1)


def _forward(calendar: Calendar, start: date, names: list[str], chance: random.Random) -> list[date]:
    days = [_workday(calendar, start)]
    for name in names[1:]:
        days.append(calendar.add(days[-1], _gap(name, chance)))
    return days


def _around(calendar: Calendar, left: int, names: list[str], chance: random.Random) -> list[date]:
    """Days such that the clock that runs has ``left`` working days left today."""
    today = clock.today()
    received = [i for i, name in enumerate(names) if name in ("SUBMIT", "ANSWER")]
    if "ACCEPT" in names:
        anchor, limit = names.index("ACCEPT"), PROMISE
    else:
        anchor, limit = (received[-1] if received else 0), ACCEPT
    if names[-1] in ("ASK", "ISSUE"):
        limit = max(limit, left + 1)
    due = calendar.add(today, left) if left else calendar.add(calendar.add(today, -1), 1)
    start = calendar.add(due, -limit)
    days = [start] * len(names)
    for index in range(anchor - 1, -1, -1):
        days[index] = calendar.add(days[index + 1], -_gap(names[index + 1], chance))
    room = max(calendar.between(start, today), 0)
    steps = sorted(chance.randint(0, room) for _ in names[anchor + 1 :])
    for offset, index in zip(steps, range(anchor + 1, len(names)), strict=True):
        days[index] = min(calendar.add(start, offset), today)
    return days
