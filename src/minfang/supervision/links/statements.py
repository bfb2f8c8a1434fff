"""The only statements links send: SELECTs of one table, view or checked query, every name quoted."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, or_, select, table, text
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.expression import FromClause, quoted_name

from minfang.kernel.base.errors import Refusal
from minfang.supervision.links.models import DataLink
from minfang.supervision.links.refusals import unusable

LONGEST_QUERY = 4000
FORBIDDEN = re.compile(
    r"\b(insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|call|exec|execute|copy|into|"
    r"lock|set|do|vacuum|attach|load_file|outfile|dumpfile|pg_read_file|pg_read_binary_file|pg_sleep|"
    r"lo_import|lo_export|dblink|dblink_exec|for\s+(share|update|no\s+key))\b",
    re.IGNORECASE,
)
STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`")


def checked_query(query: str) -> str:
    """A single SELECT; refuses comments, several statements, and words that change or lock.

    The words are the first line; the read-only transaction and the rights of the account are the other two.
    """
    found = query.strip().rstrip(";").strip()
    bare = STRINGS.sub("''", found)
    if not re.match(r"(select|with)\b", bare, re.IGNORECASE):
        raise _bad("查询语句须以 SELECT 或 WITH 开头。")
    if len(found) > LONGEST_QUERY or "\0" in found:
        raise _bad(f"查询语句不能超过 {LONGEST_QUERY} 个字符。")
    if ";" in bare or "--" in bare or "/*" in bare or "#" in bare or "$$" in bare:
        raise _bad("查询语句只能是一条，不能带注释或分号。")
    if word := FORBIDDEN.search(bare):
        raise _bad(f"查询语句不能含有“{word.group(0)}”。")
    return found


def _bad(message: str) -> Refusal:
    return unusable("QUERY_REFUSED", message, "请只写读取数据的一条 SELECT。")


def name(word: str) -> quoted_name:
    """An identifier as it is written at the source, always quoted."""
    if not word or "\0" in word or len(word) > 128:
        raise unusable("NAME_REFUSED", "表名或字段名不合法。", "请从列表中选择。")
    return quoted_name(word, quote=True)


def field(word: str) -> ColumnClause[Any]:
    """A column by its name."""
    return column(name(word))


def rows_of(link: DataLink, columns: Sequence[str]) -> FromClause:
    """Where a link reads: its table or view, or its query as a derived table."""
    if link.query:
        inner = text(escaped(checked_query(link.query))).columns(*[field(word) for word in columns])
        return inner.subquery("q")
    schema = name(link.source.schema_name) if link.source.schema_name else None
    return table(name(link.relation or ""), *[field(word) for word in columns], schema=schema)


def escaped(query: str) -> str:
    """Colons are the query's own and no parameters."""
    return re.sub(r":(?=\w)", r"\:", query.replace("\\", "\\\\")) if ":" in query else query


def after(columns: Sequence[ColumnClause[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind a position, as plain comparisons every database understands: a > x or (a = x and b > y)."""
    parts = []
    for n, found in enumerate(columns):
        equal = [columns[k] == values[k] for k in range(n)]
        parts.append(and_(*equal, found > values[n]))
    return or_(*parts)


def page(
    source: FromClause,
    columns: Sequence[str],
    order: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
    size: int,
) -> Select[Any]:
    """The next rows in order."""
    wanted = [source.c[word] for word in columns]
    return select(*wanted).where(*conditions).order_by(*[source.c[word] for word in order]).limit(size)


def count(source: FromClause, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """How many rows there are."""
    return select(func.count()).select_from(source).where(*conditions)
