"""Works: who sees which, how they are entered, changed and moved on, and what is kept of it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import Refusal
from minfang.registry import actions
from minfang.registry.models import Device, Lifecycle, OpState, Works, WorksEvent
from minfang.registry.schemas import LifecycleIn, WorksChange, WorksIn

pytestmark = pytest.mark.django_db
NEW = {
    "name": "江宁结建民防工程",
    "kind": "JJ",
    "management_level": "DISTRICT",
    "district_code": "310106",
    "building_area": "3200.50",
    "lifecycle": "UNDER_CONSTRUCTION",
    "built_year": 2026,
}
JSON = {"content_type": "application/json"}


def change_of(works: Works, **part: Any) -> WorksChange:
    facts = {name: getattr(works, name) for name in WorksIn.model_fields if hasattr(works, name)}
    return WorksChange(**{**facts, "seen_version": works.version, **part})


@pytest.mark.parametrize(
    ("username", "districts"),
    [
        ("tao.yiming", 13),
        ("pt.qin.lang", {"普陀区"}),
        ("zhou.min", {"静安区", "普陀区", "黄浦区", "长宁区"}),
    ],
)
def test_city_district_and_keeper_are_shown_their_works(
    browser: Callable[[str], Any], username: str, districts: Any
) -> None:
    answer = browser(username).get("/api/office/works", {"size": 100})
    found = {row["district_name"] for row in answer.json()["rows"]}
    assert found == districts if isinstance(districts, set) else len(found) > 10
    assert answer.json()["total"] == len(answer.json()["rows"])


def test_a_list_is_filtered_sorted_counted_and_taken_away_as_a_file(browser: Callable[[str], Any]) -> None:
    watcher = browser("tao.yiming")
    asked = {"level": "CITY_DIRECT", "sort": "area", "size": 5}
    answer = watcher.get("/api/office/works", asked).json()
    areas = [row["building_area"] for row in answer["rows"]]
    assert (answer["total"], len(areas)) == (14, 5)
    assert areas == sorted(areas, reverse=True)
    assert {one["value"]: one["count"] for one in answer["by_op_state"]} == {"PEACE": 13, "TRANSITION": 1}
    assert watcher.get("/api/office/works", {"op_state": "TRANSITION"}).json()["total"] == 1
    assert watcher.get("/api/office/works", {"keyword": "四川北"}).json()["total"] == 1
    file = watcher.get("/api/office/works/export.xlsx", asked)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 15
    assert rows[0][0] == "工程编号"
    assert AuditEvent.objects.filter(action="works.exported").exists()


def test_a_page_shows_what_stands_in_a_work(browser: Callable[[str], Any], yanping: Works) -> None:
    page = browser("zhou.min").get(f"/api/office/works/{yanping.pk}").json()
    assert [floor["no"] for floor in page["floors"]] == ["B1", "B2"]
    assert len(page["unit_list"]) == 4
    assert any(room["special"] for unit in page["unit_list"] for room in unit["rooms"])
    designs = {one["label"] for piece in page["equipment"] for one in piece["design"]}
    assert {"额定电流 A", "初阻力 Pa", "启泵液位 mm", "设计超压 Pa"} <= designs
    assert page["may_manage"] is False
    assert browser("zhou.min").get("/api/office/works/999999").status_code == 404


def test_a_new_work_is_numbered_and_keeps_its_prefix_until_it_is_used(access: Callable[[str], Any]) -> None:
    admin = access("gu.lianchuan")
    first = actions.create_works(admin, WorksIn(**NEW))
    second = actions.create_works(admin, WorksIn(**{**NEW, "lifecycle": "IN_USE"}))
    assert (first.works_no, second.works_no) == ("ZRF-310106-JJ-2026-0001", "RF-310106-JJ-2026-0002")
    device = Device.objects.create(
        works=first,
        device_no=f"{first.works_no}-S-TEMP-001",
        device_id="x-1",
        sensor_type="TEMP",
        name="温度",
    )
    for step in ("ACCEPTED", "IN_USE"):
        seen = Works.objects.get(pk=first.pk).version
        actions.change_lifecycle(admin, first.pk, LifecycleIn(to=step, seen_version=seen))
    works = Works.objects.get(pk=first.pk)
    assert (works.works_no, works.prev_no) == ("RF-310106-JJ-2026-0001", "ZRF-310106-JJ-2026-0001")
    assert Device.objects.get(pk=device.pk).device_no == "RF-310106-JJ-2026-0001-S-TEMP-001"
    assert Device.objects.get(pk=device.pk).device_id == "x-1"
    steps = list(WorksEvent.objects.filter(works=works).order_by("id").values_list("kind", flat=True))
    assert steps == ["CREATED", "LIFECYCLE", "LIFECYCLE"]


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"name": " "}, "name"),
        ({"kind": "XX"}, "kind"),
        ({"district_code": "310103"}, "district_code"),
        ({"usable_area": "4000"}, "usable_area"),
        ({"works_no": "RF-1"}, "works_no"),
        ({"managing_unit_id": 999999}, "managing_unit_id"),
        ({"wartime_use": "SHELTER_9"}, "wartime_use"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(access: Callable[[str], Any], part: Any, path: str) -> None:
    with pytest.raises(Refusal) as refused:
        actions.create_works(access("gu.lianchuan"), WorksIn(**{**NEW, **part}))
    assert [error.path for error in refused.value.fields] == [path]


def test_life_goes_only_the_ways_of_the_table(access: Callable[[str], Any], yanping: Works) -> None:
    admin = access("gu.lianchuan")
    with pytest.raises(Refusal) as refused:
        actions.change_lifecycle(admin, yanping.pk, LifecycleIn(to="DEMOLISHED", reason="拆", seen_version=1))
    assert refused.value.code == "NO_SUCH_STEP"
    assert "退出序列" in refused.value.message
    with pytest.raises(Refusal) as refused:
        actions.change_lifecycle(admin, yanping.pk, LifecycleIn(to="RETIRED", seen_version=1))
    assert [error.path for error in refused.value.fields] == ["reason"]
    assert Works.objects.get(pk=yanping.pk).lifecycle == Lifecycle.IN_USE


def test_readiness_changes_with_a_reason_and_leaves_its_history(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin, address = browser("gu.lianchuan"), f"/api/office/works/{yanping.pk}"
    body = {"to": "EMERGENCY", "reason": "", "seen_version": yanping.version}
    assert admin.post(f"{address}/op-state", body, **JSON).status_code == 422
    page = admin.post(f"{address}/op-state", {**body, "reason": "演练"}, **JSON).json()
    assert page["op_state"] == OpState.EMERGENCY
    event = page["events"][0]
    assert (event["kind"], event["person"], event["reason"]) == ("OP_STATE", "顾连川", "演练")
    assert event["changes"][0] == {
        "field": "op_state",
        "label": "平急状态",
        "before": "平时阶段",
        "after": "应急阶段",
    }
    assert AuditEvent.objects.filter(action="works.op_state", reason="演练").exists()


def test_a_change_keeps_what_was_before_and_after(access: Callable[[str], Any], yanping: Works) -> None:
    change = change_of(yanping, street="静安寺街道", reason="区划调整")
    actions.change_works(access("gu.lianchuan"), yanping.pk, change)
    event = WorksEvent.objects.filter(works=yanping)[0]
    assert (event.before, event.after) == ({"street": "曹家渡街道"}, {"street": "静安寺街道"})
    assert event.reason == "区划调整"


def test_of_two_people_at_one_work_the_second_is_told(browser: Callable[[str], Any], yanping: Works) -> None:
    address, first, second = (
        f"/api/office/works/{yanping.pk}",
        browser("gu.lianchuan"),
        browser("gu.lianchuan"),
    )
    body = change_of(yanping).model_dump(mode="json")
    assert first.put(address, {**body, "address": "甲路 1 号"}, **JSON).status_code == 200
    answer = second.put(address, {**body, "address": "乙路 2 号"}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "STALE")
    assert Works.objects.get(pk=yanping.pk).address == "甲路 1 号"


def test_nobody_without_the_right_changes_a_work(browser: Callable[[str], Any], yanping: Works) -> None:
    body = change_of(yanping, name="改名").model_dump(mode="json")
    for username in ("tao.yiming", "zhou.min", "shen.jiahe"):
        assert browser(username).put(f"/api/office/works/{yanping.pk}", body, **JSON).status_code == 403
    assert Works.objects.get(pk=yanping.pk).name == yanping.name
