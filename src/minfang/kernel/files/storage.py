"""Bytes on disk: SM4-GCM in pieces of one mebibyte, each bound to its file and position.

Each file is sealed with a key of its own, which lies in its row; files of the first release were sealed
with the key of all files, and a piece tells by its first byte which it is.
"""

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
from minfang.kernel.crypto import envelope, local, ownkeys
from minfang.kernel.crypto.ownkeys import OwnKey
from minfang.kernel.files.limits import megabytes

PIECE_BYTES = 1024 * 1024
LENGTH_BYTES = 4
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


def write(file_id: UUID, content: bytes | Iterable[bytes], key: OwnKey | None) -> None:
    """Write encrypted and only then rename, so that a crash leaves no half file behind."""
    write_sealed(path_of(file_id), file_id.hex, [content] if isinstance(content, bytes) else content, key)


def write_sealed(target: Path, place: str, content: Iterable[bytes], key: OwnKey | None) -> None:
    """Encrypt to ``target``; ``place`` is what the pieces are bound to. Refuses when the disk is full.

    Without a ``key`` of its own it is sealed with the key of all files, as the first release did.
    """
    draft = target.with_name(target.name + TEMPORARY)
    with _room_on_disk():
        root()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(draft, "wb", opener=_private) as out:
                for number, piece in enumerate(_even(content)):
                    at = f"{place}|{number}".encode()
                    sealed = key.seal(piece, at) if key else local.seal("file", piece, at)
                    out.write(len(sealed).to_bytes(LENGTH_BYTES, "big"))
                    out.write(sealed)
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


def pieces(file_id: UUID, key: OwnKey | None, start: int = 0) -> Iterator[bytes]:
    """Clear content piece by piece from byte ``start`` on; raises when a piece was changed or moved."""
    return read_sealed(path_of(file_id), file_id.hex, key, start)


def read_sealed(source: Path, place: str, key: OwnKey | None, start: int = 0) -> Iterator[bytes]:
    """What :func:`write_sealed` wrote there; pieces before ``start`` are passed over unread."""
    number, skip = 0, start
    with source.open("rb") as file:
        while header := file.read(LENGTH_BYTES):
            size = int.from_bytes(header, "big")
            if skip >= PIECE_BYTES:
                file.seek(size, os.SEEK_CUR)
                skip -= PIECE_BYTES
            else:
                clear = _opened(file.read(size), f"{place}|{number}".encode(), key)
                yield clear[skip:] if skip else clear
                skip = 0
            number += 1


def _opened(sealed: bytes, at: bytes, key: OwnKey | None) -> bytes:
    if not ownkeys.is_own(sealed):
        return local.unseal("file", sealed, at)
    if key is None:
        raise local.Tampered("the key of the file is not there")
    return key.unseal(sealed, at)


def remove(file_id: UUID) -> None:
    """Delete the bytes of a file that was never referred to."""
    path_of(file_id).unlink(missing_ok=True)


def sealed_together() -> Iterator[tuple[Path, set[int]]]:
    """What lies on the disk without a key of its own, with the numbers of the file keys it needs.

    Only the heads of pieces are read; 0 stands for the derived key of the first format.
    """
    for path in root().rglob("*"):
        if path.is_file() and path.suffix != TEMPORARY and (found := _shared_keys(path)):
            yield path, found


def _shared_keys(path: Path) -> set[int]:
    found: set[int] = set()
    length = LENGTH_BYTES + envelope.HEAD
    try:
        with path.open("rb") as file:
            while len(head := file.read(length)) == length and not ownkeys.is_own(head[LENGTH_BYTES:]):
                found.add(envelope.key_number(head[LENGTH_BYTES:]))
                file.seek(int.from_bytes(head[:LENGTH_BYTES], "big") - envelope.HEAD, os.SEEK_CUR)
    except FileNotFoundError:
        return set()
    return found


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
