"""What may be counted of alarms and devices: the declared measures behind indicators, exports and screens."""

from datetime import datetime
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast, Coalesce, Extract

from minfang.kernel.base import clock
from minfang.kernel.datasets.model import (
    Dataset,
    Dimension,
    Measure,
    RowColumn,
    TimeDimension,
    count_of,
    register,
    share_of,
)
from minfang.kernel.iam.access import Access
from minfang.registry import districts
from minfang.registry.models import Device, DeviceStatus, Enterprise, ManagementLevel, ProtectiveUnit, Works
from minfang.supervision.alarms.models import FALSE, REAL, Alarm, AlarmState, Category, Level, Verdict
from minfang.supervision.alarms.queries.scope import visible
from minfang.supervision.telemetry import metrics

ENDED_AT = Coalesce("resolved_at", "closed_at")
ENDED = Q(resolved_at__isnull=False) | Q(closed_at__isnull=False)
JUDGED = Q(verdict__in=(*REAL, *FALSE))
SECONDS_AN_HOUR = 3600


def _due() -> Q:
    """Alarms with a limit that is over or that were handled: those of which one can say in time or not."""
    return Q(handle_due__isnull=False) & (ENDED | Q(handle_due__lt=clock.now()))


def _in_time() -> Q:
    return Q(resolved_at__lte=F("handle_due")) | Q(resolved_at=None, closed_at__lte=F("handle_due"))


def _late() -> Q:
    """Open alarms past their limit to confirm or handle."""
    confirm = Q(state=AlarmState.NEW, confirm_due__lt=clock.now())
    handle = Q(resolved_at=None, handle_due__lt=clock.now())
    return Q(closed_at=None) & (confirm | handle)


def _hours() -> Aggregate:
    """Hours from the beginning of an alarm until it was handled."""
    lasted = ExpressionWrapper(ENDED_AT - F("opened_at"), DurationField())
    return Sum(Extract(lasted, "epoch") / SECONDS_AN_HOUR, filter=ENDED)


def _alarms(access: Access) -> QuerySet[Alarm]:
    return visible(access)


def _devices(access: Access) -> QuerySet[Device]:
    return Device.objects.visible_to(access).filter(retired_at=None)


def _works_names() -> dict[str, str]:
    return dict(Works.objects.values_list("works_no", "name"))


def _units() -> dict[str, str]:
    return dict(ProtectiveUnit.every.values_list("unit_no", "name"))


def _makers() -> dict[str, str]:
    return dict(Enterprise.objects.values_list("uscc", "name"))


def _sensors() -> dict[str, str]:
    return {code: one.name for code, one in metrics.catalogue().items()}


def _words(choices: Any) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


REGIONS = {d.code: d.name for d in districts.all_regions()}
LEVELS, CATEGORIES, STATES = _words(Level), _words(Category), _words(AlarmState)


def _places(to_district: str, device: str) -> dict[str, Dimension | TimeDimension]:
    """The dimensions alarms and devices share."""
    return {
        "district": Dimension("区", to_district, REGIONS, order=tuple(REGIONS)),
        "management": Dimension("管理层级", "works__management_level", _words(ManagementLevel)),
        "works": Dimension("工程", "works__works_no", _works_names),
        "unit": Dimension("单元", "unit__unit_no", _units, missing="单元外"),
        "sensor": Dimension("传感类型", f"{device}sensor_type", _sensors),
        "maker": Dimension("厂家", f"{device}maker__uscc", _makers, missing="未登记"),
    }


def _text(at: datetime | None) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if at else ""


def _of(words: dict[str, str]) -> Any:
    return lambda value: words.get(str(value), str(value or ""))


