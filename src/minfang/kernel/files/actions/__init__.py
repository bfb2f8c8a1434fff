"""Take files in, whole or in pieces; keep, scan again, throw away."""

from minfang.kernel.files.actions.storing import discard, read, store

__all__ = ["discard", "read", "store"]
