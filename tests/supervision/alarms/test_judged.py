"""Rules hear from the ledger what became of their alarms."""

from datetime import timedelta
from typing import Any

from minfang.kernel.base import clock
from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, Verdict
from minfang.supervision.rules import backtest, pages


def test_a_rule_shows_its_alarms_of_a_month_and_how_many_were_false(world: Any) -> None:
    take([world.signal(series=n) for n in range(3)])
    ids = list(Alarm.objects.order_by("id").values_list("id", flat=True))
    Alarm.objects.filter(pk=ids[0]).update(verdict=Verdict.FALSE_DEVICE)
    Alarm.objects.filter(pk=ids[1]).update(verdict=Verdict.REAL_FIXED)
    counted = pages._figures[0]([world.rule.pk], timedelta(days=30))[world.rule.pk]
    assert (counted.alarms, counted.judged, counted.false) == (3, 2, 1)


def test_a_back_test_hears_which_alarms_people_found_false_or_real(world: Any) -> None:
    take([world.signal(series=n) for n in range(3)])
    ids = list(Alarm.objects.order_by("id").values_list("id", flat=True))
    Alarm.objects.filter(pk=ids[0]).update(verdict=Verdict.FALSE_ENV)
    Alarm.objects.filter(pk=ids[1]).update(verdict=Verdict.REAL_PENDING)
    now, day = clock.now(), timedelta(days=1)
    found = list(backtest._verdicts[0]([one.pk for one in world.series], now - day, now + day))
    assert [row.real for row in sorted(found, key=lambda row: row.series_id)] == [False, True, None]
    assert not list(backtest._verdicts[0]([world.series[0].pk], now - 3 * day, now - 2 * day))