ALARMS = register(
    Dataset(
        code="iot_alarms",
        title="物联预警",
        source=_alarms,
        time="opened",
        permission="iot.read",
        link="",
        dimensions={
            **_places("district_code", "device__"),
            "category": Dimension("类别", "category", CATEGORIES, order=tuple(CATEGORIES)),
            "level": Dimension("级别", lambda: Cast("level", CharField()), LEVELS, order=tuple(LEVELS)),
            "state": Dimension("状态", "state", STATES, order=tuple(STATES)),
            "verdict": Dimension("判定", "verdict", _words(Verdict), missing="未判定"),
            "opened": TimeDimension("发生", "opened_at"),
        },
        measures={
            "count": count_of("预警数", unit="条", basis="期间内发生的预警。"),
            "open": count_of(
                "未闭环", Q(closed_at=None), unit="条", basis="其中现在尚未闭环、未判误报、未忽略的预警。"
            ),
            "grave": count_of(
                "红橙预警", Q(peak_level__lte=Level.ORANGE), unit="条", basis="其中最高级别为红或橙的预警。"
            ),
            "on_time": share_of(
                "按时处置率",
                _in_time,
                _due,
                basis="在处置时限内处置完成的预警 ÷ 有处置时限且已处置完成或时限已过的预警。",
            ),
            "judged": count_of("已判定", JUDGED, unit="条", basis="判定为属实或误报的预警。"),
            "accuracy": share_of(
                "预警准确率",
                Q(verdict__in=REAL),
                JUDGED,
                basis="判定属实 ÷（属实 + 误报）；重复、测试不计入。",
            ),
            "false_share": share_of(
                "误报率", Q(verdict__in=FALSE), JUDGED, basis="判定误报 ÷（属实 + 误报）；重复、测试不计入。"
            ),
            "hours": Measure(
                "平均处置时长",
                "小时",
                _hours,
                lambda: Count("pk", filter=ENDED),
                format="number",
                basis="发生至处置完成（未填的至闭环）的小时数合计 ÷ 已处置完成或闭环的预警。",
                rows=ENDED,
            ),
            "overdue": count_of(
                "超时未处置", _late, unit="条", basis="其中现在未闭环且已过确认或处置时限的预警。"
            ),
        },
        columns=(
            RowColumn("预警编号", "number"),
            RowColumn("级别", "level", _of(LEVELS)),
            RowColumn("类别", "category", _of(CATEGORIES)),
            RowColumn("状态", "state", _of(STATES)),
            RowColumn("工程", "works__name"),
            RowColumn("内容", "title"),
            RowColumn("发生", "opened_at", _text),
            RowColumn("处置时限", "handle_due", _text),
            RowColumn("处置完成", "resolved_at", _text),
            RowColumn("判定", "verdict", _of(_words(Verdict))),
        ),
    )
)
DEVICES = register(
    Dataset(
        code="iot_devices",
        title="物联设备",
        source=_devices,
        time="installed",
        permission="iot.read",
        dimensions={
            **_places("works__district_code", ""),
            "status": Dimension("状态", "status", _words(DeviceStatus), order=tuple(DeviceStatus.values)),
            "installed": TimeDimension("安装", "installed_on", is_date=True, missing="未填"),
        },
        measures={
            "count": count_of("设备数", unit="台", basis="在用（未拆除）的传感设备。"),
            "online": share_of(
                "设备在线率",
                Q(status__in=(DeviceStatus.ONLINE, DeviceStatus.LOW_BATTERY)),
                ~Q(status__in=(DeviceStatus.DISABLED, DeviceStatus.MAINTENANCE)),
                basis="在线（含电量低）的设备 ÷ 在用设备；停用、维护中的不计入。",
            ),
            "offline": count_of(
                "离线", Q(status=DeviceStatus.OFFLINE), unit="台", basis="其中现在离线的设备。"
            ),
            "faulty": count_of(
                "故障", Q(status=DeviceStatus.FAULT), unit="台", basis="其中现在报故障的设备。"
            ),
        },
        columns=(
            RowColumn("设备编号", "device_no"),
            RowColumn("名称", "name"),
            RowColumn("类型", "sensor_type", lambda code: _sensors().get(code, code)),
            RowColumn("工程", "works__name"),
            RowColumn("状态", "status", _of(_words(DeviceStatus))),
            RowColumn("最近上报", "last_seen_at", _text),
            RowColumn("安装", "installed_on"),
        ),
    )
)
