"""Files people hand in and the product makes; their bytes lie encrypted outside the web root."""

import uuid
from typing import ClassVar

from django.db import models

from minfang.kernel.crypto import ownkeys
from minfang.kernel.crypto.ownkeys import OwnKey
from minfang.kernel.iam.models import Person

KEY_PURPOSE = "file"


class ScanState(models.TextChoices):
    """What the virus scanner said of a kept file."""

    NOT_SCANNED = "NOT_SCANNED", "未经病毒扫描"
    CLEAN = "CLEAN", "病毒扫描通过"
    MADE_HERE = "MADE_HERE", "系统生成"
    INFECTED = "INFECTED", "发现病毒，已隔离"


class WithOwnKey(models.Model):
    """A row that holds the wrapped key of its bytes; ``null`` for those of the first release (B.61)."""

    own_key = models.BinaryField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def key_place(self) -> str:
        """What the key is bound to."""
        return f"{self._meta.db_table}|{self.pk.hex}"

    def make_key(self) -> OwnKey:
        """Give the row a new key; the caller saves the row."""
        self.own_key = ownkeys.make(KEY_PURPOSE, self.key_place)
        return ownkeys.unwrap(KEY_PURPOSE, self.own_key, self.key_place)

    def key(self) -> OwnKey | None:
        """The key of the bytes; ``None`` where they were sealed with the key of all files."""
        if self.own_key is None:
            return None
        return ownkeys.unwrap(KEY_PURPOSE, bytes(self.own_key), self.key_place)


class StoredFile(WithOwnKey):
    """One immutable file. ``sm3`` is the digest of its clear content, hex.

    ``original_sm3`` and ``original_size`` describe what was handed in, where it was encoded anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    extension = models.CharField(max_length=10)
    sm3 = models.CharField(max_length=64)
    original_sm3 = models.CharField(max_length=64, default="")
    original_size = models.BigIntegerField(null=True)
    pages = models.IntegerField(null=True)
    purpose = models.CharField(max_length=40, default="")
    owner = models.ForeignKey(Person, models.PROTECT, null=True, related_name="files")
    stored_at = models.DateTimeField()
    scan_state = models.CharField(
        max_length=12, choices=ScanState.choices, default=ScanState.NOT_SCANNED, db_index=True
    )
    scan_detail = models.CharField(max_length=100, default="")
    scanned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "files_stored_file"
        ordering: ClassVar = ["stored_at"]

    def __str__(self) -> str:
        return self.name


class UploadState(models.TextChoices):
    """Where an upload in pieces stands."""

    OPEN = "OPEN", "上传中"
    CHECKING = "CHECKING", "正在检查文件"
    WAITING_SCAN = "WAITING_SCAN", "等待病毒扫描"
    DONE = "DONE", "已接收"
    REFUSED = "REFUSED", "未接收"


class Upload(WithOwnKey):
    """A file on its way in, in pieces; ``received`` bytes lie encrypted on the disk.

    ``subject`` names what it is for (such as ``case:12/M4-03``), ``stamp`` tells versions of the file apart
    (its time of change where it comes from). The file that comes of it has the same id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="uploads")
    subject = models.CharField(max_length=80)
    purpose = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    allowed = models.JSONField()
    stamp = models.CharField(max_length=64, default="")
    received = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.OPEN)
    refusal = models.JSONField(null=True)
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "files_upload"
        ordering: ClassVar = ["begun_at"]

    def __str__(self) -> str:
        return f"{self.name} {self.received}/{self.size}"
