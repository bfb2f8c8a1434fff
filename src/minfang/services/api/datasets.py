"""Figures for the office: declared datasets, tables of measures, the rows behind them, workbooks."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from minfang.kernel.base.errors import Refusal
from minfang.kernel.datasets import cuts, model, queries, workbook
from minfang.kernel.datasets.axes import BUCKET_TITLES
from minfang.kernel.datasets.tables import Table
from minfang.kernel.iam.access import Access, access_of, require_fresh, requires
from minfang.services.actions import reading
from minfang.services.dataset_schemas import DatasetOut, DimensionOut, MeasureOut, RowsOut, TableOut
from minfang.services.schemas import Option, Problem

router = Router(tags=["统计"], auth=[requires("case.read")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Asked(Schema):
    """What a table shows: ``filters`` are repeated ``name:value`` terms, values of one name alternatives."""

    dimensions: list[str] = []
    measures: list[str] = []
    filters: list[str] = []
    since: date | None = None
    until: date | None = None
    sort: str = ""
    limit: int | None = None


class RowsAsked(Schema):
    """Which rows: the filters of a figure, its measure and its period."""

    measure: str = ""
    filters: list[str] = []
    since: date | None = None
    until: date | None = None
    page: int = 1
    size: int = 20


@router.get("", response={200: list[DatasetOut], **PROBLEMS}, operation_id="list_datasets")
def list_datasets(request: HttpRequest) -> list[DatasetOut]:
    """The datasets I may ask, with their dimensions and measures."""
    return [_described(dataset) for dataset in model.all_for(access_of(request))]


@router.get("/{code}.xlsx", operation_id="export_dataset", auth=[requires("case.export")])
def export_dataset(request: HttpRequest, code: str, asked: Query[Asked]) -> HttpResponse:
    """The table as a workbook."""
    access = access_of(request)
    require_fresh(request)
    content = workbook.export(_table(access, code, asked))
    reading.exported(access, code, asked.dict())
    response = HttpResponse(content, content_type=EXCEL)
    response["Content-Disposition"] = f"attachment; filename={model.get(code).code}.xlsx"
    return response


@router.get("/{code}/rows", response={200: RowsOut, **PROBLEMS}, operation_id="list_dataset_rows")
def list_dataset_rows(request: HttpRequest, code: str, asked: Query[RowsAsked]) -> RowsOut:
    """The rows behind a figure."""
    cut = cuts.Cut(_filters(asked.filters), asked.measure, asked.since, asked.until)
    page = queries.rows_behind(access_of(request), model.get(code), cut, page=asked.page, size=asked.size)
    return RowsOut(**vars(page))


@router.get("/{code}", response={200: TableOut, **PROBLEMS}, operation_id="get_dataset_table")
def get_dataset_table(request: HttpRequest, code: str, asked: Query[Asked]) -> Table:
    """Measures grouped by dimensions, with totals."""
    return _table(access_of(request), code, asked)


def _table(access: Access, code: str, asked: Asked) -> Table:
    return queries.query(
        access,
        model.get(code),
        dimensions=asked.dimensions,
        measures=asked.measures,
        filters=_filters(asked.filters),
        since=asked.since,
        until=asked.until,
        sort=asked.sort,
        limit=asked.limit,
    )


def _filters(terms: list[str]) -> dict[str, list[str]]:
    cut = cuts.parse(terms)
    if cut.measure or cut.since or cut.until:
        raise Refusal("BAD_FILTER", "指标和期间不是维度。", "请用各自的参数填写。", status=422)
    return {name: list(values) for name, values in cut.filters.items()}


def _described(dataset: model.Dataset) -> DatasetOut:
    buckets = [Option(value=code, label=title) for code, title in BUCKET_TITLES.items()]
    return DatasetOut(
        code=dataset.code,
        title=dataset.title,
        time=dataset.time,
        dimensions=[
            DimensionOut(
                code=code, title=d.title, buckets=buckets if isinstance(d, model.TimeDimension) else []
            )
            for code, d in dataset.dimensions.items()
        ],
        measures=[
            MeasureOut(code=code, title=m.title, unit=m.unit, format=m.format, basis=m.basis)
            for code, m in dataset.measures.items()
        ],
    )
