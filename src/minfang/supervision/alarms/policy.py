"""What a level means: who is told, through what, how long they have, who hears next. Defaults are data.

A rule may name its own receivers and limits for a level (``Handling`` of its definition); the rest stays.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.base.clock import SHANGHAI
from minfang.kernel.workdays.calendar import Calendar

DAY_MINUTES = 24 * 60
CONFIRM, HANDLE = "CONFIRM", "HANDLE"
WORDS_OF_RULES = {"CITY": "CITY_DUTY"}
"""Receivers as rules name them, where the ledger has another name."""
CHANNEL_WORDS = ("SMS", "PHONE", "INBOX")


@dataclass(frozen=True)
class Step:
    """Somebody hears ``after`` minutes unless the alarm is confirmed or handled by then."""

    after: int
    unless: str
    target: str
    workdays: bool = False


@dataclass(frozen=True)
class Policy:
    """How alarms of one level are treated; limits in minutes, ``None`` for none."""

    level: int
    name: str
    weight: str
    receivers: tuple[str, ...]
    channels: tuple[str, ...]
    confirm_minutes: int | None
    handle_minutes: int | None
    workdays_confirm: bool
    workdays_handle: bool
    gather_seconds: int
    repeat_minutes: int | None
    escalate: tuple[Step, ...]
    organizations: tuple[str, ...] = ()
    ground: str = ""
    measure: str = ""

    def confirm_due(self, since: datetime, calendar: Calendar) -> datetime | None:
        """Until when somebody has to confirm."""
        return later(since, self.confirm_minutes, calendar, self.workdays_confirm)

    def handle_due(self, since: datetime, calendar: Calendar) -> datetime | None:
        """Until when it has to be handled."""
        return later(since, self.handle_minutes, calendar, self.workdays_handle)


def later(since: datetime, minutes: int | None, calendar: Calendar, workdays: bool) -> datetime | None:
    """``minutes`` after an instant; in working days the clock time stays and other days are not counted."""
    if minutes is None:
        return None
    if not workdays:
        return since + timedelta(minutes=minutes)
    days, rest = divmod(minutes, DAY_MINUTES)
    local = since.astimezone(SHANGHAI)
    day = calendar.add(local.date(), days)
    return datetime.combine(day, local.timetz()) + timedelta(minutes=rest)


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """The default values as they stand in ``definitions/levels.toml``."""
    file = Path(__file__).parent / "definitions" / "levels.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def default(level: int) -> Policy:
    """The policy of a level where no rule says otherwise."""
    whole = definition()
    row = whole["level"][str(level)]
    return Policy(
        level=level,
        name=row["name"],
        weight=row["weight"],
        receivers=tuple(row["receivers"]),
        channels=tuple(row["channels"]),
        confirm_minutes=row.get("confirm_minutes"),
        handle_minutes=row.get("handle_minutes"),
        workdays_confirm=row.get("workdays_confirm", False),
        workdays_handle=row.get("workdays_handle", False),
        gather_seconds=row["gather_seconds"],
        repeat_minutes=whole["repeat_minutes"],
        escalate=tuple(Step(**step) for step in row["escalate"]),
        ground=f"{row['name']}必推",
    )


def policy_of(level: int, rule: Mapping[str, Any] | None) -> Policy:
    """The policy of a level under a rule's definition (JSON), or the default without one."""
    usual = default(level)
    if rule is None:
        return usual
    repeat = rule.get("repeat_minutes", usual.repeat_minutes)
    own = next((item for item in rule.get("handling") or () if item.get("level") == level), None)
    if own is None:
        return Policy(**{**vars(usual), "repeat_minutes": repeat})
    return Policy(**{**vars(usual), **_own(usual, own), "repeat_minutes": repeat})


def _own(usual: Policy, own: Mapping[str, Any]) -> dict[str, Any]:
    named = own.get("receivers") or ()
    receivers = tuple(WORDS_OF_RULES.get(word, word) for word in named if word not in CHANNEL_WORDS)
    said: dict[str, Any] = {"organizations": tuple(own.get("organizations") or ())}
    said["measure"] = own.get("measure") or ""
    if receivers or said["organizations"]:
        platform = ("RFM",) if "RFM" in usual.receivers else ()
        said |= {"receivers": receivers + platform, "ground": "规则指定"}
    if ways := set(CHANNEL_WORDS) & set(named):
        said["channels"] = ("IN_APP", "SMS") if ways - {"INBOX"} else ("IN_APP",)
    for kind in ("confirm", "handle"):
        if own.get(f"{kind}_minutes") is not None:
            days = own.get(f"{kind}_workdays")
            said[f"{kind}_minutes"] = own[f"{kind}_minutes"]
            said[f"workdays_{kind}"] = bool(own.get("workdays") if days is None else days)
    return said | {"escalate": _steps(usual, said, own)}


def _steps(usual: Policy, said: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Step, ...]:
    """The rule's own steps; or the usual ones, moved as far as the rule moved the limit they wait for."""
    if own.get("escalate") is not None:
        return tuple(Step(**step) for step in own["escalate"])
    if own.get("escalate_to"):
        after = said.get("confirm_minutes", usual.confirm_minutes)
        workdays = said.get("workdays_confirm", usual.workdays_confirm)
        return (Step(after or 30, CONFIRM, own["escalate_to"], workdays),)
    return tuple(_moved(usual, said, step) for step in usual.escalate)


def _moved(usual: Policy, said: Mapping[str, Any], step: Step) -> Step:
    kind = "confirm" if step.unless == CONFIRM else "handle"
    limit, before = said.get(f"{kind}_minutes"), getattr(usual, f"{kind}_minutes")
    if limit is None or before is None:
        return step
    return Step(limit + step.after - before, step.unless, step.target, said[f"workdays_{kind}"])
