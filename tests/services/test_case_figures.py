"""Figures of cases: what each counts, for whom, and that every figure leads to its list."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from minfang.kernel.base import clock
from minfang.kernel.datasets.cuts import Cut
from minfang.kernel.datasets.queries import query, rows_behind
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person, Role
from minfang.kernel.workdays.queries import official_calendar
from minfang.services.datasets import CASES, PHASES
from minfang.services.models import Case, CaseStatus, MatterVersion, Supplement

pytestmark = pytest.mark.django_db
NUMBERS = count(1)


@pytest.fixture
def add(loaded: None) -> Callable[..., Case]:
    """Add a case of an office directly, as its lists and figures would find it."""
    version = MatterVersion.objects.filter(matter__code="BASEMENT_SYNC").order_by("-version")[0]
    applicant = Person.objects.get(username="gu.shuyan")
    offices = {o.district_code: o for o in Organization.objects.filter(kind__endswith="OFFICE")}

    def make(office: str = "310000", status: str = CaseStatus.REVIEWING, **values: Any) -> Case:
        now = clock.now()
        return Case.objects.create(
            internal_no=f"T{next(NUMBERS):06d}",
            matter=version.matter,
            matter_version=version,
            applicant=applicant,
            organization=offices[office],
            status=status,
            form_data={},
            query_password="",
            created_at=now,
            updated_at=now,
            **{"submitted_at": now, "district_code": "310107" if office == "310000" else office, **values},
        )

    return make


def access_to(username: str) -> Access:
    return Access(Person.objects.get(username=username))


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.SHANGHAI)


@pytest.fixture
def cases(add: Callable[..., Case]) -> None:
    """Five cases of the city (one closed in time on the last evening, one late), one of another office."""
    today, month = clock.today(), timedelta(days=30)
    add(due_on=today - timedelta(days=3), clock_days=10, accepted_at=at(today - month))
    add(due_on=today + timedelta(days=60), clock_days=90)
    late = add(
        status=CaseStatus.DELIVERED,
        accepted_at=at(today - month),
        closed_at=at(today),
        promise_due=today - timedelta(days=1),
        decision="GRANT",
        district_code="310104",
    )
    add(
        status=CaseStatus.DONE,
        accepted_at=at(today - month),
        closed_at=at(today, 23),
        promise_due=today,
        decision="DENY",
        district_code="310104",
    )
    add(status=CaseStatus.NOT_ACCEPTED, closed_at=at(today))
    add("310101")
    for number in (1, 2):
        Supplement.objects.create(
            case=late,
            round=number,
            items=[],
            issued_at=at(today),
            issued_by=late.applicant,
            due=today,
        )


def figures(access: Access, **asked: Any) -> dict[str, Any]:
    table = query(access, CASES, **asked)
    return dict(zip([c.code for c in table.measures], table.totals, strict=True))


def test_figures_of_an_office_count_its_cases_and_no_others(cases: None) -> None:
    assert figures(access_to("shen.jiahe")) == {
        "submitted": 5,
        "accepted": 3,
        "closed": 3,
        "open": 2,
        "overdue": 1,
        "on_time": 0.5,
        "days": float(official_calendar().between(clock.today() - timedelta(days=30), clock.today())),
        "supplement": 0.2,
    }


def test_a_district_officer_sees_the_own_district_only(cases: None) -> None:
    office = Organization.objects.get(kind="DISTRICT_OFFICE", district_code="310101")
    person = Person.objects.create(username="t.huangpu", name="区经办", kind="STAFF", organization=office)
    person.grants.create(role=Role.objects.get(code="handler"), organization=office)
    table = query(Access(person), CASES, dimensions=["district"])
    assert [row.keys for row in table.rows] == [("310101",)]
    assert table.totals[0] == 1


def test_the_city_sees_all_sixteen_districts(cases: None) -> None:
    table = query(access_to("shen.jiahe"), CASES, dimensions=["district"], measures=["submitted", "on_time"])
    assert len(table.rows) == 16
    found = {row.labels[0]: row.values for row in table.rows}
    assert found["徐汇区"] == (2, 0.5)
    assert found["崇明区"] == (0, None)


@pytest.mark.parametrize(
    "dimension",
    ["district", "matter", "status", "phase", "decision", "light", "submitted.month", "closed.day"],
)
def test_every_figure_leads_to_its_rows_and_to_the_list_of_cases(
    cases: None, user: Callable[[str], Any], dimension: str
) -> None:
    officer, access = user("shen.jiahe"), access_to("shen.jiahe")
    table = query(access, CASES, dimensions=[dimension])
    for row in table.rows:
        for column, figure in zip(table.measures, row.values, strict=True):
            behind = rows_behind(access, CASES, Cut({dimension: list(row.keys)}, column.code))
            if column.format == "count":
                assert behind.total == figure, (row.labels, column.title)
        stat = f"{dimension}:{row.keys[0]},measure:open"
        listed = officer.get(f"/office/cases?{urlencode({'tab': 'all', 'stat': stat})}")
        assert listed["total"] == row.values[3]
        assert listed["conditions"][-1] == "在办"
    assert sum(row.values[0] for row in table.rows) == table.totals[0] == 5


def test_every_status_belongs_to_one_phase() -> None:
    placed = [status for _, statuses in PHASES.values() for status in statuses]
    assert sorted(placed) == sorted(set(CaseStatus) - {CaseStatus.DRAFT})


def test_the_api_lists_answers_and_exports(cases: None, user: Callable[[str], Any]) -> None:
    officer = user("shen.jiahe")
    (described,) = [d for d in officer.get("/office/datasets") if d["code"] == "cases"]
    assert {m["code"]: m["unit"] for m in described["measures"]}["on_time"] == "%"
    query_text = urlencode(
        {
            "dimensions": ["phase"],
            "measures": ["submitted", "overdue"],
            "filters": ["district:310107", "district:310104"],
            "since": clock.today().isoformat(),
        },
        doseq=True,
    )
    table = officer.get(f"/office/datasets/cases?{query_text}")
    assert [row["labels"] for row in table["rows"]] == [["审查"], ["办结"], ["终止"]]
    assert table["totals"] == [5, 1]
    assert table["as_of"][:10] == clock.today().isoformat()
    rows = officer.get("/office/datasets/cases/rows?filters=phase:REVIEW&measure=overdue&size=1")
    assert (rows["total"], rows["columns"][0]) == (1, "办件编号")
    assert rows["links"][0].startswith("/office/cases/")
    answer = officer.call("GET", f"/office/datasets/cases.xlsx?{query_text}")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


@pytest.mark.parametrize(
    "path",
    [
        "cases?dimensions=colour",
        "cases?filters=nonsense",
        "cases?filters=closed.day:x",
        "cases/rows?measure=joy",
    ],
)
def test_what_is_not_declared_is_refused_in_words(user: Callable[[str], Any], path: str) -> None:
    answer = user("shen.jiahe").get(f"/office/datasets/{path}", status=422)
    assert answer["message"]
    assert answer["hint"]


def test_an_unknown_dataset_is_not_found(user: Callable[[str], Any]) -> None:
    assert user("shen.jiahe").get("/office/datasets/nothing", status=404)["code"] == "NOT_FOUND"


@pytest.mark.parametrize("stat", ["colour:red", "open", "measure:joy", "closed.month:2026-13"])
def test_a_list_refuses_a_figure_it_cannot_read(user: Callable[[str], Any], stat: str) -> None:
    answer = user("shen.jiahe").get(f"/office/cases?{urlencode({'tab': 'all', 'stat': stat})}", status=422)
    assert answer["message"].endswith("。")


def test_the_workbook_of_a_list_holds_the_rows_of_its_figure(cases: None, user: Callable[[str], Any]) -> None:
    answer = user("shen.jiahe").call("GET", "/office/cases.xlsx?tab=all&stat=measure:overdue")
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 2
