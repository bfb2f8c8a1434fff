"""Take files in, whole or in pieces; keep, scan again, throw away."""

from minfang.kernel.files.actions.storing import discard, discard_unused, read, store

__all__ = ["discard", "discard_unused", "read", "store"]
