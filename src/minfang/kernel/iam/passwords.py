"""What a password has to be (security handbook B.2, B.3). The numbers are the security policy's."""

import string
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.contrib.auth.hashers import check_password

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import Person

COMMON = Path(__file__).parent / "definitions" / "common_passwords.txt"
LONGEST = 128
CLASSES = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
DISGUISES = str.maketrans("@4301!$57", "aaeoiisst")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(_core(line) for line in lines if line and not line.startswith("#"))


def _core(text: str) -> str:
    """The letters of a password without case and the usual disguises: ``P@ssw0rd!2026`` is ``password``."""
    bare = text.lower().strip(string.digits + string.punctuation)
    return "".join(letter for letter in bare.translate(DISGUISES) if letter.isalnum())


def _classes(raw: str) -> int:
    other = any(not any(letter in kind for kind in CLASSES) for letter in raw)
    return sum(any(letter in kind for letter in raw) for kind in CLASSES) + other


def _contains_own(person: Person, raw: str) -> bool:
    lowered = raw.lower()
    own = (person.username.lower(), person.mobile)
    return any(len(word) >= 3 and word in lowered for word in own)


def _is_common(raw: str) -> bool:
    core = _core(raw)
    return core in _common() or len(set(raw.lower())) < 5 or core == ""


def _was_used(person: Person, raw: str, last: int) -> bool:
    former = [row.password for row in person.former_passwords.all()[: max(0, last - 1)]]
    kept = [person.password, *former] if last else []
    return any(check_password(raw, encoded) for encoded in kept if encoded)


def problems(person: Person, raw: str) -> list[str]:
    """Everything that is wrong with a new password for this person, in Chinese; empty when it may be set."""
    rules, found = policy.current(), []
    if not rules.password_min_length <= len(raw) <= LONGEST:
        found.append(f"口令长度应为 {rules.password_min_length} 到 {LONGEST} 位。")
    if _classes(raw) < rules.password_classes:
        found.append(f"大写字母、小写字母、数字、符号中至少包含 {rules.password_classes} 种。")
    if _contains_own(person, raw):
        found.append("口令不能包含用户名或手机号。")
    if _is_common(raw):
        found.append("口令过于常见，容易被猜到。")
    if not found and _was_used(person, raw, rules.password_history):
        found.append(f"不能与最近 {rules.password_history} 次用过的口令相同。")
    return found


def check(person: Person, raw: str, field: str = "new") -> None:
    """Refuse (code ``INVALID``) a password that breaks a rule, naming every rule it breaks."""
    found = problems(person, raw)
    if found:
        raise invalid([FieldError(field, "新口令", text) for text in found], "新口令不符合要求。")


def is_due(person: Person) -> bool:
    """Whether the password has to be changed now: first sign-in, reset, or past its days."""
    if person.must_change_password or person.password_changed_at is None:
        return person.must_change_password
    term = timedelta(days=policy.current().password_days)
    return clock.now() > person.password_changed_at + term
