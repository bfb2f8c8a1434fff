"""Seal stored columns anew under the active key, bound to their row; and count what each key still holds."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Substr

from minfang.kernel.crypto import envelope
from minfang.kernel.crypto.fields import PURPOSE, EncryptedTextField, Sealed

BATCH = 500
Report = Callable[[str, int, int], None]


def sealed_columns() -> Iterator[tuple[type[models.Model], list[EncryptedTextField]]]:
    """Every table with sealed columns."""
    for model in apps.get_models():
        found = [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
        if found and model._meta.managed:
            yield model, found


def reseal(table: str = "", report: Report = lambda *_: None) -> int:
    """Seal anew what an older key or format holds; the number of rows changed.

    Works in batches with a transaction each, so it may be stopped at any time and run again: what is done
    is passed over. Raises ``local.Tampered`` at a value that cannot be opened, naming its row.
    """
    changed = 0
    for model, fields in sealed_columns():
        if table in ("", model._meta.db_table):
            changed += _table(model, fields, report)
    return changed


def _table(model: type[models.Model], fields: list[EncryptedTextField], report: Report) -> int:
    last, seen, changed = None, 0, 0
    while True:
        with transaction.atomic():
            rows = model._base_manager.select_for_update().order_by("pk")
            rows = rows if last is None else rows.filter(pk__gt=last)
            batch = list(rows.only("pk", *(field.attname for field in fields))[:BATCH])
            changed += sum(_row(row, fields) for row in batch)
        seen += len(batch)
        report(model._meta.db_table, seen, changed)
        if len(batch) < BATCH:
            return changed
        last = batch[-1].pk


def _row(row: Any, fields: list[EncryptedTextField]) -> bool:
    new = {}
    for field in fields:
        kept = row.__dict__[field.attname]
        if type(kept) is Sealed and not envelope.is_current(PURPOSE, kept.stored):
            new[field.attname] = field.sealed(getattr(row, field.attname), row.pk)
    if new:
        type(row)._base_manager.filter(pk=row.pk).update(**new)
    return bool(new)


def held_by_key() -> Counter[int]:
    """How many stored values each field key holds; 0 stands for the derived key of format 1."""
    counts: Counter[int] = Counter()
    for model, fields in sealed_columns():
        for field in fields:
            head = Substr(field.attname, 1, envelope.HEAD, output_field=models.BinaryField())
            rows = model._base_manager.order_by().annotate(head=head)
            for row in rows.values("head").annotate(n=models.Count("pk")):
                if row["head"]:
                    counts[envelope.key_number(bytes(row["head"]))] += row["n"]
    return counts
