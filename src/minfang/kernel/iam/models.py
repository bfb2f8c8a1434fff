"""Who exists: organisations with their codes, people, the parties they act for, and their roles."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction

from minfang.kernel.base import clock
from minfang.kernel.crypto.fields import EncryptedTextField, blind_index
from minfang.kernel.iam import names
from minfang.kernel.iam.policy_models import (  # noqa: F401 - as below
    PolicyRequest,
    RequestState,
)
from minfang.kernel.iam.proof_models import (  # noqa: F401 - the room's other tables, found here by Django
    BoundCertificate,
    CertificateChallenge,
    CounterKind,
    FormerPassword,
    ProofCounter,
    SecurityPolicy,
    SessionEnd,
    StaffSession,
    TotpDevice,
    UsedName,
    UsedTicket,
)
from minfang.kernel.iam.seals import SealedModel, alarm, sound


class OrganizationKind(models.TextChoices):
    """Kinds of organisation (domain handbook §1.2); a section is a desk inside an office."""

    MUNICIPAL_OFFICE = "MUNICIPAL_OFFICE", "市国动办"
    DISTRICT_OFFICE = "DISTRICT_OFFICE", "区国动办"
    AUTHORIZED_COMMITTEE = "AUTHORIZED_COMMITTEE", "管委会人防管理部门"
    SUPERVISION_CENTER = "SUPERVISION_CENTER", "市民防监督管理事务中心"
    SUBDISTRICT = "SUBDISTRICT", "街道（乡镇）"
    MAINTENANCE_RESPONSIBLE = "MAINTENANCE_RESPONSIBLE", "管理单位"
    SECTION = "SECTION", "科室（处室）"


class Organization(models.Model):
    """An office or a section of one. ``district_code`` is GB/T 2260 (310000 for the city)."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=32, choices=OrganizationKind.choices)
    district_code = models.CharField(max_length=6, db_index=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="sections")
    uscc = models.CharField("统一社会信用代码", max_length=18, default="")

    class Meta:
        db_table = "iam_organization"
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def office(self) -> "Organization":
        """The office a section belongs to; an office is its own."""
        return self.parent.office if self.kind == OrganizationKind.SECTION and self.parent else self


class PartyKind(models.TextChoices):
    """Service object, GB/T 39046-2020 annex A.4 (handbook §2.3)."""

    NATURAL = "1", "自然人"
    ENTERPRISE = "2", "企业法人"
    INSTITUTION = "3", "事业法人"
    SOCIAL = "4", "社会组织法人"
    GOVERNMENT = "5", "行政机关"
    OTHER = "6", "其他组织"


class Party(models.Model):
    """The subject an application is made for: a company, institution or natural person."""

    kind = models.CharField(max_length=1, choices=PartyKind.choices)
    name = models.CharField(max_length=200)
    id_type = models.CharField(max_length=3, default="001")
    id_no = EncryptedTextField()
    id_no_index = models.CharField(max_length=32, unique=True)
    legal_rep_name = models.CharField(max_length=50, default="")
    registered_address = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "iam_party"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def index_of(id_no: str) -> str:
        """Blind index under which a party with this certificate number is found."""
        return blind_index("party.id_no", id_no)


class PersonKind(models.TextChoices):
    """Staff sign in to the office, applicants to the portal; nobody is both."""

    STAFF = "STAFF", "工作人员"
    APPLICANT = "APPLICANT", "申请人"


class Family(models.TextChoices):
    """The four kinds of account, kept apart: nobody holds roles of two (GB/T 22239-2019 8.1.4.2, B.16)."""

    BUSINESS = "BUSINESS", "业务人员"
    SYSTEM = "SYSTEM", "系统管理"
    SECURITY = "SECURITY", "安全管理"
    AUDIT = "AUDIT", "审计管理"


