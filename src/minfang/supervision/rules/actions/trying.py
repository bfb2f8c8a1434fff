"""Ordering and cancelling back-tests."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.iam.models import Person
from minfang.supervision.rules import checking
from minfang.supervision.rules.actions.editing import rule_of
from minfang.supervision.rules.models import Backtest, BacktestState

LONGEST = timedelta(days=366)
AT_ONCE = 5


@transaction.atomic
def order_backtest(person: Person, rule_id: int, definition: Any, start: datetime, end: datetime) -> Backtest:
    """Try a definition on stored history; it runs in the background."""
    rule = rule_of(rule_id)
    if end <= start or end - start > LONGEST:
        raise invalid([FieldError("end", "止", "止须晚于起，且不超过一年。")])
    data = checking.plain(checking.sound(definition))
    mine = Backtest.objects.filter(
        ordered_by=person, state__in=(BacktestState.WAITING, BacktestState.RUNNING)
    )
    if mine.count() >= AT_ONCE:
        raise Refusal("TOO_MANY", "您已有 5 个回测在进行。", "请等它们完成，或先取消。", status=429)
    row = Backtest.objects.create(rule=rule, definition=data, starts_at=start, ends_at=end, ordered_by=person)
    record(
        "rule.backtest", person=person, target=rule, summary=f"回测规则 {rule.code}：{start:%F} 至 {end:%F}"
    )
    return row


@transaction.atomic
def cancel_backtest(person: Person, number: int) -> Backtest:
    """Stop one's own back-test."""
    row = Backtest.objects.select_for_update().filter(pk=number, ordered_by=person).first()
    if row is None:
        raise not_found("该回测")
    if row.state in (BacktestState.WAITING, BacktestState.RUNNING):
        row.state = BacktestState.CANCELLED
        row.save(update_fields=["state"])
        record("rule.backtest", person=person, target=row.rule, summary=f"取消规则 {row.rule.code} 的回测")
    return row
