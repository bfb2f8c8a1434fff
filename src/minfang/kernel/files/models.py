"""Files people hand in and the product makes; their bytes lie encrypted outside the web root."""

import uuid
from typing import ClassVar

from django.db import models

from minfang.kernel.iam.models import Person


class StoredFile(models.Model):
    """One immutable file. ``sm3`` is the digest of its clear content, hex."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    extension = models.CharField(max_length=10)
    sm3 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=40, default="")
    owner = models.ForeignKey(Person, models.PROTECT, null=True, related_name="files")
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "files_stored_file"
        ordering: ClassVar = ["stored_at"]

    def __str__(self) -> str:
        return self.name