class PersonManager(BaseUserManager["Person"]):
    """Find people by their username, ignoring case and surrounding space."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=names.normal(username))


class Person(SealedModel, AbstractBaseUser):
    """A human being who signs in. Mobile and certificate number are encrypted at rest.

    ``family`` is that of the first role granted; while any grant stands the database refuses another.
    """

    SEALED: ClassVar = (
        "id",
        "username",
        "password",
        "kind",
        "family",
        "is_active",
        "organization_id",
        "party_id",
    )
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=10, choices=PersonKind.choices)
    title = models.CharField(max_length=50, default="")
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="people")
    party = models.ForeignKey(Party, models.PROTECT, null=True, related_name="people")
    mobile = EncryptedTextField()
    id_no = EncryptedTextField()
    id_no_index = models.CharField(max_length=32, default="", db_index=True)
    is_active = models.BooleanField(default=True)
    password_changed_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)
    family = models.CharField(max_length=10, choices=Family.choices, default=Family.BUSINESS)
    created_at = models.DateTimeField(default=clock.now)
    enabled_at = models.DateTimeField(default=clock.now)
    disabled_reason = models.CharField(max_length=200, default="")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        db_table = "iam_person"
        verbose_name = "账号"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "family"], name="iam_person_family"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the username in its normal form, and for this person for ever (security handbook B.1)."""
        fields = kwargs.get("update_fields")
        if fields is not None and "username" not in fields:
            super().save(*args, **kwargs)
            return
        self.username = names.normal(self.username)
        with transaction.atomic():
            names.refuse_if_taken(self.username, self.pk)
            super().save(*args, **kwargs)
            names.reserve(self.username, self.pk)

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password; never so for an account whose row was changed past the product."""
        if not self.seal_holds():
            alarm(self)
            return False
        return super().check_password(raw_password)


class ExternalIdentity(models.Model):
    """The same person as an outside identity platform knows them."""

    provider = models.CharField(max_length=32)
    subject = models.CharField(max_length=100)
    person = models.ForeignKey(Person, models.CASCADE, related_name="external_identities")

    class Meta:
        db_table = "iam_external_identity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "subject"], name="iam_external_unique"),
        ]


class Role(SealedModel):
    """A named set of permissions (handbook §1.3); the permissions come from the role definitions."""

    SEALED: ClassVar = ("code", "family", "permissions")
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=50)
    permissions = models.JSONField(default=list)
    family = models.CharField(max_length=10, choices=Family.choices, default=Family.BUSINESS)

    class Meta:
        db_table = "iam_role"
        verbose_name = "角色"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "family"], name="iam_role_family"),
        ]

    def __str__(self) -> str:
        return self.name


class RoleGrant(SealedModel):
    """A person holds a role for an office; its reach is that office's cases and no others.

    ``family`` is the role's; with the person and with the role it refers to their rows by two-column foreign
    keys (migration 0003), so no account can hold roles of two families, whoever writes the row.
    """

    SEALED: ClassVar = ("person_id", "role_id", "organization_id", "family")
    person = models.ForeignKey(Person, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="grants")
    family = models.CharField(max_length=10, choices=Family.choices, default=Family.BUSINESS)
    granted_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "iam_role_grant"
        verbose_name = "授权"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "role", "organization"], name="iam_grant_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}/{self.role_id}/{self.organization_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the role's family; the first grant gives it to the account."""
        if self._state.adding:
            self.family = self.role.family
            if self.person.family != self.family:
                self.person.family = self.family
                self.person.save(update_fields=["family"])
        super().save(*args, **kwargs)

    def counts(self) -> bool:
        """Whether the product wrote this grant and its role; an alarm is raised for what it did not."""
        return len(sound([self])) + len(sound([self.role])) == 2


class GrantChange(models.TextChoices):
    """What a proposal asks for."""

    ADD = "ADD", "授予"
    REMOVE = "REMOVE", "收回"


class GrantRequest(SealedModel):
    """One security administrator proposes a change of somebody's roles, another decides (B.17).

    ``open_key`` is the same for all waiting proposals of one change, so there is at most one.
    """

    SEALED: ClassVar = (
        "person_id",
        "role_id",
        "organization_id",
        "change",
        "reason",
        "state",
        "proposed_by_id",
        "decided_by_id",
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="grant_requests")
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    change = models.CharField(max_length=6, choices=GrantChange.choices)
    reason = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=RequestState.choices, default=RequestState.WAITING, db_index=True
    )
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, default="")
    open_key = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "iam_grant_request"
        verbose_name = "授权申请"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(person=models.F("proposed_by")), name="iam_grant_not_own"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="APPROVED")
                | (
                    models.Q(decided_by__isnull=False)
                    & ~models.Q(decided_by=models.F("proposed_by"))
                    & ~models.Q(decided_by=models.F("person"))
                ),
                name="iam_grant_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()} {self.person_id}/{self.role_id}/{self.organization_id}"
