"""What the flow pages show."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q

from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam.models import Role
from minfang.kernel.workflow import anchors, migration, shape
from minfang.kernel.workflow.bpmn import to_bpmn
from minfang.kernel.workflow.compare import Difference, differences
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.drawing import drawing, sketch
from minfang.kernel.workflow.findings import located
from minfang.kernel.workflow.graph import Graph, build
from minfang.kernel.workflow.models import (
    DefinitionState,
    MigrationBatch,
    ProcessDefinition,
    ProcessDraft,
    ProcessInstance,
)
from minfang.kernel.workflow.trial import walk
from minfang.kernel.workflow.validation import check
from minfang.kernel.workflow.wording import KINDS, named, traits, way

Shown = dict[str, Any]
RUNNING = Count("instances", filter=Q(instances__state__in=migration.MOVABLE))


def role_names() -> dict[str, str]:
    """Role codes and names that a step may be given to."""
    found = Role.objects.order_by("pk").exclude(code__in=("sys_admin", "sec_admin", "auditor"))
    return dict(found.values_list("code", "name"))


def flow_list() -> Shown:
    """Every process with its newest version, what runs, and its drafts."""
    versions = ProcessDefinition.objects.annotate(running=RUNNING).defer("bpmn").order_by("code", "version")
    grouped: dict[str, list[Any]] = {}
    for version in versions:
        grouped.setdefault(version.code, []).append(version)
    drafts: dict[str, list[Shown]] = {}
    for draft in _drafts():
        drafts.setdefault(draft.code, []).append(_draft_row(draft))
    codes = sorted({*grouped, *drafts})
    return {"rows": [_flow_row(code, grouped.get(code, []), drafts.get(code, [])) for code in codes]}


def _flow_row(code: str, versions: list[Any], drafts: list[Shown]) -> Shown:
    newest = next((v for v in reversed(versions) if v.state == DefinitionState.PUBLISHED), None)
    return {
        "code": code,
        "title": newest.title if newest else drafts[0]["title"] if drafts else versions[-1].title,
        "version": newest and newest.version,
        "published_at": newest and newest.published_at,
        "publisher": newest.publisher if newest else "",
        "running": sum(v.running for v in versions),
        "running_older": sum(v.running for v in versions if v is not newest),
        "versions": len(versions),
        "steps": len([n for n in newest.graph["nodes"] if n["kind"] == "task"]) if newest else 0,
        "drafts": drafts,
    }


def _drafts() -> Any:
    open_drafts = ProcessDraft.objects.filter(published__isnull=True, dropped=False)
    return open_drafts.select_related("base", "changed_by").defer("graph").order_by("-changed_at")


def _draft_row(draft: ProcessDraft) -> Shown:
    return {
        "id": draft.pk,
        "code": draft.code,
        "title": draft.title,
        "base_version": draft.base and draft.base.version,
        "changed_at": draft.changed_at,
        "changed_by": draft.changed_by.name,
    }


def flow(code: str) -> Shown:
    """One process with its versions, newest first."""
    counted = ProcessDefinition.objects.filter(code=code).annotate(running=RUNNING, total=Count("instances"))
    versions = list(counted.defer("bpmn", "graph").order_by("-version"))
    drafts = [_draft_row(draft) for draft in _drafts().filter(code=code)]
    if not versions and not drafts:
        raise not_found(f"流程 {code}")
    batches = MigrationBatch.objects.filter(source__code=code).select_related(
        "source", "target", "ordered_by"
    )
    return {
        "code": code,
        "title": versions[0].title if versions else drafts[0]["title"],
        "versions": [_version_row(version) for version in versions],
        "drafts": drafts,
        "migrations": [
            batch_head(batch) for batch in batches.select_related("source", "target", "ordered_by")
        ],
    }


def _version_row(version: Any) -> Shown:
    return {
        "id": version.pk,
        "version": version.version,
        "state": version.state,
        "state_label": DefinitionState(version.state).label,
        "title": version.title,
        "published_at": version.published_at,
        "publisher": version.publisher or "系统安装",
        "reason": version.reason,
        "running": version.running,
        "total": version.total,
    }


def definition(number: int) -> ProcessDefinition:
    """A published version; refuses politely what is not there."""
    found = ProcessDefinition.objects.filter(pk=number).first()
    if found is None:
        raise not_found("该流程版本")
    return found


def version(number: int) -> Shown:
    """A version as drawing and in words."""
    found = definition(number)
    graph = graph_of(found.pk)
    running = found.instances.filter(state__in=migration.MOVABLE).count()
    row = {name: getattr(found, name) for name in ("code", "version", "state", "title", "reason", "graph")}
    return {
        **row,
        "id": found.pk,
        "publisher": found.publisher or "系统安装",
        "published_at": found.published_at,
        "running": running,
        "drawing": drawing(found),
        "steps": steps_in_words(graph),
    }


def steps_in_words(graph: Graph) -> list[Shown]:
    """Every step and branch of a graph, in words."""
    roles = role_names()
    found = []
    for code, node in graph.nodes.items():
        told = traits(graph, node, roles).values()
        words = [{"label": label, "text": str(text)} for label, text in told if text and label != "类型"]
        name, kind = named(graph, code), KINDS.get(node.kind, node.kind)
        found.append({"node": code, "name": name, "kind": node.kind, "kind_label": kind, "traits": words})
    return found


def version_bpmn(number: int) -> str:
    """A version as BPMN."""
    return to_bpmn(graph_of(definition(number).pk))


def compare(old: int, new: int) -> Shown:
    """Two versions side by side."""
    one, other = definition(old), definition(new)
    found = differences(graph_of(one.pk), graph_of(other.pk), role_names())
    return {
        "old": drawing(one),
        "new": drawing(other),
        "old_title": str(one),
        "new_title": str(other),
        "differences": [difference.data() for difference in found],
    }


def looked_at(raw: Mapping[str, Any], code: str = "") -> Shown:
    """Faults with their nodes, and the drawing as far as the graph can be drawn."""
    whole = not list(shape.faults(raw))
    faults = check(raw, role_names()) + anchors.unkept(code or str(raw.get("code", "")), raw)
    told = [vars(fault) for fault in located(raw, faults)]
    codes = [node.get("code") for node in raw.get("nodes", ()) if isinstance(node, dict)]
    if not whole or len(set(codes)) != len(codes):
        return {"faults": told, "warnings": [], "drawing": {}, "words": {}}
    graph = build(raw).sound()
    ways = {f"{c}|{n}": way(graph, e) for c in graph.nodes for n, e in enumerate(graph.out(c))}
    warnings = [vars(fault) for fault in located(raw, _warnings(graph))]
    return {"faults": told, "warnings": warnings, "drawing": sketch(graph), "words": ways}


def _warnings(graph: Graph) -> Iterable[str]:
    """What may be published but is worth a thought."""
    pushed = any(node.node_type is not None for node in graph.nodes.values())
    for node in graph.of_kind("task", "system"):
        if pushed and node.node_type is None and node.role != "applicant":
            yield f"“{node.name or node.code}”（{node.code}）没有推送环节码，不会推送到办件库"
        if node.kind == "task" and not node.name:
            yield f"步骤（{node.code}）没有名称"


def draft_row(number: int) -> ProcessDraft:
    """A draft that is still open; says what became of one that is not."""
    draft = ProcessDraft.objects.select_related("base", "published", "changed_by").filter(pk=number).first()
    if draft is None or draft.dropped:
        raise not_found("该草稿，可能已被删除")
    if draft.published:
        text = f"{draft.changed_by.name} 已将本草稿发布为第 {draft.published.version} 版。"
        raise Refusal("STALE", text, "请从该版本新建草稿。", status=409)
    return draft


def draft(number: int) -> Shown:
    """A draft as the designer needs it."""
    row = draft_row(number)
    versions = ProcessDefinition.objects.filter(code=row.code).order_by("-version")
    roles = [{"code": code, "name": name} for code, name in role_names().items()]
    return {
        **_draft_row(row),
        "version": row.version,
        "base_id": row.base_id,
        "newest_version": versions.values_list("version", flat=True).first(),
        "graph": row.graph,
        "roles": [{"code": "applicant", "name": "申请人"}, *roles],
        "required": anchors.required(row.code),
        "facts": anchors.known_facts(),
        "check": looked_at(row.graph, row.code),
    }


def draft_bpmn(number: int) -> str:
    """A draft as BPMN, as far as it can be drawn."""
    raw = draft_row(number).graph
    if faults := list(shape.faults(raw)):
        raise Refusal("DRAFT_BROKEN", f"草稿不能画出：{faults[0]}。", "请先在步骤清单中改正。", status=409)
    return to_bpmn(build(raw).sound())


def trial(raw: Mapping[str, Any], facts: Mapping[str, Any], steps: list[Shown]) -> Shown:
    """A walk through a draft without faults."""
    faults = check(raw, role_names())
    if faults:
        empty = {"trail": [], "open": [], "finished": False, "end": ""}
        return {**empty, "problem": f"有 {len(faults)} 处错误，改正后才能试走：{faults[0]}。"}
    return vars(walk(build(raw), facts, steps, role_names()))


def dry_run(source: int, target: int) -> Shown:
    """How every running case of ``source`` would fare under ``target``."""
    one, other = definition(source), definition(target)
    if one.code != other.code or one.pk == other.pk:
        raise Refusal("MIGRATION_PAIR", "请选择同一流程的两个不同版本。", "可在版本列表中选择。", status=409)
    graph = graph_of(one.pk)
    rows = [_fit_row(graph, *pair) for pair in migration.dry_run(one.pk, other.pk)]
    found: list[Difference] = differences(graph, graph_of(other.pk), role_names())
    return {
        "source": one.pk,
        "target": other.pk,
        "fitting": sum(row["fits"] for row in rows),
        "rows": rows,
        "differences": [difference.data() for difference in found],
    }


def _fit_row(graph: Graph, instance: ProcessInstance, fit: migration.Fit) -> Shown:
    return {
        "instance": instance.pk,
        "subject": _number(instance.subject),
        "office": instance.organization.short_name or instance.organization.name,
        "state_label": instance.get_state_display(),
        "at": [named(graph, code) for code in fit.at],
        "fits": fit.fits,
        "reasons": fit.reasons,
        "notes": fit.notes,
    }


def _number(subject: str) -> str:
    """The number of the case an instance is about."""
    return subject.partition(":")[2] or subject


def batch_head(batch: MigrationBatch) -> Shown:
    """A batch and how far it is."""
    counts = batch.entries.values_list("state").annotate(times=Count("pk"))
    return {
        "id": batch.pk,
        "source": batch.source_id,
        "target": batch.target_id,
        "source_version": batch.source.version,
        "target_version": batch.target.version,
        "reason": batch.reason,
        "ordered_by": batch.ordered_by.name,
        "ordered_at": batch.ordered_at,
        "finished_at": batch.finished_at,
        "counts": dict(counts),
    }


def batch(number: int) -> Shown:
    """A batch with its cases."""
    found = MigrationBatch.objects.select_related("source", "target", "ordered_by").filter(pk=number).first()
    if found is None:
        raise not_found("该迁移批次")
    entries = found.entries.select_related("instance").order_by("pk")
    return {
        **batch_head(found),
        "entries": [
            {
                "id": entry.pk,
                "instance": entry.instance_id,
                "subject": _number(entry.instance.subject),
                "state": entry.state,
                "state_label": entry.get_state_display(),
                "note": entry.note,
            }
            for entry in entries
        ],
    }
