"""Indicators of the city's own works and of districts: figures, the rows behind, the configuration."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support import alarm_history as make
from tests.support.alarm_history import NOON

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.datasets import model, queries
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.models import Works

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def history(place: Works) -> None:
    """July: four in time, two late, two open (one of them late), one false, one test. June: one."""
    on = make.device(place)
    for _ in range(4):
        make.alarm(on, "REAL_FIXED", hours=4.0)
    make.alarm(on, "REAL_PENDING", hours=30.0)
    make.alarm(on, "REAL_FIXED", NOON - 24 * HOUR, hours=30.0)
    make.alarm(on, at=NOON - HOUR, hours=None)
    make.alarm(on, at=NOON - 48 * HOUR, hours=None)
    make.alarm(on, "FALSE_ENV", hours=2.0)
    make.alarm(on, "TEST", hours=2.0)
    make.alarm(on, "REAL_FIXED", NOON - timedelta(days=31), hours=1.0)


def values(board: dict[str, Any]) -> dict[str, Any]:
    """The values of the cards."""
    return {card["code"]: card["value"] for card in board["cards"]}


@pytest.mark.feature(100)
def test_the_city_sees_how_its_own_works_alarm_and_are_handled(get: Any) -> None:
    direct, other = make.works(), make.works("310115", "DISTRICT")
    history(direct)
    make.device(direct, status="OFFLINE")
    make.judged(make.device(other), 3, 3)
    board = get("/indicators", scope="CITY")
    found = values(board)
    assert (found["alarms"], found["open"], found["overdue"]) == (10, 2, 1)
    assert found["on_time"] == pytest.approx(6 / 9, abs=1e-4)
    assert found["accuracy"] == pytest.approx(6 / 7, abs=1e-4)
    assert found["false_share"] == pytest.approx(1 / 7, abs=1e-4)
    assert found["hours"] == pytest.approx((4 * 4 + 30 + 30 + 2 + 2) / 8, abs=1e-4)
    assert found["online"] == 0.5
    cards = {card["code"]: card for card in board["cards"]}
    assert (cards["on_time"]["target"], cards["on_time"]["met"]) == (0.9, False)
    assert (cards["accuracy"]["target"], cards["accuracy"]["met"]) == (0.95, False)
    assert cards["alarms"]["trend"][-2:] == [
        {"month": "2026-06", "value": 1},
        {"month": "2026-07", "value": 10},
    ]
    assert [row["works"] for row in board["works"]] == [direct.name]


@pytest.mark.feature(100)
def test_each_indicator_leads_to_the_rows_it_counts(get: Any) -> None:
    first, second = make.works(), make.works()
    history(first)
    history(second)
    board = get("/indicators", scope="CITY")
    for card in board["cards"]:
        rows = get("/indicators/rows", scope="CITY", indicator=card["code"])
        assert rows["total"] == card["behind"]
        if card["format"] == "count":
            assert rows["total"] == card["value"]
            own = get("/indicators/rows", scope="CITY", indicator=card["code"], works=first.works_no)
            at = board["cards"].index(card)
            assert own["total"] == board["works"][0]["values"][at]
    past = get("/indicators/rows", scope="CITY", indicator="alarms", month="2026-06")
    assert past["total"] == 2
    get("/indicators/rows", scope="CITY", indicator="nothing", status=404)


@pytest.mark.feature(101)
def test_the_city_configures_what_a_district_shows_and_has_to_reach(get: Any, send: Any) -> None:
    history(make.works(level="DISTRICT"))
    history(make.works("310115", "DISTRICT"))
    wanted = [
        {"code": "accuracy", "shown": True, "target": 0.8},
        {"code": "grave", "shown": True, "target": None},
        {"code": "alarms", "shown": False, "target": None},
    ]
    path = "/indicators/choices?scope=310106"
    send(path, {"choices": wanted}, "watcher", 403, "PUT")
    send(path, {"choices": wanted}, "local", 403, "PUT")
    send(path, {"choices": [{**wanted[0], "target": 1.2}]}, "admin", 422, "PUT")
    send(path, {"choices": [{**wanted[0], "shown": False}]}, "admin", 422, "PUT")
    send(path, {"choices": [{**wanted[0], "code": "nothing"}]}, "admin", 422, "PUT")
    send(path, {"choices": wanted}, "admin", 200, "PUT")
    board = get("/indicators", "district", scope="310106")
    assert [(card["code"], card["target"], card["met"]) for card in board["cards"]] == [
        ("accuracy", 0.8, True),
        ("grave", None, None),
    ]
    assert not board["may_configure"]
    other = get("/indicators", "admin", scope="310115")
    assert other["may_configure"]
    assert len(other["cards"]) > 5
    assert AuditEvent.objects.get(action="indicator.configure").summary.endswith("预警准确率 ≥ 80%、红橙预警")


@pytest.mark.feature(101)
def test_districts_with_devices_are_told_from_those_not_connected(get: Any) -> None:
    history(make.works(level="DISTRICT"))
    scopes = {one["code"]: one["devices"] for one in get("/indicators", scope="310106")["scopes"]}
    assert scopes["310106"] == 1
    assert scopes["310115"] == 0
    assert len(scopes) == 16


def test_a_district_sees_no_indicators_of_others(get: Any) -> None:
    history(make.works("310115", "DISTRICT"))
    history(make.works("310115"))
    history(make.works())
    board = get("/indicators", "district")
    assert [one["code"] for one in board["scopes"]] == ["CITY"]
    assert values(board)["alarms"] == 10
    get("/indicators", "district", 404, scope="310115")
    get("/indicators/rows", "district", 404, scope="310115", indicator="alarms")
    get("/indicators/choices", "district", 404, scope="310115")
    get("/indicators", month="2026-77", status=422)


def test_the_board_is_taken_out_as_a_workbook(get: Any) -> None:
    history(make.works())
    assert get("/indicators/export.xlsx", scope="CITY", month="2026-07")[:2] == b"PK"
    assert AuditEvent.objects.filter(action="indicator.export").count() == 1


def test_alarms_can_be_counted_by_every_declared_dimension(get: Any) -> None:
    history(make.works())
    access = Access(Person.objects.get(username="a.watcher"))
    for code, whole in (("iot_alarms", 11), ("iot_devices", 1)):
        dataset = model.get(code)
        for dimension in dataset.dimensions:
            table = queries.query(access, dataset, dimensions=[dimension])
            assert table.totals[0] == whole == sum(row.values[0] for row in table.rows), dimension
