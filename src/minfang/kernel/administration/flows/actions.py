"""What the system administrator does to process definitions; each is one transaction and audited."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.clock import SHANGHAI, now
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found, stale
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow import shape
from minfang.kernel.workflow.bpmn_import import Imported, from_bpmn
from minfang.kernel.workflow.models import ProcessDefinition, ProcessDraft
from minfang.kernel.workflow.publishing import publish as publish_graph
from minfang.kernel.workflow.validation import CODE

from . import queries


def new_draft(person: Person, *, base: int | None, code: str, title: str) -> ProcessDraft:
    """A draft taken from a version, or a new process of three steps."""
    if base is not None:
        source = queries.definition(base)
        return _keep(person, source.code, source.title, source.graph, source)
    _check_name(code, title)
    if ProcessDefinition.objects.filter(code=code).exists():
        raise invalid([FieldError("code", "流程编码", f"流程 {code} 已存在，请从它的版本新建草稿。")])
    return _keep(person, code, title, _blank(code, title), None)


def import_draft(person: Person, xml: str, code: str = "") -> tuple[Imported, ProcessDraft | None]:
    """A draft from a BPMN file; without one when something in the file cannot be carried out."""
    found = from_bpmn(xml.encode(), queries.role_names())
    if found.graph is None:
        return found, None
    graph = {**found.graph, "code": code or found.graph["code"]}
    base = ProcessDefinition.objects.filter(code=graph["code"]).order_by("-version").first()
    if base is None:
        _check_name(graph["code"], graph["title"])
    return found, _keep(person, graph["code"], graph["title"], graph, base)


@transaction.atomic
def _keep(
    person: Person, code: str, title: str, graph: dict[str, Any], base: ProcessDefinition | None
) -> ProcessDraft:
    at = now()
    draft = ProcessDraft.objects.create(
        code=code,
        title=title,
        graph=graph,
        base=base,
        created_by=person,
        changed_by=person,
        created_at=at,
        changed_at=at,
    )
    origin = f"（自第 {base.version} 版）" if base else ""
    record("process.draft", person=person, target=draft, summary=f"新建流程草稿：{title}{origin}")
    return draft


def _check_name(code: str, title: str) -> None:
    errors = []
    if not CODE.fullmatch(code) or len(code) > 60:
        errors.append(
            FieldError(
                "code", "流程编码", "流程编码须以大写字母开头，只含大写字母、数字、下划线，不超过 30 位。"
            )
        )
    if not title.strip():
        errors.append(FieldError("title", "流程名称", "请填写流程名称。"))
    if errors:
        raise invalid(errors)


def _blank(code: str, title: str) -> dict[str, Any]:
    outcomes = [{"code": "DONE", "label": "提交", "tone": "primary"}]
    nodes = [
        {"code": "START", "name": "开始", "kind": "start"},
        {"code": "N10", "name": "第一步", "kind": "task", "role": "handler", "outcomes": outcomes},
        {"code": "END", "name": "办结", "kind": "end", "case_status": "DONE"},
    ]
    edges = [{"from": "START", "to": "N10"}, {"from": "N10", "to": "END"}]
    return {"code": code, "title": title, "facts": {}, "nodes": nodes, "edges": edges}


@transaction.atomic
def save_draft(number: int, person: Person, seen: int, graph: dict[str, Any]) -> ProcessDraft:
    """Keep an edited draft; whoever edited an older state of it is told who was faster."""
    draft = _locked(number, seen)
    if faults := list(shape.faults(graph)):
        raise invalid([FieldError("graph", "流程", fault) for fault in faults[:20]], f"{faults[0]}。")
    if graph["code"] != draft.code:
        raise invalid([FieldError("graph.code", "流程编码", f"草稿属于流程 {draft.code}，编码不能更改。")])
    draft.graph, draft.title = graph, (graph.get("title") or draft.title)[:100]
    draft.changed_by, draft.changed_at = person, now()
    draft.version += 1
    draft.save()
    record("process.draft_save", person=person, target=draft, summary=f"保存流程草稿：{draft.title}")
    return draft


def save_drawing(
    number: int, person: Person, seen: int, xml: str, beside: dict[str, dict[str, Any]]
) -> Imported:
    """Keep a draft as drawn in the BPMN editor; what cannot be carried out is told and nothing is saved.

    ``beside`` holds what was set in the panel beside the drawing; kind and name are those of the drawing.
    """
    draft = queries.draft_row(number)
    found = from_bpmn(xml.encode(), queries.role_names())
    if found.graph is not None:
        _lay_over(found.graph, beside)
        save_draft(number, person, seen, {**found.graph, "code": draft.code})
    return found


def _lay_over(graph: dict[str, Any], beside: dict[str, dict[str, Any]]) -> None:
    for node in graph["nodes"]:
        values = beside.get(node["code"])
        if values is not None and node["kind"] in ("task", "system", "end", values.get("kind")):
            kept = {name: node[name] for name in ("code", "kind", "name") if name in node}
            node.clear()
            node.update({**values, **kept})


@transaction.atomic
def drop_draft(number: int, person: Person) -> None:
    """Throw a draft away."""
    draft = queries.draft_row(number)
    ProcessDraft.objects.filter(pk=draft.pk).update(dropped=True, changed_by=person, changed_at=now())
    record("process.draft_drop", person=person, target=draft, summary=f"删除流程草稿：{draft.title}")


@transaction.atomic
def publish_draft(
    number: int, person: Person, seen: int, reason: str, *, over: bool = False
) -> ProcessDefinition:
    """Publish a draft as the newest version: from now on new cases use it.

    A draft whose base is no longer the newest version replaces what was published since only when that
    is confirmed by ``over``.
    """
    if not reason.strip():
        raise invalid([FieldError("reason", "发布说明", "请填写发布说明。")], "请填写发布说明。")
    draft = _locked(number, seen)
    newest = ProcessDefinition.objects.filter(code=draft.code).order_by("-version").first()
    if newest and draft.base_id != newest.pk and not over:
        since = f"第 {newest.version} 版由{newest.publisher or '系统'}在本草稿之后发布"
        hint = "请先比较两版，确认要以本草稿取代它后再发布。"
        raise Refusal("DRAFT_BASE", f"{since}，草稿中没有它的改动。", hint, status=409)
    published = publish_graph(draft.code, draft.graph, person=person, reason=reason.strip())
    if newest and published.pk == newest.pk:
        raise Refusal("NOTHING_NEW", "草稿与现行版本完全相同，没有可发布的改动。", "请先修改。", status=409)
    draft.published, draft.changed_by, draft.changed_at = published, person, now()
    draft.save()
    return published


def _locked(number: int, seen: int) -> ProcessDraft:
    """The draft, locked, as the person saw it."""
    if not ProcessDraft.objects.select_for_update().filter(pk=number).exists():
        raise not_found("该草稿，可能已被删除")
    draft = queries.draft_row(number)
    if draft.version != seen:
        at = draft.changed_at.astimezone(SHANGHAI)
        raise stale(f"{draft.changed_by.name} 已于 {at:%m-%d %H:%M} 保存了本草稿，您的改动尚未保存。")
    return draft
