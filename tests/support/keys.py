"""Data keys of one test: what it makes and rolls back is not left in the memory of the process."""

from collections.abc import Iterator
from contextlib import contextmanager

from minfang.kernel.crypto import keyring


@contextmanager
def own_keys() -> Iterator[None]:
    """Begin without keys in memory; afterwards those of before are there again."""
    kept = dict(keyring._by_number), dict(keyring._active)
    keyring.forget()
    try:
        yield
    finally:
        keyring.forget()
        keyring._by_number.update(kept[0])
        keyring._active.update(kept[1])
