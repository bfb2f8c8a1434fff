"""Tables of the models, and the rows behind a figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.registry import districts
from minfang.registry.models import Device, DeviceStatus, Works
from minfang.supervision.alarms.models import Alarm, AlarmState, Level, Verdict
from minfang.supervision.anomalies import emergency, frequent, rates, repeated, upkeep
from minfang.supervision.anomalies.asking import Asked, period_of, read_period
from minfang.supervision.anomalies.figures import Figure, Model
from minfang.supervision.anomalies.models import AnomalyFinding, FindingState, Outcome
from minfang.supervision.anomalies.schemas import (
    AnomalyBucket,
    AnomalyColumn,
    AnomalyFigure,
    AnomalyFindingOut,
    AnomalyModel,
    AnomalyOptions,
    AnomalyRows,
    AnomalyTable,
)
from minfang.supervision.anomalies.wording import sensor_name

MODELS = {
    model.code: model
    for model in (
        repeated.REPEATED,
        rates.MAKERS,
        rates.BATCHES,
        frequent.FREQUENT,
        rates.BUILDERS_MODEL,
        upkeep.UPKEEP,
        emergency.EMERGENCY,
    )
}
TITLES = {code: model.title for code, model in MODELS.items()}
MOST = 100
PEOPLE = ("person", "assignee", "assigned_office")


def model_of(code: str) -> Model:
    """The model of that code; refuses unknown ones."""
    if code not in MODELS:
        raise not_found("该监测模型")
    return MODELS[code]


def asked_of(access: Access, model: Model, span: str, period: str, **more: Any) -> Asked:
    """A question to a model. Models of the present have no period but this month."""
    if not model.spans:
        return Asked(access, period_of("month", clock.today()), **more)
    return Asked(access, read_period(span or model.span, period), **more)


def overview(access: Access) -> list[AnomalyModel]:
    """All models with how many figures each marks in its present period."""
    found = []
    for model in MODELS.values():
        figures = model.figures(asked_of(access, model, "", ""))
        flagged = sum(figure.flagged for figure in figures)
        found.append(AnomalyModel(code=model.code, title=model.title, flagged=flagged))
    return found


def options(access: Access) -> AnomalyOptions:
    """Districts, works and types of what one may see."""
    works = Works.objects.visible_to(access, "iot.read")
    own = set(works.order_by().values_list("district_code", flat=True).distinct())
    kinds = Device.objects.visible_to(access).order_by().values_list("sensor_type", flat=True).distinct()
    return AnomalyOptions(
        districts=[Option(value=d.code, label=d.name) for d in districts.all_districts() if d.code in own],
        works=[Option(value=str(pk), label=name) for pk, name in works.values_list("pk", "name")],
        sensors=[Option(value=code, label=sensor_name(code)) for code in sorted(kinds)],
    )


def ordered(figures: Sequence[Figure], sort: str) -> list[Figure]:
    """Marked ones first, small samples last, the greatest first; or by one column. Groups stay together."""
    found = sorted(figures, key=lambda f: (not f.flagged, f.small, -(f.bar or 0), f.group, f.label))
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name:
        some = [f for f in found if f.cells.get(name) is not None]
        none = [f for f in found if f.cells.get(name) is None]
        found = sorted(some, key=lambda f: f.cells[name], reverse=down) + none  # type: ignore[arg-type, return-value]
    if sort or not any(f.group for f in figures):
        return found
    first = {f.group: at for at, f in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda f: first[f.group])


def table(
    asked: Asked, model: Model, *, state: str = "", sort: str = "", page: int = 1, size: int = 50
) -> AnomalyTable:
    """One page of a model. ``state``: FLAGGED, NONE (marked and nothing done), or a state of findings."""
    figures = model.figures(asked)
    findings = found_by(asked, model)
    kept = [f for f in figures if _wanted(f, findings.get(f.key), state)]
    pages = Paginator(ordered(kept, sort), min(max(size, 1), MOST))
    shown = pages.get_page(page)
    return AnomalyTable(
        model=model.code,
        title=model.title,
        period=asked.period.label,
        span=asked.period.span,
        spans=list(model.spans),
        ways=[Option(value=value, label=label) for value, label in model.ways],
        by=way_of(model, asked),
        bar=model.bar,
        how=model.how(),
        columns=[AnomalyColumn(**vars(column)) for column in model.columns(asked)],
        rows=[_row(figure, findings.get(figure.key)) for figure in shown],
        total=pages.count,
        flagged=sum(figure.flagged for figure in figures),
        open=sum(finding.state == FindingState.OPEN for finding in findings.values()),
        page=shown.number,
        size=pages.per_page,
        as_of=clock.now(),
        may_act=asked.access.may("iot.handle"),
    )


def way_of(model: Model, asked: Asked) -> str:
    """What is compared."""
    ways = [value for value, _ in model.ways]
    return asked.by if asked.by in ways else (ways or [""])[0]


def found_by(asked: Asked, model: Model) -> dict[str, AnomalyFinding]:
    """What the reader's office did about figures of this period, by key."""
    rows = AnomalyFinding.objects.filter(
        office=asked.access.person.organization_id,
        model=model.code,
        period=asked.period.label,
        key__startswith=prefix(model, asked),
    )
    return {row.key.removeprefix(prefix(model, asked)): row for row in rows.select_related(*PEOPLE)}


