"""Excel files of works and devices: what people fill in, and what they should not have."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from minfang.kernel.base.errors import Refusal
from minfang.registry import workbooks
from minfang.registry.actions import importing
from minfang.registry.importing.lines import Scope
from minfang.registry.importing.plan import Plan, judge, preview, wrong_rows
from minfang.registry.models import Device, DeviceBatch, DeviceEvent, OpState, Works, WorksEvent

pytestmark = pytest.mark.django_db
HEAD = ["设备编号", "通信标识", "工程编号", "名称", "类型"]
NO = "RF-310106-GY-2009-0003"


def workbook(rows: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """A file as people make it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        for at, cell in enumerate(row):
            sheet.write(line, at, cell)
    book.close()
    return out.getvalue()


def device(number: int, **more: Any) -> list[Any]:
    row = {
        "no": f"{NO}-S-TEMP-{number:03d}",
        "wire": f"new-{number}",
        "works": NO,
        "name": "温度",
        "type": "TEMP",
    }
    return list({**row, **more}.values())


def judged(*rows: Sequence[Any], head: Sequence[str] = HEAD, kind: str = "devices") -> Plan:
    return judge(kind, workbook([head, *rows]), Scope.whole())


def problems(plan: Plan) -> dict[int, dict[str, str]]:
    return {line.number: dict(line.problems) for line in plan.lines if line.problems}


