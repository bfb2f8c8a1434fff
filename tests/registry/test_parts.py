"""Floors, units, rooms, entrances and equipment: entered, corrected, given up, imported, and remembered."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from minfang.kernel.audit.models import AuditEvent
from minfang.registry import workbooks
from minfang.registry.importing.lines import Scope
from minfang.registry.importing.plan import judge
from minfang.registry.models import Device, Equipment, ProtectiveUnit, Room, Works, WorksEvent
from minfang.registry.parts import KINDS

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
NO = "RF-310106-GY-2009-0003"


def version(works: Works) -> int:
    return Works.objects.get(pk=works.pk).version


def as_file(rows: Sequence[Sequence[Any]]) -> SimpleUploadedFile:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        sheet.write_row(line, 0, row)
    book.close()
    return SimpleUploadedFile("组成.xlsx", out.getvalue())


def add(admin: Any, works: Works, kind: str, **body: Any) -> Any:
    address = f"/api/office/works/{works.pk}/parts/{kind}"
    return admin.post(address, {"seen_version": version(works), **body}, **JSON)


def test_a_work_gets_a_floor_with_unit_room_entrance_and_fan_numbered_by_the_rules(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin = browser("gu.lianchuan")
    assert add(admin, yanping, "floor", no="B3", name="地下三层", level=-3).status_code == 200
    floor = yanping.floors.get(code="B3")
    assert add(admin, yanping, "unit", name="防护单元五", floor_id=floor.pk).status_code == 200
    unit = yanping.units.get(name="防护单元五")
    assert (unit.unit_no, unit.position) == (f"{NO}-F05", 5)
    made = add(admin, yanping, "room", name="风机房", unit_id=unit.pk, floor_id=floor.pk, special=True)
    room = Room.objects.get(unit=unit)
    assert room.room_no == f"{NO}-F05-R001"
    add(admin, yanping, "entrance", name="9 号口部", unit_id=unit.pk, rank="SPARE")
    add(
        admin,
        yanping,
        "equipment",
        name="送风机",
        category="FAN",
        unit_id=unit.pk,
        room_id=room.pk,
        design={"rated_a": 9.5},
    )
    fan = Equipment.objects.get(room=room)
    assert (fan.equipment_no.startswith(f"{NO}-FAN-"), fan.design) == (True, {"rated_a": 9.5})
    shown = admin.get(f"/api/office/works/{yanping.pk}").json()
    assert [one["no"] for one in shown["floors"]] == ["B1", "B2", "B3"]
    entrances = next(one["entrances"] for one in shown["unit_list"] if one["id"] == unit.pk)
    assert [(one["name"], one["note"]) for one in entrances] == [("9 号口部", "备用")]
    assert made.json()["version"] == yanping.version + 3


def test_a_correction_is_remembered_with_what_was_before_and_a_stale_page_is_told(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin, unit = browser("gu.lianchuan"), yanping.units.all()[0]
    stored = next(
        one
        for one in admin.get(f"/api/office/works/{yanping.pk}/parts").json()["units"]
        if one["id"] == unit.pk
    )
    address = f"/api/office/works/{yanping.pk}/parts/unit/{unit.pk}"
    seen = version(yanping)
    body = {**stored, "capacity": 815, "reason": "复核图纸", "seen_version": seen}
    page = admin.put(address, body, **JSON).json()
    event = page["events"][0]
    assert (event["kind_label"], event["reason"]) == ("修改组成", "复核图纸")
    assert event["changes"] == [
        {
            "field": "part",
            "label": "对象",
            "before": "",
            "after": f"防护单元 {unit.unit_no} {unit.name}",
        },
        {"field": "capacity", "label": "掩蔽人数", "before": str(unit.capacity), "after": "815"},
    ]
    assert AuditEvent.objects.filter(action="works.parts", reason="复核图纸").exists()
    assert admin.put(address, {**body, "capacity": 900}, **JSON).json()["code"] == "STALE"
    assert ProtectiveUnit.objects.get(pk=unit.pk).capacity == 815
    for wrong, path in (
        ({"name": " "}, "name"),
        ({"shelter_area": 999_999}, "shelter_area"),
        ({"wartime_use": "SHELTER_9"}, "wartime_use"),
        ({"floor_id": 999_999}, "floor_id"),
    ):
        answer = admin.put(address, {**body, **wrong, "seen_version": version(yanping)}, **JSON)
        assert [one["path"] for one in answer.json()["fields"]] == [path]


def test_only_what_is_empty_is_given_up_and_what_is_given_up_can_be_taken_back(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin, unit = browser("gu.lianchuan"), yanping.units.all()[0]
    address = f"/api/office/works/{yanping.pk}/parts"

    def state(kind: str, pk: int, *, retired: bool, reason: str = "封堵") -> Any:
        body = {"retired": retired, "reason": reason, "seen_version": version(yanping)}
        return admin.post(f"{address}/{kind}/{pk}/state", body, **JSON)

    refused = state("unit", unit.pk, retired=True).json()
    assert refused["code"] == "STILL_USED"
    assert "房间 5" in refused["message"]
    add(admin, yanping, "room", name="临时库房", unit_id=unit.pk)
    room = Room.objects.get(name="临时库房")
    assert state("room", room.pk, retired=True, reason="").json()["fields"][0]["path"] == "reason"
    assert state("room", room.pk, retired=True).status_code == 200
    assert not Room.objects.filter(pk=room.pk).exists()
    device = yanping.devices.filter(sensor_type="TEMP")[0]
    Device.objects.filter(pk=device.pk).update(room=room)
    assert Device.objects.select_related("room").get(pk=device.pk).room == room
    assert state("room", room.pk, retired=True).json()["code"] == "ALREADY"
    rooms = admin.get(address).json()["rooms"]
    assert next(one for one in rooms if one["id"] == room.pk)["retired_at"]
    assert state("room", room.pk, retired=False).status_code == 200
    kinds = WorksEvent.objects.filter(works=yanping, kind__startswith="PART").values_list("kind", flat=True)
    assert list(kinds) == ["PART_BACK", "PART_RETIRED", "PART_ADDED"]


@pytest.mark.parametrize("kind", KINDS)
def test_exported_parts_can_be_imported_and_change_nothing(
    access: Callable[[str], Any], yanping: Works, kind: str
) -> None:
    rows = KINDS[kind].model.objects.filter(works=yanping)
    plan = judge(kind, workbooks.export(kind, rows), Scope.of(access("gu.lianchuan")))
    assert [line.problems for line in plan.lines if line.problems] == []
    assert {line.verdict for line in plan.lines} == {"SAME"}
    assert len(plan.lines) == rows.count()


def test_a_file_of_equipment_is_shown_corrected_and_written(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin, address = browser("gu.lianchuan"), "/api/office/works/import/equipment"
    pump = yanping.equipment.filter(category="PMP")[0]
    head = ["工程编号", "设备编号", "名称", "设备类", "防护单元", "房间", "启泵液位 mm", "安装日期"]
    rows: list[list[Any]] = [
        head,
        [NO, pump.equipment_no, pump.name, "水泵", "", "", 1050, ""],
        [NO, f"{NO}-FAN-901", "送风机", "风机", "防护单元一", "进风机房", "", "2025-06-30"],
        [NO, f"{NO}-FAN-902", "送风机", "电扇", "防护单元一", "没有的房间", "", ""],
        [NO, "XX-1", "排风机", "FAN", "", "", "高", "2025-02-30"],
    ]
    seen = admin.post(f"{address}/preview", {"file": as_file(rows)}).json()
    assert (seen["new"], seen["changed"], seen["wrong"]) == (0, 1, 3) or (
        seen["new"],
        seen["changed"],
        seen["wrong"],
    ) == (1, 1, 2)
    listed = admin.post(f"{address}/wrong.xlsx", {"file": as_file(rows)}).content
    wrong = CalamineWorkbook.from_filelike(io.BytesIO(listed)).get_sheet_by_index(0).to_python()
    assert wrong[0] == [*head, "问题"]
    assert "电扇" in str(wrong[-2][-1])
    assert admin.post(address, {"file": as_file(rows)}).status_code == 422
    rows[3] = [NO, f"{NO}-FAN-902", "送风机", "风机", "防护单元一", "", "", ""]
    before = version(yanping)
    done = admin.post(address, {"file": as_file(rows[:4])}).json()
    assert (done["made"], done["changed"]) == (2, 1)
    assert version(yanping) == before + 1
    assert Equipment.objects.get(pk=pump.pk).design == {**pump.design, "start_mm": 1050.0}
    page = admin.get(f"/api/office/works/{yanping.pk}").json()
    change = next(one for event in page["events"] for one in event["changes"] if one["field"] == "design")
    assert "启泵液位 mm 1050" in change["after"]
    assert admin.post(address, {"file": as_file(rows[:4])}).json()["same"] == 3


def test_floors_of_two_works_may_have_the_same_code(browser: Callable[[str], Any], yanping: Works) -> None:
    other = Works.objects.exclude(pk=yanping.pk).order_by("pk")[0]
    rows: list[list[Any]] = [
        ["工程编号", "层号", "名称", "层序"],
        [NO, "B9", "地下九层", -9],
        [other.works_no, "B9", "地下九层", -9],
        [NO, "B9", "又一层", -9],
    ]
    admin, address = browser("gu.lianchuan"), "/api/office/works/import/floor"
    seen = admin.post(f"{address}/preview", {"file": as_file(rows)}).json()
    assert (seen["new"], seen["wrong"]) == (2, 1)
    assert admin.post(address, {"file": as_file(rows[:3])}).json()["made"] == 2


def test_nobody_without_the_right_changes_parts(browser: Callable[[str], Any], yanping: Works) -> None:
    for username in ("tao.yiming", "zhou.min"):
        assert add(browser(username), yanping, "floor", no="B7", name="层", level=-7).status_code == 403
    assert not yanping.floors.filter(code="B7").exists()
