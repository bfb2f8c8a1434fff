"""Document templates, and the documents drawn up from them: notices, decisions, certificates."""

from typing import ClassVar

from django.db import models

from minfang.kernel.crypto.fields import EncryptedJSONField
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.models import Organization


class TemplateEngine(models.TextChoices):
    """What sets a template: typst makes final PDFs, Word makes files officers go on editing."""

    TYPST = "TYPST", "版式（typst）"
    WORD = "WORD", "Word 模板"


class TemplateState(models.TextChoices):
    """A published version never changes; the next version retires it for new documents."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已停用"


class DocumentTemplate(models.Model):
    """One version of a template (证照模板库, handbook §7.3). ``digest`` is SM3 over engine and source.

    ``source`` is typst text, or the base64 of a .docx; ``sample`` is the context of the trial rendering.
    """

    code = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    engine = models.CharField(max_length=8, choices=TemplateEngine.choices, default=TemplateEngine.TYPST)
    title = models.CharField(max_length=100)
    source = models.TextField()
    sample = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=TemplateState.choices, default=TemplateState.DRAFT)
    published_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "documents_template"
        ordering: ClassVar = ["code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="documents_template_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Refuse to change what a published version says."""
        if self.pk is not None:
            kept = (
                DocumentTemplate.objects.filter(pk=self.pk)
                .values("state", "engine", "source", "sample")
                .get()
            )
            changed = any(kept[name] != getattr(self, name) for name in ("engine", "source", "sample"))
            if kept["state"] != TemplateState.DRAFT and changed:
                raise TypeError("a published template version never changes")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class DocumentState(models.TextChoices):
    """The life of a document; notices may be issued without a seal."""

    DRAFT = "DRAFT", "拟稿"
    RENDERED = "RENDERED", "已生成"
    SEALING = "SEALING", "用印中"
    SEALED = "SEALED", "已用印"
    ISSUED = "ISSUED", "已签发"
    REPLACED = "REPLACED", "已被替换"
    VOIDED = "VOIDED", "已作废"


class Document(models.Model):
    """One version of one document of a business object (``subject``, such as ``case:SH0420…``).

    ``context`` is what it was drawn up from, ``file`` the current PDF. ``holder`` is the name shown to the
    public and is already masked for a natural person. ``placement`` is where its seal belongs.
    """

    subject = models.CharField(max_length=64, db_index=True)
    doc_type = models.CharField(max_length=32)
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=64, default="", db_index=True)
    version = models.PositiveIntegerField(default=1)
    template = models.ForeignKey(DocumentTemplate, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    holder = models.CharField(max_length=200, default="")
    context = EncryptedJSONField()
    state = models.CharField(max_length=10, choices=DocumentState.choices, default=DocumentState.DRAFT)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    verify_code = models.CharField(max_length=32, unique=True)
    placement = models.JSONField(null=True)
    seal_info = models.JSONField(null=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")
    drawn_up_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    valid_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "documents_document"
        ordering: ClassVar = ["drawn_up_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "doc_type", "version"], name="documents_doc_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}".strip()

    @property
    def is_current(self) -> bool:
        """Whether this version still speaks for its subject."""
        return self.state not in (DocumentState.REPLACED, DocumentState.VOIDED)
