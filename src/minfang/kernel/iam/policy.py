"""The security policy (安全策略): delivered values, overlaid by what the security administrator has set.

A row whose MAC does not hold was not written by the product: it is ignored and raises an alarm.
"""

import re
import time
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base.errors import FieldError, invalid
from minfang.kernel.crypto.rowmac import row_mac, row_mac_holds

DEFINITION = Path(__file__).parent / "definitions" / "policy.toml"
CACHE_SECONDS = 5.0
PURPOSE = "iam_security_policy"
RATE = re.compile(r"([1-9]\d{0,5})/(min|h|day)")
RATE_SECONDS = {"min": 60, "h": 3600, "day": 86400}


@dataclass(frozen=True)
class Policy:
    """The values in force: lengths in characters, times in the unit of their name, rates as ``10/min``."""

    password_min_length: int
    password_classes: int
    password_history: int
    password_days: int
    lockout_failures: int
    lockout_address_failures: int
    lockout_minutes: int
    captcha_failures: int
    session_idle_minutes: int
    session_hours: int
    applicant_idle_minutes: int
    applicant_session_hours: int
    single_session: bool
    second_factor_required: bool
    certificate_seconds: int
    staff_sso_two_factors: bool
    fresh_minutes: int
    fresh_limit_minutes: int
    unused_account_days: int
    grant_request_days: int
    audit_online_days: int
    clock_jump_seconds: int
    rate_sign_in: str
    rate_search: str
    rate_export: str
    rate_upload: str
    rate_sms_number: str
    rate_sms_number_day: str


@dataclass(frozen=True)
class Entry:
    """One line of the policy page; ``least`` and ``most`` bound whole numbers."""

    key: str
    group: str
    label: str
    unit: str
    value: Any
    delivered: Any
    least: int | None
    most: int | None


_cached: tuple[float, Policy] | None = None


@lru_cache(maxsize=1)
def _definitions() -> dict[str, dict[str, Any]]:
    return tomllib.loads(DEFINITION.read_text(encoding="utf-8"))


def current() -> Policy:
    """The policy in force, at most five seconds old."""
    global _cached
    if _cached is None or time.monotonic() - _cached[0] > CACHE_SECONDS:
        _cached = (time.monotonic(), Policy(**_values()))
    return _cached[1]


def forget() -> None:
    """Read the rows anew at the next question."""
    global _cached
    _cached = None


def _values() -> dict[str, Any]:
    values = {field.name: _definitions()[field.name]["value"] for field in fields(Policy)}
    return values | {key: value for key, value in _set_values().items() if key in values}


def _set_values() -> dict[str, Any]:
    from minfang.kernel.iam.models import SecurityPolicy

    held: dict[str, Any] = {}
    for row in SecurityPolicy.objects.all():
        if row_mac_holds(PURPOSE, [row.key, row.value], row.mac):
            held[row.key] = row.value
        else:
            summary = f"安全策略“{row.key}”的记录被改动，已改用出厂值。"
            raise_alarm("policy.tampered", target=f"iam.securitypolicy:{row.key}", summary=summary)
    return held


def mac_of(key: str, value: Any) -> str:
    """The MAC a row with this key and value carries."""
    return row_mac(PURPOSE, [key, value])


def entries() -> list[Entry]:
    """The whole policy in the order of its definition, with the values in force."""
    values = vars(current())
    return [
        Entry(
            key=key,
            group=row["group"],
            label=row["label"],
            unit=row.get("unit", ""),
            value=values[key],
            delivered=row["value"],
            least=row.get("least"),
            most=row.get("most"),
        )
        for key, row in _definitions().items()
    ]


def label_of(key: str) -> str:
    """What a value of the policy is called on the pages; the key itself for one that is no more."""
    return str(_definitions().get(key, {}).get("label", key))


def checked(key: str, value: Any) -> Any:
    """``value`` when it may be set for ``key``; refuses with the reason (code ``INVALID``) otherwise."""
    row = _definitions().get(key)
    if row is None:
        raise invalid([FieldError(key, "策略", "没有这一项策略。")])
    problem = _problem(row, value)
    if problem:
        raise invalid([FieldError(key, row["label"], problem)])
    return value


def _problem(row: dict[str, Any], value: Any) -> str:
    delivered = row["value"]
    if isinstance(delivered, bool):
        return "" if isinstance(value, bool) else "只能是“是”或“否”。"
    if isinstance(delivered, str):
        fits = isinstance(value, str) and RATE.fullmatch(value)
        return "" if fits else "请写成“次数/单位”，单位为 min、h 或 day，如 10/min。"
    if not isinstance(value, int) or isinstance(value, bool):
        return "请填写整数。"
    if not row["least"] <= value <= row["most"]:
        return f"请填写 {row['least']} 到 {row['most']} 之间的整数。"
    return ""


def rate(text: str) -> tuple[int, int]:
    """``10/min`` as (times, seconds)."""
    found = RATE.fullmatch(text)
    if not found:
        raise ValueError(f"no rate: {text}")
    return int(found[1]), RATE_SECONDS[found[2]]
