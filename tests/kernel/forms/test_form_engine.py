"""The form engine: computing, validating, pruning, explaining, comparing, printing."""

import time
from typing import Any

import jsonschema_rs
import pytest

from minfang.kernel.forms.engine import FormEngine


def messages(engine: FormEngine, data: Any, step: str | None = None) -> dict[str, str]:
    return {error.path: error.message for error in engine.validate(data, step)}


def test_a_good_form_has_nothing_to_correct(small: FormEngine, good: dict[str, Any]) -> None:
    assert small.validate(good) == []
    assert small.warnings(good) == []


def test_compute_fills_in_computed_values_and_kept_forms(small: FormEngine, good: dict[str, Any]) -> None:
    good |= {"planned": "180", "count": "3", "name": "  一号地块 "}
    data = small.compute(good)
    assert data["uses"][0]["net"] == "80.00"
    assert data["total"] == "180.00"
    assert data["planned"] == "180.00"
    assert (data["count"], data["name"]) == (3, "一号地块")


def test_a_sent_computed_value_is_replaced(small: FormEngine, good: dict[str, Any]) -> None:
    assert small.compute(good | {"total": "1.00"})["total"] == "180.00"
    assert messages(small, good | {"total": "1.00"}) == {}


def test_a_broken_check_shows_the_figures(small: FormEngine, good: dict[str, Any]) -> None:
    found = small.findings(good | {"planned": "1147"})
    assert [(f.level, f.message) for f in found] == [("warning", "面积偏大，请核对。")]
    found = small.findings(good | {"planned": "147.00"})
    assert [(f.path, f.label, f.message, f.basis) for f in found] == [
        ("planned", "设计面积", "填写 147.00 ㎡，比合计 180.00 ㎡ 少 33.00 ㎡。", "某文 第一条")
    ]


def test_missing_values_are_named_one_by_one(small: FormEngine) -> None:
    assert messages(small, {}) == {
        "name": "请填写名称。",
        "kind": "请选择类别。",
        "uses": "请至少填写一行用途。",
        "planned": "请填写设计面积。",
    }


def test_only_the_asked_step_is_validated(small: FormEngine) -> None:
    assert set(messages(small, {}, "first")) == {"name", "kind"}


def test_table_errors_name_row_and_column(small: FormEngine, good: dict[str, Any]) -> None:
    good["uses"][1]["area"] = "-5"
    good["uses"][0]["less"] = "120.00"
    errors = {e.path: e for e in small.validate(good, "second")}
    assert errors["uses.1.area"].label == "用途 第2行 面积"
    assert errors["uses.1.area"].message == "面积不能为负数，现填 -5，请修改。"
    assert errors["uses.0.less"].message == "扣除 120.00 ㎡ 大于面积 100.00 ㎡。"


def test_a_hidden_value_counts_for_nothing_but_stays_in_the_draft(
    small: FormEngine, good: dict[str, Any]
) -> None:
    good["reason"] = "旧理由"
    good["uses"][1]["less"] = "9.00"
    data = small.compute(good)
    assert data["reason"] == "旧理由"
    assert data["uses"][1]["net"] == "10.00"
    pruned = small.prune(data)
    assert "reason" not in pruned
    assert "less" not in pruned["uses"][1]


def test_a_field_shown_by_its_condition_is_required(small: FormEngine, good: dict[str, Any]) -> None:
    assert messages(small, good | {"kind": "B", "town": "2"}) == {"reason": "请填写乙类理由。"}


