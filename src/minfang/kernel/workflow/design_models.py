"""What the process designer keeps: drafts, and the bringing of running instances to another version."""

from typing import ClassVar

from django.db import models

from minfang.kernel.iam.models import Person


class ProcessDraft(models.Model):
    """A definition being written. ``version`` counts the times it was saved; whoever is late is told.

    ``base`` is the version it was taken from; once published, ``published`` names what came of it.
    """

    code = models.CharField(max_length=60, db_index=True)
    title = models.CharField(max_length=100)
    graph = models.JSONField()
    base = models.ForeignKey("workflow.ProcessDefinition", models.PROTECT, null=True, related_name="+")
    published = models.ForeignKey("workflow.ProcessDefinition", models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    dropped = models.BooleanField(default=False)

    class Meta:
        db_table = "workflow_draft"

    def __str__(self) -> str:
        return f"{self.title} 草稿 {self.pk}"


class MigrationBatch(models.Model):
    """An order to bring the running instances of one version to another."""

    source = models.ForeignKey("workflow.ProcessDefinition", models.PROTECT, related_name="+")
    target = models.ForeignKey("workflow.ProcessDefinition", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    ordered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_migration"

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class EntryState(models.TextChoices):
    """How one instance fared."""

    WAITING = "WAITING", "待迁移"
    MOVED = "MOVED", "已迁移"
    REFUSED = "REFUSED", "不符合"
    UNDONE = "UNDONE", "已撤回"


class MigrationEntry(models.Model):
    """One instance of a batch and what came of it."""

    batch = models.ForeignKey(MigrationBatch, models.PROTECT, related_name="entries")
    instance = models.ForeignKey("workflow.ProcessInstance", models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=EntryState.choices, default=EntryState.WAITING)
    note = models.CharField(max_length=500, default="")
    at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_migration_entry"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "instance"], name="workflow_migration_once")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.instance_id} {self.state}"
