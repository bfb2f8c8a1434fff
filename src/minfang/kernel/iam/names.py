"""Usernames: one person each, whatever the case and spaces, and never given again (security handbook B.1)."""

import unicodedata

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.proof_models import UsedName

LONGEST = 64


def normal(username: str | None) -> str:
    """The form usernames are kept and compared in: no spaces, lower case, full-width letters made plain."""
    plain = unicodedata.normalize("NFKC", username or "")
    return "".join(plain.split()).lower()[:LONGEST]


def refuse_if_taken(name: str, person_id: int | None) -> None:
    """Refuse (409) a name that somebody else has or had."""
    if UsedName.objects.filter(name=name).exclude(person_id=person_id or 0).exists():
        raise taken(name)


def reserve(name: str, person_id: int) -> None:
    """Give the name to the person for ever; the table refuses the second of two at the same time."""
    owner = UsedName.objects.get_or_create(name=name, defaults={"person_id": person_id})[0]
    if owner.person_id != person_id:
        raise taken(name)


def taken(name: str) -> Refusal:
    """What is said about a name that cannot be had."""
    return Refusal("NAME_TAKEN", f"用户名“{name}”已被使用过。", "用户名不重复使用，请换一个。", status=409)