def test_an_option_of_another_group_is_refused(small: FormEngine, good: dict[str, Any]) -> None:
    assert messages(small, good | {"town": "2"}) == {"town": "街镇“外滩街道”不属于所选类别，请重新选择。"}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"name": 5}, "name", "应为文字"),
        ({"name": ["a"]}, "name", "应为文字"),
        ({"name": "长" * 5000}, "name", "最多 20 个字，现有 5000 个字"),
        ({"name": "a\x00b"}, "name", "控制字符"),
        ({"name": "a\nb"}, "name", "控制字符"),
        ({"note": "a\x1bb"}, "note", "控制字符"),
        ({"name": "\ud800x"}, "name", "控制字符"),
        ({"name": "admin\u202etxt"}, "name", "控制字符"),
        ({"kind": "C"}, "kind", "不在可选范围"),
        ({"kind": 1}, "kind", "不在可选范围"),
        ({"tags": "A"}, "tags", "不在可选范围"),
        ({"tags": ["A", "Z"]}, "tags", "不在可选范围"),
        ({"tags": [{}]}, "tags", "不在可选范围"),
        ({"count": 1.5}, "count", "应为整数"),
        ({"count": True}, "count", "应为数字"),
        ({"count": 100}, "count", "不能大于 99"),
        ({"count": -1}, "count", "不能为负数"),
        ({"count": 10**400}, "count", "应为数字"),
        ({"agreed": "true"}, "agreed", "请选择“是”或“否”"),
        ({"start": "2026-02-30"}, "start", "应为日期"),
        ({"start": "26/2/3"}, "start", "应为日期"),
        ({"start": 20260203}, "start", "应为日期"),
        ({"start": "0001-01-01"}, "start", "年份"),
        (
            {"start": "2026-05-01", "finish": "2026-04-01"},
            "finish",
            "竣工日期（2026-04-01）应晚于开工日期（2026-05-01）",
        ),
        ({"mobile": "12345"}, "mobile", "11 位手机号"),
        ({"planned": "abc"}, "planned", "应为数字"),
        ({"planned": "1,200.00"}, "planned", "不要带单位和逗号"),
        ({"planned": "１２０"}, "planned", "应为数字"),
        ({"planned": "1e3"}, "planned", "应为数字"),
        ({"planned": "1.005"}, "planned", "最多 2 位小数"),
        ({"planned": "0"}, "planned", "应大于 0"),
        ({"planned": "-5880.00"}, "planned", "现填 -5,880.00"),
        ({"planned": "9" * 31}, "planned", "应为数字"),
        ({"planned": float("nan")}, "planned", "应为数字"),
        ({"planned": {"a": 1}}, "planned", "应为数字"),
        ({"uses": {"a": 1}}, "uses", "应为多行清单"),
        ({"uses": "A"}, "uses", "应为多行清单"),
        ({"uses": [{"code": "A", "area": "1.00"}] * 6}, "uses", "最多 5 行，现有 6 行"),
        ({"uses": [7]}, "uses.0", "无法识别"),
        ({"uses": [{"code": "A", "area": "1.00", "zz": 1}]}, "uses.0", "没有“zz”"),
        ({"nosuch": 1}, "", "没有“nosuch”这一项"),
    ],
)
def test_bad_input_gets_a_clear_answer(
    small: FormEngine, good: dict[str, Any], change: dict[str, Any], path: str, words: str
) -> None:
    found = {e.path: e for e in small.validate(good | change)}
    assert words in found[path].message
    assert found[path].label
    small.compute(good | change)
    small.prune(good | change)
    small.presentation(good | change)


@pytest.mark.parametrize("text", ["㐂喆𬬻实业", "上海·ABC（集团）有限公司", "𬬻" * 20])
def test_rare_characters_are_accepted_and_counted_as_one(
    small: FormEngine, good: dict[str, Any], text: str
) -> None:
    assert messages(small, good | {"name": text}) == {}


@pytest.mark.parametrize("data", [None, [], "x", 5, {1: 2}, {"": ""}, {"a\ud800": 1}])
def test_data_of_any_shape_never_raise(small: FormEngine, data: Any) -> None:
    assert small.validate(data)
    assert isinstance(small.prune(small.compute(data)), dict)
    small.check_draft(data)


def test_a_failed_computation_says_why(small: FormEngine, good: dict[str, Any]) -> None:
    engine = FormEngine(small.definition, small.functions | {"double": lambda x: 1 / 0})
    assert "合计无法核算" in messages(engine, good)["total"]


def test_explain_gives_lines_and_nothing_for_other_fields(small: FormEngine, good: dict[str, Any]) -> None:
    assert [line.result for line in small.explain("total", good)] == ["180.00"]
    assert small.explain("name", good) == []
    assert small.explain("nosuch", good) == []


def test_diff_names_what_changed_and_matches_rows_by_content(small: FormEngine, good: dict[str, Any]) -> None:
    new = good | {"name": "二号地块", "note": "补充", "town": None}
    new["uses"] = [{"code": "B", "area": "7.00"}, *good["uses"][:1], {"code": "B", "area": "11.00"}]
    found = [(c.path, c.label, c.kind, c.old, c.new) for c in small.diff(good, new)]
    assert ("name", "名称", "changed", "一号地块", "二号地块") in found
    assert ("note", "说明", "added", "", "补充") in found
    assert ("town", "街镇", "removed", "桃浦镇", "") in found
    assert ("uses.0", "用途 第1行", "row_added", "", "乙类，7.00，7.00") in found
    assert ("uses.2.area", "用途 第3行 面积", "changed", "10.00", "11.00") in found
    assert not any(path.startswith("uses.1") for path, *_ in found)
    assert small.diff(good, good) == []


