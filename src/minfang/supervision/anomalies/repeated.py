"""The same device and rule again and again, and nobody closes it (handbook §9.4, feature 92)."""

from typing import Any

from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.supervision.alarms.models import Alarm, Category
from minfang.supervision.anomalies.asking import Asked, hours
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Column, Figure, Model
from minfang.supervision.anomalies.limits import ALL, Limits, words
from minfang.supervision.anomalies.rates import number
from minfang.supervision.anomalies.statistics import firings, most_within

FIELDS = ("device_id", "rule_id", "category", "opened_at", "last_at", "closed_at", "count", "title")
NAMES = ("device__name", "device__device_no", "works__name", "rule__name")


def _recent(asked: Asked) -> QuerySet[Alarm]:
    since = clock.now() - hours(24 * criteria()["repeated"]["lookback_days"])
    return asked.alarms().filter(last_at__gte=since).exclude(device=None)


def figures(asked: Asked) -> list[Figure]:
    """Every device and rule with an alarm open as long as its category allows, or longer."""
    limits = Limits()
    least = min(limits.of(category).open_hours for category in Category.values)
    held = _recent(asked).filter(closed_at=None, opened_at__lte=clock.now() - hours(least))
    pairs = set(held.order_by().values_list("device_id", "rule_id"))
    groups: dict[tuple[int, int | None], list[dict[str, Any]]] = {pair: [] for pair in pairs}
    rows = _recent(asked).filter(device_id__in={device for device, _ in pairs}).order_by("opened_at", "pk")
    for row in rows.values(*FIELDS, *NAMES):
        pair = (row["device_id"], row["rule_id"])
        if pair in groups:
            groups[pair].append(row)
    return [figure for alarms in groups.values() if (figure := _figure(alarms, limits))]


def _figure(alarms: list[dict[str, Any]], limits: Limits) -> Figure | None:
    last = alarms[-1]
    rule = limits.of(last["category"])
    opened = min(row["opened_at"] for row in alarms if row["closed_at"] is None)
    open_hours = (clock.now() - opened).total_seconds() / 3600
    if open_hours < rule.open_hours:
        return None
    moments = [at for row in alarms for at in firings(row["opened_at"], row["last_at"], row["count"])]
    most = most_within(moments, hours(rule.hours))
    flagged = most >= rule.times
    why = f"{rule.hours:g} 小时内最多 {most} 次，已 {open_hours:.0f} 小时未闭环"
    return Figure(
        key=f"{last['device_id']}.{last['rule_id'] or 0}",
        label=f"{last['device__name']}",
        sub=f"{last['works__name']} · {last['device__device_no']}",
        cells={
            "rule": last["rule__name"] or last["title"],
            "category": Category(last["category"]).label,
            "times": most,
            "threshold": rule.times,
            "open_hours": round(open_hours, 1),
            "alarms": len(alarms),
        },
        behind=len(alarms),
        bar=float(most),
        limit=float(rule.times),
        flagged=flagged,
        reason=why if flagged else "",
    )


def rows(asked: Asked, key: str, only: str) -> QuerySet[Alarm]:
    """The alarms of a device and rule in the days looked back."""
    device, _, rule = key.partition(".")
    return _recent(asked).filter(device_id=number(device) or 0, rule_id=number(rule))


def columns(asked: Asked) -> list[Column]:
    """Its columns."""
    return [
        Column("rule", "规则"),
        Column("category", "类别"),
        Column("times", "窗口内最多次数", "count"),
        Column("threshold", "次数阈值", "count"),
        Column("open_hours", "未闭环（小时）", "number"),
        Column("alarms", "预警条数", "count", "all"),
    ]


def how() -> list[str]:
    """The criteria in words."""
    limits = Limits()
    usual = limits.of(ALL)
    said = [
        f"同一设备、同一规则在任意 {usual.hours:g} 小时内报警不少于 {usual.times} 次，"
        f"且有预警超过 {usual.open_hours:g} 小时未闭环，标为异常；"
        f"回看 {criteria()['repeated']['lookback_days']} 天。",
        "一条预警重复触发按次数计，首次与末次之间按均匀分布估算。",
    ]
    own = [
        f"{label} {words(limit)}"
        for code, label in Category.choices
        if (limit := limits.own(code)) is not None
    ]
    return [*said, f"分类阈值：{'；'.join(own)}。"] if own else said


REPEATED = Model("repeated", "多次重复未处置", "窗口内最多次数", columns, how, figures, rows)
