"""Publishing a definition: checked, hashed, numbered, and never changed afterwards."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.clock import now
from minfang.kernel.base.errors import FieldError, not_found
from minfang.kernel.base.errors import invalid as refuse
from minfang.kernel.iam.models import Person, Role
from minfang.kernel.workflow.anchors import unkept
from minfang.kernel.workflow.bpmn import to_bpmn
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.graph import build, digest
from minfang.kernel.workflow.models import DefinitionState, ProcessDefinition
from minfang.kernel.workflow.validation import check


@transaction.atomic
def publish(
    code: str, graph: Mapping[str, Any], *, person: Person | None = None, reason: str = ""
) -> ProcessDefinition:
    """Publish a graph as the newest version of ``code``; the same graph again gives the same version.

    Refuses with every fault named. Once roles are loaded, the roles of the graph have to exist. New
    cases use it from now on; those that run stay on the version they started under.
    """
    faults = [*check(graph, set(Role.objects.values_list("code", flat=True)) or None), *unkept(code, graph)]
    if faults:
        errors = [FieldError(f"graph.{n}", "流程定义", fault) for n, fault in enumerate(faults)]
        raise refuse(errors, f"流程“{graph.get('title') or code}”有 {len(faults)} 处错误，不能发布。")
    versions = ProcessDefinition.objects.select_for_update().filter(code=code).order_by("-version")
    newest, fingerprint = next(iter(versions), None), digest(graph)
    if newest and newest.state == DefinitionState.PUBLISHED and newest.digest == fingerprint:
        return newest
    versions.filter(state=DefinitionState.PUBLISHED).update(state=DefinitionState.RETIRED)
    definition = ProcessDefinition.objects.create(
        code=code,
        version=newest.version + 1 if newest else 1,
        state=DefinitionState.PUBLISHED,
        title=graph.get("title") or code,
        graph=graph,
        digest=fingerprint,
        bpmn=to_bpmn(build(graph)),
        published_at=now(),
        publisher=person.name if person else "",
        reason=reason,
    )
    record(
        "workflow.publish",
        person=person,
        target=definition,
        summary=f"发布流程：{definition}",
        after={"code": code, "version": definition.version, "digest": fingerprint},
        reason=reason,
    )
    return definition


def publish_shipped(code: str, graph: Mapping[str, Any]) -> ProcessDefinition:
    """Publish what the product brings, unless that very graph has been published here before.

    So a version an administrator has made since is not pushed aside at the next start.
    """
    known = ProcessDefinition.objects.filter(code=code, digest=digest(graph))
    if known.exclude(state=DefinitionState.DRAFT).exists():
        return newest_published(code)
    return publish(code, graph)


def as_bpmn(code: str, version: int | None = None) -> str:
    """A published version as BPMN 2.0; without a number the one new cases use."""
    if version is None:
        return to_bpmn(graph_of(newest_published(code).pk))
    number = ProcessDefinition.objects.filter(code=code, version=version).values_list("pk", flat=True).first()
    if number is None:
        raise not_found(f"流程 {code} 的第 {version} 版")
    return to_bpmn(graph_of(number))


def newest_published(code: str) -> ProcessDefinition:
    """The version new instances start under."""
    found = ProcessDefinition.objects.filter(code=code, state=DefinitionState.PUBLISHED).order_by("-version")
    definition = found.defer("bpmn", "graph").first()
    if definition is None:
        raise not_found(f"已发布的流程 {code}")
    return definition
