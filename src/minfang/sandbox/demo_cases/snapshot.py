"""What one case consists of at one moment, kept in memory to be copied."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from minfang.kernel.documents.models import Document
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.messaging.models import Message
from minfang.kernel.workflow.models import FlowEvent, ProcessInstance, Suspension, WorkItem
from minfang.services.models import Case, CaseMaterial, CaseRound, Supplement

QUIET = ("sms",)
"""Platforms whose messages are not copied: nobody is called about an invented case."""


@dataclass(frozen=True)
class Snapshot:
    """A case with everything that hangs on it. ``beats`` are the moments something was done, by name."""

    stage: str
    beats: tuple[tuple[str, datetime], ...]
    case: Case
    instance: ProcessInstance | None = None
    items: list[WorkItem] = field(default_factory=list)
    events: list[FlowEvent] = field(default_factory=list)
    suspensions: list[Suspension] = field(default_factory=list)
    rounds: list[CaseRound] = field(default_factory=list)
    materials: list[CaseMaterial] = field(default_factory=list)
    supplements: list[Supplement] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    outbox: list[OutboxMessage] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


def take(stage: str, case_id: int, beats: list[tuple[str, datetime]]) -> Snapshot:
    """Read a case as it is now."""
    case = Case.objects.select_related("organization", "instance", "applicant__party", "party", "matter").get(
        pk=case_id
    )
    if case.instance is None:
        return Snapshot(stage, tuple(beats), case, materials=list(case.materials.all()))
    flow, subject = {"instance_id": case.instance_id}, {"subject": case.subject}
    return Snapshot(
        stage,
        tuple(beats),
        case,
        case.instance,
        list(WorkItem.objects.filter(**flow).order_by("number")),
        list(FlowEvent.objects.filter(**flow).order_by("sequence")),
        list(Suspension.objects.filter(**flow).order_by("id")),
        list(case.rounds.all()),
        list(case.materials.order_by("id")),
        list(case.supplements.all()),
        list(Document.objects.filter(**subject).select_related("template").order_by("id")),
        list(
            OutboxMessage.objects.filter(**subject)
            .exclude(connector__in=QUIET)
            .select_related("lane")
            .order_by("id")
        ),
        list(Message.objects.filter(**subject, person=case.applicant, channel="IN_APP")),
    )


def values(row: models.Model) -> dict[str, Any]:
    """The stored values of a row, but for its key."""
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
