"""Where readings come from, how far each source has been read, and what could not be used."""

from typing import ClassVar

from django.db import models

from minfang.kernel.base import clock
from minfang.kernel.crypto.fields import EncryptedTextField


class SourceState(models.Model):
    """How one source stands: its position, written in the transaction of the rows, and its counts."""

    source = models.CharField("数据源", max_length=40, unique=True)
    kind = models.CharField("类型", max_length=12)
    position = models.CharField(max_length=200, default="")
    messages = models.BigIntegerField("消息", default=0)
    readings = models.BigIntegerField("读数", default=0)
    stored = models.BigIntegerField("入库", default=0)
    duplicates = models.BigIntegerField("重复", default=0)
    conflicts = models.BigIntegerField("冲突", default=0)
    late = models.BigIntegerField("迟到", default=0)
    quarantined = models.BigIntegerField("隔离", default=0)
    dead = models.BigIntegerField("死信", default=0)
    pending = models.BigIntegerField("待取", default=0)
    unacked = models.BigIntegerField("未确认", default=0)
    worker = models.CharField(max_length=60, default="")
    newest_ts = models.DateTimeField(null=True)
    oldest_waiting_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, default="")
    seen_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "arr_source_state"
        ordering: ClassVar = ["source"]

    def __str__(self) -> str:
        return self.source


class DeadLetter(models.Model):
    """A message nobody could use, as it came, with the reason. The same again only counts."""

    source = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, default="")
    reason = models.CharField("原因", max_length=40)
    detail = models.CharField(max_length=300, default="")
    payload = models.BinaryField(default=b"")
    size = models.IntegerField(default=0)
    count = models.IntegerField(default=1)
    once_key = models.CharField(max_length=120, unique=True)
    first_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "arr_dead_letter"
        ordering: ClassVar = ["-last_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["last_at"], name="arr_dead_letter_at_idx")]


class Partition(models.Model):
    """Which worker reads a partition of the stream; a lease that runs out when the worker is gone."""

    number = models.SmallIntegerField(primary_key=True)
    worker = models.CharField(max_length=60, default="")
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "arr_partition"


class Worker(models.Model):
    """An ingest process that is here; counted so that each takes its fair share of partitions."""

    name = models.CharField(max_length=60, primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "arr_worker"


class ThirdSource(models.Model):
    """A third system that reports events over HTTP, with a key of its own.

    Its messages are proven by an HMAC, which takes the key itself: it is stored encrypted, not as a digest.
    """

    code = models.CharField("来源编码", max_length=28, unique=True)
    name = models.CharField("名称", max_length=60)
    key = EncryptedTextField("密钥")
    enabled = models.BooleanField("启用", default=True)
    made_at = models.DateTimeField(default=clock.now)
    renewed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "arr_third_source"
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name