def test_presentation_prints_labels_units_and_totals_and_leaves_out_hidden(
    small: FormEngine, good: dict[str, Any]
) -> None:
    first, second = small.presentation(good | {"mobile": "13800000188", "agreed": False})
    rows = {row["label"]: row["value"] for row in first["rows"]}
    assert rows["类别"] == "甲类"
    assert rows["是否同意"] == "否"
    assert rows["手机"] == "13800000188"
    assert "乙类理由" not in rows
    table = second["tables"][0]
    assert table["rows"] == [["甲类", "100.00", "20.00", "80.00"], ["乙类", "10.00", "", "10.00"]]
    assert table["summary"] == ["", "110.00", "", ""]
    assert table["columns"][1] == {"label": "面积", "unit": "㎡", "align": "right"}


def test_presentation_masks_personal_data_when_asked(small: FormEngine, good: dict[str, Any]) -> None:
    sections = small.presentation(good | {"mobile": "13800000188"}, mask=True)
    assert {r["value"] for r in sections[0]["rows"] if r["label"] == "手机"} == {"138****0188"}


def test_a_draft_is_kept_whatever_it_holds(small: FormEngine) -> None:
    draft = small.check_draft({"name": "x" * 9000, "planned": "abc", "uses": [{"code": "Z"}]})
    assert draft.errors == []
    assert draft.data["planned"] == "abc"


def test_a_draft_drops_what_the_form_does_not_know_and_says_so(small: FormEngine) -> None:
    draft = small.check_draft(
        {"name": "甲", "evil": 1, "note": {"deep": 1}, "uses": [{"code": "A", "x": 1}, 5], "count": 10**70}
    )
    assert draft.data == {"name": "甲", "uses": [{"code": "A"}]}
    assert sorted(draft.dropped) == ["count", "evil", "note", "uses.0.x", "uses.1"]


def test_a_draft_over_a_megabyte_is_refused_with_its_size(small: FormEngine) -> None:
    draft = small.check_draft({"note": "长" * 400_000})
    assert "超过 1 MB" in draft.errors[0].message


def test_the_json_schema_accepts_a_good_form_and_refuses_wrong_types(
    small: FormEngine, good: dict[str, Any]
) -> None:
    schema = small.json_schema()
    assert jsonschema_rs.is_valid(schema, small.compute(good))
    assert not jsonschema_rs.is_valid(schema, good | {"planned": 5})
    assert not jsonschema_rs.is_valid(schema, good | {"evil": 5})


def test_two_hundred_dependent_fields_stay_within_the_budget() -> None:
    number = {"type": "decimal", "required": True, "min": 0}
    fields = [{"path": "f0", "label": "第0项", **number}]
    for n in range(1, 200):
        check = {"rule": f"f{n} >= f{n - 1}", "message": f"第{n}项 {{f{n}}} 小于 {{f{n - 1}}}。"}
        more = {"computed": f"f{n - 1} + 1", "visible_when": f"f{n - 1} != null", "checks": [check]}
        fields.append({"path": f"f{n}", "label": f"第{n}项", **number, **more})
    group = {"key": "g", "title": "组", "fields": fields}
    engine = FormEngine(
        {"code": "L", "title": "长表", "steps": [{"key": "s", "title": "步", "groups": [group]}]}
    )
    times = []
    for _ in range(5):
        start = time.thread_time()
        data = engine.compute({"f0": "1.00"})
        assert engine.validate(data) == []
        times.append(time.thread_time() - start)
    assert data["f199"] == "200.00"
    assert min(times) <= 0.020


def test_huge_tables_are_answered_quickly(small: FormEngine, good: dict[str, Any]) -> None:
    huge = good | {"uses": [{"code": "A", "area": "1.00", "x": 1}] * 100_000}
    start = time.thread_time()
    assert "最多 5 行，现有 100000 行" in messages(small, huge)["uses"]
    small.compute(huge)
    small.diff(good, huge)
    small.presentation(huge)
    assert time.thread_time() - start < 1
