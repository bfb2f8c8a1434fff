"""Number many cases at once by the rules in force, so that later numbers go on where these end."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.numbering import patterns
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter, NumberRule
from minfang.kernel.numbering.queries import rule_on


@dataclass
class Ledger:
    """Counters in memory; ``write`` puts them and the ledger's lines into the database."""

    counters: dict[tuple[str, str], NumberCounter] = field(default_factory=dict)
    lines: list[IssuedNumber] = field(default_factory=list)
    _rules: dict[tuple[str, Any], NumberRule] = field(default_factory=dict)
    _patterns: dict[str, patterns.Pattern] = field(default_factory=dict)

    def issue(
        self, rule_code: str, context: dict[str, Any], *, at: datetime, scope: str, target: str
    ) -> IssuedNumber:
        """The next number of a series; ask in the order of time."""
        on = clock.day_of(at)
        rule = self._rules.get((rule_code, on)) or self._rules.setdefault(
            (rule_code, on), rule_on(rule_code, on)
        )
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

    def _counter(self, series: str, period: str) -> NumberCounter:
        key = (series, period)
        if key not in self.counters:
            found = NumberCounter.objects.select_for_update().filter(series=series, period=period).first()
            self.counters[key] = found or NumberCounter(series=series, period=period, value=0)
        return self.counters[key]

    def write(self) -> None:
        """Keep the counters and the lines."""
        known = [counter for counter in self.counters.values() if counter.pk]
        NumberCounter.objects.bulk_update(known, ["value"], batch_size=1000)
        NumberCounter.objects.bulk_create([c for c in self.counters.values() if not c.pk], batch_size=2000)
        IssuedNumber.objects.bulk_create(self.lines, batch_size=4000)
