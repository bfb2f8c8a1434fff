"""What stands behind a sign-in: policy, names, passwords, counters, sessions and second factors."""

from typing import Any, ClassVar

from django.db import models

from minfang.kernel.crypto.fields import EncryptedTextField


class SecurityPolicy(models.Model):
    """One value of the security policy the security administrator has set; ``mac`` covers key and value."""

    key = models.CharField(max_length=64, unique=True)
    value = models.JSONField()
    mac = models.CharField(max_length=64)
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "iam_security_policy"


class UsedName(models.Model):
    """A username that was given once; it belongs to that person for ever (security handbook B.1)."""

    name = models.CharField(max_length=64, unique=True)
    person_id = models.BigIntegerField()

    class Meta:
        db_table = "iam_used_name"


class FormerPassword(models.Model):
    """A password of the past, as its hash; it may not come back while the policy remembers it."""

    person = models.ForeignKey("iam.Person", models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        db_table = "iam_former_password"
        ordering: ClassVar = ["-id"]


class CounterKind(models.TextChoices):
    """What failures are counted by."""

    NAME = "NAME", "账号"
    ADDRESS = "ADDRESS", "地址"


class ProofCounter(models.Model):
    """Failures of one name or one address, whatever the kind of proof; names nobody has are counted too."""

    kind = models.CharField(max_length=10, choices=CounterKind.choices)
    subject = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "iam_proof_counter"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="iam_proof_counter_unique"),
        ]


class SessionEnd(models.TextChoices):
    """Why a session of staff is over."""

    SIGNED_OUT = "SIGNED_OUT", "退出登录"
    REPLACED = "REPLACED", "在别处登录"
    IDLE = "IDLE", "长时间无操作"
    TOO_LONG = "TOO_LONG", "超过一次登录最长时间"
    ENDED = "ENDED", "被安全管理员结束"
    CHANGED = "CHANGED", "登录凭据或权限变更"


class StaffSession(models.Model):
    """A member of staff signed in at one place. ``row_key`` names its row while it is open.

    Neither column holds the cookie value: ``row_key`` is a keyed digest of it (:mod:`.session_store`),
    ``digest`` (SM3) finds the row again when the browser of an ended session comes back.
    """

    person = models.ForeignKey("iam.Person", models.CASCADE, related_name="staff_sessions")
    row_key = models.CharField(max_length=40, default="")
    digest = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    address = models.CharField(max_length=64, default="")
    agent = models.CharField(max_length=200, default="")
    how = models.CharField(max_length=50)
    ended_at = models.DateTimeField(null=True, db_index=True)
    end_kind = models.CharField(max_length=12, choices=SessionEnd.choices, default="")
    end_note = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "iam_staff_session"
        indexes: ClassVar = [
            models.Index(fields=["person", "ended_at"], name="iam_staff_session_open"),
        ]


class TotpDevice(models.Model):
    """The one-time code generator of a person (RFC 6238). ``last_step``: the newest time step used."""

    person = models.OneToOneField("iam.Person", models.CASCADE, related_name="totp")
    secret = EncryptedTextField()
    last_step = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "iam_totp_device"


class BoundCertificate(models.Model):
    """An SM2 certificate that stands for one person. ``fingerprint``: SM3 of the certificate (DER)."""

    person = models.ForeignKey("iam.Person", models.CASCADE, related_name="certificates")
    fingerprint = models.CharField(max_length=64, unique=True)
    serial = models.CharField(max_length=64)
    holder = models.CharField(max_length=100)
    issuer = models.CharField(max_length=100)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    bound_at = models.DateTimeField()
    unbound_at = models.DateTimeField(null=True)
    mac = models.CharField(max_length=64)

    class Meta:
        db_table = "iam_bound_certificate"

    def covered(self) -> list[Any]:
        """What the row's MAC covers."""
        return [self.person_id, self.fingerprint, self.serial]


class CertificateChallenge(models.Model):
    """A nonce one session may have signed once; the row is gone when it has been used."""

    nonce = models.CharField(max_length=64, unique=True)
    session_digest = models.CharField(max_length=64)
    text = models.CharField(max_length=300)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "iam_cert_challenge"


class UsedTicket(models.Model):
    """A one-time ticket or code of an identity platform that came here; it does not work a second time."""

    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "iam_used_ticket"
