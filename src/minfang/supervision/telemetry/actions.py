"""Changes of this room that are not readings."""

from django.db import transaction

from minfang.registry.models import Device
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import Series


@transaction.atomic
def series_of(device: Device, metric: str) -> Series:
    """The series of a device and metric, made where it is new. Raises ``KeyError`` for an unknown metric."""
    metrics.get(metric)
    return Series.objects.get_or_create(device=device, metric=metric)[0]
