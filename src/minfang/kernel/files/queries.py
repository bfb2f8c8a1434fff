"""Read files."""

from collections.abc import Iterator

from minfang.kernel.files import storage
from minfang.kernel.files.models import StoredFile


def stream(file: StoredFile) -> Iterator[bytes]:
    """Clear content in pieces of at most one mebibyte."""
    return storage.pieces(file.id)
