"""Process definitions in the browser: look, draft, check, publish, compare, bring cases over."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.iam.models import Person

from . import actions, moving, queries
from . import schemas as s

router = Router(tags=["流程管理"], auth=[requires("process.design")])
Shown = dict[str, Any]


def _me(request: HttpRequest) -> Person:
    return access_of(request).person


@router.get("", response={200: s.FlowList, **PROBLEMS}, operation_id="list_flows")
def list_flows(request: HttpRequest) -> Shown:
    """Every process."""
    return queries.flow_list()


@router.get("/compare", response={200: s.FlowCompareOut, **PROBLEMS}, operation_id="compare_flows")
def compare_flows(request: HttpRequest, old: int, new: int) -> Shown:
    """Two versions side by side."""
    return queries.compare(old, new)


@router.post("/check", response={200: s.FlowCheckOut, **PROBLEMS}, operation_id="check_flow")
def check_flow(request: HttpRequest, body: s.FlowGraphIn) -> Shown:
    """Faults and drawing of a graph; nothing is kept."""
    return queries.looked_at(body.graph)


@router.post("/trial", response={200: s.FlowTrialOut, **PROBLEMS}, operation_id="try_flow")
def try_flow(request: HttpRequest, body: s.FlowTrialIn) -> Shown:
    """Walk through a graph; nothing is kept."""
    return queries.trial(body.graph, body.facts, body.steps)


@router.post("/import", response={200: s.FlowImportOut, **PROBLEMS}, operation_id="import_flow")
def import_flow(request: HttpRequest, body: s.FlowDraftIn) -> Shown:
    """A draft from a BPMN file, with a report of what lies outside the profile."""
    found, draft = actions.import_draft(_me(request), body.xml, body.code)
    shown = queries.draft(draft.pk) if draft else None
    return {"findings": [finding.data() for finding in found.findings], "draft": shown}


@router.get("/definitions/{code}", response={200: s.FlowDetail, **PROBLEMS}, operation_id="get_flow")
def get_flow(request: HttpRequest, code: str) -> Shown:
    """One process with its versions."""
    return queries.flow(code)


@router.get(
    "/versions/{number}",
    response={200: s.FlowVersionOut, **PROBLEMS},
    operation_id="get_flow_version",
)
def get_flow_version(request: HttpRequest, number: int) -> Shown:
    """A version as drawing and in words."""
    return queries.version(number)


@router.get("/versions/{number}/bpmn", operation_id="download_flow_version")
def download_flow_version(request: HttpRequest, number: int) -> HttpResponse:
    """A version as a BPMN file."""
    found = queries.definition(number)
    return _file(queries.version_bpmn(number), f"{found.code}-v{found.version}.bpmn")


@router.post("/drafts", response={201: s.FlowDraftOut, **PROBLEMS}, operation_id="new_flow_draft")
def new_flow_draft(request: HttpRequest, body: s.FlowDraftIn) -> tuple[int, Shown]:
    """A draft from a version, or of a new process."""
    draft = actions.new_draft(_me(request), base=body.base, code=body.code.strip(), title=body.title.strip())
    return 201, queries.draft(draft.pk)


@router.get("/drafts/{number}", response={200: s.FlowDraftOut, **PROBLEMS}, operation_id="get_flow_draft")
def get_flow_draft(request: HttpRequest, number: int) -> Shown:
    """A draft."""
    return queries.draft(number)


@router.put("/drafts/{number}", response={200: s.FlowDraftOut, **PROBLEMS}, operation_id="save_flow_draft")
def save_flow_draft(request: HttpRequest, number: int, body: s.FlowSaveIn) -> Shown:
    """Keep an edited draft."""
    actions.save_draft(number, _me(request), body.version, body.graph)
    return queries.draft(number)


@router.delete("/drafts/{number}", response={204: None, **PROBLEMS}, operation_id="drop_flow_draft")
def drop_flow_draft(request: HttpRequest, number: int) -> tuple[int, None]:
    """Throw a draft away."""
    actions.drop_draft(number, _me(request))
    return 204, None


@router.get(
    "/drafts/{number}/bpmn",
    response={200: s.FlowXmlOut, **PROBLEMS},
    operation_id="get_flow_drawing",
)
def get_flow_drawing(request: HttpRequest, number: int) -> Shown:
    """A draft as BPMN, for the editor."""
    return {"xml": queries.draft_bpmn(number)}


@router.put(
    "/drafts/{number}/bpmn", response={200: s.FlowImportOut, **PROBLEMS}, operation_id="save_flow_drawing"
)
def save_flow_drawing(request: HttpRequest, number: int, body: s.FlowSaveXmlIn) -> Shown:
    """Keep a draft as drawn; the report says what cannot be carried out."""
    found = actions.save_drawing(number, _me(request), body.version, body.xml, body.nodes)
    shown = queries.draft(number) if found.graph is not None else None
    return {"findings": [finding.data() for finding in found.findings], "draft": shown}


@router.get("/drafts/{number}/file", operation_id="download_flow_draft")
def download_flow_draft(request: HttpRequest, number: int) -> HttpResponse:
    """A draft as a BPMN file."""
    return _file(queries.draft_bpmn(number), f"{queries.draft_row(number).code}-draft.bpmn")


@router.post(
    "/drafts/{number}/publish",
    response={200: s.FlowPublishOut, **PROBLEMS},
    operation_id="publish_flow_draft",
)
def publish_flow_draft(request: HttpRequest, number: int, body: s.FlowPublishIn) -> Shown:
    """Publish a draft: new cases use it from now on."""
    found = actions.publish_draft(number, _me(request), body.version, body.reason, over=body.over)
    return {"id": found.pk, "code": found.code, "version": found.version}


@router.get("/migrations/dry-run", response={200: s.FlowDryRunOut, **PROBLEMS}, operation_id="try_migration")
def try_migration(request: HttpRequest, source: int, target: int) -> Shown:
    """How every running case of a version would fare under another; nothing is changed."""
    return queries.dry_run(source, target)


@router.post("/migrations", response={201: s.FlowMigrationDetail, **PROBLEMS}, operation_id="order_migration")
def order_migration(request: HttpRequest, body: s.FlowMigrateIn) -> tuple[int, Shown]:
    """Order cases to be brought over."""
    batch = moving.order(_me(request), body.source, body.target, body.instances, body.reason)
    return 201, queries.batch(batch.pk)


@router.get(
    "/migrations/{number}", response={200: s.FlowMigrationDetail, **PROBLEMS}, operation_id="get_migration"
)
def get_migration(request: HttpRequest, number: int) -> Shown:
    """A batch with its cases."""
    return queries.batch(number)


@router.post(
    "/migrations/{number}/run",
    response={200: s.FlowMigrationDetail, **PROBLEMS},
    operation_id="run_migration",
)
def run_migration(request: HttpRequest, number: int) -> Shown:
    """Bring the next cases of the batch over."""
    moving.run(number, _me(request))
    return queries.batch(number)


@router.post(
    "/migrations/{number}/undo",
    response={200: s.FlowMigrationDetail, **PROBLEMS},
    operation_id="undo_migration",
)
def undo_migration(request: HttpRequest, number: int, body: s.FlowUndoIn) -> Shown:
    """Take cases back to the version they came from."""
    moving.undo(number, _me(request), body.entries, body.reason)
    return queries.batch(number)


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/xml; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename={name}"
    return response
