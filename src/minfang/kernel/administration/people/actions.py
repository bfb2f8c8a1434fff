"""What administrators do with accounts; the changes themselves stand in the identity room."""

from minfang.kernel.administration.people.queries import organization_of, person_of
from minfang.kernel.administration.people.schemas import AccountChange, AccountIn, PersonalNumbers
from minfang.kernel.base.errors import Refusal, forbidden
from minfang.kernel.iam.actions import accounts, credentials, lockout
from minfang.kernel.iam.models import Family, Person, PersonKind
from minfang.kernel.iam.seals import tampered


def create(body: AccountIn, by: Person) -> tuple[Person, str]:
    """A new member of staff, without any role; returns the one-time password too."""
    return accounts.create_staff(
        username=body.username,
        name=body.name,
        organization=organization_of(body.organization_id),
        title=body.title,
        mobile=body.mobile,
        by=by,
        reason=body.reason,
    )


def correct(person_id: int, body: AccountChange, by: Person) -> None:
    """Correct the particulars of an account."""
    person_of(person_id)
    if body.organization_id is not None:
        organization_of(body.organization_id)
    values = body.dict(exclude_none=True, exclude={"reason"})
    accounts.correct_staff(person_id, values, by=by, reason=body.reason)


def disable(person_id: int, reason: str, by: Person) -> None:
    """The account may not sign in any more."""
    accounts.disable(person_of(person_id).pk, by=by, reason=reason)


def enable(person_id: int, reason: str, by: Person) -> None:
    """The account may sign in again."""
    accounts.enable(person_of(person_id).pk, by=by, reason=reason)


def reset_password(person_id: int, reason: str, by: Person) -> str:
    """A one-time password; who resets their own would go round the old one."""
    person = _sound(person_id)
    if person.pk == by.pk:
        raise forbidden("不能重置自己的口令，请用“修改口令”。")
    if person.kind != PersonKind.STAFF:
        raise forbidden("申请人经“一网通办”登录，没有本系统口令。")
    password = credentials.reset_password(person, by=by, reason=reason)
    if person.family != Family.BUSINESS:
        accounts.alarm_administrator_reset(person, by=by)
    return password


def unlock(person_id: int, reason: str, by: Person) -> None:
    """Let a locked person try again."""
    person = _sound(person_id)
    if person.pk == by.pk:
        raise forbidden("不能为自己解锁。")
    lockout.unlock(person, by=by, reason=reason)


def reset_second_factor(person_id: int, reason: str, by: Person) -> None:
    """Take the second factors off an account, so that new ones can be registered."""
    person = _sound(person_id)
    if person.pk == by.pk:
        raise forbidden("不能重置自己的双因素，请由另一名安全管理员办理。")
    credentials.reset_second_factor(person, by=by, reason=reason)


def unmask(person_id: int, reason: str, by: Person) -> PersonalNumbers:
    """The full numbers, for a reason the trail keeps."""
    person = person_of(person_id)
    accounts.note_unmasked(person, by=by, reason=reason)
    return PersonalNumbers(mobile=person.mobile, id_no=person.id_no)


def settle(person_id: int, reason: str, by: Person) -> None:
    """Seal an account anew whose row was changed past the product; it comes out disabled."""
    accounts.settle_tampered(person_of(person_id).pk, by=by, reason=reason)


def _sound(person_id: int) -> Person:
    person = person_of(person_id)
    if not person.seal_holds():
        raise tampered()
    if not person.is_active:
        raise Refusal("DISABLED", "该账号已停用。", "请先由系统管理员启用。", status=409)
    return person
