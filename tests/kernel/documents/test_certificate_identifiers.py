"""Identifiers of electronic certificates (GB/T 36904): published samples, and what changes them."""

import pytest

from minfang.kernel.documents import ecert

SAMPLES = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_published_samples_are_valid_and_can_be_made(sample: str) -> None:
    assert ecert.is_valid(sample)
    *_, type_code, issuer, number, version, _check = sample.split(".")
    assert str(ecert.make(type_code, issuer, number, int(version))) == sample


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_single_character_can_be_mistyped(sample: str) -> None:
    for place, right in enumerate(sample):
        for wrong in "0A9Z":
            if right not in (".", wrong):
                assert not ecert.is_valid(sample[:place] + wrong + sample[place + 1 :])


def test_a_printed_number_becomes_a_serial_and_a_new_version_another_identifier() -> None:
    first = ecert.make("11100000000013338W011", "11430000006122244L", "沪国动审〔2026〕017号")
    assert first.serial == "2026017"
    assert str(first.reissued()).split(".")[-2] == "002"
    assert ecert.is_valid(str(first.reissued()))


@pytest.mark.parametrize(
    ("type_code", "issuer", "number"),
    [("1", "11430000006122244L", "1"), ("11100000000013338W011", "1", "1"), ("1" * 21, "1" * 18, "号")],
)
def test_wrong_parts_are_refused(type_code: str, issuer: str, number: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        ecert.make(type_code, issuer, number)
