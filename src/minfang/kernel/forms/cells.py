"""One value of one field: is it of the right type, within its bounds, and how is it kept.

Kept forms: text without outer blanks, decimals as texts with the field's scale, integers as numbers,
dates as ISO texts, booleans, enum values as texts, multi_enum as a list of texts. A value that is not
right stays as it was given.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from minfang.kernel.forms.compiled import Field
from minfang.kernel.forms.formats import FORMATS

NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,20})?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
LINE_BREAKS = re.compile(r"[\t\r\n]")
Judged = tuple[Any, str]


def is_empty(value: Any) -> bool:
    """Nothing has been filled in: null, blank text, an empty list."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def judge(field: Field, raw: Any) -> Judged:
    """The value as it is kept and a Chinese message saying what is wrong ('' when it is right).

    The message is complete in itself and names the field's label.
    """
    if is_empty(raw):
        return ([] if raw == [] else None), ""
    return _JUDGES[field.type](field, raw)


def _text(field: Field, raw: Any) -> Judged:
    if not isinstance(raw, str):
        return raw, f"{field.label}应为文字，请重新填写。"
    if UNSEEN.search(raw) or (field.type == "text" and LINE_BREAKS.search(raw.strip())):
        return raw, f"{field.label}含有不可见的控制字符，请删除后重新填写。"
    text = raw.strip()
    if len(text) > field.max_length:
        return raw, f"{field.label}最多 {field.max_length} 个字，现有 {len(text)} 个字，请删减。"
    if field.pattern and not field.pattern.fullmatch(text):
        advice = field.raw.get("pattern_message") or "格式不对，请核对。"
        return raw, f"{field.label}：{advice}"
    known = FORMATS.get(field.raw.get("format", ""))
    if known and not known.holds(text):
        return raw, f"{field.label}{known.advice}。"
    return text, ""


def _number(field: Field, raw: Any) -> Judged:
    text = _spelled(raw)
    if text is None:
        example = "如 12" if field.type == "integer" else "如 1200.50，不要带单位和逗号"
        return raw, f"{field.label}应为数字，{example}。"
    number = Decimal(text) or Decimal(text).copy_abs()
    places = -int(number.as_tuple().exponent)
    if places > field.scale:
        limit = f"最多 {field.scale} 位小数" if field.scale else "应为整数"
        return raw, f"{field.label}{limit}，现填 {text}，请修改。"
    fault = _bounds(field, number)
    if fault:
        return raw, fault
    return (int(number) if field.type == "integer" else f"{number:.{field.scale}f}"), ""


def _spelled(raw: Any) -> str | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    if isinstance(raw, int) and abs(raw) >= 10**30:
        return None
    text = raw.strip() if isinstance(raw, str) else str(raw)
    return text if NUMBER.fullmatch(text) else None


def _bounds(field: Field, number: Decimal) -> str:
    shown = f"现填 {number:,f}"
    if field.least is not None and number < field.least:
        advice = "不能为负数" if field.least == 0 else f"不能小于 {field.least:,f}"
        return f"{field.label}{advice}，{shown}，请修改。"
    if field.above is not None and number <= field.above:
        return f"{field.label}应大于 {field.above:,f}，{shown}，请修改。"
    if field.most is not None and number > field.most:
        return f"{field.label}不能大于 {field.most:,f}，{shown}，请核对。"
    return ""


def _boolean(field: Field, raw: Any) -> Judged:
    return raw, "" if isinstance(raw, bool) else f"{field.label}请选择“是”或“否”。"


def _enum(field: Field, raw: Any) -> Judged:
    right = isinstance(raw, str) and raw in field.options
    return raw, "" if right else f"{field.label}的选项不在可选范围内，请重新选择。"


def _multi_enum(field: Field, raw: Any) -> Judged:
    right = isinstance(raw, list) and all(isinstance(v, str) and v in field.options for v in raw)
    if not right:
        return raw, f"{field.label}的选项不在可选范围内，请重新选择。"
    return list(dict.fromkeys(raw)), ""


def _date(field: Field, raw: Any) -> Judged:
    fault = f"{field.label}应为日期，如 2026-11-22，请重新填写。"
    if not isinstance(raw, str) or not ISO_DATE.fullmatch(raw.strip()):
        return raw, fault
    try:
        day = date.fromisoformat(raw.strip())
    except ValueError:
        return raw, fault
    if not 1900 <= day.year <= 2200:
        return raw, f"{field.label}的年份应在 1900 至 2200 之间，请核对。"
    return day.isoformat(), ""


def _rows(field: Field, raw: Any) -> Judged:
    if not isinstance(raw, list):
        return raw, f"{field.label}应为多行清单，请重新填写。"
    if len(raw) > field.max_rows:
        return raw, f"{field.label}最多 {field.max_rows} 行，现有 {len(raw)} 行，请合并或删减。"
    return raw, ""


_JUDGES: dict[str, Callable[[Field, Any], Judged]] = {
    "text": _text,
    "textarea": _text,
    "integer": _number,
    "decimal": _number,
    "boolean": _boolean,
    "enum": _enum,
    "multi_enum": _multi_enum,
    "date": _date,
    "table": _rows,
}
