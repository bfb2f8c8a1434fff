"""Set and reset what a person proves their identity with: passwords, code generators, names outside."""

import secrets
import string

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid
from minfang.kernel.iam import passwords, policy, totp
from minfang.kernel.iam.actions.sessions import end_sessions_of
from minfang.kernel.iam.models import (
    ExternalIdentity,
    FormerPassword,
    Person,
    PersonKind,
    SessionEnd,
    TotpDevice,
)

ONE_TIME_LENGTH = 16
UNMISTAKABLE = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")


@transaction.atomic
def change_password(person: Person, new: str, *, but_session: str = "") -> None:
    """The person sets a new password by the rules; their other sessions end."""
    passwords.check(person, new)
    _store(person, new, must_change=False)
    end_sessions_of(person, SessionEnd.CHANGED, "口令已修改", but=but_session)
    record("password.changed", person=person, target=person, summary="修改口令")


@transaction.atomic
def reset_password(person: Person, *, by: Person | None, reason: str) -> str:
    """A one-time password the person has to change at the next sign-in; returned once, kept nowhere."""
    one_time = _one_time_password()
    _store(person, one_time, must_change=True)
    end_sessions_of(person, SessionEnd.CHANGED, "口令已被重置")
    record("password.reset", person=by, target=person, summary=f"重置 {person.name} 的口令", reason=reason)
    return one_time


@transaction.atomic
def set_lasting_password(person: Person, new: str, *, reason: str) -> None:
    """Set a password at the machine itself, for demonstrations and tests; the rules hold."""
    passwords.check(person, new)
    _store(person, new, must_change=False)
    record(
        "password.reset",
        person=None,
        target=person,
        summary=f"命令行设置 {person.name} 的口令",
        reason=reason,
    )


def _one_time_password() -> str:
    return "-".join(
        "".join(secrets.choice(UNMISTAKABLE) for _ in range(5)) for _ in range(ONE_TIME_LENGTH // 5)
    ) + secrets.choice("23456789")


def _store(person: Person, raw: str, *, must_change: bool) -> None:
    """Set the password; as many former ones are remembered as the policy asks for."""
    if person.password and person.has_usable_password():
        FormerPassword.objects.create(person=person, password=person.password, at=clock.now())
    person.set_password(raw)
    person.password_changed_at, person.must_change_password = clock.now(), must_change
    person.save(update_fields=["password", "password_changed_at", "must_change_password"])
    last = policy.current().password_history
    remembered = FormerPassword.objects.filter(person=person).values_list("pk", flat=True)[:last]
    FormerPassword.objects.filter(person=person).exclude(pk__in=list(remembered)).delete()


@transaction.atomic
def start_totp(person: Person) -> TotpDevice:
    """A new code generator that counts once its first code has been entered."""
    held = TotpDevice.objects.select_for_update().filter(person=person).first()
    if held and held.confirmed_at:
        raise Refusal(
            "ALREADY_ENROLLED", "已登记动态口令。", "更换设备请先移除原有的，或由安全管理员重置。", status=409
        )
    values = {"secret": totp.new_secret(), "made_at": clock.now(), "last_step": 0}
    return TotpDevice.objects.update_or_create(person=person, defaults=values)[0]


@transaction.atomic
def confirm_totp(person: Person, code: str) -> None:
    """The first code shows that the generator was set up; from now on it is a second factor."""
    held = TotpDevice.objects.select_for_update().filter(person=person, confirmed_at=None).first()
    step = totp.matching_step(held.secret, code, after=held.last_step) if held else None
    if held is None or step is None:
        raise invalid([FieldError("code", "动态口令", "动态口令不对，请核对手机时间后输入最新的 6 位数字。")])
    held.last_step, held.confirmed_at = step, clock.now()
    held.save()
    record("factor.enrolled", person=person, target=person, summary="登记动态口令")


@transaction.atomic
def remove_totp(person: Person) -> None:
    """The person takes their code generator off the account."""
    if TotpDevice.objects.filter(person=person).delete()[0]:
        record("factor.removed", person=person, target=person, summary="移除动态口令")


@transaction.atomic
def reset_second_factor(person: Person, *, by: Person, reason: str) -> None:
    """The security administrator takes all second factors off an account; its sessions end."""
    TotpDevice.objects.filter(person=person).delete()
    person.certificates.filter(unbound_at=None).update(unbound_at=clock.now())
    end_sessions_of(person, SessionEnd.CHANGED, "双因素已被重置")
    record("factor.reset", person=by, target=person, summary=f"重置 {person.name} 的双因素", reason=reason)


@transaction.atomic
def link_identity(person: Person, provider: str, subject: str) -> None:
    """Tell under which number an outside platform knows a member of staff."""
    if person.kind != PersonKind.STAFF:
        raise ValueError("only staff are linked; applicants are recognised")
    link, made = ExternalIdentity.objects.get_or_create(
        provider=provider, subject=subject, defaults={"person": person}
    )
    if link.person_id != person.pk:
        raise Refusal("IDENTITY_TAKEN", "该外部身份已对应其他账号。", "请核对工号。", status=409)
    if made:
        record("identity.linked", person=None, target=person, summary=f"关联外部身份 {provider}:{subject}")
