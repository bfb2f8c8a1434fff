"""The application form of BASEMENT_SYNC as a whole: samples, rules, speed."""

import time
from typing import Any

import pytest

from minfang.kernel.forms.definition import faults
from minfang.kernel.forms.engine import FormEngine
from minfang.registry.form_functions import FUNCTIONS


def errors(engine: FormEngine, data: dict[str, Any], step: str | None = None) -> dict[str, str]:
    return {e.path: e.message for e in engine.validate(data, step)}


def test_the_definition_has_no_faults_and_six_steps(basement: FormEngine) -> None:
    assert faults(basement.definition, {"has_format", *FUNCTIONS}) == []
    titles = [step["title"] for step in basement.definition["steps"]]
    assert titles == ["申请人", "建设项目", "用地与应建面积", "防护单元", "材料", "确认与签章"]


def test_both_samples_are_complete_and_already_computed(
    basement: FormEngine, valid: dict[str, Any], minimal: dict[str, Any]
) -> None:
    for sample in (valid, minimal):
        assert basement.findings(sample) == []
        assert basement.prune(basement.compute(sample)) == sample
    assert valid["required_area"] == "5913.00"


def test_the_required_area_is_explained_line_by_line(basement: FormEngine, valid: dict[str, Any]) -> None:
    lines = basement.explain("required_area", valid)
    assert [(x.quantity, x.factor, x.result, x.basis) for x in lines[:4]] == [
        ("48,620.00", "10%", "4,862.00", "沪国动规〔2025〕4号 附表1 · R 类"),
        ("2,860.00", "10%", "286.00", "沪国动规〔2025〕4号 附表1 · R 类"),
        ("6,450.00", "10%", "645.00", "沪国动规〔2025〕4号 附表1 · C 类"),
        ("2,400.00", "5%", "120.00", "沪国动规〔2025〕4号 附表1 · S 类"),
    ]
    assert (lines[4].kind, lines[4].quantity, lines[4].result) == ("total", "60,330.00", "5,913.00")


def test_too_small_a_design_is_told_by_how_much(basement: FormEngine, valid: dict[str, Any]) -> None:
    valid["design_area"] = "5880.00"
    assert errors(basement, valid, "area") == {
        "design_area": "填写 5,880.00 ㎡，比应建面积 5,913.00 ㎡ 少 33.00 ㎡。"
        "可增加设计面积，或在右侧填写易地、统筹移入面积。"
    }
    assert errors(basement, valid | {"offsite_area": "33.00"}, "area") == {}
    short = errors(basement, valid | {"offsite_area": "10.00"}, "area")["design_area"]
    assert "比扣除易地、统筹后的应建面积 5,903.00 ㎡ 少 23.00 ㎡" in short


def test_pooled_areas_count_only_while_pooling_is_chosen(basement: FormEngine, valid: dict[str, Any]) -> None:
    item = {
        "direction": "IN",
        "project_code": "2604-310107-04-01-300001",
        "project_name": "T07-03 地块",
        "area": "33.00",
        "order": "FIRST",
        "is_approved": True,
    }
    data = valid | {"design_area": "5880.00", "pooled_items": [item], "pooling_mode": "PROJECT"}
    assert errors(basement, data, "area") == {}
    assert "design_area" in errors(basement, data | {"pooling_mode": "NONE"}, "area")
    later = [item | {"order": "LATER", "is_approved": False, "permit_by_completion": False}]
    found = errors(basement, data | {"pooled_items": later}, "area")
    assert set(found) == {"pooled_items.0.is_approved", "pooled_items.0.permit_by_completion"}


def test_a_land_contract_sets_the_area(basement: FormEngine, valid: dict[str, Any]) -> None:
    data = valid | {"land_contract_has_cd_clause": True, "contract_required_area": "2500.00"}
    assert basement.compute(data)["required_area"] == "2500.00"
    assert "contract_required_area" in errors(basement, valid | {"land_contract_has_cd_clause": True}, "area")


