"""Matters and cases: what is applied for, by whom, where it stands and what came of it."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import QuerySet

from minfang.kernel.crypto.fields import EncryptedJSONField, EncryptedTextField
from minfang.kernel.documents.models import Document
from minfang.kernel.files.models import StoredFile
from minfang.kernel.forms.models import FormDefinition
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Party, Person
from minfang.kernel.workflow.models import ProcessInstance
from minfang.services import case_seals


class CaseStatus(models.TextChoices):
    """Main state machine ``case_status`` (handbook §5.1), as far as this release drives it."""

    DRAFT = "DRAFT", "草稿"
    SUBMITTED = "SUBMITTED", "已提交"
    PREREVIEW = "PREREVIEW", "预审中"
    PREREVIEW_FAILED = "PREREVIEW_FAILED", "预审不通过"
    ACCEPTING = "ACCEPTING", "受理审查"
    SUPPLEMENT = "SUPPLEMENT", "补正中"
    NOT_ACCEPTED = "NOT_ACCEPTED", "不予受理"
    ACCEPTED = "ACCEPTED", "已受理"
    REVIEWING = "REVIEWING", "审查中"
    SPECIAL = "SPECIAL", "特别程序"
    TRANSFERRED = "TRANSFERRED", "转派中"
    DECIDED = "DECIDED", "已决定"
    CERTIFYING = "CERTIFYING", "制证中"
    DONE = "DONE", "办结"
    DELIVERED = "DELIVERED", "已送达"
    CANCELLING = "CANCELLING", "撤销中"
    CANCELLED = "CANCELLED", "已撤销"
    VOIDED = "VOIDED", "已作废"
    DONE_SUPP_TIMEOUT = "DONE_SUPP_TIMEOUT", "补正不来办结"


CLOSED_STATUSES = frozenset(
    {
        CaseStatus.NOT_ACCEPTED,
        CaseStatus.DONE,
        CaseStatus.DELIVERED,
        CaseStatus.CANCELLED,
        CaseStatus.VOIDED,
        CaseStatus.DONE_SUPP_TIMEOUT,
    }
)


class Matter(models.Model):
    """A matter (事项) a citizen may apply for; its contents stand in its versions."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "svc_matter"
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.name


class MatterVersion(models.Model):
    """One published, immutable definition: a case runs on the version it was submitted under."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    form = models.ForeignKey(FormDefinition, models.PROTECT, related_name="+")
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "svc_matter_version"
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "version"], name="svc_matter_version_unique"),
        ]


class CaseQuerySet(QuerySet["Case"]):
    """Cases, and who may see which."""

    def of_applicant(self, access: Access) -> "CaseQuerySet":
        """The cases a signed-in applicant handed in, or that were made for the party they act for."""
        own = models.Q(applicant=access.person)
        if access.person.party_id:
            own |= models.Q(party_id=access.person.party_id)
        return self.filter(own)

    def visible_to(self, access: Access) -> "CaseQuerySet":
        """Submitted cases of the offices for which this officer may read cases."""
        offices = access.offices_for("case.read")
        return self.filter(organization_id__in=offices, internal_no__isnull=False)

    def update(self, **values: Any) -> int:
        """Change rows and seal them anew, unless the caller gives the seal; refuses where one is broken."""
        named = _columns(values)
        if "mac" in named or named.isdisjoint(case_seals.COVERED):
            return super().update(**values)
        with transaction.atomic(using=self.db):
            keys = [case.pk for case in self._sound_and_locked()]
            rows = Case._base_manager.using(self.db).filter(pk__in=keys)
            count = rows.update(**values)
            fresh = list(rows.only(*case_seals.COVERED))
            for case in fresh:
                case.mac = case_seals.of(case)
            rows.bulk_update(fresh, ["mac"], batch_size=500)
        return count

    def _sound_and_locked(self) -> "list[Case]":
        rows = self.order_by("pk").select_related(None).select_for_update(of=("self",))
        found: list[Case] = list(rows)
        for case in found:
            case_seals.require(case)
        return found


class Case(models.Model):
    """One application (办件) with its whole life.

    ``due_on`` and ``clock_days`` belong to the clock that runs now: the time to accept, afterwards the
    promised time; both move with every suspension. ``promise_due`` and ``legal_due`` are what was told.
    ``form_data`` is the latest content; what was handed in at each round stands in :class:`CaseRound`.
    """

    internal_no = models.CharField(max_length=40, unique=True, null=True)
    apply_no = models.CharField(max_length=40, default="", db_index=True)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="cases")
    matter_version = models.ForeignKey(MatterVersion, models.PROTECT, related_name="cases")
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="cases")
    party = models.ForeignKey(Party, models.PROTECT, null=True, related_name="cases")
    applicant_name = models.CharField(max_length=200, default="")
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="cases")
    district_code = models.CharField(max_length=6, default="", db_index=True)
    project_name = models.CharField(max_length=200, default="")
    status = models.CharField(max_length=20, choices=CaseStatus.choices, default=CaseStatus.DRAFT)
    form_data = EncryptedJSONField()
    form_step = models.CharField(max_length=40, default="")
    round = models.PositiveIntegerField(default=0)
    query_password = EncryptedTextField()
    instance = models.OneToOneField(ProcessInstance, models.PROTECT, null=True, related_name="case")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    promise_due = models.DateField(null=True)
    legal_due = models.DateField(null=True)
    clock_days = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField(null=True)
    is_paused = models.BooleanField(default=False)
    decision = models.CharField(max_length=10, default="")
    decision_reason = models.TextField(default="")
    done_result = models.CharField(max_length=2, default="")
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    mac = case_seals.SealField(max_length=64, default="", editable=False)

    objects: ClassVar = CaseQuerySet.as_manager()
    _read: tuple[list[Any], str] | None = None

    class Meta:
        db_table = "svc_case"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["organization", "status", "due_on"], name="svc_case_office_idx"),
            models.Index(fields=["applicant", "-updated_at"], name="svc_case_applicant_idx"),
            models.Index(fields=["organization", "-submitted_at"], name="svc_case_submitted_idx"),
            models.Index(fields=["due_on", "status"], name="svc_case_due_idx"),
        ]

    def __str__(self) -> str:
        return self.internal_no or f"草稿 {self.pk}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Case":
        """The row as it was read, so that writing it never mends a broken seal by the way."""
        case = super().from_db(*args, **kwargs)
        held = case.__dict__
        case._read = (
            ([held[name] for name in case_seals.COVERED], held["mac"])
            if "mac" in held and all(name in held for name in case_seals.COVERED)
            else None
        )
        return case

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and seal; refuses to put a new seal on a row that was changed past the product."""
        asked = kwargs.get("update_fields")
        if asked is not None:
            named = _columns(asked)
            if named.isdisjoint(case_seals.COVERED):
                super().save(*args, **kwargs)
                return
            kwargs["update_fields"] = {*asked, *case_seals.COVERED, "mac"}
        if self._read is not None and not case_seals.values_hold(*self._read):
            case_seals.alarm(self.pk, self._read[0][0])
            raise case_seals.tampered()
        super().save(*args, **kwargs)
        self._read = (case_seals.covered(self), self.mac)

    @property
    def subject(self) -> str:
        """The name of this case in the kernel's rooms."""
        return f"case:{self.internal_no}"


