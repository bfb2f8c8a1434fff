"""Backup and restore of one instance: database, files, and a manifest that proves they are whole.

A backup is a folder: ``database.dump`` (one consistent snapshot), ``files.tar`` (written after it, so that
every file the snapshot names is in it), ``manifest.json`` with the SM3 of both and what was counted, and
``manifest.mac``, an HMAC-SM3 over the manifest with a key derived from the master key. The master key is
not in the backup: without it neither the sealed columns nor the files can be read.
"""

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from minfang import __version__
from minfang.kernel.base import clock
from minfang.kernel.crypto import local
from minfang.project import privileges
from minfang.project.postgres import BINARIES

DUMP, FILES, MANIFEST, MAC = "database.dump", "files.tar", "manifest.json", "manifest.mac"
CHUNK = 1024 * 1024
Say = Callable[[str], None]


class BadBackup(Exception):
    """The folder is not a whole backup of this product; the Chinese message says what is wrong."""


@dataclass(frozen=True)
class Taken:
    """A finished backup."""

    folder: Path
    size: int
    digest: str


def take(target: Path, say: Say = print) -> Taken:
    """Back up the running (or stopped, but started database) instance into a new folder below ``target``."""
    folder = target / f"minfang-{clock.now():%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True, mode=0o700)
    say("正在备份数据库……")
    _pg("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={folder / DUMP}", _address())
    say("正在备份文件……")
    root = Path(settings.FILES_ROOT)
    with tarfile.open(folder / FILES, "w") as archive:
        if root.exists():
            archive.add(root, arcname="files", filter=_without_leftovers)
    with privileges.as_owner():
        counted = _manifest(folder)
    manifest = json.dumps(counted, ensure_ascii=False, indent=1, sort_keys=True).encode()
    (folder / MANIFEST).write_bytes(manifest)
    (folder / MAC).write_text(local.hmac_sm3(local.purpose_key("backup"), manifest).hex())
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Taken(folder, size, local.sm3(manifest).hex())


def _without_leftovers(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Pieces of uploads that were not finished stay behind."""
    return None if "/tmp/" in entry.name or entry.name.endswith(".part") else entry  # noqa: S108


def _address(database: str = "") -> str:
    found = settings.DATABASES["default"] | settings.DATABASE_OWNER
    os.environ["PGPASSWORD"] = str(found["PASSWORD"])
    name = database or found["NAME"]
    return f"postgresql://{found['USER']}@{found['HOST']}:{found['PORT']}/{name}"


def _pg(program: str, *arguments: str) -> None:
    done = subprocess.run([str(BINARIES / program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BadBackup(f"{program} 未完成：{done.stderr.strip()[-400:]}")


def _manifest(folder: Path) -> dict[str, Any]:
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
        tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed} & known
        counts = {}
        for table in sorted(tables):
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            counts[table] = cursor.fetchone()[0]
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    return {
        "version": __version__,
        "taken_at": clock.now().isoformat(),
        "counts": counts,
        "migrations": migrations,
        "sm3": {name: sm3_of(folder / name) for name in (DUMP, FILES)},
    }


def sm3_of(path: Path) -> str:
    """SM3 of a file, read in pieces."""
    digest = hashlib.new("sm3")
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def check(folder: Path) -> dict[str, Any]:
    """The manifest of a whole, untouched backup. Raises :class:`BadBackup` with what is wrong."""
    for name in (DUMP, FILES, MANIFEST, MAC):
        if not (folder / name).is_file():
            raise BadBackup(f"备份不完整：缺少 {name}。")
    manifest = (folder / MANIFEST).read_bytes()
    mac = local.hmac_sm3(local.purpose_key("backup"), manifest)
    if not local.constant_time_equal(mac.hex().encode(), (folder / MAC).read_bytes().strip()):
        raise BadBackup("备份清单与校验码不符：清单被改动，或主密钥不是备份时的那一把。")
    content: dict[str, Any] = json.loads(manifest)
    for name, expected in content["sm3"].items():
        if sm3_of(folder / name) != expected:
            raise BadBackup(f"{name} 与清单中的摘要不符：文件损坏或被改动。")
    return content


def restore(folder: Path, say: Say = print) -> dict[str, Any]:
    """Replace database and files by those of a backup; the caller has made sure that nothing else runs."""
    manifest = check(folder)
    say("正在恢复数据库……")
    fresh = f"{_database()}_restoring"
    _psql(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
    _psql(f"CREATE DATABASE \"{fresh}\" TEMPLATE template0 ENCODING 'UTF8'")
    into = f"--dbname={_address(fresh)}"
    _pg("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", into, str(folder / DUMP))
    _exchange_databases(fresh)
    say("正在恢复文件……")
    root = Path(settings.FILES_ROOT)
    if root.exists():
        aside = root.with_name(f"{root.name}.{clock.now():%Y%m%d%H%M%S}.old")
        root.rename(aside)
        say(f"原有文件已移到 {aside}，确认无误后可删除。")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / FILES) as archive:
        archive.extractall(root.parent / "restoring", filter="data")
    unpacked = root.parent / "restoring" / "files"
    if unpacked.exists():
        unpacked.rename(root)
    (root.parent / "restoring").rmdir()
    return manifest


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _psql(statement: str) -> None:
    _pg("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, _address("postgres"))


def _exchange_databases(fresh: str) -> None:
    """Put the restored database in place of the present one, which is kept under another name."""
    connection.close()
    name = _database()
    _psql(f'DROP DATABASE IF EXISTS "{name}_before_restore" WITH (FORCE)')
    ours = f"datname = '{name}' AND pid <> pg_backend_pid()"
    _psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + ours)  # noqa: S608
    _psql(f'ALTER DATABASE "{name}" RENAME TO "{name}_before_restore"')
    _psql(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')


def verify(manifest: dict[str, Any], say: Say = print) -> list[str]:
    """What is wrong after restoring: counts, files, numbers. Empty when everything is as it was."""
    wrong = []
    with connection.cursor() as cursor:
        for table, expected in manifest["counts"].items():
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            found = cursor.fetchone()[0]
            if found < expected:
                wrong.append(f"{table}：备份时 {expected} 行，恢复后 {found} 行")
    say("正在核对文件……")
    wrong += _damaged_files()
    from minfang.kernel.numbering.queries import series_reports

    wrong += [f"编号序列 {r.series} 缺 {len(r.missing)} 个号" for r in series_reports() if r.missing]
    return wrong


def _damaged_files() -> list[str]:
    """Files that are not there or whose content is not what it was."""
    from minfang.kernel.files import actions as files
    from minfang.kernel.files.models import StoredFile

    wrong = []
    for file in StoredFile.objects.iterator(500):
        try:
            content = files.read(file)
        except Exception as error:
            wrong.append(f"文件 {file.name} 打不开：{error}")
            continue
        if local.sm3(content).hex() != file.sm3:
            wrong.append(f"文件 {file.name} 与登记的摘要不符")
    return wrong
