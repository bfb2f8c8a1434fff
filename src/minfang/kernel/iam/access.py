"""What a person may do, and for which offices. Every route asks here; the default answer is no."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from minfang.kernel.audit.actions import use_role
from minfang.kernel.base.errors import Refusal, forbidden
from minfang.kernel.iam import proof, sessions
from minfang.kernel.iam.models import Person, PersonKind, RoleGrant
from minfang.kernel.iam.seals import alarm, tampered


@dataclass
class Access:
    """A signed-in person with the roles they hold, read once a request."""

    person: Person
    _cache: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """The grants of this person with their role and office; none that was changed past the product."""
        rows = self.person.grants.select_related("role", "organization")
        return [grant for grant in rows if grant.counts() and grant.family == self.person.family]

    @cached_property
    def permissions(self) -> frozenset[str]:
        """All permission names this person holds anywhere; applicants hold the portal's."""
        if self.person.kind == PersonKind.APPLICANT:
            return frozenset({"portal.use"})
        return frozenset(name for grant in self.grants for name in grant.role.permissions)

    @cached_property
    def role_codes(self) -> frozenset[str]:
        """The codes of all roles held."""
        return frozenset(grant.role.code for grant in self.grants)

    def offices_for(self, permission: str) -> set[int]:
        """Ids of the offices for which this person holds ``permission``."""
        return {g.organization_id for g in self.grants if permission in g.role.permissions}

    def role_names(self, permission: str) -> str:
        """The names of the roles by which this person holds ``permission``, as the audit trail keeps them."""
        if self.person.kind == PersonKind.APPLICANT:
            return "申请人"
        names = {grant.role.name for grant in self.grants if permission in grant.role.permissions}
        return "、".join(sorted(names))

    def offices_for_role(self, role_code: str) -> set[int]:
        """Ids of the offices for which this person holds the role."""
        return {g.organization_id for g in self.grants if g.role.code == role_code}

    def may(self, permission: str, office_id: int | None = None) -> bool:
        """Whether the permission is held, for that office where one is named."""
        if permission not in self.permissions:
            return False
        return office_id is None or office_id in self.offices_for(permission)


def access_of(request: HttpRequest) -> Access:
    """The access of whoever made this request.

    Refuses with 401 when nobody is signed in, with 403 when a second factor or a new password is still due.
    """
    cached = getattr(request, "_minfang_access", None)
    if cached is not None:
        return cached
    user = signing_in(request)
    sessions.require_stage(user, proof.of(request))
    access = Access(user)
    request._minfang_access = access  # type: ignore[attr-defined]
    return access


def signing_in(request: HttpRequest) -> Person:
    """Whoever has begun to sign in at this browser, at whatever stage; refuses with 401 when nobody has."""
    user = request.user
    if not user.is_authenticated or not isinstance(user, Person) or not user.is_active:
        raise sessions.why_over(request)
    if not user.seal_holds():
        alarm(user)
        raise tampered()
    return user


def requires(permission: str) -> Callable[[HttpRequest], Access]:
    """A django-ninja ``auth`` callable: the route is closed unless ``permission`` is held.

    ``public`` opens a route to everyone, ``signing_in`` to anyone who has begun to sign in, ``signed_in`` to
    anyone who has finished.
    """

    def check(request: HttpRequest) -> Access | bool:
        if permission == "public":
            return True
        if permission == "signing_in":
            return bool(signing_in(request))
        access = access_of(request)
        if permission != "signed_in" and not access.may(permission):
            raise forbidden()
        use_role(access.role_names(permission))
        return access

    check.permission = permission  # type: ignore[attr-defined]
    return check  # type: ignore[return-value]


def require_fresh(request: HttpRequest) -> None:
    """Ask for a confirmation of identity before an act of weight (security handbook B.12).

    Passes while the last confirmation is not older than ``fresh_minutes``; each act it passes prolongs it, up
    to ``fresh_limit_minutes``, so that ten papers in a row are asked for once. Refuses with
    ``FRESH_AUTH_NEEDED`` (403) otherwise; the browser shows a confirmation card and repeats the request.
    """
    held = proof.of(request)
    now = proof.now_seconds()
    if held is None or not held.is_fresh(now):
        raise Refusal(
            "FRESH_AUTH_NEEDED",
            "办理此项前须再次确认您的身份。",
            "确认后自动继续，已填内容不会丢失。",
            status=403,
        )
    held.used = now
    proof.keep(request, held)
