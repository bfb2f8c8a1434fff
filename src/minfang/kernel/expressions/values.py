"""Values of the expression language: what a fact is turned into, equality and order."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

NUMERIC_TEXT = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,20})?")
LIMIT = Decimal(10) ** 30
CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP)


class ExpressionError(ValueError):
    """The text is outside the grammar, or the facts do not fit it. The message is in Chinese."""


def as_value(raw: Any) -> Any:
    """A fact as a value of the language; '' becomes null, dates become ISO texts.

    Raises ``ExpressionError`` for anything that is not plain data.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool | str):
        return raw
    if isinstance(raw, int | float | Decimal):
        return _bounded(_decimal(raw))
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    if isinstance(raw, list | tuple):
        return raw
    if isinstance(raw, Mapping):
        return raw
    raise ExpressionError(f"不能用于计算的数据类型：{type(raw).__name__}")


def _decimal(raw: float | Decimal) -> Decimal:
    try:
        if isinstance(raw, int) and abs(raw) >= 10**30:
            raise ExpressionError("数值过大")
        return Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    except InvalidOperation as error:
        raise ExpressionError("不是有效数值") from error


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or number.copy_abs() >= LIMIT:
        raise ExpressionError("数值过大或不是有效数值")
    return number


def as_number(value: Any) -> Decimal | None:
    """The value as a number if it is one or is a numeric text, else None; booleans are no numbers."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and NUMERIC_TEXT.fullmatch(value):
        return Decimal(value)
    return None


def operand(value: Any) -> Decimal | None:
    """An operand of arithmetic: null stays null, what is not a number is an error."""
    if value is None:
        return None
    number = as_number(value)
    if number is None:
        raise ExpressionError(f"需要数值，得到{kind(value)}")
    return number


def arithmetic(operator: str, left: Any, right: Any) -> Decimal | None:
    """``left operator right`` over decimals; null if either is null."""
    a, b = operand(left), operand(right)
    if a is None or b is None:
        return None
    if operator == "/" and b == 0:
        raise ExpressionError("除数为零")
    return _bounded(_ARITHMETIC[operator](a, b))


_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": CONTEXT.add,
    "-": CONTEXT.subtract,
    "*": CONTEXT.multiply,
    "/": CONTEXT.divide,
}


def equal(left: Any, right: Any) -> bool:
    """Equality of scalars; texts exactly, a number with numbers and numeric texts, null only with null."""
    for side in (left, right):
        if isinstance(side, Sequence | Mapping) and not isinstance(side, str):
            raise ExpressionError("列表不能直接比较")
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        a, b = as_number(left), as_number(right)
        return a is not None and b is not None and a == b
    return bool(left == right)


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; null if a side is null; an error when the two have no common order."""
    if left is None or right is None:
        return None
    a, b = as_number(left), as_number(right)
    if a is not None and b is not None:
        return (a > b) - (a < b)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    raise ExpressionError(f"{kind(left)}与{kind(right)}不能比较大小")


def member(value: Any, elements: Any) -> bool | None:
    """Whether ``value`` equals an element of the list; null if either side is null."""
    if value is None or elements is None:
        return None
    if not isinstance(elements, list | tuple):
        raise ExpressionError("in 右边需要列表")
    return any(equal(value, as_value(element)) for element in elements)


def kind(value: Any) -> str:
    """What a value is called in messages."""
    if isinstance(value, bool):
        return "是否值"
    if isinstance(value, Decimal):
        return "数值"
    if isinstance(value, str):
        return "文字"
    return "空值" if value is None else "列表"
