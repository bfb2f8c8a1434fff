"""Comparisons of a value as functions, with the band in which they are surely false, and in words."""

from collections.abc import Callable
from math import inf, nextafter

from minfang.supervision.rules.definition import Operator
from minfang.supervision.telemetry import metrics

Predicate = Callable[[float], bool]
SIGNS = {"gt": "高于", "ge": "达到", "lt": "低于", "le": "不高于", "eq": "为", "ne": "不为"}


def never(_: float) -> bool:
    """Of no value."""
    return False


def always(_: float) -> bool:
    """Of any value."""
    return True


def predicate(op: Operator, a: float, b: float | None = None) -> tuple[Predicate, float, float]:
    """The comparison as a function, and the band (low ≤ v ≤ high) in which it is surely false."""
    top = a if b is None else b
    table: dict[Operator, tuple[Predicate, float, float]] = {
        Operator.GT: (lambda v: v > a, -inf, a),
        Operator.GE: (lambda v: v >= a, -inf, nextafter(a, -inf)),
        Operator.LT: (lambda v: v < a, a, inf),
        Operator.LE: (lambda v: v <= a, nextafter(a, inf), inf),
        Operator.EQ: (
            lambda v: v == a,
            *((nextafter(a, inf), inf) if a <= 0 else (-inf, nextafter(a, -inf))),
        ),
        Operator.NE: (lambda v: v != a, a, a),
        Operator.BETWEEN: (lambda v: a <= v <= top, -inf, nextafter(a, -inf)),
        Operator.OUTSIDE: (lambda v: v < a or v > top, a, top),
    }
    return table[op]


def over(op: Operator, truth: Predicate, clear: float | None) -> Predicate:
    """When a value counts as over: back at the clear value, or simply no longer true."""
    if clear is None:
        return lambda v: not truth(v)
    if op in (Operator.GT, Operator.GE):
        return lambda v: v <= clear and not truth(v)
    return lambda v: v >= clear and not truth(v)


def said(metric: metrics.Metric, op: Operator, value: float, upper: float | None) -> str:
    """A comparison in words: 高于 35 ℃, 介于 5–10 ppm."""
    if upper is not None:
        way = "介于" if op is Operator.BETWEEN else "超出"
        return f"{way} {value:g}–{upper:g} {metric.unit}".rstrip()
    return f"{SIGNS[op]} {metric.say(value)}"


def lasting(seconds: float) -> str:
    """A stretch of time in words: 15 分钟, 2 小时, 1 天."""
    for size, name in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {name}"
    return f"{seconds:g} 秒"
