"""One row for each unsafe call that named a key, as long as repeats of it may come."""

from typing import Any, ClassVar

import orjson
from django.db import models

from minfang.kernel.crypto import local

PURPOSE = "field"


class CallState(models.TextChoices):
    """Whether the call is being carried out or has been."""

    RUNNING = "RUNNING", "办理中"
    DONE = "DONE", "已办理"


class IdempotentCall(models.Model):
    """The call one person (or one anonymous browser) made under a key, and what it was answered.

    ``fingerprint`` is a keyed digest of method, address and body: the same key with another fingerprint
    is a fault of the caller. ``request_id`` leads to the audit events of the run that holds the claim.
    An empty ``answer`` of a DONE call was too large to keep.
    """

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=100)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=CallState.choices, default=CallState.RUNNING)
    claim = models.CharField(max_length=32)
    claimed_until = models.DateTimeField()
    request_id = models.CharField(max_length=32, default="-")
    status = models.PositiveIntegerField(null=True)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "idempotency_call"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_call_key"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.key} {self.method} {self.path}"

    @property
    def opened(self) -> dict[str, Any]:
        """The answer in clear; raises ``Tampered`` when it was changed or belongs to another row."""
        answer: dict[str, Any] = orjson.loads(local.unseal(PURPOSE, bytes(self.answer), _place(self.pk)))
        return answer


def sealed_answer(pk: int, answer: dict[str, Any]) -> bytes:
    """The answer as it is stored in row ``pk``."""
    return local.seal(PURPOSE, orjson.dumps(answer), _place(pk))


def _place(pk: int) -> bytes:
    return f"idempotency_call|answer|{pk}".encode()
