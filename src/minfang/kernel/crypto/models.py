"""Data keys: each for one purpose, wrapped by the master key, with the life it has."""

from typing import ClassVar

from django.db import models


class KeyPurpose(models.TextChoices):
    """What a key is for. ``DERIVE`` is the root of the MAC keys (index, audit, rows) outside ``local``."""

    FIELD = "field", "数据库敏感字段"
    FILE = "file", "上传与生成的文件"
    DERIVE = "derive", "校验码与索引（派生根）"


class KeyState(models.TextChoices):
    """New data are sealed under the active key; older keys only open; a destroyed key opens nothing."""

    ACTIVE = "ACTIVE", "使用中"
    DECRYPT_ONLY = "DECRYPT_ONLY", "仅解密"
    DESTROYED = "DESTROYED", "已销毁"


class CryptoKey(models.Model):
    """One data key (SM4, 128 bits). ``wrapped`` is empty once it is destroyed; the row stays as its trace.

    ``active_for`` repeats the purpose while the key is active, so that a purpose has one active key at
    most. ``check_value`` tells a wrongly unwrapped key. Persons are kept by number and name: this room
    lies below the one that knows people.
    """

    purpose = models.CharField(max_length=20, choices=KeyPurpose.choices)
    active_for = models.CharField(max_length=20, unique=True, null=True)
    algorithm = models.CharField(max_length=20, default="SM4-GCM")
    wrapped = models.BinaryField(null=True)
    wrapped_by = models.CharField(max_length=20)
    check_value = models.CharField(max_length=16)
    state = models.CharField(max_length=12, choices=KeyState.choices, default=KeyState.ACTIVE)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=50, default="")
    state_changed_at = models.DateTimeField()
    state_changed_by = models.CharField(max_length=50, default="")
    asked_at = models.DateTimeField("申请销毁时间", null=True)
    asked_by_id = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=50, default="")
    asked_reason = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "crypto_key"
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}（{self.get_state_display()}）"
