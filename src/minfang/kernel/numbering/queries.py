"""Reading number rules and the ledger: what comes next, what is missing, what clashes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.numbering import patterns
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter, NumberRule, NumberState


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """One series in one period: how far it has counted, what was voided or waits, what the ledger lacks."""

    series: str
    period: str
    last: int
    voided: tuple[int, ...]
    missing: tuple[int, ...]
    reserved: tuple[int, ...] = ()


def rule_on(code: str, on: date) -> NumberRule:
    """The version of a rule in force on a day. Raises a refusal naming the rule when there is none."""
    rule = NumberRule.objects.filter(code=code, effective_from__lte=on).order_by("-effective_from").first()
    if rule is None:
        raise Refusal(
            "NUMBER_RULE_MISSING",
            f"没有可用的编号规则“{code}”。",
            "请联系系统管理员在编号规则中配置后再试。",
            status=409,
        )
    return rule


def day_of(context: Mapping[str, Any]) -> date:
    """The day a number is given: the context's ``date`` or today."""
    given = context.get("date")
    return given if isinstance(given, date) else clock.today()


def preview(rule_code: str, context: Mapping[str, Any]) -> str:
    """The number that would come next; nothing is taken and nobody is promised it."""
    on = day_of(context)
    rule = rule_on(rule_code, on)
    pattern = patterns.parse(rule.pattern)
    series, period = pattern.series(context), patterns.period_of(rule.reset, on)
    last = NumberCounter.objects.filter(series=series, period=period).values_list("value", flat=True).first()
    return pattern.render(context, on, (last or 0) + 1)


def conflicts(pattern: str, reset: str, contexts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What speaks against a new rule: its own faults, and next numbers that were already given."""
    found = patterns.faults(pattern, reset)
    if found:
        return found
    parsed = patterns.parse(pattern)
    for context in contexts:
        on = day_of(context)
        series, period = parsed.series(context), patterns.period_of(reset, on)
        last = NumberCounter.objects.filter(series=series, period=period).values_list("value", flat=True)
        number = parsed.render(context, on, (last.first() or 0) + 1)
        if IssuedNumber.objects.filter(number=number).exists():
            found.append(f"下一个号 {number} 已经用过，请改用其他格式或周期")
    return found


def series_reports(series: str | None = None, period: str | None = None) -> list[SeriesReport]:
    """How complete each series is; in a sound ledger ``missing`` is always empty."""
    counters = NumberCounter.objects.order_by("series", "period")
    if series is not None:
        counters = counters.filter(series=series)
    if period is not None:
        counters = counters.filter(period=period)
    return [_report(counter) for counter in counters]


def _report(counter: NumberCounter) -> SeriesReport:
    lines = IssuedNumber.objects.filter(series=counter.series, period=counter.period)
    states = dict(lines.values_list("sequence", "state"))
    voided = tuple(sorted(n for n, state in states.items() if state == NumberState.VOID))
    missing = tuple(n for n in range(1, counter.value + 1) if n not in states)
    reserved = tuple(sorted(n for n, state in states.items() if state == NumberState.RESERVED))
    return SeriesReport(counter.series, counter.period, counter.value, voided, missing, reserved)
