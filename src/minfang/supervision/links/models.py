"""Data sources (数据源), the links that copy from them (链路), their runs and what was refused."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.crypto.fields import EncryptedTextField
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person
from minfang.registry.models.works import CITY_WIDE


class SourceKind(models.TextChoices):
    """What is at the other end."""

    POSTGRES = "POSTGRES", "PostgreSQL"
    MYSQL = "MYSQL", "MySQL/MariaDB"
    KINGBASE = "KINGBASE", "人大金仓 KingbaseES"
    DM = "DM", "达梦 DM8"
    ORACLE = "ORACLE", "Oracle"
    CSV = "CSV", "CSV 文件"
    XLSX = "XLSX", "Excel 文件"
    HTTP = "HTTP", "HTTP JSON 接口"


FILES = (SourceKind.CSV, SourceKind.XLSX)


class SourceState(models.TextChoices):
    """What the last test of the connection, or the last run, showed."""

    UNTESTED = "UNTESTED", "未测试"
    OK = "OK", "正常"
    BROKEN = "BROKEN", "异常"


class Target(models.TextChoices):
    """What the rows become here."""

    READINGS = "READINGS", "感知数据"
    DEVICES = "DEVICES", "设备台账"
    EVENTS = "EVENTS", "预警事件"


class SyncKind(models.TextChoices):
    """Kinds of synchronisation (handbook §9.5)."""

    FULL = "FULL", "全量同步"
    INCR_ID = "INCR_ID", "增量（自增 ID）"
    INCR_DATE = "INCR_DATE", "增量（日期）"
    PARTIAL_FULL = "PARTIAL_FULL", "局部全量（相对时间范围）"


class LinkState(models.TextChoices):
    """Whether a link is being worked on."""

    IDLE = "IDLE", "等待"
    RUNNING = "RUNNING", "同步中"
    PAUSED = "PAUSED", "已暂停"


class RunState(models.TextChoices):
    """How a run stands; MISMATCH means that the counts read back do not agree."""

    QUEUED = "QUEUED", "排队"
    RUNNING = "RUNNING", "同步中"
    PAUSED = "PAUSED", "已暂停"
    SUCCEEDED = "SUCCEEDED", "成功"
    MISMATCH = "MISMATCH", "数目不符"
    FAILED = "FAILED", "失败"
    STOPPED = "STOPPED", "已停止"


UNFINISHED = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)


class Trigger(models.TextChoices):
    """Why a run began."""

    SCHEDULE = "SCHEDULE", "定时"
    MANUAL = "MANUAL", "手动"
    RETRY = "RETRY", "重试"


def within(access: Access, permission: str, prefix: str = "") -> Q:
    """The condition on sources a person may see: the city office all, another office its own."""
    offices = Organization.objects.filter(pk__in=access.offices_for(permission)).select_related("parent")
    found = [row.office for row in offices]
    if any(office.kind in CITY_WIDE for office in found):
        return Q()
    return Q(**{f"{prefix}office__in": [office.pk for office in found]})


class DataSourceQuerySet(QuerySet["DataSource"]):
    """Sources, and who may see which."""

    def visible_to(self, access: Access, permission: str) -> "DataSourceQuerySet":
        """Sources of the offices for which this person holds ``permission``."""
        return self.filter(within(access, permission))


class DataSource(models.Model):
    """Where data come from: address parts, the sealed password, whether it answers.

    ``office`` owns it: its people see it, and its rows reach only works within that office's scope.
    ``path`` is the address within the source: a file below the folder for imports, or the path of a URL.
    """

    office = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="所属单位")
    name = models.CharField("名称", max_length=80, unique=True)
    kind = models.CharField("类型", max_length=10, choices=SourceKind.choices)
    host = models.CharField("主机", max_length=200, null=True)
    port = models.PositiveIntegerField("端口", null=True)
    database = models.CharField("数据库", max_length=100, null=True)
    schema_name = models.CharField("模式", max_length=100, null=True)
    username = models.CharField("用户名", max_length=100, null=True)
    password = EncryptedTextField("密码", null=True)
    path = models.CharField("路径", max_length=300, null=True)
    options = models.JSONField("其他", default=dict)  # https, encoding, delimiter, sheet, records, next
    note = models.CharField("说明", max_length=300, default="", blank=True)
    enabled = models.BooleanField("启用", default=True)
    state = models.CharField(max_length=10, choices=SourceState.choices, default=SourceState.UNTESTED)
    state_reason = models.CharField(max_length=300, default="")
    tested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=1)

    objects = DataSourceQuerySet.as_manager()

    class Meta:
        db_table = "lnk_source"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class DataLinkQuerySet(QuerySet["DataLink"]):
    """Links, and who may see which."""

    def visible_to(self, access: Access, permission: str) -> "DataLinkQuerySet":
        """Links of the sources this person may see."""
        return self.filter(within(access, permission, "source__"))


class DataLink(models.Model):
    """What is copied from a source, how, and how far it has come.

    ``watermark`` is the last position whose rows are committed, as ``{"value", "key"}``; it changes only in
    the transaction that stores those rows. ``overlap`` is read again at each run (ids, or seconds), for rows
    that were committed late at the source. ``lease_until`` keeps two workers from running one link.
    """

    source = models.ForeignKey(DataSource, models.PROTECT, related_name="links")
    name = models.CharField("名称", max_length=80, unique=True)
    target = models.CharField("目标", max_length=10, choices=Target.choices, default=Target.READINGS)
    relation = models.CharField("表或视图", max_length=128, null=True)
    query = models.TextField("查询语句", null=True)
    mapping = models.JSONField("字段映射", default=dict)
    sync_kind = models.CharField("同步类型", max_length=12, choices=SyncKind.choices)
    watermark_column = models.CharField("增量字段", max_length=128, null=True)
    key_columns = models.JSONField("唯一键", default=list)
    watermark = models.JSONField("水位", default=dict)
    overlap = models.PositiveIntegerField("回看", default=0)
    range_hours = models.PositiveIntegerField("相对范围（小时）", null=True)
    time_zone = models.CharField("时区", max_length=40, default="Asia/Shanghai")
    page_size = models.PositiveIntegerField("每页行数", default=5000)
    cron = models.CharField("调度", max_length=60, null=True)
    retries = models.PositiveSmallIntegerField("重试次数", default=3)
    expected_delay = models.PositiveIntegerField("允许延迟（秒）", null=True)
    enabled = models.BooleanField("启用", default=True)
    state = models.CharField(max_length=10, choices=LinkState.choices, default=LinkState.IDLE)
    next_run_at = models.DateTimeField("下次运行", null=True, db_index=True)
    last_success_at = models.DateTimeField("最后同步", null=True)
    failures = models.PositiveIntegerField("连续失败", default=0)
    lease_until = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=60, null=True)
    alarmed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=1)

    objects = DataLinkQuerySet.as_manager()

    class Meta:
        db_table = "lnk_link"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class LinkRun(models.Model):
    """One run of a link. ``read = written + duplicates + dropped + failed`` at every moment.

    ``source_count`` is what the source itself counts in the range, ``store_count`` how many of the rows that
    should be here were found here; ``position`` is where an interrupted run goes on.
    """

    link = models.ForeignKey(DataLink, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.SCHEDULE)
    sync_kind = models.CharField(max_length=12, choices=SyncKind.choices)
    attempt = models.PositiveSmallIntegerField(default=1)
    requested_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    queued_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    position = models.JSONField(default=dict)
    expected = models.BigIntegerField("预计行数", null=True)
    read = models.BigIntegerField("读取", default=0)
    written = models.BigIntegerField("写入", default=0)
    duplicates = models.BigIntegerField("重复", default=0)
    dropped = models.BigIntegerField("丢弃", default=0)
    failed = models.BigIntegerField("失败", default=0)
    source_count = models.BigIntegerField("源端计数", null=True)
    store_count = models.BigIntegerField("入库回读", null=True)
    watermark_before = models.JSONField(default=dict)
    watermark_after = models.JSONField(default=dict)
    unusual = models.CharField("行数异常", max_length=100, default="")
    error_code = models.CharField(max_length=40, default="")
    error = models.CharField(max_length=500, default="")
    wish = models.CharField(max_length=10, default="")  # PAUSE or STOP, asked for by a person

    class Meta:
        db_table = "lnk_run"
        ordering: ClassVar = ["-queued_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["link", "queued_at"], name="lnk_run_link_idx"),
            models.Index(fields=["queued_at"], name="lnk_run_queued_idx"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["link"],
                condition=Q(state__in=["QUEUED", "RUNNING", "PAUSED"]),
                name="lnk_run_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link_id}/{self.pk}"

    @property
    def counts(self) -> dict[str, int]:
        """What became of the rows so far."""
        names = ("read", "written", "duplicates", "dropped", "failed")
        return {name: getattr(self, name) for name in names}


class LinkRefusal(models.Model):
    """One row of a run that was not taken, and why; a bounded number is kept for each run."""

    run = models.ForeignKey(LinkRun, models.CASCADE, related_name="refusals")
    row = models.BigIntegerField("行")
    key = models.CharField("键", max_length=200, default="")
    code = models.CharField(max_length=30)
    reason = models.CharField("原因", max_length=300)
    data: Any = models.JSONField("原始数据", default=dict)

    class Meta:
        db_table = "lnk_refusal"
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["run", "id"], name="lnk_refusal_run_idx")]
