"""One transaction for everything a batch of readings brings about."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from minfang.kernel.base import clock
from minfang.supervision.arrival.models import SourceState
from minfang.supervision.telemetry import latest, store
from minfang.supervision.telemetry.batches import Batch
from minfang.supervision.telemetry.store import Written


@dataclass(frozen=True, slots=True)
class Position:
    """How far a source has been read once this batch is stored, and how many messages it was made of."""

    value: str = ""
    messages: int = 0


@transaction.atomic
def commit(readings: Batch, source: str, position: Position | None = None) -> Written:
    """Rows, rule states, alarms, latest values and the source's position, together or not at all.

    The caller acknowledges to the source after this returns; what comes again is refused by its key.
    """
    position = position or Position()
    batch = latest.mark_late(readings)
    written = store.write(batch)
    _advance(source, position, batch, written)
    return written


def _advance(source: str, position: Position, batch: Batch, written: Written) -> None:
    state, _ = SourceState.objects.get_or_create(source=source)
    SourceState.objects.filter(pk=state.pk).update(
        position=position.value or F("position"),
        messages=F("messages") + position.messages,
        readings=F("readings") + len(batch) + batch.doubled,
        stored=F("stored") + written.stored,
        duplicates=F("duplicates") + written.duplicates,
        conflicts=F("conflicts") + written.conflicts,
        late=F("late") + written.late,
        updated_at=clock.now(),
    )
