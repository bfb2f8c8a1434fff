"""Who wants to know that a work or a device changed is told when the change stands."""

from functools import partial

from django.db import transaction
from django.dispatch import Signal

changed = Signal()
"""Sent after the commit with ``kind`` (``works`` or ``device``), ``pk`` and ``works_id``."""


def tell(kind: str, pk: int, works_id: int) -> None:
    """Tell the listeners once the caller's transaction has committed."""
    transaction.on_commit(partial(changed.send_robust, sender=None, kind=kind, pk=pk, works_id=works_id))
