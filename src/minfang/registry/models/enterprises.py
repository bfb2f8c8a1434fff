"""Companies that make, build, install and look after things, and the batches they made."""

from typing import ClassVar

from django.db import models


class EnterpriseRole(models.TextChoices):
    """What a company does for works; one company may do several."""

    MAKER = "MAKER", "生产厂家"
    CONTRACTOR = "CONTRACTOR", "承建单位"
    INSTALLER = "INSTALLER", "安装单位"
    MAINTAINER = "MAINTAINER", "维保单位"
    OWNER = "OWNER", "所有权人"


class Enterprise(models.Model):
    """A company by its unified social credit code (GB 32100-2015)."""

    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=200)
    roles = models.JSONField("从事", default=list)

    class Meta:
        db_table = "reg_enterprise"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class DeviceBatch(models.Model):
    """One production batch of one maker, for comparing false alarms (handbook §9.4)."""

    maker = models.ForeignKey(Enterprise, models.PROTECT, related_name="batches")
    batch_no = models.CharField("批次号", max_length=40)
    model = models.CharField("型号", max_length=80, default="")
    produced_on = models.DateField("生产日期", null=True)

    class Meta:
        db_table = "reg_device_batch"
        ordering: ClassVar = ["maker_id", "batch_no"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["maker", "batch_no"], name="reg_device_batch_unique"),
        ]

    def __str__(self) -> str:
        return self.batch_no
