"""After a rotation: wrap the keys of files anew; and give files of the first release keys of their own."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Substr

from minfang.kernel.crypto import envelope, local, ownkeys
from minfang.kernel.files import storage
from minfang.kernel.files.models import KEY_PURPOSE, StoredFile, Upload, WithOwnKey

BATCH, HEX_DIGITS = 500, 32
TABLES: tuple[type[WithOwnKey], ...] = (StoredFile, Upload)
Report = Callable[[str, int, int], None]


def reseal(table: str = "", report: Report = lambda *_: None) -> int:
    """Bring what an older file key holds under the active one; the number of rows changed.

    Contents are sealed anew only once, when a file has no key of its own yet; may be stopped at any time and
    run again. Raises ``local.Tampered`` at the end, naming the files that could not be opened.
    """
    changed, broken = 0, list[str]()
    for model in TABLES:
        if table in ("", model._meta.db_table):
            changed += _wrap_anew(model, report, broken)
    if table in ("", StoredFile._meta.db_table):
        changed += _give_keys(report, broken)
    if broken:
        raise local.Tampered("; ".join(broken))
    return changed


def _wrap_anew(model: type[WithOwnKey], report: Report, broken: list[str]) -> int:
    last, seen, changed = UUID(int=0), 0, 0
    rows = model._default_manager.filter(own_key__isnull=False).order_by("pk").only("pk", "own_key")
    while True:
        with transaction.atomic():
            batch = list(rows.filter(pk__gt=last).select_for_update(of=("self",))[:BATCH])
            for row in batch:
                changed += _wrap_one(row, broken)
        seen += len(batch)
        report(model._meta.db_table, seen, changed)
        if len(batch) < BATCH:
            return changed
        last = batch[-1].pk


def _wrap_one(row: Any, broken: list[str]) -> bool:
    wrapped = bytes(row.own_key)
    if envelope.is_current(KEY_PURPOSE, wrapped):
        return False
    try:
        row.own_key = ownkeys.rewrap(KEY_PURPOSE, wrapped, row.key_place)
    except local.Tampered as error:
        broken.append(f"{row.key_place}: {error}")
        return False
    row.save(update_fields=["own_key"])
    return True


def _give_keys(report: Report, broken: list[str]) -> int:
    """Files of the first release, one transaction each: the key is in its row before bytes need it."""
    changed = 0
    for seen, number in enumerate(_sealed_together(), start=1):
        try:
            changed += _give_key(number)
        except local.Tampered as error:
            broken.append(f"{StoredFile._meta.db_table}|{number.hex}: {error}")
        report(StoredFile._meta.db_table, seen, changed)
    return changed


def _sealed_together() -> list[UUID]:
    """Also files whose key was written when the work was broken off before their bytes were."""
    names = {path.name for path, _ in storage.sealed_together() if len(path.name) == HEX_DIGITS}
    numbers = [UUID(name) for name in sorted(names)]
    return [number for number in numbers if StoredFile.objects.filter(pk=number).exists()]


def _give_key(number: UUID) -> bool:
    with transaction.atomic():
        file = StoredFile.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if file is None:
            return False
        if file.own_key is None:
            file.make_key()
            file.save(update_fields=["own_key"])
    key = file.key()
    with suppress(FileNotFoundError):
        storage.write(number, storage.pieces(number, key), key)
        return True
    return False


def held_by_key() -> dict[int, int]:
    """How many files and uploads have a key wrapped by each file key; their bytes are not looked at."""
    counts: dict[int, int] = {}
    for model in TABLES:
        head = Substr("own_key", 1, envelope.HEAD, output_field=models.BinaryField())
        rows = model._default_manager.filter(own_key__isnull=False).order_by().annotate(head=head)
        for row in rows.values("head").annotate(n=models.Count("pk")):
            number = envelope.key_number(bytes(row["head"]))
            counts[number] = counts.get(number, 0) + row["n"]
    return counts
