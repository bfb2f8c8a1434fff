"""What the pages of links show."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.registry import columns as register
from minfang.supervision.links import health, positions, schedule, times
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.health import Health
from minfang.supervision.links.models import (
    FILES,
    UNFINISHED,
    DataLink,
    DataSource,
    LinkRefusal,
    LinkRun,
    RunState,
    SourceKind,
    SyncKind,
    Target,
    within,
)
from minfang.supervision.links.readers.scanned import mark_words
from minfang.supervision.links.schemas import (
    DeviceFieldOut,
    LinkDayOut,
    LinkDetail,
    LinkHealthOut,
    LinkOptions,
    LinkRefusalList,
    LinkRefusalOut,
    LinkRunList,
    LinkRunOut,
    SourceOut,
)
from minfang.supervision.telemetry import metrics

READ, MANAGE = "iot.read", "link.manage"
MOST = 100


def _health(found: Health) -> LinkHealthOut:
    return LinkHealthOut(code=found.code, label=found.label, tone=found.tone, reason=found.reason)


def link_rows(access: Access) -> QuerySet[DataLink]:
    """Links with the last word of their last ended run and their open run, in one query."""
    ended = LinkRun.objects.filter(link=OuterRef("pk"), ended_at__isnull=False).order_by("-pk")
    opened = LinkRun.objects.filter(link=OuterRef("pk"), state__in=UNFINISHED)
    return (
        DataLink.objects.visible_to(access, READ)
        .select_related("source__office")
        .annotate(
            last_error=Subquery(ended.values("error")[:1]),
            last_unusual=Subquery(ended.values("unusual")[:1]),
            open_id=Subquery(opened.values("pk")[:1]),
            open_read=Subquery(opened.values("read")[:1]),
            open_expected=Subquery(opened.values("expected")[:1]),
        )
    )


def link_health(link: DataLink, now: datetime) -> Health:
    """How a link stands, by its last runs and its plan."""
    return health.of_link(
        link, now, getattr(link, "last_error", "") or "", getattr(link, "last_unusual", "") or ""
    )


def source_detail(access: Access, source_id: int) -> SourceOut:
    """One source."""
    row = DataSource.objects.visible_to(access, READ).select_related("office").filter(pk=source_id).first()
    if row is None:
        raise not_found("该数据源")
    return source_out(row, list(link_rows(access).filter(source=row)), clock.now())


def source_out(source: DataSource, links: list[DataLink], now: datetime) -> SourceOut:
    """A source with what its links say of it."""
    late = [span for link in links if (span := schedule.late_by(link, now)) is not None]
    successes = [link.last_success_at for link in links if link.last_success_at]
    plans = [link.next_run_at for link in links if link.next_run_at]
    found = health.of_source(source, [link_health(link, now) for link in links])
    return SourceOut(
        id=source.pk,
        version=source.version,
        name=source.name,
        kind=source.kind,
        kind_label=source.get_kind_display(),
        office=source.office.short_name,
        address=address_words(source),
        host=source.host or "",
        port=source.port,
        database=source.database or "",
        schema_name=source.schema_name or "",
        username=source.username or "",
        has_password=bool(source.password),
        path=source.path or "",
        options=source.options,
        note=source.note,
        enabled=source.enabled,
        state=source.state,
        state_label=source.get_state_display(),
        state_reason=source.state_reason,
        tested_at=source.tested_at,
        links=len(links),
        sync_kinds=sorted({link.get_sync_kind_display() for link in links}),
        last_success_at=max(successes, default=None),
        next_run_at=min(plans, default=None),
        late_seconds=int(max(late).total_seconds()) if late else None,
        health=_health(found),
    )


def address_words(source: DataSource) -> str:
    """Where a source is, without its password."""
    if source.kind in FILES:
        return source.path or ""
    port = source.port or limits()["port"].get(source.kind, 80)
    place = (source.path or "") if source.kind == SourceKind.HTTP else f"/{source.database or ''}"
    return f"{source.host}:{port}{place if place.startswith('/') else '/' + place}"


def link_detail(access: Access, link_id: int) -> LinkDetail:
    """One link with everything that is set."""
    link = link_rows(access).filter(pk=link_id).first()
    if link is None:
        raise not_found("该链路")
    now = clock.now()
    names = [
        "mapping",
        "key_columns",
        "overlap",
        "range_hours",
        "time_zone",
        "page_size",
        "retries",
        "expected_delay",
    ]
    return LinkDetail(
        **link_out(link, link_health(link, now), now),
        **{name: getattr(link, name) for name in names},
        query=link.query or "",
        watermark_column=link.watermark_column or "",
        upcoming=schedule.upcoming(link.cron, now, 5) if link.cron else [],
    )


def link_out(link: DataLink, found: Health, now: datetime) -> dict[str, Any]:
    """A link as a row of a list."""
    late = schedule.late_by(link, now)
    expected, read = getattr(link, "open_expected", None), getattr(link, "open_read", None)
    return {
        "id": link.pk,
        "version": link.version,
        "name": link.name,
        "source_id": link.source_id,
        "source_name": link.source.name,
        "source_kind_label": link.source.get_kind_display(),
        "target": link.target,
        "target_label": link.get_target_display(),
        "relation": link.relation or ("查询语句" if link.query else link.source.path or ""),
        "sync_kind": link.sync_kind,
        "sync_label": link.get_sync_kind_display(),
        "watermark_words": watermark_words(link, link.watermark),
        "cron": link.cron or "",
        "enabled": link.enabled,
        "state": link.state,
        "state_label": link.get_state_display(),
        "next_run_at": link.next_run_at,
        "last_success_at": link.last_success_at,
        "late_seconds": int(late.total_seconds()) if late else None,
        "failures": link.failures,
        "open_run_id": getattr(link, "open_id", None),
        "progress": min(100, read * 100 // expected) if expected and read is not None else None,
        "health": _health(found),
    }


def watermark_words(link: DataLink, stored: dict[str, Any]) -> str:
    """A position of a link in words."""
    scanned = link.source.kind in (*FILES, SourceKind.HTTP)
    return mark_words(link, stored) if scanned else positions.words(stored)


def run_rows(access: Access) -> QuerySet[LinkRun]:
    """Runs of links a person may see."""
    rows = LinkRun.objects.filter(within(access, READ, "link__source__"))
    return (
        rows.select_related("link__source", "requested_by")
        .annotate(refused=Count("refusals"))
        .order_by("-queued_at", "-pk")
    )


def run_list(
    access: Access, link: int | None, state: str, keyword: str, days: int, page: int, size: int
) -> LinkRunList:
    """Runs of the last days, the newest first; ``state`` ILL means all that did not go well."""
    rows = run_rows(access).filter(queued_at__gte=clock.now() - timedelta(days=max(1, min(days, 366))))
    if link is not None:
        rows = rows.filter(link=link)
    if state == "ILL":
        rows = rows.filter(
            Q(state__in=[RunState.FAILED, RunState.MISMATCH]) | ~Q(unusual="") | Q(attempt__gt=1)
        )
    elif state:
        rows = rows.filter(state=state)
    if keyword:
        rows = rows.filter(Q(link__name__icontains=keyword) | Q(link__source__name__icontains=keyword))
    size, page = max(1, min(size, MOST)), max(1, page)
    found = rows[(page - 1) * size : page * size]
    total = rows.order_by().values("pk").count()
    return LinkRunList(items=[_run(row) for row in found], total=total, page=page, size=size)


def run_detail(access: Access, run_id: int) -> LinkRunOut:
    """One run."""
    row = run_rows(access).filter(pk=run_id).first()
    if row is None:
        raise not_found("该任务")
    return _run(row)


def _run(run: LinkRun) -> LinkRunOut:
    end = run.ended_at or clock.now()
    plain = "attempt queued_at started_at ended_at expected source_count store_count unusual error_code error"
    said: dict[str, Any] = {name: getattr(run, name) for name in plain.split()} | run.counts
    return LinkRunOut(
        **said,
        id=run.pk,
        state=run.state,
        link_id=run.link_id,
        link_name=run.link.name,
        source_name=run.link.source.name,
        state_label=run.get_state_display(),
        trigger_label=run.get_trigger_display(),
        sync_label=run.get_sync_kind_display(),
        requested_by=run.requested_by.name if run.requested_by else "",
        seconds=int((end - run.started_at).total_seconds()) if run.started_at else None,
        watermark_before=watermark_words(run.link, run.watermark_before),
        watermark_after=watermark_words(run.link, run.watermark_after),
        refusals=getattr(run, "refused", 0),
    )


def refusals(access: Access, run_id: int, offset: int = 0, size: int = 50) -> LinkRefusalList:
    """Refused rows of a run."""
    run_detail(access, run_id)
    rows = LinkRefusal.objects.filter(run=run_id)
    offset, size = max(0, offset), max(1, min(size, MOST))
    items = [
        LinkRefusalOut(row=row.row, code=row.code, reason=row.reason, data=row.data)
        for row in rows[offset : offset + size]
    ]
    return LinkRefusalList(items=items, total=rows.count())


def refused_lines(access: Access, run_id: int) -> Iterator[list[str]]:
    """Refused rows of a run for a table, with a head."""
    run_detail(access, run_id)
    rows = list(LinkRefusal.objects.filter(run=run_id))
    names = list(dict.fromkeys(name for row in rows for name in row.data))
    yield ["行", "原因", *names]
    for row in rows:
        yield [str(row.row), row.reason, *[str(row.data.get(name, "")) for name in names]]


def days(access: Access, span: int) -> list[LinkDayOut]:
    """Runs by the day they ended, Shanghai days, the oldest first."""
    since = clock.now() - timedelta(days=max(1, min(span, 90)))
    rows = (
        LinkRun.objects.filter(within(access, READ, "link__source__"), ended_at__gte=since)
        .order_by()
        .annotate(day=TruncDate("ended_at", tzinfo=schedule.HOME))
        .values("day")
        .annotate(
            succeeded=Count("pk", filter=Q(state=RunState.SUCCEEDED)),
            ill=Count("pk", filter=Q(state__in=[RunState.FAILED, RunState.MISMATCH])),
            rows=Sum("written"),
            refused=Sum("failed"),
        )
        .order_by("day")
    )
    return [
        LinkDayOut(
            day=row["day"].isoformat(),
            succeeded=row["succeeded"],
            failed=row["ill"],
            written=row["rows"] or 0,
            refused=row["refused"] or 0,
        )
        for row in rows
    ]


def options() -> LinkOptions:
    """What can be chosen."""

    def choices(kind: type[SourceKind | Target | SyncKind | RunState]) -> list[Option]:
        return [Option(value=str(value), label=str(label)) for value, label in kind.choices]

    return LinkOptions(
        kinds=choices(SourceKind),
        targets=choices(Target),
        sync_kinds=choices(SyncKind),
        run_states=choices(RunState),
        time_forms=[Option(value=form, label=label) for form, label in times.FORMATS.items()],
        metrics=[
            Option(value=one.code, label=f"{one.name}（{one.unit}）" if one.unit else one.name)
            for one in metrics.catalogue().values()
        ],
        device_fields=[
            DeviceFieldOut(value=one.name, label=one.title, required=one.required)
            for one in register.SHEETS["devices"][1]
            if not one.exported
        ],
        ports=limits()["port"],
    )
