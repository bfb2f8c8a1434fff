"""Checking a data set field by field against its definition: presence, length, dictionary, form. Pure."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

DEFINITIONS = Path(__file__).parent / "definitions"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MONEY = re.compile(r"\d{1,14}(\.\d{1,2})?", re.ASCII)
Errors = list[dict[str, str]]


@lru_cache(maxsize=1)
def datasets() -> dict[str, Any]:
    """The data sets of the case repository as defined."""
    return tomllib.loads((DEFINITIONS / "case_repository.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII | re.DOTALL)


def error(dataset: str, field: str, message: str) -> dict[str, str]:
    """One wrong field with its Chinese label."""
    rule = datasets()[dataset]["fields"].get(field, {})
    return {"field": field, "label": rule.get("label", field), "message": message}


def check(dataset: str, data: Mapping[str, Any]) -> Errors:
    """Every wrong field of one record of a data set; unknown fields are wrong too."""
    rules = datasets()[dataset]["fields"]
    found = [error(dataset, name, "本数据集没有此字段") for name in data if name not in rules]
    for name, rule in rules.items():
        message = _wrong(data.get(name), rule)
        if message:
            found.append(error(dataset, name, message))
    return found


def _wrong(value: Any, rule: Mapping[str, Any]) -> str:
    if value is None or value == "":
        return "" if rule.get("optional") else "必填"
    if rule.get("type") == "whole":
        return "" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else "应为非负整数"
    return _wrong_text(value, rule) if isinstance(value, str) else "应为文本"


def _wrong_text(value: str, rule: Mapping[str, Any]) -> str:
    if len(value) > rule.get("max", 500):
        return f"最长 {rule.get('max', 500)} 字，现为 {len(value)} 字"
    if "codes" in rule and value not in rule["codes"]:
        return f"不在字典内（{'、'.join(rule['codes'])}）"
    if "pattern" in rule and not _pattern(rule["pattern"]).fullmatch(value):
        return str(rule["says"])
    return _wrong_form(value, rule.get("type", "text"))


def _wrong_form(value: str, kind: str) -> str:
    if kind == "date-time" and moment(value) is None:
        return "应为 yyyy-MM-dd HH:mm:ss"
    if kind == "date" and not _day(value):
        return "应为 yyyy-MM-dd"
    if kind == "money" and not MONEY.fullmatch(value):
        return "应为金额（元，两位小数）"
    return ""


def moment(value: Any) -> datetime | None:
    """An instant in the form of outside interfaces, or ``None`` when it is not one."""
    text = str(value)
    try:
        return datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _day(value: str) -> bool:
    try:
        return bool(DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_uscc(value: str) -> bool:
    """Form and check character of a unified social credit code (GB 32100)."""
    if not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{18}", value):
        return False
    total = sum(_USCC.index(c) * w for c, w in zip(value, _USCC_WEIGHTS, strict=False))
    return value[17] == _USCC[(31 - total % 31) % 31]


def is_citizen_id(value: str) -> bool:
    """Form and check character of a resident identity number (GB 11643)."""
    if not re.fullmatch(r"\d{17}[\dX]", value, re.ASCII):
        return False
    total = sum(int(c) * w for c, w in zip(value, _ID_WEIGHTS, strict=False))
    return value[17] == "10X98765432"[total % 11]
