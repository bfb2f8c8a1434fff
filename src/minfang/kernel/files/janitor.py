"""Litter on the disk: what interrupted work left behind, and what nothing refers to."""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.files import parts, previews, storage
from minfang.kernel.files.actions import discard_unused
from minfang.kernel.files.limits import limit, share
from minfang.kernel.files.models import StoredFile, Upload, UploadState

BATCH = 500


def sweep() -> dict[str, int]:
    """Remove all litter; returns how much of each kind there was."""
    minutes = 60
    return {
        "uploads": _abandoned_uploads(),
        "pieces": _pieces_without_upload(minutes * limit("janitor", "temporary_minutes")),
        "temporary": _temporary(minutes * limit("janitor", "temporary_minutes")),
        "previews": previews.drop_old(limit("preview", "keep_days") * 86400),
        "orphans": _orphans(limit("janitor", "orphan_hours") * 3600),
    }


def _older(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


def _abandoned_uploads() -> int:
    """Uploads nobody touched for long and finished ones; one that waits for the scanner is kept.

    A finished file that was never handed in goes too: whatever refers to it keeps it from being deleted.
    """
    oldest = clock.now() - timedelta(hours=limit("upload", "keep_hours"))
    old = Upload.objects.filter(touched_at__lt=oldest).exclude(state=UploadState.WAITING_SCAN)
    removed = 0
    for upload in old.select_related("file"):
        if Upload.objects.filter(pk=upload.pk, touched_at__lt=oldest).delete()[0]:
            parts.remove(upload.pk)
            removed += 1
            if upload.file is not None:
                discard_unused(upload.file, person=None, reason="上传后未提交")
    return removed


def _pieces_without_upload(seconds: float) -> int:
    removed = 0
    for path in parts.folder().glob("*"):
        known = Upload.objects.filter(pk=UUID(path.name)).exclude(state=UploadState.DONE).exists()
        if not known and _older(path, seconds):
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _temporary(seconds: float) -> int:
    removed = 0
    for path in storage.root().rglob(f"*{storage.TEMPORARY}"):
        if _older(path, seconds):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _orphans(seconds: float) -> int:
    """Bytes without a row. Very many of them mean a wrong database: then nothing is removed, but reported."""
    seen, orphans = 0, []
    for batch in _batches():
        seen += len(batch)
        known = set(StoredFile.objects.filter(pk__in=batch).values_list("pk", flat=True))
        orphans += [path for file_id, path in batch.items() if file_id not in known and _older(path, seconds)]
    if len(orphans) > max(limit("janitor", "orphan_few"), seen * share("janitor", "orphan_share")):
        told = f"{seen} 个存储文件中有 {len(orphans)} 个无记录，疑似数据库与文件目录不一致，未清理"
        raise_alarm("files.orphans", target="files", summary=told)
        return 0
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _batches() -> Iterator[dict[UUID, Path]]:
    batch: dict[UUID, Path] = {}
    for path in storage.root().glob("??/*"):
        if len(path.name) == 32 and path.is_file():
            batch[UUID(path.name)] = path
        if len(batch) >= BATCH:
            yield batch
            batch = {}
    yield batch
