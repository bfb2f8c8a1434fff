"""Whether this instance can do its work: asked by load balancers, the supervisor and the operations page."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from minfang.kernel.crypto import local

LEAST_FREE = 512 * 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One condition for being ready; ``detail`` says what is missing."""

    name: str
    passed: bool
    detail: str = ""


def readiness() -> list[Check]:
    """All conditions under which requests can be served."""
    database = _database()
    return [database, _migrations() if database.passed else Check("迁移", False), _keys(), _disk()]


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Check("数据库", False, "连接不上数据库")
    return Check("数据库", True)


def _migrations() -> Check:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Check("迁移", not plan, f"有 {len(plan)} 个迁移未执行" if plan else "")


def _keys() -> Check:
    try:
        local.purpose_key("health")
    except OSError:
        return Check("密钥", False, "主密钥不可读")
    return Check("密钥", True)


def _disk() -> Check:
    free = free_bytes()
    return Check("磁盘", free >= LEAST_FREE, "" if free >= LEAST_FREE else f"剩余 {free // 2**20} MB")


def free_bytes() -> int:
    """Free space where files are kept."""
    folder = Path(settings.FILES_ROOT)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
