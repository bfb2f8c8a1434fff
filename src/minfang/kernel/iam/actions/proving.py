"""Judge proofs of identity. Every kind counts against the same locks; no refusal tells what was wrong.

Unknown name, wrong password and locked account get one answer in about the same time (security handbook B.6).
"""

from collections.abc import Callable
from functools import lru_cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from minfang.kernel.audit.actions import origin
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import lockout, names, policy, totp
from minfang.kernel.iam.actions import lockout as counting
from minfang.kernel.iam.models import CounterKind, Person, TotpDevice


def refused(what: str = "用户名或口令") -> Refusal:
    """The one answer to a proof that is not accepted."""
    limits = policy.current()
    hint = (
        f"连续 {limits.lockout_failures} 次不对将锁定 {limits.lockout_minutes} 分钟，锁定期间正确的也不接受；"
        "可稍后重试，或联系本单位管理员重置、安全管理员解锁。"
    )
    return Refusal("WRONG_CREDENTIALS", f"{what}不对，或账号暂时锁定。", hint, status=401)


def _too_many() -> Refusal:
    minutes = policy.current().lockout_minutes
    return Refusal(
        "TOO_MANY_TRIES", "您所在的网络地址登录失败次数过多。", f"请 {minutes} 分钟后再试。", status=429
    )


def _judge(name: str, person: Person | None, what: str, proves: Callable[[], bool]) -> None:
    """Count the try, judge it, and take it back when it was right; raises the one refusal otherwise."""
    address = origin.get().address or "-"
    if lockout.locked(CounterKind.ADDRESS, address):
        raise _too_many()
    counted = counting.count_try(CounterKind.NAME, name)
    right = proves()
    if not counted:
        raise refused(what)
    counting.count_try(CounterKind.ADDRESS, address)
    if not right:
        counting.note_failure(name, address, what=what, person=person)
        raise refused(what)
    counting.take_back(CounterKind.NAME, name)
    counting.take_back(CounterKind.ADDRESS, address)


@lru_cache(maxsize=4)
def _nobodys_hash(rounds: int) -> str:
    """A hash as costly as a real one, for names nobody has."""
    return make_password(f"nobody-{rounds}")


def prove_password(username: str, raw: str) -> Person:
    """The member of staff with that name and password; an older hash is made anew with SM3 on the way."""
    name = names.normal(username)
    person = Person.objects.filter(username=name, is_active=True).first()

    def proves() -> bool:
        if person is None or not person.has_usable_password():
            from minfang.kernel.iam.hashers import PBKDF2SM3PasswordHasher

            check_password(raw, _nobodys_hash(PBKDF2SM3PasswordHasher().iterations))
            return False
        return person.check_password(raw)

    _judge(name, person, "用户名或口令", proves)
    assert person is not None
    return person


def prove_own_password(person: Person, raw: str) -> None:
    """Somebody signed in proves that they know their password."""
    _judge(person.username, person, "口令", lambda: person.check_password(raw))


def prove_totp(person: Person, code: str) -> None:
    """Somebody proves that they hold their code generator; each code works once."""
    _judge(person.username, person, "动态口令", lambda: _use_code(person, code))


def prove(person: Person, what: str, proves: Callable[[], bool]) -> None:
    """Any other proof, under the same locks; ``proves`` may keep its own record of a use."""
    _judge(person.username, person, what, proves)


@transaction.atomic
def _use_code(person: Person, code: str) -> bool:
    device = TotpDevice.objects.select_for_update().filter(person=person).exclude(confirmed_at=None).first()
    if device is None:
        return False
    step = totp.matching_step(device.secret, code, after=device.last_step)
    if step is None:
        return False
    device.last_step = step
    device.save(update_fields=["last_step"])
    return True
