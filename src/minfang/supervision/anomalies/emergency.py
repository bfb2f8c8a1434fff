"""Works in 应急: which rules are on, which devices were added, which of them report (§9.4, feature 98)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from minfang.kernel.base import clock
from minfang.registry.models import Device, OpState, Works, WorksEvent
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Column, Figure, Model
from minfang.supervision.anomalies.rates import number
from minfang.supervision.rules.models import AlarmRuleVersion, VersionState


def reporting() -> Q:
    """Devices heard within the last so many of their own periods."""
    periods = criteria()["emergency"]["silent_periods"]
    span = ExpressionWrapper(F("period_seconds") * Value(timedelta(seconds=periods)), DurationField())
    since = ExpressionWrapper(Value(clock.now()) - span, DateTimeField())
    return Q(last_seen_at__gte=since)


def emergency_rules() -> int:
    """How many published rules hold in 应急 and in no other stage."""
    found = AlarmRuleVersion.objects.filter(state=VersionState.PUBLISHED).values_list("definition", flat=True)
    return sum(
        1 for definition in found if list(definition.get("op_states") or ()) == [OpState.EMERGENCY.value]
    )


def figures(asked: Asked) -> list[Figure]:
    """Every work in 应急 with the devices added for it."""
    on = emergency_rules()
    places = asked.places().filter(op_state=OpState.EMERGENCY).order_by("works_no")
    return [_figure(asked, place, on) for place in places]


def _figure(asked: Asked, place: Works, on: int) -> Figure:
    devices = asked.devices().filter(works=place)
    added = devices.filter(added_in_emergency=True)
    count, heard = added.count(), added.filter(reporting()).count()
    all_count, all_heard = devices.count(), devices.filter(reporting()).count()
    reasons = [] if on else ["没有已发布的应急专用规则"]
    if heard < count:
        reasons.append(f"新增设备有 {count - heard} 台未上报")
    return Figure(
        key=str(place.pk),
        label=place.name,
        sub=place.works_no,
        cells={
            "since": _since(place),
            "rules": on,
            "added": count,
            "heard": heard,
            "silent": count - heard,
            "others": f"{all_heard} / {all_count}",
        },
        behind=count,
        bar=heard / count if count else None,
        flagged=bool(reasons),
        reason="；".join(reasons),
        link=f"/office/live/{place.pk}",
    )


def _since(place: Works) -> str:
    event = (
        WorksEvent.objects.filter(works=place, after__op_state=OpState.EMERGENCY.value)
        .order_by("-at")
        .first()
    )
    return _text(event.at) if event else "—"


def _text(at: datetime) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


def rows(asked: Asked, key: str, only: str) -> QuerySet[Any]:
    """The devices added to a work in 应急: all, those that report, or those that are silent."""
    found: QuerySet[Device] = asked.devices().filter(works_id=number(key) or 0, added_in_emergency=True)
    if only == "heard":
        return found.filter(reporting())
    return found.filter(Q(last_seen_at=None) | ~reporting()) if only == "silent" else found


def columns(asked: Asked) -> list[Column]:
    """Its columns."""
    return [
        Column("since", "进入应急"),
        Column("rules", "应急专用规则", "count"),
        Column("added", "新增设备", "count", "all"),
        Column("heard", "正在上报", "count", "heard"),
        Column("silent", "未上报", "count", "silent"),
        Column("others", "全部设备在报"),
    ]


def how() -> list[str]:
    """The criteria in words."""
    return [
        "列出处于应急阶段的工程。应急阶段自动启用只在应急阶段生效的已发布规则；应急期间登记的设备自动纳入监测。",
        f"设备超过自身采样间隔的 {criteria()['emergency']['silent_periods']} 倍没有数据，计为未上报。",
        "有新增设备未上报，或没有已发布的应急专用规则，标为异常。",
    ]


EMERGENCY = Model("emergency", "应急状态", "新增设备上报率", columns, how, figures, rows, behind="devices")