def _columns(names: Iterable[str]) -> set[str]:
    return {str(getattr(Case._meta.get_field(name), "attname", name)) for name in names}


class CaseRound(models.Model):
    """What was handed in, frozen: the first submission is round 1, each supplement answer adds one."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rounds")
    round = models.PositiveIntegerField()
    form_data = EncryptedJSONField()
    materials = models.JSONField(default=list)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        db_table = "svc_case_round"
        ordering: ClassVar = ["round"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "round"], name="svc_case_round_unique"),
        ]


class MaterialState(models.TextChoices):
    """Where one handed-in material stands in the officer's check."""

    PENDING = "PENDING", "待核"
    ACCEPTED = "ACCEPTED", "已核"
    REJECTED = "REJECTED", "有问题"
    REPLACED = "REPLACED", "已替换"


class CaseMaterial(models.Model):
    """One file of one material code, or its waiver; replaced ones are kept."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="materials")
    code = models.CharField(max_length=20)
    round = models.PositiveIntegerField()
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    waiver = models.CharField(max_length=10, default="")
    waiver_reference = models.CharField(max_length=120, default="")
    state = models.CharField(max_length=10, choices=MaterialState.choices, default=MaterialState.PENDING)
    remark = models.CharField(max_length=500, default="")
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "svc_case_material"
        ordering: ClassVar = ["code", "id"]
        indexes: ClassVar = [models.Index(fields=["case", "state"], name="svc_material_case_idx")]


class Supplement(models.Model):
    """One notice to complete the application (补正): everything told at once, with a due day."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="supplements")
    round = models.PositiveIntegerField()
    items = models.JSONField()
    note = models.TextField(default="")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    due = models.DateField()
    answered_at = models.DateTimeField(null=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "svc_supplement"
        ordering: ClassVar = ["round"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "round"], name="svc_supplement_unique"),
        ]


class ApplicationSignature(models.Model):
    """The applicant's signature over the generated application form of one round."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="signatures")
    round = models.PositiveIntegerField()
    state_token = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    content_digest = models.CharField(max_length=64)
    draft = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    signed = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    signer_name = models.CharField(max_length=200, default="")
    certificate_serial = models.CharField(max_length=80, default="")
    signature_value = models.TextField(default="")
    certificate = models.TextField(default="")
    started_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "svc_signature"
        ordering: ClassVar = ["id"]


class Rating(models.Model):
    """The applicant's judgement of one service (好差评): once a stage, 1 best to 5 worst (GB/T 39046)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="ratings")
    stage = models.CharField(max_length=20)
    satisfaction = models.PositiveSmallIntegerField()
    tags = models.JSONField(default=list)
    text = models.CharField(max_length=500, default="")
    rated_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    rated_at = models.DateTimeField()

    class Meta:
        db_table = "svc_rating"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "stage"], name="svc_rating_once"),
        ]


class CommonPhrase(models.Model):
    """An opinion an officer writes often (常用语)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="phrases")
    text = models.CharField(max_length=200)

    class Meta:
        db_table = "svc_common_phrase"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "text"], name="svc_phrase_unique"),
        ]


from minfang.services.clock_models import LimitOverride, Reminder, WarningRule  # noqa: E402, F401
