"""Looking at a source without copying: connection test step by step, tables, columns, preview."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.sql.expression import text

from minfang.supervision.links import addresses, engines, statements, times
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import FILES, DataLink, DataSource, SourceKind
from minfang.supervision.links.readers.base import ColumnInfo, kind_of
from minfang.supervision.links.readers.files import lines
from minfang.supervision.links.readers.web import Service
from minfang.supervision.links.troubles import told

MOST_TABLES = 500
KINDS = {
    "INTEGER": "number", "BIGINT": "number", "SMALLINT": "number", "NUMERIC": "number", "FLOAT": "number",
    "REAL": "number", "DOUBLE": "number", "DOUBLE_PRECISION": "number", "DECIMAL": "number",
    "TIMESTAMP": "time", "DATETIME": "time", "DATE": "time", "TIME": "time", "BOOLEAN": "bool",
    "VARCHAR": "text", "TEXT": "text", "CHAR": "text", "NVARCHAR": "text", "CLOB": "text",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step of a connection test."""

    name: str
    passed: bool
    text: str
    hint: str = ""


@dataclass(frozen=True)
class TableInfo:
    """A table or view of a source."""

    name: str
    view: bool


@dataclass(frozen=True)
class Preview:
    """The first rows of a source, its columns, and which time forms fit each column."""

    columns: list[ColumnInfo]
    rows: list[tuple[Any, ...]]
    time_forms: dict[str, list[str]]


def test(source: DataSource) -> list[Step]:
    """Address, connection and reading, up to the first that fails."""
    steps: list[Step] = []
    checks = [("地址", _address), ("连接与读取", _contents)]
    for name, check in checks:
        try:
            steps.append(Step(name, True, check(source)))
        except Exception as error:  # any driver's error is an answer here
            refusal = told(error)
            steps.append(Step(name, False, refusal.message, refusal.hint))
            break
    return steps


def _address(source: DataSource) -> str:
    if source.kind in FILES:
        return f"文件大小 {addresses.file_below(source.path or '').stat().st_size} 字节"
    port = source.port or (80 if source.kind == SourceKind.HTTP else limits()["port"][source.kind])
    return f"{source.host} → {addresses.resolve(source.host or '', port).ip}"


def _contents(source: DataSource) -> str:
    if source.kind in (*FILES, SourceKind.HTTP):
        found = preview(source, None, None)
        return f"读到 {len(found.columns)} 个字段、{len(found.rows)} 行示例"
    return f"可读 {len(tables(source))} 个表和视图"


def tables(source: DataSource) -> list[TableInfo]:
    """Tables and views of a database that can be chosen; files and services have none."""
    if source.kind in (*FILES, SourceKind.HTTP):
        return []
    with engines.connected(source) as connection:
        found = inspect(connection)
        schema = source.schema_name
        names = [TableInfo(name, False) for name in found.get_table_names(schema)]
        names += [TableInfo(name, True) for name in found.get_view_names(schema)]
    return sorted(names, key=lambda one: one.name)[:MOST_TABLES]


def columns(source: DataSource, relation: str) -> tuple[list[ColumnInfo], list[str]]:
    """The columns of a table or view, and those of its primary key."""
    with engines.connected(source) as connection:
        found = inspect(connection)
        rows = found.get_columns(statements.name(relation), source.schema_name)
        key = found.get_pk_constraint(statements.name(relation), source.schema_name)
    infos = []
    for row in rows:
        native = str(row["type"]).split("(")[0].upper()
        infos.append(ColumnInfo(row["name"], KINDS.get(native.split(" ")[0], "other"), native))
    return infos, list(key.get("constrained_columns") or [])


def keys(source: DataSource, relation: str) -> list[str]:
    """The primary key of a table; a query, a file and a service have none that is known."""
    if not relation or source.kind in (*FILES, SourceKind.HTTP):
        return []
    return columns(source, relation)[1]


def preview(source: DataSource, relation: str | None, query: str | None) -> Preview:
    """At most twenty rows."""
    most = limits()["preview_rows"]
    if source.kind in FILES:
        rows = lines(source, addresses.file_below(source.path or ""))
        head = [str(name).strip() for name in next(rows, [])]
        return _preview(head, [tuple(row) for row in islice(rows, most)])
    if source.kind == SourceKind.HTTP:
        return _web_preview(source, most)
    if query:
        return _query_preview(source, query, most)
    infos, _ = columns(source, relation or "")
    names = [info.name for info in infos]
    link = DataLink(source=source, relation=relation)
    rows_of = statements.rows_of(link, names)
    with engines.connected(source) as connection:
        found = connection.execute(select(*[rows_of.c[name] for name in names]).limit(most))
        return _preview(names, [tuple(row) for row in found], infos)


def _query_preview(source: DataSource, query: str, most: int) -> Preview:
    checked = statements.checked_query(query)
    asked = select(text("*")).select_from(text(f"({statements.escaped(checked)}) q")).limit(most)
    with engines.connected(source) as connection:
        result = connection.execute(asked)
        names = list(result.keys())
        return _preview(names, [tuple(row) for row in result])


def _web_preview(source: DataSource, most: int) -> Preview:
    service = Service(source)
    service.open()
    try:
        rows, _, _ = next(service.pages(None, most))
    finally:
        service.close()
    names = list(dict.fromkeys(name for row in rows[:most] for name in row))
    return _preview(names, [tuple(row.get(name) for name in names) for row in rows[:most]])


def _preview(names: list[str], rows: list[tuple[Any, ...]], infos: list[ColumnInfo] | None = None) -> Preview:
    found = infos or []
    if not found:
        for place, name in enumerate(names):
            first = next(
                (row[place] for row in rows if place < len(row) and row[place] not in (None, "")), ""
            )
            found.append(ColumnInfo(name, kind_of(first)))
    forms = {
        name: times.detect([row[place] for row in rows if place < len(row)])
        for place, name in enumerate(names)
    }
    return Preview(found, rows, {name: value for name, value in forms.items() if value})
