"""Process definitions, their running instances, work items (待办), pauses and the append-only history."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from minfang.kernel.crypto.fields import EncryptedTextField
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.workflow import state as states


class DefinitionState(models.TextChoices):
    """A published row never changes; the newest one is used for new instances."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已停用"


class ItemState(models.TextChoices):
    """How a work item stands or was closed."""

    OPEN = states.OPEN, "待办"
    DONE = states.DONE, "已办"
    RETURNED = states.RETURNED, "退回"
    WITHDRAWN = states.WITHDRAWN, "被撤回"
    ASKED = states.ASKED, "转补正"
    CANCELLED = states.CANCELLED, "已撤销"
    SKIPPED = states.SKIPPED, "无须再办"
    REMOVED = states.REMOVED, "已减签"


class InstanceState(models.TextChoices):
    """Whether the instance runs."""

    RUNNING = states.RUNNING, "办理中"
    SUSPENDED = states.SUSPENDED, "特别程序"
    CANCELLING = states.CANCELLING, "正在报批撤销"
    VOIDING = states.VOIDING, "正在报批作废"
    CLOSED = states.CLOSED, "已办结"
    CANCELLED = states.CANCELLED, "已撤销"
    VOIDED = states.VOIDED, "已作废"


class ProcessDefinition(models.Model):
    """One version of a process; ``graph`` is documented in ``graph.py``."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=DefinitionState.choices)
    title = models.CharField(max_length=100)
    graph = models.JSONField()
    digest = models.CharField(max_length=64)
    bpmn = models.TextField(default="")
    published_at = models.DateTimeField(null=True)
    publisher = models.CharField(max_length=60, default="")
    reason = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "workflow_definition"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="workflow_def_unique")
        ]

    def __str__(self) -> str:
        return f"{self.title} 第 {self.version} 版"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; what has been published is never written over."""
        if self.pk is not None:
            raise RuntimeError("a published definition never changes")
        super().save(*args, **kwargs)


class ProcessInstance(models.Model):
    """One case on its way through the version it started under. ``subject`` names the business object.

    ``arrivals`` says which branches of the running parallel blocks have reached their join; ``resumes``
    is the state to go back to when the approval of a cancellation or of voiding is refused. The office is
    the one that decides now; it changes when the case is handed to another one.
    """

    definition = models.ForeignKey(ProcessDefinition, models.PROTECT, related_name="instances")
    subject = models.CharField(max_length=64, db_index=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    starter = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=InstanceState.choices, default=InstanceState.RUNNING)
    case_status = models.CharField(max_length=30, default="")
    end_node = models.CharField(max_length=30, default="")
    arrivals = models.JSONField(default=dict)
    resumes = models.CharField(max_length=10, default="")
    last_sequence = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_instance"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="workflow_instance_closed",
                condition=Q(state__in=["RUNNING", "SUSPENDED", "CANCELLING"], closed_at__isnull=True)
                | Q(state__in=["CLOSED", "CANCELLED", "VOIDED"], closed_at__isnull=False)
                | Q(state="VOIDING"),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class WorkItem(models.Model):
    """One step for one role or person. ``number`` counts within the instance; see ``state.Item``."""

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="items")
    number = models.PositiveIntegerField()
    node = models.CharField(max_length=30)
    branch = models.CharField(max_length=200, default="")
    round = models.PositiveIntegerField(default=1)
    actor = models.CharField(max_length=30, default="")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    role = models.CharField(max_length=32)
    assignee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="work_items")
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.OPEN)
    outcome = models.CharField(max_length=30, default="")
    opinion = EncryptedTextField()
    current = models.BooleanField("计入现行路径", default=True)
    touched = models.BooleanField("已签收", default=False)
    jump_to = models.CharField(max_length=30, default="")
    asked_by = models.CharField(max_length=30, default="")
    visit = models.PositiveIntegerField(default=0)
    duty = models.CharField(max_length=10, default="")
    added_to = models.PositiveIntegerField(default=0)
    held = models.BooleanField("等待他人先签", default=False)
    version = models.PositiveIntegerField(default=1)
    arrived_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "workflow_item"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "number"], name="workflow_item_number"),
            models.UniqueConstraint(
                fields=["instance", "node", "branch", "actor", "round"], name="workflow_item_round"
            ),
            models.CheckConstraint(
                name="workflow_item_closed",
                condition=Q(state="OPEN", closed_at__isnull=True)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["role", "state", "organization"], name="workflow_item_desk"),
            models.Index(fields=["assignee", "state"], name="workflow_item_mine"),
            models.Index(fields=["state", "due_at"], name="workflow_item_due"),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.node} 第 {self.round} 轮"


class Append(models.Model):
    """A row that is written once and never changed or removed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; refuse to overwrite."""
        if self.pk is not None:
            raise RuntimeError("history is append-only")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise RuntimeError("history is append-only")


class FlowEvent(Append):
    """One verb carried out: its effects (``state.Effects``) and the key that makes repeats harmless."""

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    verb = models.CharField(max_length=20)
    item = models.ForeignKey(WorkItem, models.PROTECT, null=True, related_name="events")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField()
    opinion = EncryptedTextField()
    key = models.CharField(max_length=64)

    class Meta:
        db_table = "workflow_event"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "sequence"], name="workflow_event_sequence"),
            models.UniqueConstraint(fields=["instance", "key"], name="workflow_event_key"),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id}#{self.sequence} {self.verb}"


class SuspensionReason(models.TextChoices):
    """Why the clock stands still (handbook §4.9)."""

    SUPPLEMENT = "SUPPLEMENT", "补正"
    SPECIAL = "SPECIAL", "特别程序"


class Suspension(models.Model):
    """A time that does not count towards the limits; without an end it is still running."""

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="suspensions")
    item = models.ForeignKey(WorkItem, models.PROTECT, null=True, related_name="suspensions")
    reason = models.CharField(max_length=12, choices=SuspensionReason.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_suspension"

    def __str__(self) -> str:
        return f"{self.instance_id} {self.get_reason_display()}"


from minfang.kernel.workflow.design_models import (  # noqa: E402  they refer to the models above
    MigrationBatch,
    MigrationEntry,
    ProcessDraft,
)

__all__ = ["MigrationBatch", "MigrationEntry", "ProcessDraft"]
