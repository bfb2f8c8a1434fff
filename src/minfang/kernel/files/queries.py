"""Read files."""

from collections.abc import Iterator

from minfang.kernel.files import storage
from minfang.kernel.files.limits import megabytes
from minfang.kernel.files.models import ScanState, StoredFile


def stream(file: StoredFile, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Clear content in pieces of at most one mebibyte: all, or the bytes from ``start`` up to ``stop``."""
    left = (file.size if stop is None else stop) - start
    for piece in storage.pieces(file.id, start):
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def is_visible(file: StoredFile) -> bool:
    """Whether the file may be handed out: what turned out to be infected may not."""
    return file.scan_state != ScanState.INFECTED


def health() -> dict[str, object]:
    """Whether new files can be kept: ``ok``, and the reason in words when not."""
    if not storage.is_writable():
        return {"ok": False, "message": "文件目录无法写入，新文件不能保存"}
    if storage.free_bytes() < megabytes("upload", "reserve"):
        return {"ok": False, "message": "文件存储空间不足，新文件不能保存"}
    return {"ok": True, "message": ""}