def prefix(model: Model, asked: Asked) -> str:
    """What tells apart the keys of contractors and installers."""
    return f"{way_of(model, asked)}:" if model is rates.BUILDERS_MODEL else ""


def _wanted(figure: Figure, finding: AnomalyFinding | None, state: str) -> bool:
    if state == "FLAGGED":
        return figure.flagged
    if state == "NONE":
        return figure.flagged and finding is None
    return not state or (finding is not None and finding.state == state)


def _row(figure: Figure, finding: AnomalyFinding | None) -> AnomalyFigure:
    plain = {name: value for name, value in vars(figure).items() if name != "trend"}
    trend = [AnomalyBucket(**vars(bucket)) for bucket in figure.trend]
    return AnomalyFigure(**plain, trend=trend, finding=finding_out(finding))


def finding_out(finding: AnomalyFinding | None) -> AnomalyFindingOut | None:
    """What was done, for pages."""
    if finding is None:
        return None
    return AnomalyFindingOut(
        id=finding.pk,
        state=finding.state,
        state_label=FindingState(finding.state).label,
        outcome=Outcome(finding.outcome).label if finding.outcome else "",
        assigned=finding.assigned,
        due_on=finding.due_on,
        overdue=finding.overdue,
        note=finding.note,
        person=finding.person.name,
        at=finding.at,
    )


ALARM_HEAD = ["预警编号", "级别", "状态", "工程", "设备", "内容", "发生时间", "次数", "判定"]
DEVICE_HEAD = ["设备编号", "名称", "类型", "工程", "状态", "安装日期", "最近上报", "上次保养", "上次标定"]


def behind(asked: Asked, model: Model, key: str, only: str, page: int = 1, size: int = 20) -> AnomalyRows:
    """One page of the rows behind a figure, the newest first."""
    rows = model.rows(asked, key, only).select_related(
        *(("works", "device") if model.behind == "alarms" else ("works",))
    )
    newest = rows.order_by("-opened_at", "-pk") if model.behind == "alarms" else rows.order_by("device_no")
    pages = Paginator(newest, min(max(size, 1), MOST))
    shown = pages.get_page(page)
    alarms = model.behind == "alarms"
    return AnomalyRows(
        columns=ALARM_HEAD if alarms else DEVICE_HEAD,
        rows=[_alarm(row) if alarms else _device(row) for row in shown],
        links=[f"/office/alarms?no={row.number}" if alarms else "" for row in shown],
        total=pages.count,
        page=shown.number,
        size=pages.per_page,
    )


def _alarm(row: Alarm) -> list[str]:
    return [
        row.number,
        Level(row.level).label,
        AlarmState(row.state).label,
        row.works.name,
        row.device.name if row.device else "",
        row.title,
        _text(row.opened_at),
        str(row.count),
        Verdict(row.verdict).label if row.verdict else "未判定",
    ]


def _device(row: Device) -> list[str]:
    return [
        row.device_no,
        row.name,
        sensor_name(row.sensor_type),
        row.works.name,
        DeviceStatus(row.status).label,
        str(row.installed_on or ""),
        _text(row.last_seen_at),
        str(row.maintained_on or ""),
        str(row.calibrated_on or ""),
    ]


def _text(at: datetime | None) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if at else ""
