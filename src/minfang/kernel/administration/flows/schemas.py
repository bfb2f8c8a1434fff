"""Shapes of the flow pages."""

from datetime import datetime
from typing import Any

from ninja import Field

from minfang.kernel.base.schemas import Schema


class RunningVersion(Schema):
    """One version of a process and how many cases it carries."""

    id: int
    version: int
    state: str
    state_label: str
    title: str
    published_at: datetime | None
    publisher: str
    reason: str
    running: int
    total: int


class DraftRow(Schema):
    """A draft in a list."""

    id: int
    code: str
    title: str
    base_version: int | None
    changed_at: datetime
    changed_by: str


class FlowRow(Schema):
    """A process: the version new cases use, what runs under older ones, what is being drafted."""

    code: str
    title: str
    version: int | None
    published_at: datetime | None
    publisher: str
    running: int
    running_older: int
    versions: int
    steps: int
    drafts: list[DraftRow]


class FlowList(Schema):
    """All processes."""

    rows: list[FlowRow]


class FlowDetail(Schema):
    """One process with every version."""

    code: str
    title: str
    versions: list[RunningVersion]
    drafts: list[DraftRow]
    migrations: "list[MigrationOut]"


class Trait(Schema):
    """One thing a step says of itself, in words."""

    label: str
    text: str


class StepWords(Schema):
    """A step in words."""

    node: str
    name: str
    kind: str
    kind_label: str
    traits: list[Trait]


class VersionOut(Schema):
    """A published version: its drawing, its steps in words, and the graph itself."""

    id: int
    code: str
    version: int
    state: str
    title: str
    publisher: str
    published_at: datetime | None
    reason: str
    running: int
    drawing: dict[str, Any]
    steps: list[StepWords]
    graph: dict[str, Any]


class FaultOut(Schema):
    """A fault at a node, and what to do about it."""

    node: str
    message: str
    advice: str


class Choice(Schema):
    """A code and its name."""

    code: str
    name: str


class CheckOut(Schema):
    """What the server says of a graph: faults, drawing, and its ways in words (by ``from|number``)."""

    faults: list[FaultOut]
    warnings: list[FaultOut]
    drawing: dict[str, Any]
    words: dict[str, str]


class DraftOut(Schema):
    """A draft as the designer needs it."""

    id: int
    code: str
    title: str
    version: int
    base_id: int | None
    base_version: int | None
    newest_version: int | None
    changed_by: str
    changed_at: datetime
    graph: dict[str, Any]
    roles: list[Choice]
    required: list[str]
    check: CheckOut


class DraftIn(Schema):
    """A new draft: from a version, from a BPMN file, or empty with a code and a title."""

    base: int | None = None
    code: str = Field("", max_length=60)
    title: str = Field("", max_length=100)
    xml: str = Field("", max_length=3_000_000)


class FindingOut(Schema):
    """Something in a BPMN file to know about."""

    level: str
    element: str
    code: str
    name: str
    line: int
    message: str
    advice: str


class ImportOut(Schema):
    """What came of reading a BPMN file; without errors the draft it went into."""

    findings: list[FindingOut]
    draft: DraftOut | None


class GraphIn(Schema):
    """A graph to look at."""

    graph: dict[str, Any]


class SaveIn(Schema):
    """A draft as edited; ``version`` is the one it was opened at."""

    version: int
    graph: dict[str, Any]


class SaveXmlIn(Schema):
    """A draft as drawn."""

    version: int
    xml: str = Field(max_length=3_000_000)


class PublishIn(Schema):
    """Publish a draft; ``over`` confirms that a newer version than its base may be replaced."""

    version: int
    reason: str = Field(max_length=500)
    over: bool = False


class PublishOut(Schema):
    """The version that came of it."""

    id: int
    code: str
    version: int


class XmlOut(Schema):
    """A definition as BPMN 2.0."""

    xml: str


class DifferenceOut(Schema):
    """One difference in words."""

    change: str
    node: str
    name: str
    aspect: str
    text: str


class CompareOut(Schema):
    """Two versions side by side."""

    old: dict[str, Any]
    new: dict[str, Any]
    old_title: str
    new_title: str
    differences: list[DifferenceOut]


class TrialIn(Schema):
    """A walk so far: facts and what was done at each step."""

    graph: dict[str, Any]
    facts: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []


class TrialOut(Schema):
    """Where the walk stands."""

    trail: list[dict[str, Any]]
    open: list[dict[str, Any]]
    finished: bool
    end: str
    problem: str


class FitOut(Schema):
    """How one running case would fare."""

    instance: int
    subject: str
    office: str
    state_label: str
    at: list[str]
    fits: bool
    reasons: list[str]
    notes: list[str]


class DryRunOut(Schema):
    """All running cases of a version and how they would fare under another."""

    source: int
    target: int
    fitting: int
    rows: list[FitOut]
    differences: list[DifferenceOut]


class MigrateIn(Schema):
    """Order to bring these cases over."""

    source: int
    target: int
    instances: list[int] = Field(min_length=1, max_length=5000)
    reason: str = Field(max_length=500)


class EntryOut(Schema):
    """One case of a batch."""

    id: int
    instance: int
    subject: str
    state: str
    state_label: str
    note: str


class MigrationOut(Schema):
    """A batch and how far it is."""

    id: int
    source: int
    target: int
    source_version: int
    target_version: int
    reason: str
    ordered_by: str
    ordered_at: datetime
    finished_at: datetime | None
    counts: dict[str, int]


class MigrationDetail(MigrationOut):
    """A batch with its cases."""

    entries: list[EntryOut]


class UndoIn(Schema):
    """Take migrations back; without entries all of the batch that still can be."""

    entries: list[int] = []
    reason: str = Field(max_length=500)


FlowDetail.model_rebuild()
