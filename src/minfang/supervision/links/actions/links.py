"""What people do with links: set up, change, delete, enable, set the watermark back."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.supervision.links import mapping, positions, schedule, statements, times
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import (
    FILES,
    DataLink,
    DataSource,
    LinkState,
    SourceKind,
    SyncKind,
)

MANAGE = "link.manage"
PLAIN = [
    "name",
    "target",
    "relation",
    "query",
    "mapping",
    "sync_kind",
    "watermark_column",
    "key_columns",
    "overlap",
    "range_hours",
    "time_zone",
    "page_size",
    "retries",
    "expected_delay",
]
READING = ("target", "relation", "query", "sync_kind", "watermark_column", "key_columns", "time_zone")


@transaction.atomic
def create(access: Access, values: dict[str, Any]) -> DataLink:
    """Set a link up for a source this person may change."""
    source = DataSource.objects.visible_to(access, MANAGE).filter(pk=values["source_id"]).first()
    if source is None:
        raise not_found("该数据源")
    link = DataLink(source=source, created_by=access.person)
    _fill(link, values)
    link.save()
    record("link.created", person=access.person, target=link, summary=f"新建链路“{link.name}”")
    return link


@transaction.atomic
def change(access: Access, link_id: int, version: int, values: dict[str, Any]) -> DataLink:
    """Change a link; one that now reads other rows or by another column begins at the beginning."""
    link = locked(access, link_id)
    if link.version != version:
        raise stale("该链路刚刚被他人修改。")
    if link.state != LinkState.IDLE:
        raise Refusal("RUNNING", "该链路正在同步。", "请先停止同步任务，再修改。", status=409)
    before = {name: getattr(link, name) for name in READING}
    _fill(link, values)
    if any(before[name] != getattr(link, name) for name in READING):
        link.watermark = {}
    link.version += 1
    link.save()
    summary = f"修改链路“{link.name}”"
    after = {name: getattr(link, name) for name in READING}
    record("link.changed", person=access.person, target=link, summary=summary, before=before, after=after)
    return link


@transaction.atomic
def delete(access: Access, link_id: int) -> None:
    """Remove a link with its records; what it brought stays."""
    link = locked(access, link_id)
    if link.state != LinkState.IDLE:
        raise Refusal("RUNNING", "该链路正在同步。", "请先停止同步任务，再删除。", status=409)
    record("link.deleted", person=access.person, target=link, summary=f"删除链路“{link.name}”")
    link.delete()


@transaction.atomic
def switch(access: Access, link_id: int, enabled: bool) -> DataLink:
    """Let a link run by its schedule, or not."""
    link = locked(access, link_id)
    link.enabled = enabled
    link.version += 1
    _plan(link)
    link.save(update_fields=["enabled", "version", "next_run_at"])
    words = "启用" if enabled else "停用"
    record("link.switched", person=access.person, target=link, summary=f"{words}链路“{link.name}”")
    return link


@transaction.atomic
def set_watermark(access: Access, link_id: int, text: str) -> DataLink:
    """Set back (or forward) where the next incremental run begins; empty means from the beginning."""
    link = locked(access, link_id)
    if link.state != LinkState.IDLE or link.sync_kind not in (SyncKind.INCR_ID, SyncKind.INCR_DATE):
        raise Refusal("NOT_NOW", "只有未在同步的增量链路可以调整水位。", "请先停止同步任务。", status=409)
    before = link.watermark
    link.watermark = _mark(link, text) if text.strip() else {}
    link.version += 1
    link.save(update_fields=["watermark", "version"])
    record(
        "link.changed",
        person=access.person,
        target=link,
        summary=f"调整链路“{link.name}”的水位",
        before={"value": before},
        after={"value": link.watermark},
    )
    return link


def _mark(link: DataLink, text: str) -> dict[str, Any]:
    scanned = link.source.kind in (*FILES, SourceKind.HTTP)
    if scanned and link.sync_kind == SyncKind.INCR_DATE:
        try:
            return {"n": times.reader(times.AUTO, times.zone(link.time_zone))(text)}
        except ValueError as error:
            raise invalid([FieldError("watermark", "水位", "例如 2026-01-31 08:30:00。")]) from error
    return positions.typed(text)


def plan_anew(source: DataSource) -> None:
    """Work out when the links of a source run next."""
    for link in DataLink.objects.select_for_update().filter(source=source, state=LinkState.IDLE):
        _plan(link)
        link.save(update_fields=["next_run_at"])


def _plan(link: DataLink) -> None:
    on = link.enabled and link.cron
    link.next_run_at = schedule.upcoming(str(link.cron), clock.now())[0] if on else None


def locked(access: Access, link_id: int) -> DataLink:
    """A link this person may change, locked."""
    found = (
        DataLink.objects.visible_to(access, MANAGE).select_related("source").select_for_update(of=("self",))
    )
    link = found.filter(pk=link_id).first()
    if link is None:
        raise not_found("该链路")
    return link


def draft(source: DataSource, values: dict[str, Any]) -> DataLink:
    """A link that is not kept yet, for trying it out."""
    link = DataLink(source=source)
    _fill(link, values, unique=False)
    return link


def _fill(link: DataLink, values: dict[str, Any], unique: bool = True) -> None:
    for name in PLAIN:
        value = values.get(name)
        setattr(link, name, None if value == "" else value)
    faults = _faults(link)
    if unique and DataLink.objects.filter(name=link.name).exclude(pk=link.pk).exists():
        faults.append(FieldError("name", "名称", "已有同名链路。"))
    if faults:
        raise invalid(faults)
    link.mapping = mapping.parse(link.target, link.mapping).model_dump()
    link.query = statements.checked_query(link.query) if link.query else None
    times.zone(link.time_zone)
    link.cron = schedule.checked(values["cron"]) if values.get("cron") else None
    _plan(link)


def _faults(link: DataLink) -> list[FieldError]:
    database = link.source.kind not in (*FILES, SourceKind.HTTP)
    kind, pages = link.sync_kind, limits()["page_rows"]
    dated = kind in (SyncKind.INCR_DATE, SyncKind.PARTIAL_FULL)
    checks = [
        (
            database and bool(link.relation) == bool(link.query),
            "relation",
            "请选择一个表或视图，或填写查询语句。",
        ),
        (dated and not link.watermark_column, "watermark_column", "请选择日期字段。"),
        (
            database and kind == SyncKind.INCR_ID and not link.watermark_column,
            "watermark_column",
            "请选择自增 ID 字段。",
        ),
        (database and dated and not link.key_columns, "key_columns", "请选择能区分同一时刻各行的唯一键。"),
        (kind == SyncKind.PARTIAL_FULL and not link.range_hours, "range_hours", "请填写相对时间范围。"),
        (
            not pages["least"] <= link.page_size <= pages["most"],
            "page_size",
            f"须在 {pages['least']}–{pages['most']} 之间。",
        ),
    ]
    return [FieldError(name, "", text) for wrong, name, text in checks if wrong]
