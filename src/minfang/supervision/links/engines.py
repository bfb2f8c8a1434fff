"""A read-only SQLAlchemy engine for each kind of database, connected only to the checked address."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.pool import NullPool

from minfang.kernel.base.errors import Refusal
from minfang.supervision.links import addresses
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataSource, SourceKind

DIALECTS = {
    SourceKind.POSTGRES: ("postgresql+psycopg", "psycopg"),
    SourceKind.KINGBASE: ("kingbase+psycopg", "psycopg"),
    SourceKind.MYSQL: ("mysql+pymysql", "pymysql"),
    SourceKind.DM: ("dm+dmPython", "dmPython"),
    SourceKind.ORACLE: ("oracle+oracledb", "oracledb"),
}


class KingbaseDialect(PGDialect_psycopg):
    """KingbaseES speaks the PostgreSQL protocol but names itself otherwise."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        number = connection.exec_driver_sql("show server_version_num").scalar()
        return (int(number) // 10000,) if str(number).isdigit() else (12,)


registry.register("kingbase.psycopg", __name__, "KingbaseDialect")


def address_of(source: DataSource) -> addresses.Address:
    """The checked address of a database source."""
    return addresses.resolve(source.host or "", source.port or limits()["port"][source.kind])


def url_of(source: DataSource, ip: str, port: int) -> URL:
    """The connection address; refuses where the driver is not installed."""
    dialect, driver = DIALECTS[SourceKind(source.kind)]
    if importlib.util.find_spec(driver) is None:
        raise Refusal(
            "DRIVER_MISSING",
            f"本机没有安装 {source.get_kind_display()} 的驱动 {driver}。",
            f"请系统管理员在运行环境中安装 {driver} 后重启服务。",
            status=422,
        )
    name = {"service_name": source.database or ""} if source.kind == SourceKind.ORACLE else {}
    return URL.create(
        dialect,
        username=source.username,
        password=source.password or None,
        host=ip,
        port=port,
        database=None if name else source.database,
        query=name,
    )


def _arguments(kind: str, address: addresses.Address) -> dict[str, Any]:
    """What the driver is told: time limits, and read-only where the protocol can say so."""
    wait, longest = limits()["connect_seconds"], limits()["statement_seconds"]
    if kind in (SourceKind.POSTGRES, SourceKind.KINGBASE):
        options = f"-c default_transaction_read_only=on -c statement_timeout={longest * 1000}"
        return {
            "connect_timeout": wait,
            "hostaddr": address.ip,
            "host": address.host,
            "options": options,
            "application_name": "minfang-links",
        }
    if kind == SourceKind.MYSQL:
        return {"connect_timeout": wait, "read_timeout": longest, "local_infile": False}
    return {}


READ_ONLY = {
    SourceKind.MYSQL: "SET SESSION TRANSACTION READ ONLY",
    SourceKind.ORACLE: "SET TRANSACTION READ ONLY",
    SourceKind.DM: "SET TRANSACTION READ ONLY",
}


def engine_for(source: DataSource) -> Engine:
    """An engine without a pool; every connection of it is read-only."""
    address = address_of(source)
    engine = create_engine(
        url_of(source, address.ip, address.port),
        poolclass=NullPool,
        connect_args=_arguments(source.kind, address),
        hide_parameters=True,
    )
    statement = READ_ONLY.get(SourceKind(source.kind))
    if source.kind == SourceKind.MYSQL and statement:
        event.listen(engine, "connect", lambda raw, _record: _say(raw, statement))
    elif statement:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
    return engine


def _say(raw: Any, statement: str) -> None:
    with raw.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def connected(source: DataSource) -> Iterator[Connection]:
    """A connection that is closed afterwards, whatever happens; nothing is ever committed."""
    engine = engine_for(source)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
