"""Number many cases at once by the rules in force, so that later numbers go on where these end."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.numbering import patterns
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter, NumberRule
from minfang.kernel.numbering.queries import rule_on
from minfang.sandbox.demo_cases import bulk


@dataclass
class Ledger:
    """Counters in memory; ``write`` puts them and the ledger's lines into the database."""

    counters: dict[tuple[str, str], NumberCounter] = field(default_factory=dict)
    lines: list[IssuedNumber] = field(default_factory=list)
    _rules: dict[str, list[NumberRule]] = field(default_factory=dict)
    _patterns: dict[str, patterns.Pattern] = field(default_factory=dict)

    def issue(
        self, rule_code: str, context: dict[str, Any], *, at: datetime, scope: str, target: str
    ) -> IssuedNumber:
        """The next number of a series; ask in the order of time."""
        on = clock.day_of(at)
        rule = self._rule(rule_code, on)
        pattern = self._patterns.get(rule.pattern) or self._patterns.setdefault(
            rule.pattern, patterns.parse(rule.pattern)
        )
        counter = self._counter(pattern.series(context), patterns.period_of(rule.reset, on))
        counter.value += 1
        line = IssuedNumber(
            number=pattern.render(context, on, counter.value),
            rule=rule,
            series=counter.series,
            period=counter.period,
            sequence=counter.value,
            scope=scope,
            target=target,
            issued_at=at,
        )
        self.lines.append(line)
        return line

    def _rule(self, code: str, on: date) -> NumberRule:
        """The version in force on a day; the versions of a rule are read once."""
        if code not in self._rules:
            self._rules[code] = list(NumberRule.objects.filter(code=code).order_by("-effective_from"))
        return next((r for r in self._rules[code] if r.effective_from <= on), None) or rule_on(code, on)

    def _counter(self, series: str, period: str) -> NumberCounter:
        if not self.counters:
            known = NumberCounter.objects.select_for_update()
            self.counters = {(row.series, row.period): row for row in known}
        key = (series, period)
        if key not in self.counters:
            self.counters[key] = NumberCounter(series=series, period=period, value=0)
        return self.counters[key]

    def write(self) -> None:
        """Keep the counters and the lines."""
        known = [counter for counter in self.counters.values() if counter.pk]
        NumberCounter.objects.bulk_update(known, ["value"], batch_size=1000)
        bulk.insert(NumberCounter, [c for c in self.counters.values() if not c.pk])
        bulk.insert(IssuedNumber, self.lines)
