"""Which worker reads which partition: rows that run out when a worker no longer renews them."""

from datetime import timedelta

from django.db import transaction

from minfang.kernel.base import clock
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.models import Partition, Worker


@transaction.atomic
def renew(worker: str) -> set[int]:
    """Renew, take what is free up to a fair share, give up the rest; what is held afterwards."""
    here(worker)
    rules = load("arrival")
    count = int(rules["stream"]["partitions"])
    Partition.objects.bulk_create((Partition(number=n) for n in range(count)), ignore_conflicts=True)
    rows = list(Partition.objects.select_for_update().filter(number__lt=count).order_by("number"))
    now = clock.now()
    until = now + timedelta(seconds=rules["lease"]["seconds"])
    alive = {row.worker for row in rows if row.until and row.until > now} | {worker} | _waiting(worker)
    share = -(-count // len(alive))
    mine = [row for row in rows if row.worker == worker]
    free = [row for row in rows if row.worker != worker and (row.until is None or row.until <= now)]
    keep = (mine + free)[:share]
    for row in mine[share:]:
        row.worker, row.until = "", None
        row.save()
    for row in keep:
        row.worker, row.until = worker, until
        row.save()
    return {row.number for row in keep}


def _waiting(worker: str) -> set[str]:
    """Workers that are here but hold nothing yet."""
    now = clock.now()
    rows = Worker.objects.filter(until__gt=now).exclude(name=worker).values_list("name", flat=True)
    return set(rows)


def leave(worker: str) -> None:
    """Give everything back at once, on a clean stop."""
    Partition.objects.filter(worker=worker).update(worker="", until=None)
    Worker.objects.filter(name=worker).delete()


def here(worker: str) -> None:
    """Be counted."""
    until = clock.now() + timedelta(seconds=load("arrival")["lease"]["seconds"])
    Worker.objects.update_or_create(name=worker, defaults={"until": until})
