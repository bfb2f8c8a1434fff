"""The area owed: the worked examples of the handbook and the edges around them."""

import json
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.kernel.expressions.functions import round_half_up
from minfang.registry.area_rules import AreaRuleError, all_rules, rule_on
from minfang.registry.form_functions import FUNCTIONS
from minfang.registry.required_area import LandUse, required_area

DAY = date(2026, 6, 23)
D = Decimal


def use(code: str, far: str, exempt: str = "0", kept: str = "0", **more: object) -> LandUse:
    return LandUse(code, D(far), D(exempt), D(kept), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("land_uses", "contract", "total", "version", "offsite", "note"),
    [
        pytest.param(
            [use("Rr", "60000"), use("C2", "8000")], None, "6800.00", "RULE-2025-4", False, "", id="T1"
        ),
        pytest.param([use("M1", "50000")], None, "0.00", "RULE-2025-4", False, "无配建要求", id="T2"),
        pytest.param([use("W4", "30000", "400")], None, "1480.00", "RULE-2025-4", False, "附表2", id="T3"),
        pytest.param([use("Rr", "9800")], None, "980.00", "RULE-2025-4", True, "可申请易地建设（C4", id="T4"),
        pytest.param([use("Rr", "10000")], None, "1000.00", "RULE-2025-4", True, "≤ 1,000 ㎡", id="T5"),
        pytest.param([use("C8", "26000", kept="20000")], None, "600.00", "RULE-2025-4", True, "C4", id="T6"),
        pytest.param(
            [use("Rr", "20000"), use("C8", "10000"), use("S4", "4000")],
            None,
            "3200.00",
            "RULE-2025-4",
            False,
            "",
            id="T7",
        ),
        pytest.param([use("Rr", "60000")], "2500", "2500.00", "CONTRACT", False, "土地出让合同", id="T8"),
    ],
)
def test_worked_example(
    land_uses: list[LandUse], contract: str | None, total: str, version: str, offsite: bool, note: str
) -> None:
    answer = required_area(land_uses, on=DAY, contract_area=D(contract) if contract else None)
    assert str(answer.total) == total
    assert answer.rule_version == version
    assert answer.may_build_offsite is offsite
    assert note in "；".join(answer.notes)


def test_every_line_names_the_document_it_rests_on() -> None:
    line = required_area([use("S3", "2400")], on=DAY).lines[0]
    assert (line.name, line.base, line.ratio, line.result) == (
        "社会停车场用地",
        D(2400),
        D("0.05"),
        D("120.00"),
    )
    assert line.basis == "沪国动规〔2025〕4号 附表1 · S 类"


def test_the_threshold_is_compared_before_rounding() -> None:
    assert required_area([use("Rr", "10000.00")], on=DAY).may_build_offsite
    slightly_more = required_area([use("Rr", "10000.04")], on=DAY)
    assert slightly_more.total == D("1000.00")
    assert not slightly_more.may_build_offsite


def test_an_industrial_plot_in_an_important_area_needs_the_ratio_set_by_the_authority() -> None:
    important = use("M1", "50000", important_area=True, manual_ratio=D("0.03"))
    assert required_area([important], on=DAY).total == D("1500.00")
    with pytest.raises(AreaRuleError, match="核定"):
        required_area([use("M1", "50000", important_area=True)], on=DAY)


@pytest.mark.parametrize(
    ("land_use", "words"),
    [
        (use("Z", "100"), "组成用地"),
        (use("Xc", "100"), "确定土地性质"),
        (use("Q9", "100"), "没有用地性质“Q9”"),
        (use("Rr", "100", "101"), "大于计容面积"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_the_reason(land_use: LandUse, words: str) -> None:
    with pytest.raises(AreaRuleError, match=words):
        required_area([land_use], on=DAY)


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2025, 12, 31), "RULE-2025-4"), (date(2030, 12, 30), "RULE-2025-4")],
)
def test_the_rule_is_chosen_by_the_day_of_acceptance(day: date, version: str) -> None:
    assert rule_on(day).version == version


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2025, 12, 30), "沪民防规〔2020〕3号"),
        (date(2030, 12, 31), "没有施行中"),
        (date(2010, 1, 1), "没有施行中"),
    ],
)
def test_days_without_a_usable_rule_are_refused(day: date, words: str) -> None:
    with pytest.raises(AreaRuleError, match=words):
        required_area([use("Rr", "100")], on=day)


def test_a_contract_counts_even_where_no_rule_can() -> None:
    assert required_area([], on=date(2020, 5, 1), contract_area=D("2500")).rule_version == "CONTRACT"


def test_rule_versions_never_overlap() -> None:
    rules = all_rules()
    assert all(a.effective_to < b.effective_from for a, b in pairwise(rules))


def test_the_form_offers_exactly_the_land_uses_of_the_rule() -> None:
    path = Path(__file__).parents[2] / "src/minfang/services/definitions/BASEMENT_SYNC/form.json"
    dictionary = json.loads(path.read_text(encoding="utf-8"))["dictionaries"]
    rule = rule_on(DAY)
    assert [o["value"] for o in dictionary["land_use"]] == list(rule.classes)
    assert [o["label"] for o in dictionary["land_use"]] == [
        f"{c.code} {c.name}" for c in rule.classes.values()
    ]
    exempt = [(r["code"], r["name"]) for r in rule.raw["exempt_reasons"]]
    assert [(o["value"], o["label"]) for o in dictionary["exempt_reason"]] == exempt


AREA = st.decimals(min_value=0, max_value=10**7, places=2)


@given(st.lists(st.tuples(st.sampled_from(["Rr", "C2", "W1", "M1", "Kg"]), AREA), min_size=1, max_size=8))
def test_the_total_is_the_rounded_sum_and_grows_with_every_line(rows: list[tuple[str, Decimal]]) -> None:
    uses = [LandUse(code, area) for code, area in rows]
    answer = required_area(uses, on=DAY)
    exact = sum((line.base * (line.ratio or 0) for line in answer.lines), D(0))
    assert answer.total == round_half_up(exact, 2)
    assert answer.total >= required_area(uses[:-1], on=DAY).total
    assert required_area(uses[::-1], on=DAY).total == answer.total


def test_a_half_filled_table_gives_the_area_of_its_complete_lines() -> None:
    rows = [
        {"land_use_code": "Rr", "far_area": "10000.00"},
        {"land_use_code": "C2"},
        {"far_area": "5.00"},
        {},
    ]
    owed = FUNCTIONS["required_area"]
    assert owed(rows, None, None, "2026-06-23") == D("1000.00")
    assert owed([], None, None, "2026-06-23") is None
    assert owed(rows, True, None, "2026-06-23") is None