@pytest.mark.feature(82)
def test_a_file_is_previewed_corrected_and_imported_and_the_same_file_again_changes_nothing(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin, address = browser("gu.lianchuan"), "/api/office/works/import/devices"
    rows = [HEAD, device(801), device(802, type="湿敏"), device(803, works="RF-310106-GY-1900-0001")]
    found = admin.post(f"{address}/preview", {"file": upload(workbook(rows))}).json()
    assert (found["total"], found["new"], found["wrong"]) == (3, 1, 2)
    assert [line["number"] for line in found["lines"][:2]] == [3, 4]
    assert "湿敏" in found["lines"][0]["notes"][0]
    assert admin.post(address, {"file": upload(workbook(rows))}).status_code == 422
    assert not Device.objects.filter(device_id="new-801").exists()

    listed = admin.post(f"{address}/wrong.xlsx", {"file": upload(workbook(rows))}).content
    wrong = CalamineWorkbook.from_filelike(io.BytesIO(listed)).get_sheet_by_index(0).to_python()
    assert wrong[0] == [*HEAD, "问题"]
    assert [row[1] for row in wrong[1:]] == ["new-802", "new-803"]
    done = admin.post(f"{address}?only_good=true", {"file": upload(workbook(rows))}).json()
    assert done == {"made": 1, "changed": 0, "same": 0, "skipped": 2}

    wrong[1][4], wrong[2][2] = "相对湿度", NO
    assert admin.post(address, {"file": upload(workbook(wrong))}).json()["made"] == 2
    before = DeviceEvent.objects.count()
    again = admin.post(address, {"file": upload(workbook(wrong))}).json()
    assert again == {"made": 0, "changed": 0, "same": 2, "skipped": 0}
    assert DeviceEvent.objects.count() == before


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("设备.xlsx", content)


def test_every_kind_of_cell_is_taken_for_what_it_means(yanping: Works) -> None:
    head = [*HEAD, "安装日期", "有效时长（月）", "批次号", "生产厂家", "防护单元", "楼层", "房间"]
    maker = "上海嘉感智能仪表有限公司"
    rows = [
        [*device(811), 45838, "60", "NEW-1", maker, "防护单元一", "B1", "值班室"],
        [*device(812, type="温度"), "2025年6月30日", 60.0, "NEW-1", maker, f"{NO}-F01", "", ""],
        [*device(813, type="temp"), "2025/6/30", 60, "NEW-1", maker, "", "", ""],
        [*device(814), "20250630", "", "", "", "", "", ""],
    ]
    plan = judged(*rows, head=head)
    assert problems(plan) == {}
    importing.carry_out("devices", workbook([head, *rows]), Scope.whole(), only_good=False)
    made = Device.objects.filter(device_id__startswith="new-81").order_by("device_id")
    assert {row.installed_on for row in made} == {date(2025, 6, 30)}
    assert [row.life_months for row in made] == [60, 60, 60, 96]
    assert made[0].room is not None
    assert made[0].room.unit_id == made[0].unit_id
    assert DeviceBatch.objects.filter(batch_no="NEW-1").count() == 1


def test_what_is_wrong_is_told_of_each_row_and_column(yanping: Works) -> None:
    taken = yanping.devices.exclude(sensor_type="GATEWAY")[0]
    head = [*HEAD, "安装日期", "采样间隔", "生产厂家", "网关", "批次号"]
    found = problems(
        judged(
            device(821),
            device(821, wire="new-822"),
            device(823, wire="new-821"),
            device(824, wire=taken.device_id),
            device(825, wire="a/b"),
            [*device(826), "2025-02-30", "每分钟", "不存在的厂", "没有的网关", "B-1"],
            [*device(827), 99999999, 0, "", "", ""],
            device(828, no="", name=""),
            device(
                829, no=taken.device_no, wire=taken.device_id, type="WIND", works="RF-310107-GY-2007-0002"
            ),
            device(830, name="名" * 81),
            head=head,
        )
    )
    assert {number: set(columns) for number, columns in found.items()} == {
        3: {"设备编号"},
        4: {"通信标识"},
        5: {"通信标识"},
        6: {"通信标识"},
        7: {"安装日期", "采样间隔", "生产厂家", "网关", "批次号"},
        8: {"安装日期", "采样间隔"},
        9: {"设备编号", "名称"},
        10: {"通信标识", "工程编号", "类型"},
        11: {"名称"},
    }
    assert found[3]["设备编号"] == "与第 2 行重复。"
    assert "2 月 30" in found[7]["安装日期"] or "2025-02-30" in found[7]["安装日期"]


def test_a_changed_row_shows_what_changes_and_empty_cells_leave_what_is_there(yanping: Works) -> None:
    stored = yanping.devices.filter(sensor_type="TEMP")[0]
    row = [stored.device_no, stored.device_id, NO, "机房温度", "TEMP", ""]
    plan = judged(row, head=[*HEAD, "型号"])
    shown = preview(plan).lines[0]
    assert (shown.verdict, shown.notes) == ("CHANGED", ["名称：进风机房温度 → 机房温度"])
    importing.carry_out("devices", workbook([[*HEAD, "型号"], row]), Scope.whole(), only_good=False)
    changed = Device.objects.get(pk=stored.pk)
    assert (changed.name, changed.model, changed.version) == ("机房温度", stored.model, stored.version + 1)
    event = DeviceEvent.objects.get(device=stored)
    assert (event.kind, event.before, event.after) == (
        "IMPORTED",
        {"name": "进风机房温度"},
        {"name": "机房温度"},
    )


def test_a_gateway_may_come_in_the_same_file_below_its_devices_and_in_an_emergency(yanping: Works) -> None:
    Works.objects.filter(pk=yanping.pk).update(op_state=OpState.EMERGENCY)
    head = [*HEAD, "网关"]
    rows = [
        [*device(831), f"{NO}-S-GATEWAY-901"],
        [*device(832, no=f"{NO}-S-GATEWAY-901", type="网关", name="新网关"), ""],
    ]
    importing.carry_out("devices", workbook([head, *rows]), Scope.whole(), only_good=False)
    made = Device.objects.get(device_id="new-831")
    assert made.gateway == Device.objects.get(device_id="new-832")
    assert made.added_in_emergency


def test_merged_cells_empty_rows_formulas_and_foreign_columns_are_understood(yanping: Works) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "2026 年设备台账")
    for at, title in enumerate([*HEAD, "备注"]):
        sheet.write(2, at, title)
    for line, number in ((3, 841), (6, 842)):
        for at, cell in enumerate(device(number)):
            sheet.write(line, at, cell)
    sheet.merge_range(3, 2, 4, 2, NO)
    for at, cell in enumerate(device(843)):
        if at != 2:
            sheet.write(4, at, cell)
    sheet.write_formula(6, 3, '="进风" & "温度"', None, "进风温度")
    sheet.write_formula(6, 5, '=HYPERLINK("http://x","y")', None, "y")
    book.close()
    plan = judge("devices", out.getvalue(), Scope.whole())
    assert [line.number for line in plan.lines] == [4, 5, 7]
    assert problems(plan) == {5: {"工程编号": "此处为合并单元格，只有首格有值，请取消合并后填写。"}}
    assert plan.lines[2].values["name"] == "进风温度"
    assert preview(plan).ignored == ["备注"]


