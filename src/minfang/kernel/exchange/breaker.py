"""The circuit breaker: a platform that does not answer is left alone and tried with single messages.

It opens after a number of failed calls in a row that concern several lanes: one message a platform cannot
digest never stops the others. While it is open no message uses up a try.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, tuning
from minfang.kernel.exchange.models import BreakerState, Platform

MOST_LANES = 20


@dataclass(frozen=True)
class Signal:
    """What one call said of its platform: ``error`` is empty when it answered, if only to refuse."""

    lane: int
    error: str = ""


def note(connector: str, signals: Sequence[Signal]) -> bool:
    """Take in how calls of a platform ended, in their order; whether this opened the breaker."""
    if not any(signal.error for signal in signals) and _all_is_well(connector):
        return False
    return _weigh(connector, signals)


def _all_is_well(connector: str) -> bool:
    """Note an answer of a platform that has not failed since its last; whether it is such a one."""
    calm = Platform.objects.filter(connector=connector, state=BreakerState.CLOSED, failures=0)
    return calm.update(last_success_at=clock.now()) == 1


@transaction.atomic
def _weigh(connector: str, signals: Sequence[Signal]) -> bool:
    row, _ = Platform.objects.get_or_create(connector=connector)
    platform = Platform.objects.select_for_update().get(pk=row.pk)
    before = platform.state
    for signal in signals:
        if signal.error:
            _failed(platform, signal)
        else:
            _answered(platform)
    platform.save()
    return before == BreakerState.CLOSED and platform.state == BreakerState.OPEN


def _answered(platform: Platform) -> None:
    platform.last_success_at = clock.now()
    platform.state, platform.failures, platform.lanes, platform.openings = BreakerState.CLOSED, 0, [], 0
    platform.opened_at = platform.probe_at = None


def _failed(platform: Platform, signal: Signal) -> None:
    rules, now = tuning.current(), clock.now()
    platform.last_failure_at, platform.last_error = now, signal.error
    platform.failures += 1
    if signal.lane not in platform.lanes:
        platform.lanes = [*platform.lanes, signal.lane][-MOST_LANES:]
    away = platform.failures >= rules.failures and len(platform.lanes) >= rules.lanes
    if platform.state == BreakerState.PROBING or (platform.state == BreakerState.CLOSED and away):
        platform.openings += 1
        platform.opened_at = platform.opened_at or now
        platform.state = BreakerState.OPEN
        platform.probe_at = now + rules.pause(platform.openings)


def tell(connector: str) -> None:
    """Raise the alarm that a platform is away; after the transaction that found it out."""
    platform = Platform.objects.filter(connector=connector).first()
    if platform is not None:
        name = connectors.name_of(connector)
        raise_alarm(
            "exchange.platform_away",
            target=f"platform:{connector}",
            summary=f"{name}连续 {platform.failures} 次未答复，已暂停推送并定时试探：{platform.last_error}"[
                :500
            ],
            details={"failures": platform.failures},
        )


def is_away(connector: str) -> bool:
    """Whether the platform is left alone at present."""
    return Platform.objects.filter(connector=connector).exclude(state=BreakerState.CLOSED).exists()


def try_now(connector: str) -> None:
    """A person wants to know: the next message may be tried at once."""
    waiting = Platform.objects.filter(connector=connector, state=BreakerState.OPEN)
    waiting.update(probe_at=clock.now())
