"""A work as it is watched: in peace, in an emergency, by unit and sensor; by those who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support import telemetry

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person
from minfang.registry.models import Device, OpState, Works
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.live import air, emergency, points
from minfang.supervision.telemetry import actions, store
from minfang.supervision.telemetry.models import Series

WUNING = "RF-310107-GY-2007-0002"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(works: Works) -> Callable[[str], Client]:
    def signed_in(username: str) -> Client:
        client = Client(headers={"accept": "application/json"})
        client.force_login(Person.objects.get(username=username))
        return client

    return signed_in


def say(device: Device, value: float, ago: float = 10.0, metric: str = "") -> Series:
    series = actions.series_of(device, metric or device.sensor_type)
    at = int((clock.now() - timedelta(seconds=ago)).timestamp() * telemetry.US)
    store.write(telemetry.readings([(series.pk, at, value)]))
    return series


def one(works: Works, kind: str) -> Device:
    return works.devices.filter(sensor_type=kind).order_by("device_no")[0]


def alarm_on(series: Series, level: int) -> Alarm:
    now, device = clock.now(), series.device
    return Alarm.objects.create(
        number=f"YJ20260101{Alarm.objects.count():04d}",
        series=series,
        device=device,
        works=device.works,
        unit=device.unit,
        district_code=device.works.district_code,
        category="ENV",
        title="湿度过高",
        level=level,
        peak_level=level,
        opened_at=now,
        raised_at=now,
        last_at=now,
        message="湿度过高",
    )


def get(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.feature(113)
def test_in_peace_each_unit_shows_its_overall_condition(
    works: Works, browser: Callable[[str], Client]
) -> None:
    damp = one(works, "HUMI")
    series = say(damp, 84.0)
    say(one(works, "TEMP"), 19.5)
    say(one(works, "CO2"), 600.0)
    alarm_on(series, 2)
    page = get(browser("zhou.min"), f"/api/office/live/works/{works.pk}/peace")
    unit = next(row for row in page["units"] if row["id"] == damp.unit_id)
    assert unit["humidity"]["text"] == "84.0 %RH"
    assert unit["humidity"]["tone"] == "late", "an orange alarm stands on it"
    assert (unit["temperature"]["text"], unit["temperature"]["tone"]) == ("19.5 ℃", "ok")
    assert unit["air"]["text"] == "优 38"
    assert unit["level"] == 2
    assert unit["online"] == 3
    assert {"hazard": 90, "humidity": 0}.items() <= {s["code"]: s["value"] for s in unit["scores"]}.items()
    assert page["head"]["alarms"] == [0, 1, 0, 0]
    assert [row["unit"] for row in page["worst"]] == [unit["name"]]
    others = [row for row in page["units"] if row["id"] != damp.unit_id]
    assert {row["humidity"]["text"] for row in others} == {"无当前数据"}


def test_a_value_older_than_three_periods_has_an_age_and_is_not_current(
    works: Works, browser: Callable[[str], Client]
) -> None:
    damp = one(works, "HUMI")
    say(damp, 99.0, ago=damp.period_seconds * 3 + 30)
    page = get(browser("zhou.min"), f"/api/office/live/works/{works.pk}/peace")
    unit = next(row for row in page["units"] if row["id"] == damp.unit_id)
    assert unit["humidity"]["text"] == "无当前数据"
    assert unit["humidity"]["tone"] == "hold"
    point = unit["humidity"]["points"][0]
    assert point["stale"]
    assert point["value"] == 99.0
    assert point["age"] >= 900
    assert unit["online"] == 0


@pytest.mark.feature(114)
def test_in_an_emergency_the_work_is_held_against_its_design(
    works: Works, browser: Callable[[str], Client]
) -> None:
    Works.objects.filter(pk=works.pk).update(op_state=OpState.EMERGENCY)
    limits = emergency.design_of(works.wartime_use)
    tank, door, gas = one(works, "TANK"), one(works, "DOORST"), one(works, "CO2")
    say(tank, 62.0)
    say(door, 1.0)
    say(gas, limits.co2_percent * 10_000 + 100)
    Device.objects.filter(pk=gas.pk).update(added_in_emergency=True)
    page = get(browser("zhou.min"), f"/api/office/live/works/{works.pk}/emergency")
    panels = {panel["code"]: panel for panel in page["panels"]}
    assert (panels["tank"]["tone"], panels["tank"]["headline"]) == ("warn", "最低 62 %")
    assert panels["doors"]["tone"] == "late"
    assert panels["co2"]["tone"] == "late"
    assert panels["co2"]["limit"] == f"隔绝 ≤ {limits.co2_percent:g} %"
    assert page["head"]["op_state_name"] == "应急阶段"
    assert [point["device_id"] for point in page["added"]] == [gas.pk]
    assert page["ready"] == 0
    say(tank, 91.0, ago=5)
    panels = {
        p["code"]: p
        for p in get(browser("zhou.min"), f"/api/office/live/works/{works.pk}/emergency")["panels"]
    }
    assert panels["tank"]["tone"] == "ok"


@pytest.mark.feature(115)
def test_the_matrix_shows_each_unit_inside_and_outside_with_alarms_and_trends(
    works: Works, browser: Callable[[str], Client]
) -> None:
    inside = one(works, "TEMP")
    outside = works.devices.filter(sensor_type="HUMI", unit=inside.unit)[0]
    Device.objects.filter(pk=outside.pk).update(outside=True)
    warm = say(inside, 31.0)
    say(outside, 70.0)
    alarm_on(warm, 3)
    client = browser("zhou.min")
    page = get(client, f"/api/office/live/works/{works.pk}/matrix")
    assert [row["code"] for row in page["metrics"]][:2] == ["TEMP", "HUMI"]
    row = next(row for row in page["rows"] if row["id"] == inside.unit_id)
    cells = {cell["metric"]: cell for cell in row["cells"]}
    shown = next(p for p in cells["TEMP"]["inside"] if p["device_id"] == inside.pk)
    assert (shown["text"], shown["level"], shown["stale"]) == ("31 ℃", 3, False)
    assert outside.pk in [p["device_id"] for p in cells["HUMI"]["outside"]]
    assert outside.pk not in [p["device_id"] for p in cells["HUMI"]["inside"]]
    say(inside, 29.0, ago=3600)
    trends = get(client, f"/api/office/live/works/{works.pk}/trends")["trends"]
    values = next(trend["values"] for trend in trends if trend["series_id"] == warm.pk)
    assert [value for value in values if value is not None] == [29.0, 31.0]


@pytest.mark.parametrize("view", ["peace", "emergency", "matrix"])
def test_a_view_costs_the_same_few_queries_whatever_stands_in_the_work(
    works: Works, browser: Callable[[str], Client], view: str
) -> None:
    client = browser("gu.lianchuan")
    small = Works.objects.get(works_no=WUNING)
    counts = []
    for number in (small.pk, works.pk):
        get(client, f"/api/office/live/works/{number}/{view}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            get(client, f"/api/office/live/works/{number}/{view}")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as asked:
        points.read(works)
    assert len(asked) == 4


def test_works_to_choose_from_are_mine_and_those_that_need_me_come_first(
    works: Works, browser: Callable[[str], Client]
) -> None:
    other = Works.objects.get(works_no=WUNING)
    Works.objects.filter(pk=other.pk).update(op_state=OpState.EMERGENCY)
    everything = get(browser("gu.lianchuan"), "/api/office/live/works")
    assert everything[0]["id"] == other.pk
    assert len(everything) >= 14
    mine = get(browser("pt.qin.lang"), "/api/office/live/works")
    assert {row["district"] for row in mine} == {"普陀区"}
    assert get(browser("pt.qin.lang"), f"/api/office/live/works?q={works.works_no}") == []
    assert browser("pt.qin.lang").get(f"/api/office/live/works/{works.pk}/peace").status_code == 404


def test_without_a_stream_changes_are_asked_for_within_scope(
    works: Works, browser: Callable[[str], Client], settings: Any
) -> None:
    before = clock.now() - timedelta(seconds=1)
    alarm = alarm_on(say(one(works, "HUMI"), 90.0), 2)
    alarm.events.create(kind="OPENED")
    address = f"/api/office/live/changes?since={before.isoformat().replace('+', '%2B')}"
    told = get(browser("zhou.min"), address)
    assert told["changes"] == [{"kind": "alarm", "works": works.pk, "id": alarm.pk}]
    assert get(browser("pt.qin.lang"), address)["changes"] == []
    assert get(browser("zhou.min"), "/api/office/live/where")["url"] == ""
    settings.LIVE_URL = ":8802/live"
    where = browser("zhou.min").get("/api/office/live/where", headers={"host": "127.0.0.1:8000"})
    assert where.json()["url"] == "http://127.0.0.1:8802/live"
    assert "connect-src 'self' http://127.0.0.1:8802;" in where["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("code", "value", "index"),
    [("CO2", 800, 50), ("CO2", 1000, 100), ("O2", 19.5, 150), ("O2", 21.4, 0), ("CO", 40, 400)],
)
def test_the_index_of_air_follows_its_break_points(code: str, value: float, index: float) -> None:
    assert air.part_index(code, value) == pytest.approx(index)
