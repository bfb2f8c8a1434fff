"""Published form definitions. A row that has been published never changes: cases point at it for good."""

from typing import Any, ClassVar

from django.db import models


class FormState(models.TextChoices):
    """A definition is drafted, published once, and retired by its successor."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已停用"


class FrozenDefinition(ValueError):
    """Somebody tried to change or remove a published form definition."""


FROZEN = frozenset({"code", "version", "title", "definition", "hash"})


class FormDefinitionQuerySet(models.QuerySet["FormDefinition"]):
    """Bulk changes are held to the same promise as single ones."""

    def update(self, **kwargs: Any) -> int:
        if FROZEN & kwargs.keys():
            raise FrozenDefinition("已发布的表单定义不能修改，请发布新版本。")
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        if self.exclude(state=FormState.DRAFT).exists():
            raise FrozenDefinition("已发布的表单定义不能删除。")
        return super().delete()


class FormDefinition(models.Model):
    """One version of a form. ``hash`` is the SHA-256 of its canonical JSON."""

    code = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=FormState.choices, default=FormState.DRAFT)
    title = models.CharField(max_length=200)
    definition = models.JSONField()
    hash = models.CharField(max_length=64, db_index=True)
    published_at = models.DateTimeField(null=True)

    objects = FormDefinitionQuerySet.as_manager()

    class Meta:
        db_table = "forms_definition"
        ordering: ClassVar = ["code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="forms_definition_version"),
        ]

    def __str__(self) -> str:
        return f"{self.title} 第{self.version}版"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; raises ``FrozenDefinition`` when content of a published row would change."""
        if self.pk:
            stored = FormDefinition.objects.filter(pk=self.pk).exclude(state=FormState.DRAFT).first()
            if stored and any(getattr(stored, name) != getattr(self, name) for name in FROZEN):
                raise FrozenDefinition("已发布的表单定义不能修改，请发布新版本。")
            if stored and self.state == FormState.DRAFT:
                raise FrozenDefinition("已发布的表单定义不能退回草稿。")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft; raises ``FrozenDefinition`` for anything that was published."""
        if self.state != FormState.DRAFT:
            raise FrozenDefinition("已发布的表单定义不能删除。")
        return super().delete(*args, **kwargs)
