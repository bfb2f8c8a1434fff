"""Districts, identifiers and war-time uses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from minfang.kernel.base.identifiers import (
    USCC_ALPHABET,
    id_card_check_character,
    is_id_card,
    organization_check_character,
    uscc_check_character,
)
from minfang.registry import districts, wartime
from minfang.registry.identifiers import check_id_number, check_uscc, is_mobile, is_project_code

CODES = ["91110000802100433B", "91440300708461136T"]


def test_the_city_has_sixteen_districts_with_unique_codes_and_names() -> None:
    regions = districts.all_regions()
    assert len(districts.all_districts()) == 16
    for attribute in ("code", "name", "abbr", "portal", "letters", "code12"):
        assert len({getattr(region, attribute) for region in regions}) == 17
    city = districts.district("310000")
    assert (city.letters, city.abbr, city.code12, city.is_city) == ("SH", "沪", "310000000000", True)
    assert districts.district("310107").number_names == {"abbr": "普", "code6": "310107", "letters": "PT"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("310103", "310101"),
        ("310108", "310106"),
        ("310119", "310115"),
        ("310230", "310151"),
        ("310107", "310107"),
        ("310103000000", "310101"),
    ],
)
def test_codes_out_of_use_become_those_of_today(old: str, new: str) -> None:
    assert districts.current_code(old) == new
    assert districts.district(districts.current_code(old)).code == new


@pytest.mark.parametrize("code", ["310103", "", "999999"])
def test_an_unknown_district_is_not_made_up(code: str) -> None:
    with pytest.raises(LookupError):
        districts.district(code)


def test_the_alphabet_of_credit_codes_has_31_characters() -> None:
    assert len(USCC_ALPHABET) == 31
    assert not set("IOSVZ") & set(USCC_ALPHABET)


@pytest.mark.parametrize("code", CODES)
def test_known_credit_codes_hold_at_all_levels(code: str) -> None:
    assert check_uscc(code).level == 3
    assert check_uscc(code).holds
    assert uscc.is_valid(code)


@pytest.mark.parametrize(
    "code", ["", "91110000802100433b", "9111000080210043", "91110000802100433I", "９" * 18]
)
def test_malformed_credit_codes_reach_no_level(code: str) -> None:
    assert (check_uscc(code).level, check_uscc(code).holds) == (0, False)


@given(st.sampled_from(CODES), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_changed_character_of_a_credit_code_is_noticed(code: str, place: int, character: str) -> None:
    changed = code[:place] + character + code[place + 1 :]
    assert check_uscc(changed).holds is (changed == code)


@given(
    st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8),
    st.text("0123456789", min_size=6, max_size=6),
)
def test_a_made_credit_code_holds_and_a_wrong_body_reaches_level_two(body: str, region: str) -> None:
    first17 = f"91{region}{body}{organization_check_character(body)}"
    code = first17 + uscc_check_character(first17)
    assert check_uscc(code).holds
    assert uscc.is_valid(code)
    other = "0" if first17[16] != "0" else "1"
    wrong = first17[:16] + other
    assert check_uscc(wrong + uscc_check_character(wrong)).level == 2


def test_the_known_identity_number_holds() -> None:
    assert is_id_card("11010519491231002X")
    assert ric.is_valid("11010519491231002X")
    assert check_id_number("111", "11010519491231002X").holds
    assert check_id_number("001", CODES[0]).holds
    assert check_id_number("414", "E12345678").holds
    assert not check_id_number("414", " ").holds


@given(st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_changed_digit_of_an_identity_number_is_noticed(place: int, digit: str) -> None:
    number = "11010519491231002X"
    changed = number[:place] + digit + number[place + 1 :]
    assert is_id_card(changed) is (changed == number)


@pytest.mark.parametrize(
    "number", ["11010519491331002X", "11010519490230002", "11010519491231002x", "", "1" * 18]
)
def test_impossible_identity_numbers_are_refused(number: str) -> None:
    if len(number) == 17:
        number += id_card_check_character(number)
    assert not is_id_card(number)


def test_project_codes_and_mobiles_have_their_form() -> None:
    assert is_project_code("2605-310107-04-01-268413")
    assert not is_project_code("2605-310107-04-01-26841")
    assert is_mobile("13800000188")
    assert not is_mobile("12800000188")
    assert not is_mobile("1380000018８")


@pytest.mark.parametrize(
    ("beds", "kind", "uses"),
    [
        (19, None, ()),
        (20, None, ("MED_STATION",)),
        (99, None, ("MED_STATION",)),
        (100, "GOV", ("MED_EMERGENCY",)),
        (499, None, ("MED_EMERGENCY",)),
        (500, None, ("MED_CENTER",)),
        (5000, None, ("MED_CENTER",)),
        (None, "GOV", ("SHELTER_1",)),
        (None, "LIFELINE", ("SHELTER_1",)),
        (None, "TEAM_UNIT", ("TEAM_PERSON", "TEAM_EQUIP")),
        (None, "NONE", ()),
        (None, None, ()),
    ],
)
def test_the_war_time_use_follows_beds_and_owner(
    beds: int | None, kind: str | None, uses: tuple[str, ...]
) -> None:
    assert wartime.acceptable_uses(beds, kind) == uses
    assert wartime.uses_fit(uses, beds, kind)
    assert wartime.uses_fit(["WAREHOUSE"], beds, kind) is (not uses)


def test_stores_stop_above_seven_per_cent() -> None:
    assert wartime.warehouse_allowed(Decimal("0.07"))
    assert not wartime.warehouse_allowed(Decimal("0.0701"))


@pytest.mark.parametrize(
    ("use", "limit", "grade", "people"),
    [
        ("SHELTER_2", "2000.00", "丙", 1320),
        ("SHELTER_1", "1000.00", "乙", 1016),
        ("TEAM_PERSON", "1000.00", "乙", 440),
        ("TEAM_EQUIP", "4000.00", None, None),
        ("MED_STATION", "1000.00", "乙", None),
        ("WAREHOUSE", "4000.00", "丁", None),
        ("NOSUCH", None, None, None),
    ],
)
def test_design_limits_of_each_use(
    use: str, limit: str | None, grade: str | None, people: int | None
) -> None:
    assert wartime.unit_gfa_limit(use) == (Decimal(limit) if limit else None)
    assert wartime.chem_grade(use) == grade
    assert wartime.person_capacity(use, Decimal("1320.99")) == people


def test_backbone_works_are_medical_and_team() -> None:
    assert wartime.is_backbone("MED_CENTER")
    assert wartime.is_backbone("TEAM_EQUIP")
    assert not wartime.is_backbone("SHELTER_2")
    assert wartime.use_name("SHELTER_2") == "二等人员掩蔽所"
