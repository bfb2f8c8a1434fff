"""Which number a device's metric has; kept in memory, read again when something was added."""

from django.db.models import Max
from django.db.models.functions import Coalesce

from minfang.registry.models import Device
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import Series

Index = dict[tuple[str, str], int]


class _Cache:
    def __init__(self) -> None:
        self.index: Index = {}
        self.newest = -1


_cache = _Cache()


def forget() -> None:
    """Read everything again at the next question."""
    _cache.index, _cache.newest = {}, -1


def series_index() -> Index:
    """Number of each series by (device_id on the wire, metric); one dictionary that grows."""
    newest = Series.objects.aggregate(newest=Coalesce(Max("id"), 0))["newest"]
    if newest < _cache.newest:
        forget()
    if newest != _cache.newest:
        added = Series.objects.filter(pk__gt=_cache.newest).values_list("device__device_id", "metric", "pk")
        _cache.index.update({(device, metric): number for device, metric, number in added})
        _cache.newest = newest
    return _cache.index


def learn(pairs: set[tuple[str, str]]) -> Index:
    """Make the series of these pairs where the device is registered and the metric known; the grown index."""
    known = metrics.catalogue()
    devices = dict(
        Device.objects.filter(device_id__in={device for device, _ in pairs}, retired_at=None).values_list(
            "device_id", "pk"
        )
    )
    Series.objects.bulk_create(
        (
            Series(device_id=devices[device], metric=metric)
            for device, metric in sorted(pairs)
            if device in devices and metric in known
        ),
        ignore_conflicts=True,
    )
    return series_index()
