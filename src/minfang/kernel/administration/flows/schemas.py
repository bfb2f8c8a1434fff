"""Shapes of the flow pages."""

from datetime import datetime
from typing import Any

from ninja import Field

from minfang.kernel.base.schemas import Schema


class FlowRunningVersion(Schema):
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


class FlowDraftRow(Schema):
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
    drafts: list[FlowDraftRow]


class FlowList(Schema):
    """All processes."""

    rows: list[FlowRow]


class FlowDetail(Schema):
    """One process with every version."""

    code: str
    title: str
    versions: list[FlowRunningVersion]
    drafts: list[FlowDraftRow]
    migrations: "list[FlowMigrationOut]"


class FlowTrait(Schema):
    """One thing a step says of itself, in words."""

    label: str
    text: str


class FlowStepWords(Schema):
    """A step in words."""

    node: str
    name: str
    kind: str
    kind_label: str
    traits: list[FlowTrait]


class FlowVersionOut(Schema):
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
    steps: list[FlowStepWords]
    graph: dict[str, Any]


class FlowFaultOut(Schema):
    """A fault at a node, and what to do about it."""

    node: str
    message: str
    advice: str


class FlowChoice(Schema):
    """A code and its name."""

    code: str
    name: str


class FlowFactOut(Schema):
    """A fact conditions may be about."""

    code: str
    name: str
    type: str


class FlowCheckOut(Schema):
    """What the server says of a graph: faults, drawing, and its ways in words (by ``from|number``)."""

    faults: list[FlowFaultOut]
    warnings: list[FlowFaultOut]
    drawing: dict[str, Any]
    words: dict[str, str]


class FlowDraftOut(Schema):
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
    roles: list[FlowChoice]
    required: list[str]
    facts: list[FlowFactOut]
    check: FlowCheckOut


class FlowDraftIn(Schema):
    """A new draft: from a version, from a BPMN file, or empty with a code and a title."""

    base: int | None = None
    code: str = Field("", max_length=60)
    title: str = Field("", max_length=100)
    xml: str = Field("", max_length=3_000_000)


class FlowFindingOut(Schema):
    """Something in a BPMN file to know about."""

    level: str
    element: str
    code: str
    name: str
    line: int
    message: str
    advice: str


class FlowImportOut(Schema):
    """What came of reading a BPMN file; without errors the draft it went into."""

    findings: list[FlowFindingOut]
    draft: FlowDraftOut | None


class FlowGraphIn(Schema):
    """A graph to look at."""

    graph: dict[str, Any]


class FlowSaveIn(Schema):
    """A draft as edited; ``version`` is the one it was opened at."""

    version: int
    graph: dict[str, Any]


class FlowSaveXmlIn(Schema):
    """A draft as drawn; ``nodes`` is what was set beside the drawing, by element."""

    version: int
    nodes: dict[str, dict[str, Any]] = {}
    xml: str = Field(max_length=3_000_000)


class FlowPublishIn(Schema):
    """Publish a draft; ``over`` confirms that a newer version than its base may be replaced."""

    version: int
    reason: str = Field(max_length=500)
    over: bool = False


class FlowPublishOut(Schema):
    """The version that came of it."""

    id: int
    code: str
    version: int


class FlowXmlOut(Schema):
    """A definition as BPMN 2.0."""

    xml: str


class FlowDifferenceOut(Schema):
    """One difference in words."""

    change: str
    node: str
    name: str
    aspect: str
    text: str


class FlowCompareOut(Schema):
    """Two versions side by side."""

    old: dict[str, Any]
    new: dict[str, Any]
    old_title: str
    new_title: str
    differences: list[FlowDifferenceOut]


class FlowTrialIn(Schema):
    """A walk so far: facts and what was done at each step."""

    graph: dict[str, Any]
    facts: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []


class FlowTrialOut(Schema):
    """Where the walk stands."""

    trail: list[dict[str, Any]]
    open: list[dict[str, Any]]
    finished: bool
    end: str
    problem: str


class FlowFitOut(Schema):
    """How one running case would fare."""

    instance: int
    subject: str
    office: str
    state_label: str
    at: list[str]
    fits: bool
    reasons: list[str]
    notes: list[str]


class FlowDryRunOut(Schema):
    """All running cases of a version and how they would fare under another."""

    source: int
    target: int
    fitting: int
    rows: list[FlowFitOut]
    differences: list[FlowDifferenceOut]


class FlowMigrateIn(Schema):
    """Order to bring these cases over."""

    source: int
    target: int
    instances: list[int] = Field(min_length=1, max_length=5000)
    reason: str = Field(max_length=500)


class FlowEntryOut(Schema):
    """One case of a batch."""

    id: int
    instance: int
    subject: str
    state: str
    state_label: str
    note: str


class FlowMigrationOut(Schema):
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


class FlowMigrationDetail(FlowMigrationOut):
    """A batch with its cases."""

    entries: list[FlowEntryOut]


class FlowUndoIn(Schema):
    """Take migrations back; without entries all of the batch that still can be."""

    entries: list[int] = []
    reason: str = Field(max_length=500)


FlowDetail.model_rebuild()
