"""Series of readings, the readings themselves, latest values, roll-ups, and what was not believed."""

from typing import ClassVar

from django.db import models

from minfang.registry.models import Device


class Quality(models.IntegerChoices):
    """``quality`` of a reading (handbook §9.5)."""

    GOOD = 0, "好"
    FILLED = 1, "插补"
    DOUBTFUL = 2, "可疑"
    BAD = 3, "坏"


class Series(models.Model):
    """What one device reports of one metric; readings name it by its small number."""

    id = models.AutoField(primary_key=True)
    device = models.ForeignKey(Device, models.PROTECT, related_name="series")
    metric = models.CharField("类型", max_length=12)

    class Meta:
        db_table = "tel_series"
        constraints: ClassVar = [models.UniqueConstraint(fields=["device", "metric"], name="tel_series_once")]
        indexes: ClassVar = [models.Index(fields=["metric"], name="tel_series_metric_idx")]

    def __str__(self) -> str:
        return f"{self.device_id}:{self.metric}"


class Reading(models.Model):
    """One value at one instant (event time). Written by ``store`` only; partitioned by Shanghai day."""

    pk = models.CompositePrimaryKey("series_id", "ts")
    series_id = models.IntegerField()
    ts = models.DateTimeField()
    value = models.FloatField()
    quality = models.SmallIntegerField(default=Quality.GOOD)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "tel_reading"


class LatestValue(models.Model):
    """The newest reading of a series by event time; it only moves forward."""

    series = models.OneToOneField(Series, models.CASCADE, primary_key=True, related_name="latest")
    ts = models.DateTimeField(db_index=True)
    value = models.FloatField()
    quality = models.SmallIntegerField(default=Quality.GOOD)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "tel_latest"


class _Rollup(models.Model):
    pk = models.CompositePrimaryKey("series_id", "ts")
    series_id = models.IntegerField()
    ts = models.DateTimeField()
    count = models.IntegerField()
    total = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        abstract = True


class Rollup5m(_Rollup):
    """Count, sum, least and greatest of the five minutes that begin at ``ts``; bad readings left out."""

    class Meta:
        db_table = "tel_rollup_5m"


class Rollup1h(_Rollup):
    """The same for an hour."""

    class Meta:
        db_table = "tel_rollup_1h"


class Unrolled(models.Model):
    """Readings of these series between these instants arrived after their roll-up was last made."""

    series_from = models.IntegerField()
    series_to = models.IntegerField()
    ts_from = models.DateTimeField()
    ts_to = models.DateTimeField()

    class Meta:
        db_table = "tel_unrolled"


class Conflict(models.Model):
    """The same series and instant came again with another value; the first one stays in force."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="+")
    ts = models.DateTimeField()
    kept = models.FloatField()
    refused = models.FloatField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "tel_conflict"
        indexes: ClassVar = [models.Index(fields=["received_at"], name="tel_conflict_at_idx")]


class Doubt(models.TextChoices):
    """Why a reading was put in quarantine."""

    FUTURE = "FUTURE", "时间超前"
    PAST = "PAST", "时间过早"
    TIME = "TIME", "时间格式不对"
    KIND = "KIND", "数值类型不对"
    METRIC = "METRIC", "未知类型"


class Quarantined(models.Model):
    """A reading that was not believed: kept as it came, with the reason and a hint for the installer."""

    source = models.CharField(max_length=40)
    device_id = models.CharField(max_length=64)
    metric = models.CharField(max_length=20)
    ts = models.CharField(max_length=60)
    value = models.CharField(max_length=60)
    reason = models.CharField(max_length=8, choices=Doubt.choices)
    hint = models.CharField(max_length=200, default="")
    received_at = models.DateTimeField()

    class Meta:
        db_table = "tel_quarantine"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="tel_quarantine_at_idx"),
            models.Index(fields=["device_id"], name="tel_quarantine_dev_idx"),
        ]
