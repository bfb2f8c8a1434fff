"""Write the audit trail. The caller's transaction carries the event: no event, no change."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from django.db import connection, models

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.crypto import local


class Actor(Protocol):
    """Whoever acts; people of the identity room are."""

    pk: Any
    name: str

    @property
    def organization(self) -> Any:
        """The organisation they work in, or ``None``."""


@dataclass(frozen=True)
class Origin:
    """Where a request came from."""

    request_id: str = ""
    address: str = ""


_NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)


def name_of(target: Any) -> str:
    """The stable name an object has in the trail: ``subject`` strings pass through."""
    if isinstance(target, models.Model):
        return f"{target._meta.label_lower}:{target.pk}"
    return str(target)


def canonical(event: AuditEvent) -> bytes:
    """The bytes the MAC covers."""
    return orjson.dumps(
        [
            event.at.isoformat(),
            event.actor_id,
            event.actor_name,
            event.actor_office,
            event.address,
            event.request_id,
            event.action,
            event.target,
            event.summary,
            event.before,
            event.after,
            event.reason,
            event.result,
        ],
        option=orjson.OPT_SORT_KEYS,
        default=str,
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
) -> None:
    """Add one event to the trail; must run inside the transaction of the change it records."""
    if not connection.in_atomic_block:
        raise RuntimeError("an audit event belongs to the transaction of its change")
    where = origin.get()
    event = AuditEvent(
        at=clock.now(),
        actor_id=person.pk if person else None,
        actor_name=person.name if person else "系统",
        actor_office=person.organization.name if person and person.organization else "",
        address=where.address,
        request_id=where.request_id,
        action=action,
        target=name_of(target)[:128],
        summary=summary[:500],
        before=before,
        after=after,
        reason=reason[:500],
        result=result,
    )
    event.mac = local.hmac_sm3(local.purpose_key("audit"), canonical(event)).hex()
    event.save(force_insert=True)
