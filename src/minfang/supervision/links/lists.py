"""The lists of sources and links: narrowed, in pages, and as tables to take away."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.supervision.links import health, queries, schedule
from minfang.supervision.links.models import DataLink, DataSource
from minfang.supervision.links.schemas import LinkList, LinkOut, SourceList, SourceOut

MOST = 500
EVERYTHING = 50_000
SOURCE_HEAD = ["状态", "原因", "数据源", "类型", "地址", "同步类型", "最后同步", "下次运行", "链路", "单位"]
LINK_HEAD = [
    "状态",
    "原因",
    "链路",
    "数据源",
    "来源",
    "入库为",
    "同步类型",
    "水位",
    "调度",
    "最后同步",
    "下次运行",
]
Row = TypeVar("Row", SourceOut, LinkOut)


@dataclass(frozen=True)
class SourcesAsked:
    """Filters of the list of sources; ``health`` is a tone (bad, warn, busy, good, quiet)."""

    keyword: str = ""
    kind: str = ""
    health: str = ""
    page: int = 1
    size: int = 20


@dataclass(frozen=True)
class LinksAsked:
    """Filters of the list of links; ``source`` is the key of a source."""

    keyword: str = ""
    source: int = 0
    sync: str = ""
    health: str = ""
    page: int = 1
    size: int = 20


def source_list(access: Access, asked: SourcesAsked = SourcesAsked()) -> SourceList:
    """One page of the sources a person may see, the ill first; two queries."""
    everything = _sources(access)
    return SourceList(**_listed(access, everything, _wanted_sources(everything, asked), asked))


def link_list(access: Access, asked: LinksAsked = LinksAsked()) -> LinkList:
    """One page of the links a person may see, the ill first."""
    everything = _links(access)
    return LinkList(**_listed(access, everything, _wanted_links(everything, asked), asked))


@transaction.atomic
def source_lines(access: Access, asked: SourcesAsked) -> Iterator[list[str]]:
    """The narrowed sources as a table with a head; who took it is kept."""
    rows = _wanted_sources(_sources(access), asked)[:EVERYTHING]
    record("link.exported", person=access.person, target="sources", summary=f"导出数据源 {len(rows)} 个")
    return iter([SOURCE_HEAD, *map(_source_line, rows)])


@transaction.atomic
def link_lines(access: Access, asked: LinksAsked) -> Iterator[list[str]]:
    """The narrowed links as a table with a head; who took it is kept."""
    rows = _wanted_links(_links(access), asked)[:EVERYTHING]
    record("link.exported", person=access.person, target="links", summary=f"导出同步链路 {len(rows)} 条")
    return iter([LINK_HEAD, *map(_link_line, rows)])


def _wanted_sources(rows: Sequence[SourceOut], asked: SourcesAsked) -> list[SourceOut]:
    return [
        row
        for row in rows
        if _has(asked.keyword, row.name, row.address, row.note)
        and asked.kind in ("", row.kind)
        and asked.health in ("", row.health.tone)
    ]


def _wanted_links(rows: Sequence[LinkOut], asked: LinksAsked) -> list[LinkOut]:
    return [
        row
        for row in rows
        if _has(asked.keyword, row.name, row.source_name, row.relation)
        and asked.source in (0, row.source_id)
        and asked.sync in ("", row.sync_kind)
        and asked.health in ("", row.health.tone)
    ]


def _listed(
    access: Access, everything: Sequence[Row], found: Sequence[Row], asked: SourcesAsked | LinksAsked
) -> dict[str, Any]:
    """What both lists say: a page of what was found, and how much there is."""
    size, page = max(1, min(asked.size, MOST)), max(1, asked.page)
    return {
        "items": list(found[(page - 1) * size : page * size]),
        "total": len(found),
        "page": page,
        "size": size,
        "everything": len(everything),
        "ill": sum(row.health.tone == health.BAD for row in everything),
        "may_manage": access.may(queries.MANAGE),
    }


def _sources(access: Access) -> list[SourceOut]:
    now = clock.now()
    links: dict[int, list[DataLink]] = defaultdict(list)
    for link in queries.link_rows(access):
        links[link.source_id].append(link)
    rows = DataSource.objects.visible_to(access, queries.READ).select_related("office")
    items = [queries.source_out(row, links[row.pk], now) for row in rows]
    return sorted(items, key=lambda row: (row.health.tone != health.BAD, row.name))


def _links(access: Access) -> list[LinkOut]:
    now = clock.now()
    pairs = [(link, queries.link_health(link, now)) for link in queries.link_rows(access)]
    pairs.sort(key=lambda pair: (pair[1].rank, pair[0].name))
    return [LinkOut(**queries.link_out(link, found, now)) for link, found in pairs]


def _has(keyword: str, *texts: str) -> bool:
    word = keyword.strip().lower()
    return not word or any(word in text.lower() for text in texts)


def _source_line(row: SourceOut) -> list[str]:
    return [
        row.health.label,
        row.health.reason,
        row.name,
        row.kind_label,
        row.address,
        "、".join(row.sync_kinds),
        _time(row.last_success_at),
        _time(row.next_run_at),
        str(row.links),
        row.office,
    ]


def _link_line(row: LinkOut) -> list[str]:
    return [
        row.health.label,
        row.health.reason,
        row.name,
        row.source_name,
        row.relation,
        row.target_label,
        row.sync_label,
        row.watermark_words,
        row.cron or "手动",
        _time(row.last_success_at),
        _time(row.next_run_at),
    ]


def _time(at: datetime | None) -> str:
    return at.astimezone(schedule.HOME).strftime("%Y-%m-%d %H:%M:%S") if at else ""
