"""Writing a message down: outgoing with the business change, incoming before acting on it."""

from typing import Any

import orjson
from django.db import IntegrityError, transaction

from minfang.kernel.base import clock
from minfang.kernel.crypto import local
from minfang.kernel.exchange import connectors, wakeup
from minfang.kernel.exchange.models import InboxMessage, OutboxLane, OutboxMessage


class KeyReused(ValueError):
    """The key of a message already stands for something else: a fault in the calling code."""


def _plain(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as JSON knows it, so that what is stored, digested and sent is one thing."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(payload, default=str))
    return plain


def digest_of(payload: dict[str, Any]) -> str:
    """SM3 of the payload with its keys in order."""
    return local.sm3(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hex()


@transaction.atomic
def enqueue(
    connector: str, dataset: str, *, subject: str, payload: dict[str, Any], key: str
) -> OutboxMessage:
    """Write down a message for a platform; it leaves when the surrounding transaction has committed.

    ``key`` names the event for ever (case and event sequence, never a node): the same key with the same
    content is the same message, with other content :class:`KeyReused`. Messages of one ``subject`` leave
    in the order written, also across connectors that share a lane.
    """
    plain = _plain(payload)
    digest = digest_of(plain)
    lane = _locked_lane(f"{connectors.lane_of(connector)}|{subject}")
    known = OutboxMessage.objects.filter(key=key).first()
    if known is not None:
        if (known.connector, known.dataset, known.payload_digest) != (connector, dataset, digest):
            raise KeyReused(f"{key} already stands for {known}")
        return known
    lane.last_sequence += 1
    lane.save(update_fields=["last_sequence"])
    now = clock.now()
    message = OutboxMessage.objects.create(
        connector=connector,
        dataset=dataset,
        subject=subject,
        organization_id=connectors.office_of(subject),
        lane=lane,
        sequence=lane.last_sequence,
        key=key,
        payload=plain,
        payload_digest=digest,
        next_try_at=now,
        created_at=now,
    )
    wakeup.announce(connectors.lane_of(connector))
    return message


def _locked_lane(name: str) -> OutboxLane:
    lane, _ = OutboxLane.objects.get_or_create(name=name)
    return OutboxLane.objects.select_for_update().get(pk=lane.pk)


@transaction.atomic
def receive(source: str, external_id: str, payload: dict[str, Any]) -> tuple[InboxMessage, bool]:
    """Store a message of an outside platform; whether it is new (act on it) or a repeat (answer only).

    A repeat with other content is marked ``contradicted``: the first one counts, a person can see both
    were said.
    """
    plain = _plain(payload)
    digest = digest_of(plain)
    try:
        with transaction.atomic():
            message = InboxMessage.objects.create(
                source=source,
                external_id=external_id,
                payload=plain,
                payload_digest=digest,
                received_at=clock.now(),
            )
        return message, True
    except IntegrityError:
        message = InboxMessage.objects.select_for_update().get(source=source, external_id=external_id)
    message.repeats, message.repeated_at = message.repeats + 1, clock.now()
    changed = ["repeats", "repeated_at"]
    if message.payload_digest != digest:
        message.contradicted, message.other_payload, message.settled_at = True, plain, None
        changed += ["contradicted", "other_payload", "settled_at"]
    message.save(update_fields=changed)
    return message, False
