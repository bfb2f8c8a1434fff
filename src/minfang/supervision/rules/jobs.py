"""Back-tests that were ordered, run one after the other in the background."""

import logging
from datetime import timedelta

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every
from minfang.kernel.iam.access import Access
from minfang.registry.models import Device
from minfang.supervision.rules import backtest
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.models import AlarmRuleVersion, Backtest, BacktestState
from minfang.supervision.telemetry.models import Series

log = logging.getLogger(__name__)
LOST_AFTER = timedelta(minutes=10)


@every(2)
def run_backtests() -> None:
    """Run what waits; one whose process died is taken up again after ten minutes without a sign."""
    while (row := _next()) is not None:
        run_one(row)


@transaction.atomic
def _next() -> Backtest | None:
    lost = Backtest.objects.filter(state=BacktestState.RUNNING, touched_at__lt=clock.now() - LOST_AFTER)
    waiting = Backtest.objects.filter(state=BacktestState.WAITING)
    row = (waiting | lost).select_for_update().order_by("ordered_at", "pk").first()
    if row is not None:
        row.state, row.touched_at = BacktestState.RUNNING, clock.now()
        row.save(update_fields=["state", "touched_at"])
    return row


def run_one(row: Backtest) -> None:
    """One back-test to its end, with its progress written down; a fault of ours is told in general words."""
    try:
        live = AlarmRuleVersion.objects.filter(live_key=row.rule_id).first()
        report = backtest.run(
            RuleDefinition.model_validate(row.definition),
            row.starts_at,
            row.ends_at,
            _visible(row),
            beside=RuleDefinition.model_validate(live.definition) if live else None,
            progress=lambda percent: _note(row, percent),
        )
        done = {"state": BacktestState.DONE, "report": report, "progress": 100}
    except backtest.Stopped:
        return
    except Exception:
        log.exception("back-test %s failed", row.pk)
        done = {"state": BacktestState.FAILED, "error": "回测没有完成，请重试；仍不行请联系系统管理员。"}
    ours = Backtest.objects.filter(pk=row.pk, state=BacktestState.RUNNING)
    ours.update(**done, finished_at=clock.now())


def _visible(row: Backtest) -> set[int] | None:
    if row.ordered_by is None:
        return None
    devices = Device.objects.visible_to(Access(row.ordered_by), "iot.read")
    return set(Series.objects.filter(device__in=devices).values_list("pk", flat=True))


def _note(row: Backtest, percent: int) -> bool:
    if percent == row.progress:
        return True
    row.progress = percent
    ours = Backtest.objects.filter(pk=row.pk, state=BacktestState.RUNNING)
    return bool(ours.update(progress=percent, touched_at=clock.now()))
