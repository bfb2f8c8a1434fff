"""Personal numbers are shown by one rule, wherever they are shown."""

import pytest

from minfang.kernel.base import masking


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800005678", "138****5678"),
        ("310107198803150002", "310***********0002"),
        ("E12345678", "*********"),
        ("62345678", "********"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_what_is_too_short_to_leave_four_hidden_is_not_shown_at_all(number: str, shown: str) -> None:
    assert masking.number(number) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("13800005678", "138****5678"), ("E12345678", "E*******8"), ("王五", "王*"), ("王", "王*")],
)
def test_other_personal_text_keeps_its_ends(text: str, shown: str) -> None:
    assert masking.partly(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6222021001112345678", "622************5678"),
        ("31010719880315000X", "310***********000X"),
        ("u13912345678", "u139****5678"),
        ("SH042026112200001", "SH042026112200001"),
    ],
)
def test_the_log_masks_whatever_looks_like_one(text: str, shown: str) -> None:
    assert masking.in_log(text) == shown
