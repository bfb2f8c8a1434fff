"""What the system administrator does to process definitions, through the API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from tests.kernel.workflow.samples import World, approval, edge, task

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.iam.models import Person, Role, RoleGrant
from minfang.kernel.workflow import actions, anchors
from minfang.kernel.workflow.graph import build
from minfang.kernel.workflow.models import ProcessDefinition
from minfang.kernel.workflow.publishing import publish_shipped

pytestmark = pytest.mark.django_db


class Desk:
    """A designer at the browser."""

    def __init__(self, world: World, username: str) -> None:
        role, _ = Role.objects.get_or_create(
            code="designer_test", defaults={"name": "流程设计", "permissions": ["process.design"]}
        )
        person = Person.objects.create(
            username=username, name=f"{username}先生", kind="STAFF", organization=world.office
        )
        RoleGrant.objects.create(person=person, role=role, organization=world.office)
        self.client = Client()
        self.client.force_login(person)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.generic(
            method, f"/api/admin/flows{path}", json.dumps(body or {}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content.decode()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return json.loads(answer.content) if is_json else answer.content.decode()


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, "designer")


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def first(world: World) -> ProcessDefinition:
    return actions.publish("SAMPLE", approval())


@pytest.fixture
def tied() -> Iterator[None]:
    anchors.require("SAMPLE", {"DECIDE": ["APPROVE", "DENY"]})
    yield
    anchors.forget("SAMPLE")


def longer(raw: dict[str, Any]) -> dict[str, Any]:
    raw = json.loads(json.dumps(raw))
    raw["nodes"].append(task("VERIFY", name="核验"))
    raw["edges"] = [e for e in raw["edges"] if (e["from"], e["to"]) != ("CHECK", "DECIDE")]
    raw["edges"] += [edge("CHECK", "VERIFY"), edge("VERIFY", "DECIDE")]
    return raw


def test_a_draft_is_edited_checked_published_and_used_by_new_cases(
    world: World, desk: Desk, first: ProcessDefinition
) -> None:
    world.begin(approval())
    running = world.instance
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    assert draft["check"]["faults"] == []
    saved = desk.ask(
        "PUT", f"/drafts/{draft['id']}", {"version": draft["version"], "graph": longer(draft["graph"])}
    )
    assert [node["name"] for node in saved["check"]["drawing"]["nodes"] if node["name"] == "核验"]
    published = desk.ask(
        "POST", f"/drafts/{draft['id']}/publish", {"version": saved["version"], "reason": "加核验"}
    )
    assert published["version"] == 2
    running.refresh_from_db()
    assert running.definition_id == first.pk
    assert (
        actions.start(
            "SAMPLE", subject="case:2", organization=world.office, facts={}, starter=None
        ).instance.definition_id
        == published["id"]
    )
    assert AuditEvent.objects.filter(action="workflow.publish", reason="加核验").exists()
    row = desk.ask("GET", "")["rows"][0]
    assert (row["version"], row["running"], row["running_older"], row["drafts"]) == (2, 2, 1, [])


def test_of_two_who_edit_the_same_draft_the_second_is_told_who_saved(
    world: World, desk: Desk, first: ProcessDefinition
) -> None:
    colleague = Desk(world, "colleague")
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    body = {"version": draft["version"], "graph": longer(draft["graph"])}
    colleague.ask("PUT", f"/drafts/{draft['id']}", body)
    refused = desk.ask("PUT", f"/drafts/{draft['id']}", body, 409)
    assert "colleague先生" in refused["message"]


def test_a_draft_with_faults_is_kept_but_not_published(desk: Desk, first: ProcessDefinition) -> None:
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    graph = draft["graph"]
    next(node for node in graph["nodes"] if node["code"] == "REVIEW")["role"] = ""
    saved = desk.ask("PUT", f"/drafts/{draft['id']}", {"version": draft["version"], "graph": graph})
    (fault,) = saved["check"]["faults"]
    assert (fault["node"], fault["advice"]) == ("REVIEW", "选择由哪个角色办理。")
    body = {"version": saved["version"], "reason": "试发布"}
    refused = desk.ask("POST", f"/drafts/{draft['id']}/publish", body, 422)
    assert "不能发布" in refused["message"]


def test_publishing_needs_a_reason_and_a_change(desk: Desk, first: ProcessDefinition) -> None:
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    path = f"/drafts/{draft['id']}/publish"
    desk.ask("POST", path, {"version": 1, "reason": " "}, 422)
    assert desk.ask("POST", path, {"version": 1, "reason": "无"}, 409)["code"] == "NOTHING_NEW"
    assert ProcessDefinition.objects.filter(code="SAMPLE").count() == 1


def test_a_draft_from_an_older_version_replaces_a_newer_one_only_when_confirmed(
    desk: Desk, first: ProcessDefinition
) -> None:
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    actions.publish("SAMPLE", longer(approval()))
    path = f"/drafts/{draft['id']}/publish"
    assert desk.ask("POST", path, {"version": 1, "reason": "改回"}, 409)["code"] == "DRAFT_BASE"
    assert desk.ask("POST", path, {"version": 1, "reason": "改回", "over": True})["version"] == 3


def test_a_step_the_matter_is_tied_to_cannot_be_taken_away(
    tied: None, desk: Desk, first: ProcessDefinition
) -> None:
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    graph = draft["graph"]
    decide = next(node for node in graph["nodes"] if node["code"] == "DECIDE")
    decide["outcomes"] = decide["outcomes"][:1]
    saved = desk.ask("PUT", f"/drafts/{draft['id']}", {"version": 1, "graph": graph})
    assert any("缺少办理结果 DENY" in fault["message"] for fault in saved["check"]["faults"])
    body = {"version": 2, "reason": "删去不予"}
    desk.ask("POST", f"/drafts/{draft['id']}/publish", body, 422)


def test_a_drawing_saved_by_the_editor_is_the_draft_in_the_list_too(
    desk: Desk, first: ProcessDefinition
) -> None:
    draft = desk.ask("POST", "/drafts", {"base": first.pk}, 201)
    xml = desk.ask("GET", f"/drafts/{draft['id']}/bpmn")["xml"]
    drawn = xml.replace('name="审查"', 'name="现场审查"')
    saved = desk.ask("PUT", f"/drafts/{draft['id']}/bpmn", {"version": 1, "xml": drawn})
    assert saved["findings"] == []
    assert build(saved["draft"]["graph"]).node("REVIEW").name == "现场审查"
    review = {"code": "REVIEW", "kind": "task", "role": "section_head", "outcomes": [{"code": "OK"}]}
    body = {"version": 2, "xml": drawn, "nodes": {"REVIEW": review}}
    node = build(desk.ask("PUT", f"/drafts/{draft['id']}/bpmn", body)["draft"]["graph"]).node("REVIEW")
    assert (node.name, node.role, node.may_suspend) == ("现场审查", "section_head", False)
    bad = drawn.replace("bpmn:userTask", "bpmn:scriptTask")
    refused = desk.ask("PUT", f"/drafts/{draft['id']}/bpmn", {"version": 3, "xml": bad})
    assert refused["draft"] is None
    assert refused["findings"][0]["level"] == "error"
    assert desk.ask("GET", f"/drafts/{draft['id']}")["version"] == 3


def test_a_file_becomes_a_draft_and_comes_back_as_a_file(desk: Desk, first: ProcessDefinition) -> None:
    xml = desk.ask("GET", f"/versions/{first.pk}/bpmn")
    found = desk.ask("POST", "/import", {"xml": xml, "code": "COPY"})
    assert found["draft"]["code"] == "COPY"
    assert 'id="COPY"' in desk.ask("GET", f"/drafts/{found['draft']['id']}/file")


def test_two_versions_are_compared_in_words_and_pictures(desk: Desk, first: ProcessDefinition) -> None:
    second = actions.publish("SAMPLE", longer(approval()))
    found = desk.ask("GET", f"/compare?old={first.pk}&new={second.pk}")
    assert any(one["text"] == "新增办理步骤“核验”" for one in found["differences"])
    assert len(found["new"]["nodes"]) == len(found["old"]["nodes"]) + 1


def test_a_walk_through_a_draft_leaves_nothing_behind(desk: Desk, world: World) -> None:
    raw = approval()
    steps: list[dict[str, Any]] = []
    for outcome in ("OK", "OK", "OK", "DENY"):
        found = desk.ask("POST", "/trial", {"graph": raw, "facts": {}, "steps": steps})
        steps.append({"number": found["open"][0]["number"], "outcome": outcome})
    found = desk.ask("POST", "/trial", {"graph": raw, "facts": {}, "steps": steps})
    assert (found["finished"], found["end"]) == (True, "DENIED")
    assert [one["name"] for one in found["trail"]] == ["受理", "审查", "审核", "审定"]


def test_a_batch_is_tried_run_in_parts_and_undone(world: World, desk: Desk, first: ProcessDefinition) -> None:
    for number in range(30):
        actions.start("SAMPLE", subject=f"case:{number}", organization=world.office, facts={}, starter=None)
    second = actions.publish("SAMPLE", longer(approval()))
    tried = desk.ask("GET", f"/migrations/dry-run?source={first.pk}&target={second.pk}")
    assert (tried["fitting"], len(tried["rows"]), tried["rows"][0]["at"]) == (30, 30, ["受理"])
    numbers = [row["instance"] for row in tried["rows"]]
    order = {"source": first.pk, "target": second.pk, "instances": numbers, "reason": "新规"}
    batch = desk.ask("POST", "/migrations", order, 201)
    path = f"/migrations/{batch['id']}"
    assert desk.ask("POST", f"{path}/run")["counts"] == {"MOVED": 25, "WAITING": 5}
    done = desk.ask("POST", f"{path}/run")
    assert done["counts"] == {"MOVED": 30}
    assert done["finished_at"]
    back = desk.ask("POST", f"{path}/undo", {"reason": "误操作"})
    assert back["counts"] == {"UNDONE": 30}
    assert AuditEvent.objects.filter(action="process.migrate_undo").exists()


def test_what_the_product_brings_does_not_push_aside_what_an_administrator_published(
    first: ProcessDefinition,
) -> None:
    newer = actions.publish("SAMPLE", longer(approval()))
    assert publish_shipped("SAMPLE", approval()).pk == newer.pk
    again = approval()
    again["title"] = "新出厂流程"
    assert publish_shipped("SAMPLE", again).version == 3
