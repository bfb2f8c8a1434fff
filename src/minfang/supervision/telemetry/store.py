"""The one way readings get into the database."""

from dataclasses import dataclass

import numpy as np
from django.db import connection

from minfang.supervision.telemetry import copying, latest, rollups
from minfang.supervision.telemetry.batches import Batch


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: new rows, rows that were there already, rows that say otherwise; rows late."""

    stored: int
    duplicates: int
    conflicts: int
    late: int


def write(batch: Batch) -> Written:
    """Store a batch in the caller's transaction; writing it again changes nothing.

    A key that is there already is refused; where its value differs, the first one stays and the difference is
    kept in ``tel_conflict``. Latest values move forward, roll-ups are marked.
    """
    if not len(batch):
        return Written(0, 0, 0, 0)
    raw = copying.driver_connection()
    stored, conflicts = copying.insert(raw, batch)
    copying.report_inside(raw, batch)
    latest.note(batch)
    if stored:
        rollups.mark(batch)
    duplicates = len(batch) - stored + batch.doubled - len(batch.repeated)
    conflicts += len(batch.repeated)
    return Written(stored, duplicates, conflicts, int(np.count_nonzero(batch.late)))


def in_transaction() -> bool:
    """Whether a caller's transaction is open; ``write`` needs one."""
    return connection.in_atomic_block
