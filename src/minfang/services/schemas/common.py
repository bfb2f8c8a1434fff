"""Shapes that several faces share: refusals, paging, lights, files, documents, calculations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from minfang.kernel.base.schemas import Option, Problem, ProblemField, Schema

__all__ = ["Option", "Problem", "ProblemField", "Schema"]


class Light(Schema):
    """Deadline light: colour GREEN/YELLOW/RED/GREY/NONE, with the words shown beside it."""

    colour: str
    text: str
    remaining: int | None = None


class Page(Schema):
    """Paging facts of every list."""

    total: int
    page: int
    size: int


class MaterialRule(Schema):
    """One line of the material checklist, resolved for the present form data."""

    code: str
    name: str
    required: bool
    formats: list[str]
    max_mb: int
    waiver: str
    waiver_label: str
    hint: str
    generated: bool


class FormOut(Schema):
    """A published form definition; immutable, so browsers may keep it."""

    code: str
    version: int
    definition: dict[str, Any]


class FileOut(Schema):
    id: UUID
    name: str
    size: int
    media_type: str
    extension: str
    scan_state: str
    scan_label: str


class MaterialOut(Schema):
    """A handed-in material."""

    id: int
    code: str
    round: int
    file: FileOut | None
    waiver: str
    waiver_label: str
    waiver_reference: str
    state: str
    state_label: str
    remark: str
    added_at: datetime


class DocumentOut(Schema):
    """A document of the case (notice, decision, certificate, signed application)."""

    id: int
    doc_type: str
    title: str
    number: str
    state: str
    state_label: str
    issued_at: datetime | None
    verify_url: str
    file: FileOut | None
    sealed: bool


class TimelineEntry(Schema):
    """One thing that happened, in words the reader understands."""

    at: datetime
    title: str
    detail: str
    who: str
    kind: str


class SupplementItem(Schema):
    """What has to be completed: a form field or a material."""

    kind: str
    path: str
    label: str
    request: str


class SupplementOut(Schema):
    round: int
    items: list[SupplementItem]
    note: str
    issued_at: datetime
    due: date
    answered_at: datetime | None
    remaining_days: int


class ExplainLine(Schema):
    """One line of a calculation, e.g. 48,620.00 × 10 % = 4,862.00."""

    label: str
    base: str
    ratio: str
    result: str
    basis: str


class Calculation(Schema):
    """How a computed value came about."""

    path: str
    total: str
    unit: str
    lines: list[ExplainLine]
    notes: list[str]
    rule_version: str
    basis: str


class MessageOut(Schema):
    id: str
    title: str
    body: str
    subject: str
    link: str
    at: datetime
    read: bool


class RedirectOut(Schema):
    redirect: str
