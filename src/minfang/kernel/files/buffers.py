"""Clear content of a file while it is looked at: in anonymous memory, never on disk."""

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.hashes import SM3, Hash

from minfang.kernel.base.errors import Refusal

PIECE_BYTES = 1024 * 1024


class Buffer:
    """Bytes another process can be handed by descriptor; they do not count to this process's own memory."""

    def __init__(self, descriptor: int) -> None:
        self._file: BinaryIO = os.fdopen(descriptor, "r+b", buffering=0)

    @classmethod
    def empty(cls) -> "Buffer":
        """Nothing yet."""
        return cls(os.memfd_create("minfang-file", os.MFD_CLOEXEC))

    @classmethod
    def of(cls, pieces: Iterable[bytes], most: int) -> "Buffer":
        """All pieces; more than ``most`` bytes are refused."""
        made, size = cls.empty(), 0
        try:
            for piece in pieces:
                size += len(piece)
                if size > most:
                    raise too_large(most)
                made._file.write(piece)
        except BaseException:
            made.close()
            raise
        return made

    def fileno(self) -> int:
        """The descriptor."""
        return self._file.fileno()

    def reopened(self) -> BinaryIO:
        """For reading from the start, with a position of its own."""
        return open(f"/proc/self/fd/{self.fileno()}", "rb")

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self.fileno()).st_size

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of a mebibyte."""
        with self.reopened() as source:
            while piece := source.read(PIECE_BYTES):
                yield piece

    def sm3(self) -> str:
        """SM3 digest (GB/T 32905), hex."""
        digest = Hash(SM3())
        for piece in self.pieces():
            digest.update(piece)
        return digest.finalize().hex()

    def close(self) -> None:
        """Give the memory back."""
        self._file.close()

    def __enter__(self) -> "Buffer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def too_large(most: int) -> Refusal:
    """More bytes than may come in."""
    return Refusal(
        "FILE_TOO_LARGE", f"文件超过 {most // (1024 * 1024)} MB。", "请压缩或分册后上传。", status=413
    )