def test_texts_that_look_like_formulas_come_back_as_texts(yanping: Works) -> None:
    content = workbook([HEAD, device(851, name="=1+1", type="坏")], strings_to_formulas=False)
    listed = wrong_rows(judge("devices", content, Scope.whole()))
    with zipfile.ZipFile(io.BytesIO(listed)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a workbook", "NO_WORKBOOK"),
        (b"PK\x03\x04 broken", "NO_WORKBOOK"),
        (workbook([]), "NO_HEADINGS"),
        (workbook([["甲", "乙"], [1, 2]]), "NO_HEADINGS"),
        (workbook([HEAD[:3], ["a", "b", "c"]]), "NO_HEADINGS"),
        (workbook([[*HEAD, "名称"], device(1)]), "TWO_HEADINGS"),
    ],
    ids=["text", "broken", "empty", "other headings", "headings missing", "a heading twice"],
)
def test_files_that_are_none_of_ours_are_refused_in_words(registry: None, content: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        judge("devices", content, Scope.whole())
    assert refused.value.code == code


def test_a_cell_at_the_end_of_the_world_takes_no_memory(registry: None) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write(1_048_575, 16_383, "远")
    book.close()
    with pytest.raises(Refusal) as refused:
        judge("devices", out.getvalue(), Scope.whole())
    assert refused.value.code == "FILE_TOO_LARGE"


def test_what_is_exported_can_be_imported_and_changes_nothing(registry: None) -> None:
    for kind, model in (("devices", Device), ("works", Works)):
        content = workbooks.export(kind, model.objects.all())
        plan = judge(kind, content, Scope.whole())
        assert problems(plan) == {}
        assert {line.verdict for line in plan.lines} == {"SAME"}
        assert len(plan.lines) == model.objects.count()


def test_works_are_imported_within_ones_own_district(access: Callable[[str], Any], registry: None) -> None:
    head = ["工程编号", "工程名称", "类别", "管理层级", "区", "建筑面积", "使用面积", "状态"]
    rows = [
        ["RF-310106-JJ-2020-0901", "甲", "结建", "区管", "静安", 3000, 2500, ""],
        ["RF-310106-JJ-2020-0902", "乙", "结建", "区管", "310108", 3000, 3500, ""],
        ["RF-310106-JJ-2020-0903", "丙", "结建", "区管", "闸北", 3000, 2500, ""],
        ["RF-310106-JJ-2020-0904", "丁", "结建", "区管", "静安区", 3000, 2500, "在建"],
        ["ZRF-310106-JJ-2026-0905", "戊", "JJ", "区管", "静安区", "3,000.50", "", "在建"],
        [NO, "延平公用民防工程", "公用", "市直属", "静安区", "", "", "退出序列"],
    ]
    plan = judged(*rows, head=head, kind="works")
    assert {number: set(columns) for number, columns in problems(plan).items()} == {
        3: {"使用面积"},
        4: {"区"},
        5: {"工程编号"},
        7: {"状态"},
    }
    importing.carry_out("works", workbook([head, *rows]), Scope.whole(), only_good=True)
    assert Works.objects.get(works_no="ZRF-310106-JJ-2026-0905").lifecycle == "UNDER_CONSTRUCTION"
    assert WorksEvent.objects.filter(kind="IMPORTED").count() == 2
    district = Scope(Scope.whole().works, False, frozenset({"310107"}), frozenset(), None)
    outside = judge("works", workbook([head, ["RF-310106-JJ-2020-0906", *rows[0][1:]]]), district)
    assert problems(outside)[2]["区"] == "不在您的管理范围。"
    keeper = judge("devices", workbook([HEAD, device(861)]), Scope.of(access("zhou.min")))
    assert "您可管理的工程" in problems(keeper)[2]["工程编号"]


def test_ten_thousand_rows_take_seconds(yanping: Works) -> None:
    rows = [HEAD, *(device(10_000 + number) for number in range(10_000))]
    content = workbook(rows, constant_memory=True)
    begun = time.thread_time()
    done = importing.carry_out("devices", content, Scope.whole(), only_good=False)
    assert time.thread_time() - begun < 15
    assert done.made == Device.objects.filter(device_id__startswith="new-").count() == 10_000


def test_nobody_without_the_right_imports(browser: Callable[[str], Any], yanping: Works) -> None:
    for username in ("tao.yiming", "zhou.min", "shen.jiahe"):
        answer = browser(username).post(
            "/api/office/works/import/devices", {"file": upload(workbook([HEAD, device(871)]))}
        )
        assert answer.status_code == 403, json.dumps(answer.json(), ensure_ascii=False)
