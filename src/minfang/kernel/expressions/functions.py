"""Built-in functions of the expression language that take evaluated arguments."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from minfang.kernel.expressions.values import (
    ExpressionError,
    arithmetic,
    as_value,
    equal,
    member,
    operand,
)

ZERO = Decimal(0)
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def _elements(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise ExpressionError("需要列表")
    return [as_value(element) for element in value]


def _total(values: list[Any]) -> Decimal:
    total: Decimal = ZERO
    for value in values:
        if value is not None:
            total = arithmetic("+", total, value) or ZERO
    return total


def _wanted(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _sum(values: Any) -> Decimal:
    return _total(_elements(values))


def _count(values: Any) -> Decimal:
    return Decimal(sum(1 for value in _elements(values) if value is not None))


def _numbers(arguments: tuple[Any, ...]) -> list[Decimal]:
    found: list[Decimal] = []
    for argument in arguments:
        values = _elements(argument) if isinstance(argument, list | tuple) else [argument]
        found += [number for value in values if (number := operand(value)) is not None]
    return found


def _min(*arguments: Any) -> Decimal | None:
    return min(_numbers(arguments), default=None)


def _max(*arguments: Any) -> Decimal | None:
    return max(_numbers(arguments), default=None)


def _sum_if(values: Any, keys: Any, wanted: Any) -> Decimal:
    pairs = zip(_elements(values), _elements(keys), strict=False)
    return _total([value for value, key in pairs if member(key, _wanted(wanted))])


def _count_if(keys: Any, wanted: Any) -> Decimal:
    return Decimal(sum(1 for key in _elements(keys) if member(key, _wanted(wanted))))


def _unique(values: Any) -> bool:
    present = [value for value in _elements(values) if value is not None]
    if all(isinstance(value, str) for value in present):
        return len(set(present)) == len(present)
    return not any(equal(a, b) for i, a in enumerate(present) for b in present[i + 1 :])


def _abs(value: Any) -> Decimal | None:
    number = operand(value)
    return None if number is None else number.copy_abs()


def _round(value: Any, places: Any) -> Decimal | None:
    number, digits = operand(value), operand(places)
    if number is None:
        return None
    if digits is None or digits != int(digits) or not 0 <= digits <= 10:
        raise ExpressionError("round 的小数位数须为 0 至 10 的整数")
    return round_half_up(number, int(digits))


def round_half_up(number: Decimal, places: int) -> Decimal:
    """A number with exactly ``places`` decimals, halves away from zero (the rule for areas and money)."""
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)


def _length(value: Any) -> Decimal:
    if value is None:
        return ZERO
    if isinstance(value, str | list | tuple):
        return Decimal(len(value))
    raise ExpressionError("length 需要文字或列表")


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple | Mapping) and not value)


def _days(start: Any, end: Any) -> Decimal | None:
    if start is None or end is None:
        return None
    return Decimal((_date(end) - _date(start)).days)


def _date(value: Any) -> date:
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        raise ExpressionError("日期须为 YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ExpressionError("日期须为 YYYY-MM-DD") from error


# name -> (function, least arguments, most arguments)
BUILT_IN: dict[str, tuple[Callable[..., Any], int, int]] = {
    "sum": (_sum, 1, 1),
    "count": (_count, 1, 1),
    "min": (_min, 1, 20),
    "max": (_max, 1, 20),
    "sum_if": (_sum_if, 3, 3),
    "count_if": (_count_if, 2, 2),
    "unique": (_unique, 1, 1),
    "abs": (_abs, 1, 1),
    "round": (_round, 2, 2),
    "length": (_length, 1, 1),
    "empty": (_empty, 1, 1),
    "days": (_days, 2, 2),
}
