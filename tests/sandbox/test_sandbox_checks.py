"""Check characters of codes, as the outside world checks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.sandbox.checks import check, is_citizen_id, is_uscc


@pytest.mark.parametrize("code", ["91110000802100433B", "91440300708461136T", "91310107MA1G0X2B6K"])
def test_published_credit_codes_pass_and_any_other_last_character_fails(code: str) -> None:
    assert is_uscc(code)
    assert not any(is_uscc(code[:-1] + c) for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if c != code[-1])


def test_the_published_identity_number_passes() -> None:
    assert is_citizen_id("11010519491231002X")
    assert not is_citizen_id("110105194912310021")


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()))))
def test_any_record_gets_an_answer_and_never_an_error(data: dict[str, object]) -> None:
    for dataset in ("baseInfo", "preFiles", "stepProc", "specialNode", "stepDone"):
        for found in check(dataset, data):
            assert found["message"]


@given(st.text())
def test_any_text_is_or_is_not_a_code(text: str) -> None:
    assert is_uscc(text) in (True, False)
    assert is_citizen_id(text) in (True, False)
