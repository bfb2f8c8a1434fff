"""The closed grammar: shared vectors, the limits, and no way out of it."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.kernel.expressions import ExpressionError, parse
from minfang.kernel.expressions.functions import round_half_up

VECTORS = json.loads(
    (Path(__file__).parents[3] / "web/src/shared/expressions/cases.json").read_text(encoding="utf-8")
)


def _same(actual: Any, wanted: Any) -> bool:
    return type(actual) is type(wanted) and actual == wanted


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["expression"][:60])
def test_shared_vector(case: dict[str, Any]) -> None:
    facts = VECTORS["common"] if case["facts"] == "common" else case["facts"]
    if case.get("error"):
        with pytest.raises(ExpressionError):
            parse(case["expression"]).evaluate(facts)
        return
    actual = parse(case["expression"]).evaluate(facts)
    if "number" in case:
        assert isinstance(actual, Decimal)
        assert actual == Decimal(case["number"])
    else:
        assert _same(actual, case["value"])


def test_names_lists_every_path_once() -> None:
    expression = parse("if(a > sum(land_use.far_area), a, row.b) in [c, 'd'] and missing.x.y == null")
    assert expression.names() == {"a", "land_use.far_area", "row.b", "c", "missing.x.y"}


def test_registered_functions_are_named_and_called_with_plain_values() -> None:
    expression = parse("double(a) + count(rows)")
    assert expression.calls() == {"double"}
    facts = {"a": "2.50", "rows": [{}, {}]}
    assert expression.evaluate(facts, {"double": lambda x: Decimal(x) * 2}) == Decimal("7.00")


def test_a_registered_name_never_replaces_a_built_in() -> None:
    assert parse("abs(-1)").evaluate({}, {"abs": lambda x: "hijacked"}) == 1


def test_failure_inside_a_registered_function_is_an_expression_error() -> None:
    with pytest.raises(ExpressionError):
        parse("broken(a)").evaluate({"a": "x"}, {"broken": Decimal})
    with pytest.raises(ExpressionError):
        parse("broken()").evaluate({}, {"broken": object})


def test_dates_from_python_are_read_as_iso_texts() -> None:
    assert parse("d < '2026-01-02'").evaluate({"d": date(2026, 1, 1)}) is True


@pytest.mark.parametrize(
    "raw", [float("nan"), float("inf"), 10**30, Decimal("NaN"), Decimal("1E+31"), object()]
)
def test_facts_that_are_no_plain_data_are_refused(raw: Any) -> None:
    with pytest.raises(ExpressionError):
        parse("x + 1").evaluate({"x": raw})


def test_an_error_names_the_place_in_chinese() -> None:
    with pytest.raises(ExpressionError, match="第 5 个字符"):
        parse("a + )")


WORDS = [
    "a",
    "b.c",
    "row.x",
    "1",
    "0.5",
    "'x'",
    "null",
    "true",
    "not",
    "and",
    "or",
    "in",
    "(",
    ")",
    "[",
    "]",
    ",",
]
WORDS += [
    "+",
    "-",
    "*",
    "/",
    "==",
    "!=",
    "<",
    "<=",
    "sum",
    "count",
    "min",
    "if",
    "coalesce",
    "round",
    "days",
    "f",
    ".",
]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["12.50", "-3"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcx"), inner, max_size=4),
    max_leaves=12,
)


def _only_expression_errors(text: str, facts: dict[str, Any]) -> None:
    try:
        value = parse(text).evaluate(facts, {"f": lambda x: x})
    except ExpressionError:
        return
    assert value is None or isinstance(value, bool | Decimal | str | list | dict | tuple)


@given(st.text(max_size=60), st.dictionaries(st.sampled_from("abcx"), JUNK, max_size=4))
def test_any_text_gives_a_value_or_an_expression_error(text: str, facts: dict[str, Any]) -> None:
    _only_expression_errors(text, facts)


@given(
    st.lists(st.sampled_from(WORDS), max_size=25),
    st.dictionaries(st.sampled_from(["a", "b", "c", "row"]), JUNK, max_size=4),
)
def test_any_words_of_the_grammar_give_a_value_or_an_expression_error(
    words: list[str], facts: dict[str, Any]
) -> None:
    _only_expression_errors(" ".join(words), facts)


@given(
    st.recursive(
        st.sampled_from(["a", "b", "rows.x", "2", "0.1", "'t'", "null", "true", "rows"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "*", "/", "==", "<", "and", "or"]), inner).map(
                lambda parts: "(" + " ".join(parts) + ")"
            ),
            inner.map(lambda x: f"sum({x})"),
            inner.map(lambda x: f"(not {x})"),
            inner.map(lambda x: f"round({x}, 2)"),
            st.tuples(inner, inner, inner).map(lambda parts: f"if({', '.join(parts)})"),
        ),
        max_leaves=10,
    ),
    JUNK,
    JUNK,
    st.lists(st.dictionaries(st.just("x"), JUNK), max_size=3),
)
def test_well_formed_expressions_never_fail_otherwise(text: str, a: Any, b: Any, rows: list[Any]) -> None:
    _only_expression_errors(text, {"a": a, "b": b, "rows": rows})


AREA = st.decimals(min_value=-(10**12), max_value=10**12, places=4)


@given(AREA)
def test_rounding_is_half_up_and_stable(number: Decimal) -> None:
    rounded = round_half_up(number, 2)
    assert abs(rounded - number) <= Decimal("0.005")
    assert round_half_up(rounded, 2) == rounded
    assert round_half_up(-number, 2) == -rounded


@given(AREA, AREA)
def test_sums_of_areas_are_exact(a: Decimal, b: Decimal) -> None:
    assert parse("a + b - b == a").evaluate({"a": str(a), "b": str(b)}) is True
