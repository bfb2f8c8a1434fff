"""Who exists: organisations with their codes, people, the parties they act for, and their roles."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from minfang.kernel.crypto.fields import EncryptedTextField, blind_index
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


class OrganizationKind(models.TextChoices):
    """Kinds of organisation (domain handbook §1.2); a section is a desk inside an office."""

    MUNICIPAL_OFFICE = "MUNICIPAL_OFFICE", "市国动办"
    DISTRICT_OFFICE = "DISTRICT_OFFICE", "区国动办"
    AUTHORIZED_COMMITTEE = "AUTHORIZED_COMMITTEE", "管委会人防管理部门"
    SUPERVISION_CENTER = "SUPERVISION_CENTER", "市民防监督管理事务中心"
    SUBDISTRICT = "SUBDISTRICT", "街道（乡镇）"
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


class PersonManager(BaseUserManager["Person"]):
    """Find people by their username, ignoring case and surrounding space."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """A human being who signs in. Mobile and certificate number are encrypted at rest."""

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

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        db_table = "iam_person"

    def __str__(self) -> str:
        return self.name


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


class Role(models.Model):
    """A named set of permissions (handbook §1.3); the permissions come from the role definitions."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=50)
    permissions = models.JSONField(default=list)

    class Meta:
        db_table = "iam_role"

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """A person holds a role for an office; its reach is that office's cases and no others."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="grants")

    class Meta:
        db_table = "iam_role_grant"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "role", "organization"], name="iam_grant_unique"),
        ]
