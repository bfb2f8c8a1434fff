"""Figures: what they count, for whom, and that they add up."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.datasets.conftest import OFFICES, PEOPLE, at

from minfang.kernel.base.errors import Refusal
from minfang.kernel.datasets import cuts, model, workbook
from minfang.kernel.datasets.cuts import Cut
from minfang.kernel.datasets.queries import query, rows_behind
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person

pytestmark = pytest.mark.django_db
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
Officer = Callable[..., Access]
Add = Callable[..., Person]

people = st.lists(
    st.tuples(
        st.sampled_from(sorted(OFFICES)),
        st.sampled_from(["样甲", "样乙", "样丙"]),
        st.sampled_from([None, "2026-01-31T23:59:59", "2026-02-01T00:00:00", "2026-03-05T12:00:00"]),
        st.booleans(),
    ),
    max_size=12,
)
groupings = st.lists(
    st.sampled_from(["district", "title", "mark", "seen.month", "seen.quarter", "seen.day"]),
    max_size=3,
    unique=True,
)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(rows=people, grouping=groupings, covered=st.sets(st.sampled_from(sorted(OFFICES))))
def test_totals_are_the_sum_of_groups_and_of_nothing_outside_the_data_scope(
    officer: Officer, add: Add, rows: list[Any], grouping: list[str], covered: set[str]
) -> None:
    with transaction.atomic():
        access = officer(*sorted(covered))
        for district, title, seen, active in rows:
            add(district, title, at(seen) if seen else None, active)
        mine = [row for row in rows if row[0] in covered]
        if not covered:
            with pytest.raises(Refusal):
                query(access, PEOPLE, dimensions=grouping)
        else:
            table = query(access, PEOPLE, dimensions=grouping)
            assert table.totals[0] == len(mine)
            assert table.totals[1] == sum(1 for row in mine if row[3])
            for at_column in (0, 1):
                assert sum(row.values[at_column] for row in table.rows) == table.totals[at_column]
            seen_ones = [row for row in mine if row[2]]
            share = round(sum(1 for r in seen_ones if r[3]) / len(seen_ones), 4) if seen_ones else None
            assert table.totals[2] == share
        transaction.set_rollback(True)


def test_every_figure_leads_to_exactly_its_rows(officer: Officer, add: Add) -> None:
    access = officer("310101", "310104")
    add("310101", "样甲", at("2026-01-31T23:59:59"), mark="x")
    add("310101", "样乙", at("2026-02-01T00:00:00"), active=False)
    add("310104", "样甲", None)
    add("310115", "样甲", at("2026-02-01T00:00:00"))
    for grouping in (["district"], ["mark", "title"], ["seen.month"], ["seen.quarter"], ["seen.day", "mark"]):
        table = query(access, PEOPLE, dimensions=grouping, measures=["people", "active"])
        for row in table.rows:
            filters = {name: [key] for name, key in zip(grouping, row.keys, strict=True)}
            for column, figure in zip(table.measures, row.values, strict=True):
                assert rows_behind(access, PEOPLE, Cut(filters, column.code)).total == figure


def test_a_table_costs_one_statement(
    officer: Officer, add: Add, django_assert_num_queries: Callable[[int], Any]
) -> None:
    access = officer("310101")
    for _ in range(3):
        add("310101")
    assert access.offices_for("people.read")
    with django_assert_num_queries(1):
        table = query(access, PEOPLE, dimensions=["title", "seen.month"])
    assert table.totals[0] == 3


def test_months_begin_at_midnight_in_shanghai(officer: Officer, add: Add) -> None:
    access = officer("310101")
    add("310101", seen=at("2026-01-31T23:59:59"))
    add("310101", seen=at("2026-02-01T00:00:00"))
    add("310101")
    table = query(access, PEOPLE, dimensions=["seen.month"], measures=["people"])
    assert [(r.keys, r.labels, r.values) for r in table.rows] == [
        (("2026-01",), ("2026 年 1 月",), (1,)),
        (("2026-02",), ("2026 年 2 月",), (1,)),
        (("",), ("从未",), (1,)),
    ]
    one_day = query(access, PEOPLE, since=date(2026, 1, 31), until=date(2026, 1, 31))
    assert one_day.totals[0] == 1
    labels = {
        bucket: query(access, PEOPLE, dimensions=[f"seen.{bucket}"]).rows[0].labels[0]
        for bucket in ("day", "quarter", "year")
    }
    assert labels == {"day": "2026 年 1 月 31 日", "quarter": "2026 年第一季度", "year": "2026 年"}


def test_only_a_declared_domain_is_filled_with_zeros(officer: Officer, add: Add) -> None:
    access = officer("310101", "310104")
    add("310104", "样甲")
    by_district = query(access, PEOPLE, dimensions=["district"])
    assert [(r.labels[0], r.values) for r in by_district.rows] == [
        ("黄浦区", (0, 0, None)),
        ("徐汇区", (1, 1, None)),
    ]
    assert len(query(access, PEOPLE, dimensions=["title"]).rows) == 1
    narrowed = query(access, PEOPLE, dimensions=["district"], filters={"district": ["310104"]})
    assert [r.keys for r in narrowed.rows] == [("310104",)]


def test_rows_keep_their_order_and_a_limit_keeps_the_totals(officer: Officer, add: Add) -> None:
    access = officer("310101")
    for title in ("样丙", "样甲", "样甲", "样乙", "样丁"):
        add("310101", title)
    listed = query(access, PEOPLE, dimensions=["title"])
    assert [r.keys[0] for r in listed.rows] == ["样乙", "样甲", "样丁", "样丙"]
    top = query(access, PEOPLE, dimensions=["title"], sort="-people", limit=2)
    assert [r.keys[0] for r in top.rows] == ["样甲", "样乙"]
    assert (top.totals[0], top.groups) == (5, 4)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"dimensions": ["colour"]}, "UNKNOWN_NAME"),
        ({"dimensions": ["district.month"]}, "UNKNOWN_NAME"),
        ({"dimensions": ["seen.week"]}, "UNKNOWN_NAME"),
        ({"measures": ["joy"]}, "UNKNOWN_NAME"),
        ({"filters": {"colour": ["red"]}}, "UNKNOWN_NAME"),
        ({"filters": {"seen.month": ["2026-13"]}}, "BAD_PERIOD"),
        ({"filters": {"seen.quarter": ["2026"]}}, "BAD_PERIOD"),
        ({"dimensions": ["title"], "sort": "-height"}, "UNKNOWN_SORT"),
        ({"dimensions": ["district", "title", "mark", "seen.day"]}, "TOO_MANY_DIMENSIONS"),
    ],
)
def test_what_is_not_declared_is_refused(officer: Officer, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        query(officer("310101"), PEOPLE, **asked)
    assert refused.value.code == code
    assert refused.value.message.endswith("。")


def test_who_lacks_the_permission_gets_no_figure(officer: Officer) -> None:
    nobody = officer()
    for ask in (lambda: query(nobody, PEOPLE), lambda: rows_behind(nobody, PEOPLE, Cut())):
        with pytest.raises(Refusal) as refused:
            ask()
        assert refused.value.status == 403


def test_one_code_names_one_dataset(registry: dict[str, model.Dataset], officer: Officer) -> None:
    model.register(PEOPLE)
    assert model.register(PEOPLE) is model.get("people")
    with pytest.raises(Refusal) as refused:
        model.register(replace(PEOPLE, title="别的"))
    assert refused.value.code == "DUPLICATE_DATASET"
    with pytest.raises(Refusal):
        model.register(replace(PEOPLE, code="timeless", time="district"))
    assert "timeless" not in registry
    assert model.all_for(officer()) == []
    assert PEOPLE in model.all_for(officer("310101"))
    with pytest.raises(Refusal):
        model.get("nothing")


def test_a_cut_is_read_from_an_address_and_said_in_words() -> None:
    cut = cuts.parse(["district:310101", "district:310104", "mark:", "measure:active", "since:2026-01-01"])
    assert cut == Cut({"district": ["310101", "310104"], "mark": [""]}, "active", date(2026, 1, 1))
    assert cuts.words(PEOPLE, cut) == [
        "区：黄浦区、徐汇区",
        "标记：无标记",
        "在岗",
        "登录：2026-01-01 至 今天",
    ]
    for text in ("district", ":x", "since:soon"):
        with pytest.raises(Refusal):
            cuts.parse([text])


def test_a_workbook_holds_figures_totals_and_basis_and_no_formula(officer: Officer, add: Add) -> None:
    access = officer("310101")
    add("310101", "样=1+1", at("2026-01-31T10:00:00"))
    book = zipfile.ZipFile(io.BytesIO(workbook.export(query(access, PEOPLE, dimensions=["title"]))))
    texts = book.read("xl/sharedStrings.xml").decode()
    for text in ("数据时刻", "样=1+1", "合计", "在岗（人）", "账号有效。"):
        assert text in texts
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>1</v>" in sheet
    assert workbook.export(query(access, PEOPLE))
