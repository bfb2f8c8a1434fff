"""Data links in the office: sources, links, runs."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja import Schema as Filters

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.base.tables import csv_lines
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.links import browsing, lists, queries, trial
from minfang.supervision.links.actions import links, runs, sources
from minfang.supervision.links.schemas import (
    ConnectionStepOut,
    LinkChange,
    LinkDayOut,
    LinkDetail,
    LinkIn,
    LinkList,
    LinkOptions,
    LinkRefusalList,
    LinkRunList,
    LinkRunOut,
    LinkSwitchIn,
    LinkTrialRowOut,
    SourceChange,
    SourceColumnOut,
    SourceIn,
    SourceList,
    SourceLookIn,
    SourceOut,
    SourcePreviewOut,
    SourceTableOut,
    WatermarkIn,
)
from minfang.supervision.links.troubles import told

router = Router(tags=["数据链路"], auth=[requires("iot.read")])
MANAGE = [requires("link.manage")]
EXPORT = [requires("iot.export")]


@router.get("/options", response={200: LinkOptions, **PROBLEMS}, operation_id="link_options")
def get_options(request: HttpRequest) -> LinkOptions:
    """Kinds of sources and synchronisation, time forms, metrics."""
    return queries.options()


class SourceFilters(Filters):
    """Filters of the list of sources, all shareable in the address."""

    keyword: str = ""
    kind: str = ""
    health: str = ""
    page: int = 1
    size: int = 20


class LinkFilters(Filters):
    """Filters of the list of links, all shareable in the address."""

    keyword: str = ""
    source: int = 0
    sync: str = ""
    health: str = ""
    page: int = 1
    size: int = 20


@router.get("/sources", response={200: SourceList, **PROBLEMS}, operation_id="list_sources")
def list_sources(request: HttpRequest, filters: SourceFilters = Query(...)) -> SourceList:  # noqa: B008
    """Data sources with their state, the ill first."""
    return lists.source_list(access_of(request), lists.SourcesAsked(**filters.dict()))


@router.get("/sources.csv", operation_id="export_sources", auth=EXPORT)
def export_sources(request: HttpRequest, filters: SourceFilters = Query(...)) -> HttpResponse:  # noqa: B008
    """The narrowed list of sources as a table."""
    lines = lists.source_lines(access_of(request), lists.SourcesAsked(**filters.dict()))
    return _table(lines, "sources.csv")


@router.get("/links.csv", operation_id="export_links", auth=EXPORT)
def export_links(request: HttpRequest, filters: LinkFilters = Query(...)) -> HttpResponse:  # noqa: B008
    """The narrowed list of links as a table."""
    lines = lists.link_lines(access_of(request), lists.LinksAsked(**filters.dict()))
    return _table(lines, "links.csv")


@router.post("/sources", response={200: SourceOut, **PROBLEMS}, auth=MANAGE, operation_id="create_source")
def create_source(request: HttpRequest, body: SourceIn) -> SourceOut:
    """Enter a data source."""
    access = access_of(request)
    return queries.source_detail(access, sources.create(access, body.dict()).pk)


@router.get("/sources/{source_id}", response={200: SourceOut, **PROBLEMS}, operation_id="get_source")
def get_source(request: HttpRequest, source_id: int) -> SourceOut:
    """One data source."""
    return queries.source_detail(access_of(request), source_id)


@router.put(
    "/sources/{source_id}", response={200: SourceOut, **PROBLEMS}, auth=MANAGE, operation_id="change_source"
)
def change_source(request: HttpRequest, source_id: int, body: SourceChange) -> SourceOut:
    """Change a data source; an empty password keeps the one there is."""
    access = access_of(request)
    sources.change(access, source_id, body.version, body.dict())
    return queries.source_detail(access, source_id)


@router.delete(
    "/sources/{source_id}", response={204: None, **PROBLEMS}, auth=MANAGE, operation_id="delete_source"
)
def delete_source(request: HttpRequest, source_id: int) -> tuple[int, None]:
    """Remove a data source with its links."""
    sources.delete(access_of(request), source_id)
    return 204, None


@router.post(
    "/sources/{source_id}/switch",
    response={200: SourceOut, **PROBLEMS},
    auth=MANAGE,
    operation_id="switch_source",
)
def switch_source(request: HttpRequest, source_id: int, body: LinkSwitchIn) -> SourceOut:
    """Enable or disable a data source."""
    access = access_of(request)
    sources.switch(access, source_id, body.enabled)
    return queries.source_detail(access, source_id)


@router.post(
    "/sources/{source_id}/test",
    response={200: list[ConnectionStepOut], **PROBLEMS},
    auth=MANAGE,
    operation_id="test_source",
)
def test_source(request: HttpRequest, source_id: int) -> list[ConnectionStepOut]:
    """Try the connection, step by step."""
    return [ConnectionStepOut(**vars(step)) for step in sources.test(access_of(request), source_id)]


@router.get(
    "/sources/{source_id}/tables",
    response={200: list[SourceTableOut], **PROBLEMS},
    auth=MANAGE,
    operation_id="source_tables",
)
def get_tables(request: HttpRequest, source_id: int) -> list[SourceTableOut]:
    """Tables and views that can be read."""
    source = sources.visible(access_of(request), source_id, "link.manage")
    try:
        return [SourceTableOut(**vars(row)) for row in browsing.tables(source)]
    except Exception as error:  # any driver's error is told in words
        raise told(error) from error


@router.post(
    "/sources/{source_id}/preview",
    response={200: SourcePreviewOut, **PROBLEMS},
    auth=MANAGE,
    operation_id="preview_source",
)
def preview_source(request: HttpRequest, source_id: int, body: SourceLookIn) -> SourcePreviewOut:
    """Columns and the first twenty rows of a table, a query, a file or a service."""
    source = sources.visible(access_of(request), source_id, "link.manage")
    try:
        found = browsing.preview(source, body.relation or None, body.query or None)
        keys = browsing.keys(source, body.relation)
    except Exception as error:  # any driver's error is told in words
        raise told(error) from error
    return SourcePreviewOut(
        columns=[
            SourceColumnOut(
                name=column.name,
                kind=column.kind,
                native=column.native,
                key=column.name in keys,
                time_forms=found.time_forms.get(column.name, []),
            )
            for column in found.columns
        ],
        rows=[[None if cell is None else str(cell)[:200] for cell in row] for row in found.rows],
    )


@router.get("", response={200: LinkList, **PROBLEMS}, operation_id="list_links")
def list_links(request: HttpRequest, filters: LinkFilters = Query(...)) -> LinkList:  # noqa: B008
    """Links with their state, the ill first."""
    return lists.link_list(access_of(request), lists.LinksAsked(**filters.dict()))


@router.post("", response={200: LinkDetail, **PROBLEMS}, auth=MANAGE, operation_id="create_link")
def create_link(request: HttpRequest, body: LinkIn) -> LinkDetail:
    """Set a link up."""
    access = access_of(request)
    return queries.link_detail(access, links.create(access, body.dict()).pk)


@router.post(
    "/trial", response={200: list[LinkTrialRowOut], **PROBLEMS}, auth=MANAGE, operation_id="try_link"
)
def try_link(request: HttpRequest, body: LinkIn) -> list[LinkTrialRowOut]:
    """What the first rows would become with this mapping; nothing is kept."""
    source = sources.visible(access_of(request), body.source_id, "link.manage")
    try:
        return trial.rows(links.draft(source, body.dict()))
    except Exception as error:  # any driver's error is told in words
        raise told(error) from error


@router.get("/runs", response={200: LinkRunList, **PROBLEMS}, operation_id="list_link_runs")
def list_runs(
    request: HttpRequest,
    link: int | None = None,
    state: str = "",
    keyword: str = "",
    days: int = 30,
    page: int = 1,
    size: int = 20,
) -> LinkRunList:
    """Runs, the newest first; ``state`` ILL: all that did not go well."""
    return queries.run_list(access_of(request), link, state, keyword, days, page, size)


@router.get("/runs/days", response={200: list[LinkDayOut], **PROBLEMS}, operation_id="link_run_days")
def run_days(request: HttpRequest, days: int = 14) -> list[LinkDayOut]:
    """Runs and rows by day."""
    return queries.days(access_of(request), days)


@router.get("/runs/{run_id}", response={200: LinkRunOut, **PROBLEMS}, operation_id="get_link_run")
def get_run(request: HttpRequest, run_id: int) -> LinkRunOut:
    """One run."""
    return queries.run_detail(access_of(request), run_id)


@router.post(
    "/runs/{run_id}/pause", response={200: LinkRunOut, **PROBLEMS}, auth=MANAGE, operation_id="pause_link_run"
)
def pause_run(request: HttpRequest, run_id: int) -> LinkRunOut:
    """Pause after the page in hand."""
    return _asked(request, run_id, "PAUSE")


@router.post(
    "/runs/{run_id}/stop", response={200: LinkRunOut, **PROBLEMS}, auth=MANAGE, operation_id="stop_link_run"
)
def stop_run(request: HttpRequest, run_id: int) -> LinkRunOut:
    """Stop after the page in hand; what is stored stays."""
    return _asked(request, run_id, "STOP")


def _asked(request: HttpRequest, run_id: int, wish: str) -> LinkRunOut:
    access = access_of(request)
    runs.ask(access, run_id, wish)
    return queries.run_detail(access, run_id)


@router.post(
    "/runs/{run_id}/resume",
    response={200: LinkRunOut, **PROBLEMS},
    auth=MANAGE,
    operation_id="resume_link_run",
)
def resume_run(request: HttpRequest, run_id: int) -> LinkRunOut:
    """Go on with a paused run."""
    access = access_of(request)
    return queries.run_detail(access, runs.resume(access, run_id).pk)


@router.post(
    "/runs/{run_id}/retry", response={200: LinkRunOut, **PROBLEMS}, auth=MANAGE, operation_id="retry_link_run"
)
def retry_run(request: HttpRequest, run_id: int) -> LinkRunOut:
    """Try a failed run again where it came to."""
    access = access_of(request)
    return queries.run_detail(access, runs.retry(access, run_id).pk)


@router.get(
    "/runs/{run_id}/refusals", response={200: LinkRefusalList, **PROBLEMS}, operation_id="list_link_refusals"
)
def list_refusals(request: HttpRequest, run_id: int, offset: int = 0, size: int = 50) -> LinkRefusalList:
    """Rows that were not taken, and why."""
    return queries.refusals(access_of(request), run_id, offset, size)


@router.get("/runs/{run_id}/refusals.csv", operation_id="export_link_refusals", auth=MANAGE)
def export_refusals(request: HttpRequest, run_id: int) -> HttpResponse:
    """The same as a table."""
    return _table(queries.refused_lines(access_of(request), run_id), f"refused-{run_id}.csv")


def _table(lines: Iterable[list[str]], name: str) -> HttpResponse:
    """Lines, the first of them the head, as a table that spreadsheets open."""
    head, *rows = lines
    answer = HttpResponse(b"".join(csv_lines(head, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@router.get("/{link_id}", response={200: LinkDetail, **PROBLEMS}, operation_id="get_link")
def get_link(request: HttpRequest, link_id: int) -> LinkDetail:
    """One link."""
    return queries.link_detail(access_of(request), link_id)


@router.put("/{link_id}", response={200: LinkDetail, **PROBLEMS}, auth=MANAGE, operation_id="change_link")
def change_link(request: HttpRequest, link_id: int, body: LinkChange) -> LinkDetail:
    """Change a link."""
    access = access_of(request)
    links.change(access, link_id, body.version, body.dict())
    return queries.link_detail(access, link_id)


@router.delete("/{link_id}", response={204: None, **PROBLEMS}, auth=MANAGE, operation_id="delete_link")
def delete_link(request: HttpRequest, link_id: int) -> tuple[int, None]:
    """Remove a link with its records; what it brought stays."""
    links.delete(access_of(request), link_id)
    return 204, None


@router.post(
    "/{link_id}/switch", response={200: LinkDetail, **PROBLEMS}, auth=MANAGE, operation_id="switch_link"
)
def switch_link(request: HttpRequest, link_id: int, body: LinkSwitchIn) -> LinkDetail:
    """Enable or disable a link."""
    access = access_of(request)
    links.switch(access, link_id, body.enabled)
    return queries.link_detail(access, link_id)


@router.post(
    "/{link_id}/watermark", response={200: LinkDetail, **PROBLEMS}, auth=MANAGE, operation_id="set_watermark"
)
def set_watermark(request: HttpRequest, link_id: int, body: WatermarkIn) -> LinkDetail:
    """Set where the next incremental run begins."""
    access = access_of(request)
    links.set_watermark(access, link_id, body.value)
    return queries.link_detail(access, link_id)


@router.post(
    "/{link_id}/start", response={200: LinkRunOut, **PROBLEMS}, auth=MANAGE, operation_id="start_link"
)
def start_link(request: HttpRequest, link_id: int) -> LinkRunOut:
    """Run a link now."""
    access = access_of(request)
    return queries.run_detail(access, runs.start(access, link_id).pk)
