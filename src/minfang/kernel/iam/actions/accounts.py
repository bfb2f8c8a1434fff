"""Accounts of staff: made, corrected, disabled and enabled by the system administrator."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, stale
from minfang.kernel.iam import names, policy
from minfang.kernel.iam.actions.credentials import reset_password
from minfang.kernel.iam.actions.sessions import end_sessions_of
from minfang.kernel.iam.models import Family, Organization, Person, PersonKind, Role, RoleGrant, SessionEnd
from minfang.kernel.iam.seals import SealedModel, alarm, tampered

UNUSED = "长期未使用，自动停用"
EDITABLE = ("name", "title", "mobile", "organization_id")


@transaction.atomic
def create_staff(
    *, username: str, name: str, organization: Organization, title: str, mobile: str, by: Person, reason: str
) -> tuple[Person, str]:
    """A new account without any role, and its one-time password, which is shown once and kept nowhere."""
    if len(names.normal(username)) < 2:
        raise invalid([FieldError("username", "用户名", "请填写用户名，至少两个字符。")])
    person = Person.objects.create(
        username=username,
        name=name.strip(),
        kind=PersonKind.STAFF,
        organization=organization,
        title=title.strip(),
        mobile=mobile.strip(),
    )
    record(
        "person.create",
        person=by,
        target=person,
        summary=f"新建账号 {person.username}",
        after={"username": person.username, "name": person.name, "organization": organization.code},
        reason=_reasoned(reason),
    )
    return person, reset_password(person, by=by, reason="新建账号")


def locked(person_id: int) -> Person:
    """The account, locked for a change; refuses one whose row was changed past the product."""
    row = Person.objects.select_for_update(of=("self",)).get(pk=person_id)
    if not row.seal_holds():
        alarm(row)
        raise tampered()
    return row


@transaction.atomic
def correct_staff(person_id: int, values: dict[str, Any], *, by: Person, reason: str) -> Person:
    """Correct name, title, mobile or organisation; roles stay as they are."""
    person = locked(person_id)
    if person.kind != PersonKind.STAFF:
        raise forbidden("申请人的资料以“一网通办”为准，不在此修改。")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in EDITABLE:
        if key in values and getattr(person, key) != values[key]:
            before[key], after[key] = _shown(key, getattr(person, key)), _shown(key, values[key])
            setattr(person, key, values[key])
    if after:
        person.save(update_fields=list(after))
        record(
            "person.correct",
            person=by,
            target=person,
            summary=f"修改 {person.name} 的账号资料",
            before=before,
            after=after,
            reason=reason,
        )
    return person


def _shown(key: str, value: Any) -> Any:
    """What the trail keeps of a value: personal numbers not in clear."""
    return f"{value[:3]}****{value[-4:]}" if key == "mobile" and value else value


@transaction.atomic
def disable(person_id: int, *, by: Person | None, reason: str) -> Person:
    """The account may not sign in any more; it stays, with everything it did."""
    reason = _reasoned(reason)
    person = locked(person_id)
    if by is not None and by.pk == person.pk:
        raise forbidden("不能停用自己的账号。")
    if not person.is_active:
        raise stale("该账号已停用。")
    _keep_administrators(person)
    person.is_active, person.disabled_reason = False, reason[:200]
    person.save(update_fields=["is_active", "disabled_reason"])
    end_sessions_of(person, SessionEnd.CHANGED, "账号已停用")
    state = {"is_active": True}, {"is_active": False}
    record(
        "person.disable",
        person=by,
        target=person,
        summary=f"停用账号 {person.username}",
        before=state[0],
        after=state[1],
        reason=reason,
    )
    return person


def _keep_administrators(person: Person) -> None:
    """The last account that can restore, grant or audit stays open (two of those that grant)."""
    least = {Family.SYSTEM: 1, Family.SECURITY: 2, Family.AUDIT: 1}.get(Family(person.family), 0)
    if not least or not person.grants.exists():
        return
    rows = Person.objects.select_for_update(of=("self",)).filter(family=person.family, is_active=True)
    able = set(RoleGrant.objects.filter(family=person.family).values_list("person_id", flat=True))
    if len({row.pk for row in rows if row.pk in able} - {person.pk}) < least:
        raise Refusal(
            "TOO_FEW_ADMINISTRATORS",
            f"“{Family(person.family).label}”类账号至少保留 {least} 个，不能停用。",
            "请先另设同类管理员。",
            status=409,
        )


@transaction.atomic
def enable(person_id: int, *, by: Person, reason: str) -> Person:
    """A disabled account may sign in again, with the roles it holds."""
    reason = _reasoned(reason)
    person = locked(person_id)
    if person.is_active:
        raise stale("该账号未停用。")
    person.is_active, person.disabled_reason, person.enabled_at = True, "", clock.now()
    person.save(update_fields=["is_active", "disabled_reason", "enabled_at"])
    record(
        "person.enable",
        person=by,
        target=person,
        summary=f"启用账号 {person.username}",
        before={"is_active": False},
        after={"is_active": True},
        reason=reason,
    )
    return person


def _reasoned(reason: str) -> str:
    if not reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明理由。")])
    return reason.strip()


@transaction.atomic
def note_unmasked(person: Person, *, by: Person, reason: str) -> None:
    """Somebody looked at the full personal numbers of an account (B.63)."""
    record(
        "person.unmask",
        person=by,
        target=person,
        summary=f"查看 {person.name} 的完整手机号和证件号",
        reason=_reasoned(reason),
    )


def disable_unused() -> int:
    """Disable accounts of staff nobody used for the days of the policy (B.18); returns how many."""
    before = clock.now() - timedelta(days=policy.current().unused_account_days)
    used = Greatest(Coalesce(F("last_login"), F("enabled_at")), F("enabled_at"))
    due = (
        Person.objects.filter(kind=PersonKind.STAFF, is_active=True)
        .annotate(used=used)
        .filter(used__lt=before)
    )
    count = 0
    for pk, username in due.values_list("pk", "username"):
        try:
            disable(pk, by=None, reason=UNUSED)
            count += 1
        except Refusal as refusal:
            raise_alarm("account.unused", target=f"iam.person:{pk}", summary=f"{username}：{refusal.message}")
    return count


def check_seals() -> int:
    """Look at the seal of every account, role and grant; an alarm for each that is broken (B.20)."""
    broken = 0
    models: tuple[type[SealedModel], ...] = (Person, Role, RoleGrant)
    for model in models:
        for row in model._base_manager.only(*model.SEALED, "mac").iterator(chunk_size=500):
            if not row.seal_holds():
                alarm(row)
                broken += 1
    return broken


@transaction.atomic
def settle_tampered(person_id: int, *, by: Person, reason: str) -> Person:
    """After a look at what happened: the account is sealed anew, disabled and without a password.

    The system administrator enables it again and gives it a new password.
    """
    reason = _reasoned(reason)
    person = Person.objects.select_for_update(of=("self",)).get(pk=person_id)
    if person.seal_holds():
        raise stale("该账号的数据完整，无需处置。")
    if person.pk == by.pk:
        raise forbidden("不能处置自己的账号。")
    person.set_unusable_password()
    person.is_active = False
    person.reseal()
    Person.objects.filter(pk=person.pk).update(disabled_reason="数据被系统之外修改，核查后停用")
    end_sessions_of(person, SessionEnd.CHANGED, "账号数据被篡改")
    record(
        "person.settle",
        person=by,
        target=person,
        summary=f"处置被篡改的账号 {person.username}",
        reason=reason,
    )
    return person


@transaction.atomic
def drop_tampered_grant(grant_id: int, *, by: Person, reason: str) -> None:
    """Remove a grant the product did not write; nobody held anything by it."""
    reason = _reasoned(reason)
    grant = (
        RoleGrant.objects.select_for_update(of=("self",)).select_related("role", "person").get(pk=grant_id)
    )
    if grant.seal_holds():
        raise stale("该授权完整有效，请按授权调整收回。")
    summary = f"清除非系统写入的授权：{grant.person.username}“{grant.role.name}”"
    grant.delete()
    record("grant.drop", person=by, target=grant.person, summary=summary, reason=reason)


def alarm_administrator_reset(person: Person, *, by: Person) -> None:
    """Who resets an administrator's password could sign in as them: the others get to know."""
    raise_alarm(
        "account.administrator_reset",
        target=f"iam.person:{person.pk}",
        summary=f"{by.name}（{by.username}）重置了管理员账号 {person.username} 的口令",
    )
