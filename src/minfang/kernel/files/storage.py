"""Bytes on disk: SM4-GCM in pieces of one mebibyte, each bound to its file and position."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import local
from minfang.kernel.files.limits import megabytes

PIECE_BYTES = 1024 * 1024
TEMPORARY = ".part"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def root() -> Path:
    """Where all bytes lie; only the product's own account looks into it."""
    path = Path(settings.FILES_ROOT)
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(file_id: UUID) -> Path:
    """Where the bytes of a file lie; the name tells nothing about them."""
    text = file_id.hex
    return Path(settings.FILES_ROOT) / text[:2] / text


def write(file_id: UUID, content: bytes | Iterable[bytes]) -> None:
    """Write encrypted and only then rename, so that a crash leaves no half file behind."""
    write_sealed(path_of(file_id), file_id.hex, [content] if isinstance(content, bytes) else content)


def write_sealed(target: Path, place: str, content: Iterable[bytes]) -> None:
    """Encrypt to ``target``; ``place`` is what the pieces are bound to. Refuses when the disk is full."""
    draft = target.with_name(target.name + TEMPORARY)
    with _room_on_disk():
        root()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(draft, "wb", opener=_private) as out:
                for number, piece in enumerate(_even(content)):
                    sealed = local.seal("file", piece, f"{place}|{number}".encode())
                    out.write(len(sealed).to_bytes(4, "big") + sealed)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _even(content: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one mebibyte; at least one piece, if an empty one."""
    kept, any_given = bytearray(), False
    for given in content:
        kept += given
        while len(kept) >= PIECE_BYTES:
            any_given = True
            yield bytes(kept[:PIECE_BYTES])
            del kept[:PIECE_BYTES]
    if kept or not any_given:
        yield bytes(kept)


def pieces(file_id: UUID, start: int = 0) -> Iterator[bytes]:
    """Clear content piece by piece from byte ``start`` on; raises when a piece was changed or moved."""
    return read_sealed(path_of(file_id), file_id.hex, start)


def read_sealed(source: Path, place: str, start: int = 0) -> Iterator[bytes]:
    """What :func:`write_sealed` wrote there; pieces before ``start`` are passed over unread."""
    number, skip = 0, start
    with source.open("rb") as file:
        while header := file.read(4):
            size = int.from_bytes(header, "big")
            if skip >= PIECE_BYTES:
                file.seek(size, os.SEEK_CUR)
                skip -= PIECE_BYTES
            else:
                clear = local.unseal("file", file.read(size), f"{place}|{number}".encode())
                yield clear[skip:] if skip else clear
                skip = 0
            number += 1


def remove(file_id: UUID) -> None:
    """Delete the bytes of a file that was never referred to."""
    path_of(file_id).unlink(missing_ok=True)


def free_bytes() -> int:
    """What the disk still takes."""
    return shutil.disk_usage(root()).free


def need_room(size: int) -> None:
    """Refuse early what would fill the disk: parts and finished file lie side by side for a moment."""
    if free_bytes() < 2 * size + megabytes("upload", "reserve"):
        raise full()


def full() -> Refusal:
    """The disk is full: nothing was kept, and whoever looks after the machine is told."""
    raise_alarm("files.storage_full", target="files", summary="文件存储空间不足，新文件无法保存")
    return Refusal(
        "STORAGE_FULL",
        "服务器存储空间不足，文件未保存。",
        "已通知管理员，请稍后重试；已填写的内容不受影响。",
        status=507,
    )


@contextmanager
def _room_on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise full() from error
        raise


def is_writable() -> bool:
    """Whether a small file can be written now."""
    path = root() / f".probe-{os.getpid()}{TEMPORARY}"
    try:
        path.write_bytes(b"x" * 4096)
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)
    return True
