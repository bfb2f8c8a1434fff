"""Random data never break the engine, and its operations are stable."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.forms.conftest import MATTER

from minfang.kernel.forms.engine import FormEngine

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["A", "B", "1", "2", "12.5", "-3", "2026-11-22", "9" * 40, "", " "])
)
JUNK = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["code", "area", "less", "net", "x"]), inner, max_size=4)
    ),
    max_leaves=15,
)
NAMES = ["name", "note", "kind", "town", "tags", "reason", "count", "agreed", "start", "finish", "mobile"]
NAMES += ["uses", "total", "planned", "unknown"]
ROWS = st.lists(st.dictionaries(st.sampled_from(["code", "area", "less", "net", "x"]), PLAIN), max_size=7)
DATA = st.dictionaries(st.sampled_from(NAMES), JUNK | ROWS, max_size=12)
BASEMENT = json.loads((MATTER / "samples/valid.json").read_text(encoding="utf-8"))
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@QUIET
@given(DATA)
def test_random_data_never_break_the_engine(small: FormEngine, data: dict[str, Any]) -> None:
    small.check_draft(data)
    small.explain("total", data)
    small.presentation(data, mask=True)
    for error in small.validate(data):
        assert error.message
        assert error.label


@QUIET
@given(DATA)
def test_compute_is_idempotent(small: FormEngine, data: dict[str, Any]) -> None:
    once = small.compute(data)
    assert repr(small.compute(once)) == repr(once)


@QUIET
@given(DATA)
def test_pruning_computed_data_is_stable(small: FormEngine, data: dict[str, Any]) -> None:
    once = small.prune(small.compute(data))
    assert repr(small.prune(small.compute(once))) == repr(once)
    assert small.diff(once, once) == []


@QUIET
@given(DATA)
def test_stored_computed_values_do_not_change_the_verdict(small: FormEngine, data: dict[str, Any]) -> None:
    assert small.validate(small.compute(data)) == small.validate(data)


@QUIET
@given(DATA, DATA)
def test_any_two_versions_can_be_compared(
    small: FormEngine, old: dict[str, Any], new: dict[str, Any]
) -> None:
    small.diff(old, new)


@QUIET
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(BASEMENT)), st.integers(0, 3), st.integers(0, 14), JUNK), max_size=5
    )
)
def test_a_good_application_with_anything_put_in_it_never_breaks_the_engine(
    basement: FormEngine, changes: list[tuple[str, int, int, Any]]
) -> None:
    data = copy.deepcopy(BASEMENT)
    for path, row, column, junk in changes:
        place = data[path]
        if isinstance(place, list) and row < len(place) and isinstance(place[row], dict) and place[row]:
            place[row][sorted(place[row])[column % len(place[row])]] = junk
        else:
            data[path] = junk
    computed = basement.compute(data)
    assert repr(basement.compute(computed)) == repr(computed)
    assert all(error.label and error.message for error in basement.validate(computed))
    basement.presentation(computed, mask=True)
    basement.explain("required_area", computed)
    basement.diff(BASEMENT, computed)
    basement.check_draft(data)
