"""The pieces of an unfinished upload: encrypted from the first byte, each bound to its upload and place."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from minfang.kernel.crypto.ownkeys import OwnKey
from minfang.kernel.files import storage

FOLDER = "uploads"
ENDING = ".piece"


def folder() -> Path:
    """Where unfinished uploads lie."""
    return storage.root() / FOLDER


def folder_of(upload_id: UUID) -> Path:
    """Where the pieces of one upload lie."""
    return folder() / upload_id.hex


def write(upload_id: UUID, offset: int, content: bytes, key: OwnKey | None) -> None:
    """Keep one piece; the same piece again takes the place of the first."""
    target = folder_of(upload_id) / f"{offset:012d}{ENDING}"
    storage.write_sealed(target, f"upload|{upload_id.hex}|{offset}", [content], key)


def pieces(upload_id: UUID, size: int, key: OwnKey | None) -> Iterator[bytes]:
    """The first ``size`` bytes in order; raises ``FileNotFoundError`` where a piece is missing."""
    offset = 0
    while offset < size:
        source = folder_of(upload_id) / f"{offset:012d}{ENDING}"
        for piece in storage.read_sealed(source, f"upload|{upload_id.hex}|{offset}", key):
            yield piece
            offset += len(piece)


def remove(upload_id: UUID) -> None:
    """Delete all pieces."""
    shutil.rmtree(folder_of(upload_id), ignore_errors=True)
