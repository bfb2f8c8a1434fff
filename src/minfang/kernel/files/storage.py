"""Bytes on disk: SM4-GCM in pieces of one mebibyte, each bound to its file and position."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from minfang.kernel.crypto import local

PIECE_BYTES = 1024 * 1024


def path_of(file_id: UUID) -> Path:
    """Where the bytes of a file lie; the name tells nothing about them."""
    text = file_id.hex
    return Path(settings.FILES_ROOT) / text[:2] / text


def write(file_id: UUID, content: bytes) -> None:
    """Write encrypted and only then rename, so that a crash leaves no half file behind."""
    target = path_of(file_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    try:
        _write_sealed(file_id, content, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _write_sealed(file_id: UUID, content: bytes, draft: Path) -> None:
    with draft.open("wb") as out:
        for number, start in enumerate(range(0, max(len(content), 1), PIECE_BYTES)):
            place = f"{file_id.hex}|{number}".encode()
            piece = local.seal("file", content[start : start + PIECE_BYTES], place)
            out.write(len(piece).to_bytes(4, "big") + piece)
        out.flush()
        os.fsync(out.fileno())


def pieces(file_id: UUID) -> Iterator[bytes]:
    """Clear content piece by piece; raises when a piece was changed or moved."""
    with path_of(file_id).open("rb") as source:
        number = 0
        while header := source.read(4):
            sealed = source.read(int.from_bytes(header, "big"))
            yield local.unseal("file", sealed, f"{file_id.hex}|{number}".encode())
            number += 1


def remove(file_id: UUID) -> None:
    """Delete the bytes of a file that was never referred to."""
    path_of(file_id).unlink(missing_ok=True)
