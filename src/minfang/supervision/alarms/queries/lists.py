"""The list of alarms, the strip above it, and the list as a file."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.tables import csv_lines
from minfang.kernel.iam.access import Access
from minfang.kernel.messaging.queries import inbox
from minfang.registry.models import Device, Works, seen_by
from minfang.supervision.alarms import facts
from minfang.supervision.alarms.models import (
    FALSE,
    REAL,
    Alarm,
    AlarmState,
    Category,
    Level,
    Suppression,
    Verdict,
)
from minfang.supervision.alarms.queries.filters import Wanted
from minfang.supervision.alarms.queries.scope import visible
from minfang.supervision.alarms.schemas import (
    AlarmCount,
    AlarmList,
    AlarmMessage,
    AlarmRate,
    AlarmRow,
    AlarmSummary,
    AlarmTotalsOut,
)
from minfang.supervision.telemetry import metrics

HANDLED_GOAL, ACCURATE_GOAL = 0.90, 0.95
MOST_ON_A_PAGE, MOST_EXPORTED, MOST_TAGS = 100, 100_000, 60
RELATED = ("works", "unit", "device__floor", "device__room", "dispatched_to", "dispatched_office")
LARGE = ("explanation", "rule_version", "series")
DONE = (AlarmState.RESOLVED, AlarmState.CLOSED, AlarmState.FALSE_ALARM, AlarmState.IGNORED)
HEADINGS = (
    "预警编号",
    "级别",
    "类别",
    "状态",
    "工程编号",
    "工程",
    "位置",
    "设备编号",
    "设备",
    "内容",
    "发生时间",
    "恢复时间",
    "闭环时间",
    "次数",
    "判定",
    "原因",
    "措施",
    "抑制",
    "标签",
)


def said(metric: str, value: float | None) -> str:
    """A value as people read it: ``36.8 ℃``, ``有水``."""
    if value is None:
        return ""
    known = metrics.catalogue().get(metric)
    return known.say(round(value, 2)) if known else f"{value:g}"


def row_of(alarm: Alarm, now: datetime) -> AlarmRow:
    """An alarm as a row; needs its work, unit and device read along."""
    device, known = alarm.device, metrics.catalogue().get(alarm.metric)
    due, kind = _due(alarm)
    to = alarm.dispatched_to or alarm.dispatched_office
    return AlarmRow(
        number=alarm.number,
        level=alarm.level,
        level_label=Level(alarm.level).label,
        category=alarm.category,
        category_label=Category(alarm.category).label,
        state=alarm.state,
        state_label=AlarmState(alarm.state).label,
        title=alarm.title,
        works_id=alarm.works_id,
        works_no=alarm.works.works_no,
        works=alarm.works.name,
        place=facts.place_of(alarm),
        device_no=device.device_no if device else "",
        device=device.name if device else "",
        district=alarm.district_code,
        metric=alarm.metric,
        metric_label=known.name if known else "",
        reading=said(alarm.metric, alarm.last_value if alarm.last_value is not None else alarm.value),
        condition=_condition(alarm),
        message=alarm.message,
        opened_at=alarm.opened_at,
        last_at=alarm.last_at,
        cleared_at=alarm.cleared_at,
        closed_at=alarm.closed_at,
        count=alarm.count,
        due_at=due,
        due_kind=kind,
        overdue=bool(alarm.overdue_kind) or bool(due and due < now),
        suppressed_by=alarm.suppressed_by,
        suppressed_label=Suppression(alarm.suppressed_by).label if alarm.suppressed_by else "",
        verdict=alarm.verdict,
        verdict_label=Verdict(alarm.verdict).label if alarm.verdict else "",
        dispatched_to=str(to) if to else "",
        tags=alarm.tags,
        source=alarm.source,
        version=alarm.version,
    )


def _due(alarm: Alarm) -> tuple[datetime | None, str]:
    if alarm.closed_at is not None or alarm.state == AlarmState.RESOLVED:
        return None, ""
    if alarm.state == AlarmState.NEW:
        return alarm.confirm_due, "CONFIRM"
    return alarm.handle_due, "HANDLE"


def _condition(alarm: Alarm) -> str:
    if alarm.threshold is None or alarm.value is None:
        return f"{alarm.count} 次" if alarm.count > 1 else ""
    known = metrics.catalogue().get(alarm.metric)
    if known is not None and known.words:
        return f"{alarm.count} 次" if alarm.count > 1 else "触发"
    return f"{'>' if alarm.value >= alarm.threshold else '<'} {alarm.threshold:g}"


def page(access: Access, wanted: Wanted, number: int = 1, size: int = 20) -> AlarmList:
    """One page of the alarms this person may see."""
    rows = wanted.of(visible(access), access)
    size = min(max(size, 1), MOST_ON_A_PAGE)
    pages = Paginator(rows.select_related(*RELATED).defer(*LARGE), size)
    shown = pages.get_page(number)
    now = clock.now()
    return AlarmList(
        rows=[row_of(alarm, now) for alarm in shown.object_list],
        total=pages.count,
        page=shown.number,
        size=size,
        categories=_categories(access, wanted),
        now=now,
    )


def _categories(access: Access, wanted: Wanted) -> list[AlarmCount]:
    without = Wanted(**{**vars(wanted), "category": ""})
    counted = without.of(visible(access), access).order_by().values_list("category").annotate(n=Count("id"))
    found = dict(counted)
    return [AlarmCount(value=code, label=name, count=found.get(code, 0)) for code, name in Category.choices]


def totals(access: Access) -> AlarmTotalsOut:
    """What stands beside every page: open alarms, red ones, new ones, unread messages."""
    found = (
        visible(access)
        .filter(closed_at__isnull=True)
        .aggregate(
            open=Count("id"),
            red=Count("id", filter=Q(level=Level.RED)),
            new=Count("id", filter=Q(state=AlarmState.NEW)),
        )
    )
    unread = inbox(access.person).filter(read_at__isnull=True, subject__startswith="alarm:").count()
    return AlarmTotalsOut(**found, unread=unread)


def summary(access: Access) -> AlarmSummary:
    """The strip above the list: open by level, waiting, in work, and the two rates of this month."""
    now = clock.now()
    open_ones = visible(access).filter(closed_at__isnull=True)
    grid = list(open_ones.order_by().values_list("level", "state", "overdue_kind").annotate(n=Count("id")))
    working = (AlarmState.DISPATCHED, AlarmState.PROCESSING)
    works = Works.objects.filter(seen_by(access, "iot.read"))
    devices = Device.objects.filter(seen_by(access, "iot.read", "works__"), retired_at__isnull=True)
    handled, accurate = _rates(access, now)
    return AlarmSummary(
        now=now,
        works=works.count(),
        devices=devices.count(),
        open=sum(n for *_, n in grid),
        by_level=_levels((level, n) for level, _, _, n in grid),
        new=sum(n for _, state, _, n in grid if state == AlarmState.NEW),
        new_overdue=sum(n for _, state, late, n in grid if state == AlarmState.NEW and late),
        working=sum(n for _, state, _, n in grid if state in working),
        working_by_level=_levels((level, n) for level, state, _, n in grid if state in working),
        overdue=sum(n for _, _, late, n in grid if late),
        handled=handled,
        accurate=accurate,
    )


def _levels(counted: Any) -> list[AlarmCount]:
    found: dict[int, int] = {}
    for level, n in counted:
        found[level] = found.get(level, 0) + n
    return [AlarmCount(value=str(v), label=name, count=found.get(v, 0)) for v, name in Level.choices]


def _rates(access: Access, now: datetime) -> tuple[AlarmRate, AlarmRate]:
    """预警处置率: alarms of this month that are handled. 判定准确率: judged alarms that were real."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = (
        visible(access)
        .filter(opened_at__gte=month)
        .aggregate(
            whole=Count("id"),
            done=Count("id", filter=Q(state__in=DONE)),
            real=Count("id", filter=Q(verdict__in=REAL)),
            judged=Count("id", filter=Q(verdict__in=(*REAL, *FALSE))),
        )
    )
    handled = _rate(found["done"], found["whole"], HANDLED_GOAL)
    return handled, _rate(found["real"], found["judged"], ACCURATE_GOAL)


