"""Write the audit trail. The caller's transaction carries the event: no event, no change."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, connection, models

from minfang.kernel.audit import catalogue, heads
from minfang.kernel.audit.fields import one_line
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock, masking


class Actor(Protocol):
    """Whoever acts; people of the identity room are."""

    pk: Any
    name: str

    @property
    def organization(self) -> Any:
        """The organisation they work in, or ``None``."""


@dataclass(frozen=True)
class Origin:
    """Where a request came from: its number, the address and port it was sent from, and by what."""

    request_id: str = ""
    address: str = ""
    port: int = 0
    agent: str = ""


_NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)
_role: ContextVar[str] = ContextVar("audit_role", default="")


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """What is recorded inside was done in this role."""
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)


def use_role(role: str) -> None:
    """What this request does from here on is done in this role; :func:`forget_role` ends it."""
    _role.set(role)


def forget_role() -> None:
    """Nobody acts in a role any more."""
    _role.set("")


def name_of(target: Any) -> str:
    """The stable name an object has in the trail: ``subject`` strings pass through."""
    if isinstance(target, models.Model):
        return f"{target._meta.label_lower}:{target.pk}"
    return str(target)


def build(
    action: str,
    *,
    person: Actor | None,
    target: Any,
    summary: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    result: str = "OK",
    role: str = "",
) -> AuditEvent:
    """The event as it will be written, without its place in a chain."""
    where = origin.get()
    return AuditEvent(
        at=clock.now(),
        actor_id=person.pk if person else None,
        actor_name=one_line(person.name, 50) if person else "系统",
        actor_office=one_line(person.organization.name, 100) if person and person.organization else "",
        role=one_line(role or _role.get(), 100),
        address=one_line(where.address, 64),
        port=where.port,
        agent=one_line(where.agent, 200),
        request_id=one_line(where.request_id, 32),
        action=one_line(action, 64),
        target=one_line(name_of(target), 128),
        summary=masking.in_text(one_line(summary, 500)),
        before=masking.in_values(before),
        after=masking.in_values(after),
        reason=masking.in_text(one_line(reason, 500)),
        result=one_line(result, 16),
    )


def record(
    action: str,
    *,
    person: Actor | None,
    target: Any,
    summary: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    result: str = "OK",
    role: str = "",
) -> None:
    """Add one event to the trail; must run inside the transaction of the change it records.

    ``action`` is a code of the catalogue. ``role`` is the role the person acts in, where it is not the one
    by which the request was let in. If the trail cannot be written the caller's change fails with it
    (security handbook B.27) and the security administrator is told.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an audit event belongs to the transaction of its change")
    if settings.AUDIT_STRICT and not catalogue.knows(action):
        raise LookupError(f"{action} is not in the catalogue of audit events")
    event = build(
        action,
        person=person,
        target=target,
        summary=summary,
        before=before,
        after=after,
        reason=reason,
        result=result,
        role=role,
    )
    try:
        heads.append(event)
    except DatabaseError as error:
        _tell(action, error)
        raise


def _tell(action: str, error: DatabaseError) -> None:
    from minfang.kernel.audit.alarms import raise_alarm

    raise_alarm(
        "audit.write_failed",
        target="audit_event",
        summary="审计日志写入失败，相关业务操作已回退",
        details={"action": action, "error": type(error).__name__},
    )
