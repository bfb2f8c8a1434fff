"""Read files."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min

from minfang.kernel.files import storage
from minfang.kernel.files.limits import megabytes
from minfang.kernel.files.models import ScanState, StoredFile, Upload, UploadState


def stream(file: StoredFile, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Clear content in pieces of at most one mebibyte: all, or the bytes from ``start`` up to ``stop``."""
    left = (file.size if stop is None else stop) - start
    for piece in storage.pieces(file.id, file.key(), start):
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def is_visible(file: StoredFile) -> bool:
    """Whether the file may be handed out: what turned out to be infected may not."""
    return file.scan_state != ScanState.INFECTED


def storage_problem() -> str:
    """Why new files cannot be kept now, in words; empty when they can."""
    if not storage.is_writable():
        return "文件目录无法写入，新文件不能保存"
    if storage.free_bytes() < megabytes("upload", "reserve"):
        return "文件存储空间不足，新文件不能保存"
    return ""


def waiting_for_scan() -> tuple[int, datetime | None]:
    """How many uploads wait for the virus scanner, and since when the oldest."""
    waiting = Upload.objects.filter(state=UploadState.WAITING_SCAN)
    found = waiting.aggregate(count=Count("id"), first=Min("begun_at"))
    return found["count"], found["first"]


def quarantined() -> int:
    """How many kept files turned out to be infected."""
    return StoredFile.objects.filter(scan_state=ScanState.INFECTED).count()
