"""What waits before a value of the security policy changes: a second person's agreement."""

from typing import ClassVar

from django.db import models

from minfang.kernel.iam.seals import SealedModel


class RequestState(models.TextChoices):
    """How a request for a second person's agreement stands."""

    WAITING = "WAITING", "待复核"
    APPROVED = "APPROVED", "已生效"
    REFUSED = "REFUSED", "未同意"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    EXPIRED = "EXPIRED", "已过期"


class PolicyRequest(SealedModel):
    """One security administrator asks for a value of the policy, another puts it in force.

    ``before`` is the value in force when it was asked for. ``open_key`` is the key of the policy while the
    proposal waits, so there is at most one for each.
    """

    SEALED: ClassVar = ("key", "before", "value", "reason", "state", "proposed_by_id", "decided_by_id")
    key = models.CharField(max_length=64)
    before = models.JSONField()
    value = models.JSONField()
    reason = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=RequestState.choices, default=RequestState.WAITING, db_index=True
    )
    proposed_by = models.ForeignKey("iam.Person", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey("iam.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, default="")
    open_key = models.CharField(max_length=72, unique=True)

    class Meta:
        db_table = "iam_policy_request"
        verbose_name = "安全策略调整申请"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="APPROVED")
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("proposed_by"))),
                name="iam_policy_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.value}"