def _rate(part: int, whole: int, goal: float) -> AlarmRate:
    return AlarmRate(part=part, whole=whole, share=part / whole if whole else None, goal=goal)


def tags(access: Access) -> list[AlarmCount]:
    """The tags on alarms one may see, the most used first."""
    said = visible(access).exclude(tags=[]).order_by().values_list("tags").annotate(n=Count("id"))
    counted: Counter[str] = Counter()
    for words, n in said:
        counted.update(dict.fromkeys(words, n))
    return [AlarmCount(value=tag, label=tag, count=n) for tag, n in counted.most_common(MOST_TAGS)]


def messages(access: Access) -> list[AlarmMessage]:
    """The newest in-app messages to me about alarms and checks, with the page each leads to."""
    wanted = Q()
    for kind in facts.PAGES:
        wanted |= Q(subject__startswith=f"{kind}:")
    rows = inbox(access.person).filter(wanted)[:20]
    return [
        AlarmMessage(
            id=str(row.pk),
            title=row.title,
            body=row.body,
            at=row.created_at,
            read=row.read_at is not None,
            subject=row.subject,
            link=facts.page_of(row.subject),
        )
        for row in rows
    ]


def export_rows(access: Access, wanted: Wanted) -> QuerySet[Alarm]:
    """The alarms of a file, in the order of the list."""
    return wanted.of(visible(access), access).select_related(*RELATED).defer(*LARGE)[:MOST_EXPORTED]


def _cells(alarm: Alarm) -> list[str | int]:
    row = row_of(alarm, clock.now())
    return [
        row.number,
        row.level_label,
        row.category_label,
        row.state_label,
        row.works_no,
        row.works,
        row.place,
        row.device_no,
        row.device,
        row.message,
        _text(row.opened_at),
        _text(row.cleared_at),
        _text(row.closed_at),
        row.count,
        row.verdict_label,
        alarm.cause,
        alarm.measure,
        alarm.suppressed_reason,
        "、".join(row.tags),
    ]


def _text(instant: datetime | None) -> str:
    return f"{instant.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}" if instant else ""


def as_csv(rows: QuerySet[Alarm]) -> Iterator[bytes]:
    """The rows as they are read, never all in memory; a cell that looks like a formula is quoted."""
    return csv_lines(HEADINGS, (_cells(alarm) for alarm in rows.iterator(chunk_size=1000)))


def as_workbook(rows: QuerySet[Alarm]) -> bytes:
    """The rows as a workbook."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("预警台账")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, HEADINGS, book.add_format({"bold": True}))
        for at, alarm in enumerate(rows.iterator(chunk_size=1000), start=1):
            sheet.write_row(at, 0, _cells(alarm))
    return out.getvalue()


@transaction.atomic
def exported(access: Access, wanted: Wanted, kind: str) -> None:
    """Note in the trail what was taken out."""
    asked = "，".join(f"{name}={value}" for name, value in vars(wanted).items() if value)
    record(
        "iot_alarm.export",
        person=access.person,
        target="alarms",
        summary=f"导出预警台账（{kind}）：{asked or '全部'}"[:500],
    )
