"""What people write into cells, taken for what they mean, or refused in words."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from minfang.registry import districts
from minfang.registry.columns import CHOICE, DATE, NUMBER, WHOLE, Column

FIRST_DAY = date(1899, 12, 30)  # day 0 of Excel's calendar
SERIALS = (10_000, 80_000)  # 1927 to 2119: numbers that may be meant as days
DAY_FORMS = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?: .*)?"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
MISTAKE = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)")


class Unusable(Exception):
    """A cell cannot be taken; the text says why, in Chinese."""


def value_of(column: Column, cell: Any) -> Any:
    """The value a cell gives to a field; ``None`` where it is empty."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, str) and MISTAKE.fullmatch(cell.strip()):
        raise Unusable(f"公式结果是错误值 {cell.strip()}。")
    if column.name == "district_code":
        return _district(_text(column, cell))
    if column.kind == CHOICE:
        return _choice(column, _text(column, cell))
    if column.kind == DATE:
        return _day(cell)
    if column.kind in (NUMBER, WHOLE):
        return _number(column, cell)
    return _text(column, cell)


def _text(column: Column, cell: Any) -> str:
    if isinstance(cell, bool):
        raise Unusable("应为文字，现为真假值。")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime | date):
        raise Unusable("应为文字，现为日期，请把单元格格式改为文本。")
    text = CONTROL.sub("", str(cell)).strip()
    if len(text) > column.longest:
        raise Unusable(f"最多 {column.longest} 个字，现有 {len(text)} 个。")
    return text


def _number(column: Column, cell: Any) -> Any:
    if isinstance(cell, bool | date | datetime):
        raise Unusable("应为数字。")
    try:
        found = Decimal(str(cell).replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise Unusable(f"“{str(cell)[:30]}”不是数字。") from error
    if not found.is_finite() or not column.lowest <= found <= column.highest:
        raise Unusable(f"应在 {column.lowest:g} 与 {column.highest:g} 之间。")
    if column.kind == WHOLE:
        if found != found.to_integral_value():
            raise Unusable("应为整数。")
        return int(found)
    return float(found) if column.name in ("longitude", "latitude") else round(found, 2)


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(cell)
    text = str(cell).strip()
    for form in DAY_FORMS:
        if parts := form.fullmatch(text):
            try:
                return date(*(int(part) for part in parts.groups()))
            except ValueError as error:
                raise Unusable(f"没有“{text}”这一天。") from error
    raise Unusable(f"“{text[:30]}”不是日期，请写成 2025-06-30。")


def _serial(number: float) -> date:
    """A day as the number Excel keeps it by, or written as 20250630."""
    if SERIALS[0] < number < SERIALS[1]:
        return FIRST_DAY + timedelta(days=int(number))
    return _day(str(int(number))) if 19_000_101 <= number <= 21_001_231 else _day(f"{number:g}号")


def _choice(column: Column, text: str) -> str:
    labels = column.labels
    for code, label in labels.items():
        if text in (code, label) or text.upper() == code:
            return code
    known = "、".join(list(labels.values())[:8])
    raise Unusable(f"“{text[:30]}”不在可填范围：{known}{'…' if len(labels) > 8 else ''}。")


def _district(text: str) -> str:
    """A district by its code (old ones too) or its name, with or without 区."""
    code = districts.current_code(text)
    for one in districts.all_districts():
        if code == one.code or text in (one.name, one.name.removesuffix("新区"), one.name.removesuffix("区")):
            return one.code
    raise Unusable(f"没有“{text[:30]}”这个区。")
