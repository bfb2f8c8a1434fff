"""What the outside world and the applicants were told of copied cases: it is told already, not to be sent."""

import random
from collections.abc import Sequence
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.actions.enqueueing import digest_of
from minfang.kernel.exchange.models import OutboxLane, OutboxMessage, OutboxState
from minfang.kernel.messaging.models import Message, MessageState
from minfang.sandbox.demo_cases import bulk
from minfang.sandbox.demo_cases.copying import Copy, Detail, wanted_documents
from minfang.sandbox.store import Store
from minfang.services.connectors import apply_no, case_repository, ecert
from minfang.services.matters import definition_of
from minfang.services.models import Case, Rating

LAST_FIELD = {"preFiles": "unid", "stepProc": "sn", "specialNode": "sn"}
RATED_SHARE = 0.6


def give_apply_numbers(copies: Sequence[Copy], store: Store | None) -> None:
    """The city's numbers: issued by the sandbox's platform, or made up where there is none."""
    for position, copy in enumerate(copies, start=1):
        if copy.shot.instance is None:
            continue
        item = str(definition_of(copy.case.matter_version_id).raw["item_code"])[-12:]
        count = store.count_up("apply_no") if store else 90_000_000 + position
        copy.apply_no = copy.case.apply_no = f"{item}{count:08d}"
        copy.names[copy.shot.case.apply_no] = copy.apply_no


def write_outbox(copies: Sequence[Copy]) -> list[OutboxMessage]:
    """The messages of every copy that has them, as delivered."""
    told = [c for c in copies if c.shot.instance is not None and c.wanted.detail is not Detail.BARE]
    lanes: dict[str, OutboxLane] = {}
    messages = []
    for copy in told:
        documents = {old.pk: new.pk for old, new in zip(wanted_documents(copy), copy.documents, strict=True)}
        for row in copy.shot.outbox:
            if row.payload.get("document_id") and row.payload["document_id"] not in documents:
                continue
            messages.append(_message(copy, row, lanes, documents))
    bulk.insert(OutboxLane, list(lanes.values()))
    for message in messages:
        message.lane_id = message.lane.pk
    bulk.insert(OutboxMessage, messages)
    return messages


def _message(
    copy: Copy, row: OutboxMessage, lanes: dict[str, OutboxLane], documents: dict[int, int]
) -> OutboxMessage:
    name = f"{connectors.lane_of(row.connector)}|{copy.case.subject}"
    lane = lanes.setdefault(name, OutboxLane(name=name))
    lane.last_sequence += 1
    payload = copy.rewriter.value(row.payload)
    if "document_id" in payload:
        payload["document_id"] = documents[row.payload["document_id"]]
    if row.connector == "eseal":
        payload["seal_id"] = f"SEAL-{copy.wanted.office.district_code}-APPROVAL"
    answer: dict[str, Any] = {"projid": copy.apply_no, "version": 1}
    if row.connector == apply_no.CODE:
        answer = {"apply_no": copy.apply_no}
    message: OutboxMessage = copy.fresh(
        row,
        subject=copy.case.subject,
        organization_id=copy.case.organization_id,
        lane_id=None,
        sequence=lane.last_sequence,
        key=_key(copy, row, lane.last_sequence),
        payload=payload,
        payload_digest=digest_of(payload),
        state=OutboxState.DONE,
        tries=1,
        answer=answer,
    )
    message.lane, message.done_at = lane, message.created_at
    return message


def _key(copy: Copy, row: OutboxMessage, sequence: int) -> str:
    """The key the product itself would look for, where it can: the platforms' numbers depend on it."""
    if row.connector == apply_no.CODE:
        return f"apply_no:{copy.case.internal_no}"
    return f"{copy.case.internal_no}:{row.connector}:{row.dataset}:copy{sequence}"


def tell_sandbox(store: Store, messages: Sequence[OutboxMessage], copies: Sequence[Copy]) -> None:
    """Let the sandbox's platforms know these cases, so that they take what is told of them next."""
    numbers = {copy.case.subject: copy.apply_no for copy in copies}
    with store.transaction():
        for message in messages:
            number, data = numbers[message.subject], message.payload
            if message.connector == apply_no.CODE:
                internal = data["internal_no"]
                store.put(apply_no.CODE, "internal", internal, number, number)
                store.put(apply_no.CODE, "number", number, {**data, "apply_no": number}, number)
            elif message.connector == case_repository.CODE:
                last = LAST_FIELD.get(message.dataset)
                identity = f"{number}/{data[last]}" if last else number
                store.put(message.connector, message.dataset, identity, {**data, "projid": number}, number)
            elif message.connector == ecert.CODE:
                store.put(message.connector, "licence", str(data["identifier"]), data, number)


def write_messages(copies: Sequence[Copy]) -> None:
    """In-app messages of the applicants; those older than three days have been read."""
    rows = []
    for copy in copies:
        for row in copy.shot.messages:
            message: Message = copy.fresh(
                row,
                subject=copy.case.subject,
                person_id=copy.wanted.applicant.pk,
                body=copy.rewriter.text(row.body),
                state=MessageState.DELIVERED,
            )
            if (clock.now() - message.created_at).days >= 3:
                message.read_at = message.created_at
            rows.append(message)
    bulk.insert(Message, rows)


def write_ratings(copies: Sequence[Copy], chance: random.Random) -> None:
    """More than half of the applicants who got their decision judged the service."""
    rows = []
    for copy in copies:
        case: Case = copy.case
        if case.status != "DELIVERED" or case.closed_at is None or chance.random() > RATED_SHARE:
            continue
        rules = definition_of(case.matter_version_id).raw["ratings"]
        satisfaction = chance.choices([1, 2, 3], [8, 3, 1])[0]
        tags = chance.sample(rules["tags_good"], 2) if satisfaction < 3 else []
        rows.append(
            Rating(
                case_id=case.pk,
                stage="DONE",
                satisfaction=satisfaction,
                tags=tags,
                rated_by_id=case.applicant_id,
                rated_at=copy.times.after[-1],
            )
        )
    bulk.insert(Rating, rows)