def test_applications_under_the_old_rule_are_refused_with_the_reason(
    basement: FormEngine, valid: dict[str, Any]
) -> None:
    found = errors(basement, valid | {"rule_date": "2025-12-30"}, "area")
    assert "沪民防规〔2020〕3号" in found["required_area"]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"applicant_type": "1"}, "id_type", "证件类型不符"),
        ({"id_no": "91310107MA1G0X2B6L"}, "id_no", "统一社会信用代码"),
        ({"contact_id_no": "310107198803150003"}, "contact_id_no", "18 位"),
        ({"legal_rep_name": ""}, "legal_rep_name", "请填写"),
        ({"secrecy_level": "SECRET"}, "secrecy_level", "线下办理"),
        ({"joint_case_no": "LH-1", "construction_report_no": ""}, "construction_report_no", "请填写"),
        ({"subdistrict_code": "310101013"}, "subdistrict_code", "不属于所选所在区"),
        ({"plan_finish": "2026-01-01"}, "plan_finish", "应晚于"),
        ({"crs": "CGCS2000", "lng": "1213.5"}, "lng", "东经"),
        ({"land_area": "0"}, "land_area", "应大于 0"),
        ({"exempt_far_area": "1"}, None, ""),
        ({"clear_height": "1.90"}, "clear_height", "2.00 m"),
        ({"has_power_station": False}, "has_power_station", "超过 5,000.00 ㎡"),
        ({"is_medical_project": True}, "hospital_beds", "请填写"),
        ({"is_medical_project": True, "hospital_beds": 120}, "use_mix", "急救医院"),
        ({"trigger_unit_type": "KEY_AREA"}, "use_mix", "一等人员掩蔽所或"),
        ({"trigger_unit_type": "GOV", "covered_by_cd_plan": True}, None, ""),
        ({"delivery_mode": "EXPRESS", "recipient": ""}, "recipient", "请填写"),
        ({"truth_commitment": False}, "truth_commitment", "真实性承诺"),
        ({"cd_floors": "地下一层"}, "cd_floors", "B1"),
    ],
)
def test_rules_of_the_handbook(
    basement: FormEngine, valid: dict[str, Any], change: dict[str, Any], path: str | None, words: str
) -> None:
    found = errors(basement, valid | change)
    if path is None:
        assert found == {}
    else:
        assert words in found[path]


def test_rules_of_the_sub_tables(basement: FormEngine, valid: dict[str, Any]) -> None:
    unit = valid["protective_units"][0]
    unit |= {"unit_gfa": "2001.00", "capacity_person": 1321, "chem_grade": "乙"}
    valid["use_mix"] = [{"wartime_use": "SHELTER_2", "area": "5930.00"}]
    valid["land_use"][1] |= {"exempt_reasons": [], "exempt_area": "300.00"}
    valid["land_use"].append({"land_use_code": "Z", "far_area": "1.00"})
    valid["entrances"].pop()
    found = errors(basement, valid)
    assert "上限 2,000.00 ㎡" in found["protective_units.0.unit_gfa"]
    assert "1,320 人" in found["protective_units.0.capacity_person"]
    assert "组成用地" in found["land_use.4.land_use_code"]
    assert "请选择豁免单体" in found["land_use.1.exempt_reasons"]
    assert "不一致" in found["land_use"]
    assert "F03" in found["entrances"]
    assert "综合用地" in found["required_area"]


def test_a_full_store_quota_forbids_another_store(basement: FormEngine, valid: dict[str, Any]) -> None:
    valid["use_mix"] = [
        {"wartime_use": "SHELTER_2", "area": "5000.00"},
        {"wartime_use": "WAREHOUSE", "area": "930.00"},
    ]
    assert errors(basement, valid | {"district_warehouse_ratio": "0.0700"}, "units") == {}
    found = errors(basement, valid | {"district_warehouse_ratio": "0.0712"}, "units")
    assert "不得再修建物资库" in found["use_mix.1.wartime_use"]


def test_twenty_rows_in_every_table_stay_within_the_budget(
    basement: FormEngine, valid: dict[str, Any]
) -> None:
    for name in ("buildings", "participants", "land_use", "protective_units", "entrances", "connections"):
        valid[name] = (valid[name] * 20)[:20]
    basement.validate(basement.compute(valid))
    times = []
    for _ in range(7):
        start = time.thread_time()
        basement.validate(basement.compute(valid))
        times.append(time.thread_time() - start)
    assert min(times) <= 0.020


def test_the_whole_form_prints_without_gaps(basement: FormEngine, valid: dict[str, Any]) -> None:
    sections = basement.presentation(valid)
    titles = [section["title"] for section in sections]
    assert titles[:3] == ["申请单位", "联系方式", "项目信息"]
    printed = str(sections)
    assert "普陀区" in printed
    assert "None" not in printed
    land = next(t for s in sections for t in s["tables"] if t["path"] == "land_use")
    assert land["summary"][1] == "60,650.00"
