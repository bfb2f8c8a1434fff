"""Answers of the API read as Django's encoder would have written them."""

import json
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st
from ninja.responses import NinjaJSONEncoder

from minfang.project.rendering import JsonRenderer


class Light(StrEnum):
    """As the product's choices are."""

    RED = "red"


def rendered(data: Any) -> Any:
    return json.loads(JsonRenderer().render(HttpRequest(), data, response_status=200))


SHANGHAI = timezone(timedelta(hours=8))
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters())
    | st.datetimes(timezones=st.sampled_from([UTC, SHANGHAI]))
    | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.sampled_from([Light.RED])
)
keys = st.text() | st.integers(min_value=-(2**53), max_value=2**53)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)


@given(values)
def test_every_answer_reads_as_before(data: Any) -> None:
    assert rendered(data) == json.loads(json.dumps(data, cls=NinjaJSONEncoder))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 22, 9, 8, 7, 654_321, UTC), "2026-11-22T09:08:07.654Z"),
        (date(2026, 11, 22), "2026-11-22"),
        (time(9, 8, 7), "09:08:07"),
        (Decimal("2000.00"), "2000.00"),
        (uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (Light.RED, "red"),
        (2**70, 2**70),
        ("半\ud800", "半\ud800"),
        (float("nan"), None),
        ((1, 2), [1, 2]),
    ],
)
def test_what_the_answer_holds(value: Any, text: Any) -> None:
    assert rendered({"of": value}) == {"of": text}


def test_what_cannot_be_written_is_an_error_not_half_an_answer() -> None:
    with pytest.raises(TypeError):
        rendered({"of": object()})
