"""One transaction for everything a batch of readings brings about."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from minfang.kernel.base import clock
from minfang.supervision.alarms import actions as alarms
from minfang.supervision.arrival import actions, watching
from minfang.supervision.arrival.decode import Letter, Reject
from minfang.supervision.arrival.models import SourceState
from minfang.supervision.rules import actions as rules
from minfang.supervision.telemetry import latest, store
from minfang.supervision.telemetry.batches import Batch
from minfang.supervision.telemetry.store import Written


@dataclass(frozen=True, slots=True)
class Position:
    """How far a source has been read once this batch is stored, and what else came with it."""

    value: str = ""
    messages: int = 0
    letters: Sequence[Letter] = ()
    rejects: Sequence[Reject] = ()
    kind: str = ""


def commit(readings: Batch, source: str, position: Position | None = None, watch: bool = True) -> Written:
    """Rows, rule states, alarms, latest values and the source's position, together or not at all.

    The caller acknowledges to the source after this returns; what comes again is refused by its key.
    ``watch=False`` leaves the rules out (stock history).
    """
    try:
        return _commit(readings, source, position or Position(), watch)
    except BaseException:
        watching.forget()  # its memory has seen readings that are not stored
        raise


@transaction.atomic
def _commit(readings: Batch, source: str, position: Position, watch: bool) -> Written:
    batch = latest.mark_late(readings)
    # First: an engine built once these values are written would take the batch itself for old.
    engine = watching.engine() if watch and len(batch) else None
    written = store.write(batch)
    if engine is not None:
        signals = engine.feed(batch)
        rules.save_states(engine)
        if signals:
            alarms.take(signals)
    if position.letters:
        actions.keep_letters(source, position.letters)
    if position.rejects:
        actions.keep_rejects(source, position.rejects)
    _advance(source, position, batch, written)
    return written


def _advance(source: str, position: Position, batch: Batch, written: Written) -> None:
    changes = {
        "messages": F("messages") + position.messages,
        "readings": F("readings") + len(batch) + batch.doubled,
        "stored": F("stored") + written.stored,
        "duplicates": F("duplicates") + written.duplicates,
        "conflicts": F("conflicts") + written.conflicts,
        "late": F("late") + written.late,
        "quarantined": F("quarantined") + len(position.rejects),
        "dead": F("dead") + len(position.letters),
        "updated_at": clock.now(),
    }
    if position.value:
        changes["position"] = position.value
    if not SourceState.objects.filter(source=source).update(**changes):
        SourceState.objects.get_or_create(source=source, defaults={"kind": position.kind})
        SourceState.objects.filter(source=source).update(**changes)
