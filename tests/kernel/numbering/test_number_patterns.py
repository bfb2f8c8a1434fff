"""The pattern language of numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.iso7064 import mod_37_36

from minfang.kernel.numbering import patterns

DAY = date(2025, 11, 3)
PUTUO = {"region": {"abbr": "普", "code6": "310107", "letters": "PT"}, "matter": "4"}


@pytest.mark.parametrize(
    ("pattern", "sequence", "number"),
    [
        ("沪国动审〔{YYYY}〕{SEQ:3}号", 17, "沪国动审〔2025〕017号"),
        ("{REGION:abbr}国动审〔{YYYY}〕{SEQ:3}号", 128, "普国动审〔2025〕128号"),
        ("{REGION:letters}{MATTER:2}{YYYY}{MM}{DD}{SEQ:5}", 12, "PT042025110300012"),
        ("RF-{REGION:code6}-JJ-{YY}-{SEQ:4}", 1, "RF-310107-JJ-25-0001"),
        ("A{SEQ:2}{CHECK:mod10}", 79, "A794"),
        ("沪国动审〔{YYYY}〕{SEQ:3}号", 1000, "沪国动审〔2025〕1000号"),
    ],
)
def test_numbers_read_as_the_rule_says(pattern: str, sequence: int, number: str) -> None:
    assert patterns.parse(pattern).render(PUTUO, DAY, sequence) == number


@given(st.integers(min_value=1, max_value=99999))
def test_check_characters_hold(sequence: int) -> None:
    assert luhn.is_valid(patterns.parse("{YYYY}{SEQ:5}{CHECK:mod10}").render({}, DAY, sequence))
    assert mod_37_36.is_valid(patterns.parse("RF{YYYY}{SEQ:5}{CHECK:mod37_36}").render({}, DAY, sequence))


def test_a_fixed_width_number_refuses_to_grow() -> None:
    with pytest.raises(patterns.PatternError, match="已用完"):
        patterns.parse("{YYYY}{SEQ:2}").render({}, DAY, 100)


@pytest.mark.parametrize("context", [{}, {"region": {}}, {"region": {"abbr": ""}}])
def test_a_lacking_context_is_named(context: dict[str, object]) -> None:
    with pytest.raises(patterns.PatternError, match="abbr"):
        patterns.parse("{REGION:abbr}{SEQ:3}").render(context, DAY, 1)


@pytest.mark.parametrize("matter", [None, "", "123", "x4", "４"])
def test_a_matter_that_is_no_number_is_named(matter: object) -> None:
    with pytest.raises(patterns.PatternError, match="事项码"):
        patterns.parse("{MATTER:2}{SEQ:3}").render({"matter": matter}, DAY, 1)


@pytest.mark.parametrize(
    ("pattern", "reset", "words"),
    [
        ("沪〔{YYYY}〕号", "YEAR", "流水号"),
        ("{SEQ:3}{SEQ:3}", "NEVER", "流水号"),
        ("沪[{YYYY}]{SEQ:3}", "YEAR", "六角括号"),
        ("沪〔{YYYY}〕{SEQ:3}", "DAY", "重号"),
        ("{MM}{DD}{SEQ:3}", "YEAR", "重号"),
        ("{YYYY}{SEQ:3}", "WEEK", "WEEK"),
        ("{REGION}{SEQ:3}", "NEVER", "不认识"),
        ("{SEQ:0}", "NEVER", "不认识"),
        ("{__class__}{SEQ:3}", "NEVER", "不认识"),
        ("{CHECK:mod10}{SEQ:3}", "NEVER", "校验位"),
    ],
)
def test_faults_of_a_rule_are_named(pattern: str, reset: str, words: str) -> None:
    assert any(words in fault for fault in patterns.faults(pattern, reset))


def test_numbers_of_one_series_differ_only_in_date_and_running_number() -> None:
    pattern = patterns.parse("{REGION:abbr}国动审〔{YYYY}〕{SEQ:3}号")
    assert pattern.series(PUTUO) == "普国动审〔{YYYY}〕{SEQ}号"
    assert patterns.period_of("YEAR", DAY) == "2025"
    assert patterns.period_of("DAY", DAY) == "20251103"
